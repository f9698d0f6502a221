"""OData `$filter` read strictly and evaluated over rows: `eq ne gt ge lt le and or not`, literals, names.

After OData 4.01 URL Conventions §5.1.1; anything else is refused with its place. Null equals null only, and
is neither more nor less than anything (§5.1.1.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Final, NoReturn

Row = Mapping[str, Any]
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"
    r"|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])"
    r"|(?P<name>[A-Za-z_]\w*(?:/[A-Za-z_]\w*)*)"
    r"|(?P<sign>[()]))"
)
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda left, right: bool(left == right),
    "ne": lambda left, right: bool(left != right),
    "gt": lambda left, right: left is not None and right is not None and left > right,
    "ge": lambda left, right: left is not None and right is not None and left >= right,
    "lt": lambda left, right: left is not None and right is not None and left < right,
    "le": lambda left, right: left is not None and right is not None and left <= right,
}
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}


class ODataError(Exception):
    """The filter is not OData as known here."""


def read_filter(text: str, filterable: Collection[str]) -> Callable[[Row], bool]:
    """What a filter says of a row; empty text says yes. `filterable`: properties, with `/` between steps."""
    return _Reader(text, filterable).read()


def tokens_of(text: str) -> list[tuple[str, str, int]]:
    """Kind, text and place of each word. Raises ODataError."""
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            message = f"syntax error at position {at}"
            raise ODataError(message)
        found.append((match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return found


class _Reader:
    def __init__(self, text: str, filterable: Collection[str]) -> None:
        self.tokens, self.filterable, self.at = tokens_of(text), filterable, 0

    def refuse(self, what: str) -> NoReturn:
        place = self.tokens[self.at][2] if self.at < len(self.tokens) else "the end"
        message = f"{what} at position {place}"
        raise ODataError(message)

    def take(self, *words: str) -> bool:
        if (
            self.at < len(self.tokens)
            and self.tokens[self.at][0] != "text"
            and self.tokens[self.at][1] in words
        ):
            self.at += 1
            return True
        return False

    def read(self) -> Callable[[Row], bool]:
        if not self.tokens:
            return lambda _row: True
        found = self.any_of()
        if self.at < len(self.tokens):
            self.refuse("syntax error")
        return found

    def any_of(self) -> Callable[[Row], bool]:
        parts = [self.all_of()]
        while self.take("or"):
            parts.append(self.all_of())
        return lambda row: any(part(row) for part in parts)

    def all_of(self) -> Callable[[Row], bool]:
        parts = [self.comparison()]
        while self.take("and"):
            parts.append(self.comparison())
        return lambda row: all(part(row) for part in parts)

    def comparison(self) -> Callable[[Row], bool]:
        if self.take("not"):
            inner = self.comparison()
            return lambda row: not inner(row)
        if self.take("("):
            found = self.any_of()
            if not self.take(")"):
                self.refuse("expected )")
            return found
        left = self.operand()
        if self.at >= len(self.tokens) or self.tokens[self.at][1] not in _COMPARE:
            self.refuse("expected a comparison")
        compare = _COMPARE[self.tokens[self.at][1]]
        self.at += 1
        right = self.operand()
        return lambda row: compare(left(row), right(row))

    def operand(self) -> Callable[[Row], Any]:
        if self.at >= len(self.tokens):
            self.refuse("expected a value")
        kind, text, _ = self.tokens[self.at]
        if kind == "name" and text not in _WORDS:
            if text not in self.filterable:
                self.refuse(f"cannot filter by {text!r}")
            self.at += 1
            steps = text.split("/")
            return lambda row: _value(row, steps)
        value = self.literal(kind, text)
        self.at += 1
        return lambda _row: value

    def literal(self, kind: str, text: str) -> Any:
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "moment":
            return moment_of(text)
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "name":
            return _WORDS[text]
        return self.refuse("expected a value")


def moment_of(text: str) -> datetime | None:
    """A time, aware; None for text that is none."""
    try:
        read = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=timezone.utc)


def _value(row: Row, steps: Sequence[str]) -> Any:
    value: Any = row
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, str) and steps[-1].endswith("DateTime"):
        return moment_of(value)
    return value
