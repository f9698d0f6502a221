"""SPL: one `search` that an index can answer, and behind it a `where` for what `search` cannot say.

`search` compares without case, has `*` as its only wildcard and no escape for it, and takes a subnet for
what lies in it. So each condition is written twice: as the narrowest `search` that misses nothing, and as a
`where` that is just the condition; the second is sent only where the first is wider. No pipe, sub-search,
macro or comment can come out of a value: it stands between double quotes, with `"` and the backslash
escaped. The words are in `spl_words`.
"""

from __future__ import annotations

import math
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.mapping.kinds import TEXT_KINDS
from stix_shifter_utils.pattern import Comparator, TimeWindow
from stix_shifter_utils.query.answers import Scope
from stix_shifter_utils.query.clause import Binds, Clause, joined
from stix_shifter_utils.query.compiler import QueryCompiler
from stix_shifter_utils.query.conditions import (
    Between,
    Condition,
    Holds,
    InBlock,
    Like,
    OneOf,
    Ordered,
    View,
    Wild,
)
from stix_shifter_utils.query.families.plain_values import is_writable, network
from stix_shifter_utils.query.families.spl_words import (
    NOT_ASCII,
    PCRE,
    inside_literal,
    literal_regex,
    parts_regex,
    quoted,
    search_name,
    where_name,
    wildcard,
)
from stix_shifter_utils.query.families.windows import removed_comparators
from stix_shifter_utils.query.judging import Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.mapping import DialectMapping
    from stix_shifter_utils.query.capabilities import Capabilities
    from stix_shifter_utils.query.options import CompilerOptions

_NOTHING_TEXT: Final = "NOT *"
_FURTHEST: Final = Decimal(10) ** 15  # eval reckons with double precision
_LIST: Final = 250
_SAME: Final = {"=": (">=", "<="), "!=": ("<", ">")}
_SAME_BY: Final = {"=": " AND ", "!=": " OR "}
_OPPOSITE: Final = {">=": "<", ">": "<=", "<=": ">", "<": ">="}


class Spl(NamedTuple):
    """A condition for `search` and for `where`; `settled`: the first says all that the second says.

    `window` is a window that the row lies in as well; `search` is None where that is all.
    """

    search: Clause | None
    where: Clause | None
    settled: bool = True
    window: TimeWindow | None = None


NOTHING: Final = Spl(Clause(_NOTHING_TEXT, Binds.NOT), Clause("false()", Binds.ATOM))


class SplCompiler(QueryCompiler[Spl]):
    """The Search Processing Language, as its versions 9 and 10 read it.

    `mapping.index.table`, or the option `table`, names the indexes to search, with commas between; none
    leaves it to the user's role. Fields of kind `text_nocase` compare as `search` does; kind `text` compares
    by code points, in `where`. Lists need no word of their own: `search` and `mvfind()` look at each value.
    """

    dialect = "SPL"
    has_booleans: ClassVar = False
    time_field: ClassVar[str] = "_time"

    def __init__(
        self,
        mapping: DialectMapping,
        options: CompilerOptions | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        super().__init__(mapping, options, capabilities)
        self._fields: str | None = None
        self._lacks = removed_comparators(mapping.operators)

    def has(self, comparator: Comparator) -> bool:
        return comparator not in self._lacks and comparator is not Comparator.ISSUPERSET

    # The query.

    def finish(self, condition: Spl | None, window: TimeWindow, limit: int | None) -> str:
        condition = condition or Spl(None, None)
        exact_window = window.start is not None and _whole(window)
        if condition.window is not None and not (exact_window and condition.window == window):
            condition = _materialised(condition, self.time_field)
        parts = [self.indexes(), condition.search and condition.search.within(Binds.NOT), *_span(window)]
        search = " ".join(part for part in parts if part)
        stages = [f"search {search or '*'}"]
        if not condition.settled and condition.where is not None:
            stages.append(f"where {condition.where.text}")
        if limit is not None:
            stages.append(f"head {limit}")
        fields = self.fields()
        return " | ".join([*stages, f"fields {fields}"] if fields else stages)

    def indexes(self) -> str:
        """The indexes to search; empty leaves them to the user's role."""
        named = self.options.table or self.mapping.index.table or ""
        names = [name.strip() for name in named.split(",") if name.strip()]
        for name in names:
            if not name.replace("*", "").replace("_", "").replace("-", "").isalnum() or not name.isascii():
                message = f"{name!r} is no name of an index: letters, digits, _, - and * only"
                raise ConfigurationError(message)
        texts = [f"index={quoted(name)}" for name in names]
        return texts[0] if len(texts) == 1 else f"({' OR '.join(texts)})" if texts else ""

    def fields(self) -> str:
        """The fields that come back: those that results know, with commas between."""
        if self._fields is None:
            names = dict.fromkeys([self.time_field, *self.mapping.index.natives])
            self._fields = ", ".join(name for name in map(search_name, names) if name)
        return self._fields

    def all_of(self, parts: Sequence[Spl]) -> Spl:
        windows = [part for part in parts if part.search is None]
        if len(windows) > 1:
            parts = [_materialised(part, self.time_field) for part in parts]
        rest = [part for part in parts if part.search is not None]
        if any(part.window for part in rest):
            rest = [_materialised(part, self.time_field) for part in rest]
        window = windows[0].window if len(windows) == 1 else None
        if not rest:
            return Spl(None, None, settled=True, window=window)
        settled = all(part.settled for part in rest)
        return Spl(
            _joined([part.search for part in rest], " AND "),
            _joined([part.where for part in rest if settled or not part.settled], " AND "),
            settled,
            window,
        )

    def any_of(self, parts: Sequence[Spl]) -> Spl:
        parts = list(dict.fromkeys(parts))
        if len(parts) == 1:
            return parts[0]
        parts = [_materialised(part, self.time_field) for part in parts]
        search = _joined([part.search for part in parts], " OR ")
        return Spl(
            search, _joined([part.where for part in parts], " OR "), all(part.settled for part in parts)
        )

    def nothing(self) -> Spl:
        return NOTHING

    # Windows.

    def in_window(self, window: TimeWindow) -> tuple[Spl | Scope, bool]:
        if window.start is None and window.stop is None:
            return Scope.ALL, True
        index = self.mapping.index
        shown = [*index.time_bindings("first_observed"), *index.time_bindings("last_observed")]
        return Spl(None, None, window=window), {one.field for one in shown} <= {self.time_field}

    # Conditions.

    def write(self, condition: Condition, *, checked: bool) -> Written[Spl] | None:  # noqa: PLR0911  one for each demand
        field = search_name(condition.field.field)
        if field is None:
            return None
        demand = condition.demand
        if isinstance(demand, Ordered):
            return None  # `<` compares text that looks like numbers as numbers
        if isinstance(demand, Between):
            return _between(field, demand, condition)
        if isinstance(demand, InBlock):
            return _in_block(field, demand, condition, checked=checked)
        if isinstance(demand, OneOf):
            if isinstance(demand.values[0], str):
                return self._texts(field, demand.values, condition, checked=checked)
            if isinstance(demand.values[0], bool):
                return None  # a boolean is text there, in words of each source's own
            return Written(_numbers(field, demand.values, condition), exact=True)
        if isinstance(demand, Like):
            return self._like(field, demand, condition, checked=checked)
        if isinstance(demand, Holds):
            return self._holds(field, demand, condition, checked=checked)
        exact = condition.field.kind.kind is not Kind.UNKNOWN
        return Written(_present(field, condition), exact=exact)

    def _texts(
        self, field: str, values: Sequence[object], condition: Condition, *, checked: bool
    ) -> Written[Spl]:
        texts = [str(value) for value in values if is_writable(str(value))]
        if not texts:
            return Written(_present(field, condition) if condition.negated else NOTHING, exact=True)
        widens = checked and not condition.negated and _folds(condition)
        found = [
            wildcard(_seen_in(condition.view, text, sign), widens=widens)
            for text in texts
            for sign in _signs(condition.view)
        ]
        chunks = [texts[at : at + _LIST] for at in range(0, len(texts), _LIST)]
        regexes = [_viewed("|".join(map(literal_regex, chunk)), condition.view) for chunk in chunks]
        odd = checked and _folds(condition) and not all(text.isascii() for text in texts)
        if condition.negated:
            clause = _differs(field, found, regexes, condition, odd=odd)
        else:
            settled = all(exact for _, exact in found) and _is_settled(condition)
            where = _joined([_finds(condition, regex, odd=odd) for regex in regexes], " OR ")
            clause = Spl(_among(field, [text for text, _ in found]), where, settled)
        known = condition.field.kind.kind in TEXT_KINDS
        return Written(clause, exact=known and (not _folds(condition) or all(map(str.isascii, texts))))

    def _like(self, field: str, demand: Like, condition: Condition, *, checked: bool) -> Written[Spl] | None:
        if not all(isinstance(part, Wild) or is_writable(part) for part in demand.parts):
            return None if condition.negated else Written(NOTHING, exact=True)
        view, widens = condition.view, checked and (demand.normal or _folds(condition))
        one, many = (r"[^\/\\\\]", r"[^\/\\\\]*") if view is View.FILE_NAME else (".", ".*")
        regex = _viewed(parts_regex(demand.parts, one=one, many=many), view)
        parts = demand.parts
        if view is not View.VALUE:
            parts = (Wild.ANY, *parts, Wild.ANY) if view is View.FOLDER else (Wild.ANY, *parts)
        text, exact = wildcard(parts, widens=widens, normal=demand.normal)
        settled = exact and view is View.VALUE and _is_settled(condition)
        if condition.negated:
            found = [(text, settled and not checked)]
            return Written(_differs(field, found, [regex], condition, odd=checked), exact=False)
        where = _finds(condition, regex, odd=widens)
        return Written(Spl(Clause(f"{field}={text}"), where, settled), exact=settled and not demand.normal)

    def _holds(
        self, field: str, demand: Holds, condition: Condition, *, checked: bool
    ) -> Written[Spl] | None:
        regex = demand.regex
        if condition.view is not View.VALUE or (condition.negated and not regex.fits(PCRE)):
            return None
        expression = regex.write(PCRE)
        if expression is None or not is_writable(expression):
            return None
        body = inside_literal(expression.partition(")")[2])
        if condition.negated:
            regexes = [f"^(?!.*(?:{body}))"]
            clause = Spl(_some(field), _where_regex(condition, regexes[0], odd=checked), settled=False)
            return Written(clause, exact=False)
        wildcards = [
            wildcard((Wild.ANY, text, Wild.ANY), widens=checked, normal=True) for text in regex.texts()
        ]
        terms = [Clause(f"{field}={text}") for text, _ in wildcards if text != '"*"']
        search = _joined(terms, " AND ") if terms else _some(field)
        return Written(Spl(search, _where_regex(condition, body, odd=checked), settled=False), exact=False)


# ----------------------------------------------------------------------------------------------------


def _joined(clauses: Sequence[Clause | None], operator: str) -> Clause | None:
    """Operands with AND or OR between them.

    Each that is no single term is in brackets: in `search` OR binds more tightly than AND, in `where` less.
    """
    parts = list(dict.fromkeys(one for one in clauses if one is not None))
    if len(parts) < 2:  # noqa: PLR2004  nothing to join
        return parts[0] if parts else None
    strength = Binds.OR if operator == " OR " else Binds.AND
    others = {Binds.OR, Binds.AND} - {strength}
    safe = [Clause(f"({one.text})", Binds.ATOM) if one.binds in others else one for one in parts]
    return joined(safe, operator, strength)


def _span(window: TimeWindow) -> list[str]:
    """Time modifiers, whole seconds around a window: `earliest` is included, `latest` is not."""
    earliest = 0 if window.start is None else math.floor(window.start.timestamp())
    latest = [] if window.stop is None else [f"latest={math.ceil(window.stop.timestamp())}"]
    return [f"earliest={earliest}", *latest]


def _whole(window: TimeWindow) -> bool:
    return all(moment is None or not moment.microsecond for moment in (window.start, window.stop))


def _materialised(part: Spl, time_field: str) -> Spl:
    """The same without a window beside it: it becomes comparisons of the time."""
    if part.window is None:
        return part
    bounds = [(">=", part.window.start), ("<", part.window.stop)]
    stated = [(sign, _epoch(moment)) for sign, moment in bounds if moment is not None]
    search = _joined([part.search, *(Clause(f"{time_field}{sign}{at}") for sign, at in stated)], " AND ")
    where = _joined(
        [part.where, *(Clause(f"{where_name(time_field)}{sign}{at}") for sign, at in stated)], " AND "
    )
    return Spl(search, where, part.settled)


def _epoch(moment: datetime) -> str:
    utc = moment.astimezone(timezone.utc)
    seconds = int(utc.replace(microsecond=0).timestamp())
    return f"{seconds}.{utc.microsecond:06}" if utc.microsecond else str(seconds)


def _folds(condition: Condition) -> bool:
    """Whether case counts for nothing: by the property's nature, or by the source's way."""
    return condition.fold or condition.field.kind.kind is not Kind.TEXT


def _is_settled(condition: Condition) -> bool:
    """Whether `search`, which never minds case, is as narrow as the condition."""
    return _folds(condition) and condition.view is not View.FOLDER


def _signs(view: View) -> tuple[str, ...]:
    return ("", "/", "\\") if view is View.FILE_NAME else ("",)


def _seen_in(view: View, text: str, sign: str) -> tuple[str | Wild, ...]:
    """LIKE parts for whole values whose file name or folder is a text."""
    if view is View.FOLDER:
        return (text, Wild.ANY)
    return (Wild.ANY, sign + text) if sign else (text,)


def _viewed(regex: str, view: View) -> str:
    """A regular expression for whole values, from one for what is seen of them; inside a literal."""
    if view is View.FILE_NAME:
        return rf"(?:^|[\/\\\\])(?:{regex})\z"
    if view is View.FOLDER:
        return rf"^(?:{regex})[^\/\\\\]*\z"
    return rf"^(?:{regex})\z"


def _finds(condition: Condition, regex: str, *, odd: bool) -> Clause:
    return _where_regex(condition, regex, odd=odd)


def _where_regex(condition: Condition, regex: str, *, odd: bool) -> Clause:
    """Some value of the field matches; with `odd`, or holds characters that are not ASCII."""
    flags = "(?si)" if _folds(condition) else "(?s)"
    whole = f"{flags}(?:{regex})|{NOT_ASCII}" if odd else f"{flags}{regex}"
    return Clause(f'isnotnull(mvfind({where_name(condition.field.field)}, "{whole}"))', Binds.ATOM)


def _among(field: str, texts: Sequence[str]) -> Clause:
    unique = list(dict.fromkeys(texts))
    if len(unique) == 1:
        return Clause(f"{field}={unique[0]}")
    return Clause(f"{field} IN ({', '.join(unique)})")


def _some(field: str) -> Clause:
    return Clause(f"{field}=*")


def _differs(
    field: str, found: Sequence[tuple[str, bool]], regexes: Sequence[str], condition: Condition, *, odd: bool
) -> Spl:
    """Some value is present, and is none of these."""
    settled = all(exact for _, exact in found) and _is_settled(condition) and not odd
    empty = _empty(condition.view)
    terms = [f"{field}!={text}" for text in (*empty, *(text for text, _ in found if settled))]
    first = "".join(f"(?!{regex.removeprefix('^')})" for regex in regexes if regex.startswith("^"))
    inner = "".join(f"(?!.*{regex})" for regex in regexes if not regex.startswith("^"))
    some = r".*[^\/\\\\]\z" if condition.view is View.FILE_NAME else "."
    where = _where_regex(condition, f"^{first}{inner}{some}", odd=odd)
    return Spl(_joined([Clause(term) for term in dict.fromkeys(terms)], " AND "), where, settled)


def _present(field: str, condition: Condition) -> Spl:
    """A value that becomes one in results; `!=` asks for a value too."""
    name = where_name(condition.field.field)
    if condition.view is View.ANYTHING:
        return Spl(_some(field), Clause(f"isnotnull({name})", Binds.ATOM))
    some = r"[^\/\\\\]\z" if condition.view is View.FILE_NAME else "."
    search = _joined([Clause(f"{field}!={text}") for text in _empty(condition.view)], " AND ")
    return Spl(search, Clause(f'isnotnull(mvfind({name}, "(?s){some}"))', Binds.ATOM))


def _empty(view: View) -> tuple[str, ...]:
    """Values of which nothing is seen."""
    return ('""', '"*/"', '"*\\\\"') if view is View.FILE_NAME else ('""',)


def _number(value: float | Decimal) -> str:
    return format(Decimal(str(value)), "f")


def _numbers(field: str, values: Sequence[object], condition: Condition) -> Spl:
    numbers = [_number(one) for one in values if isinstance(one, (int, float)) and abs(one) < _FURTHEST]
    if not numbers:
        return _present(field, condition) if condition.negated else NOTHING
    name = where_name(condition.field.field)
    sign, operator = ("!=", " AND ") if condition.negated else ("=", " OR ")
    where = _joined([Clause(f"tonumber({name}){sign}{one}") for one in numbers], operator)
    if condition.field.kind.kind is Kind.NUMBER:  # `=` compares what is written: 1 is not 1.0
        both = [
            _joined([Clause(f"{field}{sign}{one}") for sign in _SAME[sign]], _SAME_BY[sign])
            for one in numbers
        ]
        return Spl(_joined(both, operator), where)
    if condition.negated:
        return Spl(_joined([Clause(f"{field}!={one}") for one in numbers], " AND "), where)
    return Spl(_among(field, numbers), where)


def _between(field: str, demand: Between, condition: Condition) -> Written[Spl] | None:
    bounds = [
        (">=" if demand.low_included else ">", demand.low),
        ("<=" if demand.high_included else "<", demand.high),
    ]
    if any(isinstance(bound, (datetime, str)) for _, bound in bounds):
        return None
    signs = [
        (
            _OPPOSITE[sign] if condition.negated else sign,
            _number(max(-_FURTHEST, min(_FURTHEST, Decimal(bound)))),
        )
        for sign, bound in bounds
        if isinstance(bound, (int, Decimal))
    ]
    if not signs:
        return Written(NOTHING if condition.negated else _present(field, condition), exact=True)
    operator = " OR " if condition.negated else " AND "
    name = where_name(condition.field.field)
    return Written(
        Spl(
            _joined([Clause(f"{field}{sign}{bound}") for sign, bound in signs], operator),
            _joined([Clause(f"tonumber({name}){sign}{bound}") for sign, bound in signs], operator),
        ),
        exact=condition.field.kind.kind is not Kind.UNKNOWN,
    )


def _in_block(field: str, demand: InBlock, condition: Condition, *, checked: bool) -> Written[Spl] | None:
    """What lies in a subnet: `search` compares addresses with it by itself."""
    block, name = quoted(network(demand.block)), where_name(condition.field.field)
    inside = Spl(Clause(f"{field}={block}"), Clause(f"cidrmatch({block}, {name})", Binds.ATOM))
    if condition.negated:
        if checked:
            return None  # of several addresses, one outside is enough: only the rows can tell
        search = Clause(f"{field}!={block}")
        return Written(
            Spl(search, Clause(f"NOT {inside.where.text if inside.where else ''}", Binds.NOT)), exact=False
        )
    if not checked:
        return Written(inside, exact=False)
    odd = Clause(f'{field} IN ({block}, "*/*", "*%*")')
    where = Clause(f'isnotnull(mvfind({name}, "[\\/%]"))', Binds.ATOM)
    return Written(Spl(odd, _joined([inside.where, where], " OR ")), exact=False)
