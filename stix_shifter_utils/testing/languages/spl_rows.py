r"""Evaluating SPL over rows, as the Search Reference documents it; reading it is `spl`'s work.

`search` compares text without case, `*` is any text, a subnet every address in it, and numbers compare as
numbers; NOT finds rows without the field too, `!=` does not. `where` compares text with case, and a null
makes a comparison null, which is not true. A list is a multivalue field: `search`, `match()` and `mvfind()`
look at each value. Between quotes `\\` is one backslash and `\"` a quote, whatever the command; another
backslash stands for itself ("Backslashes", "SPL and regular expressions").
"""

from __future__ import annotations

import ipaddress
import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import regex  # type: ignore[import-untyped]  # published without type hints

from stix_shifter_utils.pattern.pcre import ExpressionError, translate
from stix_shifter_utils.testing.languages.spl import (
    Call,
    Compared,
    Field,
    Joined,
    Node,
    Number,
    SplError,
    Stage,
    Text,
    read_spl,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Row = dict[str, Any]
_ORDER: Final = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SECONDS: Final = 1.0


def run_spl(query: str, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The rows that a query finds, with the fields that it keeps. Times in `_time` are epoch seconds.

    Raises SplError for anything that is not read here.
    """
    found: list[Row] = [dict(row) for row in rows]
    for stage in read_spl(query):
        found = _STAGES[stage.command](stage, found)
    return found


def _search(stage: Stage, rows: list[Row]) -> list[Row]:
    if stage.condition is None:
        return rows
    test = _search_test(stage.condition)
    return [row for row in rows if test(row)]


def _where(stage: Stage, rows: list[Row]) -> list[Row]:
    return [row for row in rows if stage.condition is not None and _value(stage.condition, row) is True]


def _regex(stage: Stage, rows: list[Row]) -> list[Row]:
    found, wanted = _expression(_given(stage)), stage.sign == "="
    return [row for row in rows if any(_holds(found, one) for one in _texts(row, stage.names[0])) is wanted]


def _rex(stage: Stage, rows: list[Row]) -> list[Row]:
    found = _expression(_given(stage))
    for row in rows:
        for text in _texts(row, stage.names[0]):
            match = found.search(text, timeout=_SECONDS)
            row.update({name: value for name, value in (match.groupdict() if match else {}).items() if value})
    return rows


def _eval(stage: Stage, rows: list[Row]) -> list[Row]:
    for row in rows:
        row[stage.names[0]] = _value(stage.condition, row) if stage.condition else None
    return rows


def _head(stage: Stage, rows: list[Row]) -> list[Row]:
    return rows[: stage.count]


def _fields(stage: Stage, rows: list[Row]) -> list[Row]:
    tests = [_wild(name, fold=False) for name in stage.names]
    names = {name for row in rows for name in row}
    kept = {name for name in names if name in _KEPT or any(test(name) for test in tests)}
    return [{name: value for name, value in row.items() if name in kept} for row in rows]


_KEPT: Final = frozenset({"_raw", "_time"})
_STAGES: Final[dict[str, Callable[[Stage, list[Row]], list[Row]]]] = {
    "search": _search, "where": _where, "regex": _regex, "rex": _rex, "eval": _eval, "head": _head,
    "fields": _fields, "table": _fields,
}  # fmt: skip


def _given(stage: Stage) -> str:
    """The expression of `regex` and `rex`."""
    return stage.condition.value if isinstance(stage.condition, Text) else ""


# ---------------------------------------------------------------------------------------------------- values


def _values(row: Mapping[str, Any], name: str) -> list[Any]:
    value = row.get(name)
    items = value if isinstance(value, list) else [value]
    return [item for item in items if item is not None]


def _texts(row: Mapping[str, Any], name: str) -> list[str]:
    return [_text(item) for item in _values(row, name)]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _as_number(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", value):
        return float(value)
    return None


@lru_cache(maxsize=4096)
def _expression(text: str) -> Any:
    try:
        return regex.compile(translate(text).text, regex.VERSION0)
    except (regex.error, ExpressionError) as error:
        message = f"no regular expression: {text[:80]!r}: {error}"
        raise SplError(message) from error


def _holds(expression: Any, text: str) -> bool:
    return expression.search(text, timeout=_SECONDS) is not None


def _wild(pattern: str, *, fold: bool = True) -> Callable[[str], bool]:
    """Whether the whole of a text is as a pattern with `*` says, without case."""
    pieces = [(piece.lower() if fold else piece) for piece in pattern.split("*")]
    if len(pieces) == 1:
        return lambda text: (text.lower() if fold else text) == pieces[0]
    expression = re.compile(".*".join(map(re.escape, pieces)), re.DOTALL)
    return lambda text: expression.fullmatch(text.lower() if fold else text) is not None


# ---------------------------------------------------------------------------------------------------- search


def _search_test(node: Node) -> Callable[[Row], bool]:
    if isinstance(node, Joined):
        tests = [_search_test(part) for part in node.parts]
        if node.operator == "NOT":
            return lambda row: not tests[0](row)
        together = all if node.operator == "AND" else any
        return lambda row: together(test(row) for test in tests)
    if isinstance(node, Compared):
        return _comparison_test(node)
    if isinstance(node, Call):
        return _term_test(node.arguments[0], fold=node.name == "term")
    return _term_test(node, fold=True)


def _term_test(node: Node, *, fold: bool) -> Callable[[Row], bool]:
    """A bare word or a phrase: anywhere in the raw event. Segments are not told apart here."""
    text = node.value if isinstance(node, Text) else ""
    if text == "*":
        return lambda _: True
    test = _wild(f"*{text}*", fold=fold)
    return lambda row: any(test(item) for name in row for item in _texts(row, name))


def _comparison_test(node: Compared) -> Callable[[Row], bool]:
    name = node.left.name if isinstance(node.left, Field) else ""
    values = [value for value in node.right if isinstance(value, Text)]
    if name.lower() in {"earliest", "latest"} and node.sign == "=":
        return _time_test(name.lower(), values[0].value)
    if node.sign in _ORDER:
        return _order_test(name, node.sign, values[0].value)
    plain = frozenset(value.value.lower() for value in values if not {"*", "/"} & set(value.value))
    tests = [_value_test(value.value) for value in values if {"*", "/"} & set(value.value)]

    def is_one(item: str) -> bool:
        return item.lower() in plain or any(test(item) for test in tests)

    wanted = node.sign == "="
    return lambda row: any(is_one(item) is wanted for item in _texts(row, name))


def _time_test(name: str, text: str) -> Callable[[Row], bool]:
    moment = _as_number(text)
    if moment is None:
        message = f"{name}={text!r}: only epoch seconds are read here"
        raise SplError(message)
    if name == "earliest":
        return lambda row: float(row.get("_time") or 0) >= moment
    return lambda row: float(row.get("_time") or 0) < moment


def _order_test(name: str, sign: str, text: str) -> Callable[[Row], bool]:
    number, compare = _as_number(text), _ORDER[sign]

    def test(row: Row) -> bool:
        for item in _values(row, name):
            found = _as_number(item)
            if found is not None and number is not None:
                if compare(found, number):
                    return True
            elif compare(_text(item).lower(), text.lower()):
                return True
        return False

    return test


def _value_test(text: str) -> Callable[[str], bool]:
    if "/" in text and "*" not in text:
        try:
            block = ipaddress.ip_network(text, strict=False)
        except ValueError:
            return _wild(text)
        return lambda item: item.lower() == text.lower() or _lies_in(item, block)
    return _wild(text)


def _lies_in(item: str, block: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        address = ipaddress.ip_address(item)
    except ValueError:
        return False
    return address.version == block.version and address in block


# ------------------------------------------------------------------------------------------- where and eval


def _value(node: Node, row: Row) -> Any:
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Field):
        return row.get(node.name)
    if isinstance(node, Joined):
        return _joined(node, row)
    if isinstance(node, Compared):
        left = _value(node.left, row)
        found = [_compared(left, node.sign, _value(right, row)) for right in node.right]
        return True if True in found else None if None in found else False
    return _called(node, row)


def _joined(node: Joined, row: Row) -> bool | None:
    found = [_truth(_value(part, row)) for part in node.parts]
    if node.operator == "NOT":
        return None if found[0] is None else not found[0]
    if node.operator == "XOR":
        return None if None in found else sum(map(bool, found)) % 2 == 1
    decisive = node.operator == "OR"
    return decisive if decisive in found else None if None in found else not decisive


def _truth(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    message = f"a condition is no truth: {value!r:.60}"
    raise SplError(message)


def _compared(left: Any, sign: str, right: Any) -> bool | None:
    if left is None or right is None or isinstance(left, list):
        return None
    numbers = _as_number(left), _as_number(right)
    both = numbers if None not in numbers else (_text(left), _text(right))
    if sign in _ORDER:
        return bool(_ORDER[sign](*both))
    return (both[0] == both[1]) is (sign == "=")


def _called(node: Call, row: Row) -> Any:
    if node.name == "if":
        chosen = 1 if _truth(_value(node.arguments[0], row)) else 2
        return _value(node.arguments[chosen], row)
    if node.name in {"true", "false"}:
        return node.name == "true"
    values = [_value(argument, row) for argument in node.arguments]
    if node.name in {"isnull", "isnotnull"}:
        return (values[0] is None) is (node.name == "isnull")
    if values[0] is None or (len(values) > 1 and values[1] is None):
        return None
    return _FUNCTIONS[node.name](values)


def _items(value: Any) -> list[str]:
    return [_text(item) for item in (value if isinstance(value, list) else [value]) if item is not None]


def _mvfind(values: Sequence[Any]) -> int | None:
    found = _expression(str(values[1]))
    return next((place for place, item in enumerate(_items(values[0])) if _holds(found, item)), None)


def _like(values: Sequence[Any]) -> bool:
    expression = "".join({"%": ".*", "_": "."}.get(one, re.escape(one)) for one in str(values[1]))
    return re.fullmatch(expression, _text(values[0]), re.DOTALL) is not None


def _cidrmatch(values: Sequence[Any]) -> bool:
    try:
        block = ipaddress.ip_network(str(values[0]), strict=False)
    except ValueError as error:
        raise SplError(str(error)) from error
    return any(_lies_in(item, block) for item in _items(values[1]))


_FUNCTIONS: Final[dict[str, Callable[[Sequence[Any]], Any]]] = {
    "mvfind": _mvfind,
    "match": lambda values: _mvfind(values) is not None,
    "like": _like,
    "cidrmatch": _cidrmatch,
    "in": lambda values: any(_compared(values[0], "=", one) for one in values[1:]),
    "tonumber": lambda values: None if isinstance(values[0], list) else _as_number(values[0]),
    "lower": lambda values: _text(values[0]).lower(),
    "upper": lambda values: _text(values[0]).upper(),
    "len": lambda values: float(len(_text(values[0]))),
}
