"""Documents as Elasticsearch indexes them, and what its term-level queries find in them: sets of places.

Written from the guides' pages on field types (`keyword` with `ignore_above`, `text`, `ip`, `date`, numbers,
`boolean`) and term-level queries (`term`, `terms`, `range`, `wildcard`, `regexp`, `exists`, `ids` in
`_ignored`). The languages that ask for these are in `lucene` and `elastic_dsl`; a query that cannot be run
is a QueryRefusedError, as the product refuses it.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Final

from stix_shifter_utils.mapping import FieldKind, Kind

Places = set[int]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_MOMENT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?)?"
)
_WORD: Final = re.compile(r"\w+(?:['.]\w+)*")
_NUMBERS: Final = {Kind.INTEGER, Kind.NUMBER, Kind.EPOCH_MS, Kind.EPOCH_S}
_MAPPED: Final = 0xFFFF << 32
IGNORE_ABOVE: Final = 1024
MOST_REGEX: Final = 1000


class QueryRefusedError(ValueError):
    """The product does not run this query; the text says why."""


class TermIndex:
    """Documents by the terms of their fields. `kinds` says what the mapping makes of each field.

    A field that no document may have is unknown to the mapping and matches nothing, as in the product.
    """

    def __init__(
        self,
        documents: Sequence[Mapping[str, Any]],
        kinds: Mapping[str, FieldKind],
        *,
        ignore_above: int = IGNORE_ABOVE,
    ) -> None:
        self.documents, self.kinds = documents, kinds
        self._terms: dict[str, dict[Any, Places]] = defaultdict(lambda: defaultdict(set))
        self._present: dict[str, Places] = defaultdict(set)
        self._phrases: dict[str, list[tuple[list[str], int]]] = defaultdict(list)
        for place, document in enumerate(documents):
            for field, value in leaves(document):
                self._take(place, field, value, ignore_above)

    def _take(self, place: int, field: str, value: Any, ignore_above: int) -> None:
        kind = self._kind(field)
        if kind is Kind.TEXT_NOCASE:
            words = analysed(str(value))
            self._phrases[field].append((words, place))
            for word in words:
                self._terms[field][word].add(place)
            if words:
                self._present[field].add(place)
            return
        term = indexed(value, kind)
        if term is None or (isinstance(term, str) and len(term) > ignore_above):
            self._terms["_ignored"][field].add(place)
            self._present["_ignored"].add(place)
            return
        self._terms[field][term].add(place)
        self._present[field].add(place)

    def _kind(self, field: str) -> Kind:
        return self.kinds[field].kind if field in self.kinds else Kind.TEXT

    # Queries.

    def everything(self) -> Places:
        return set(range(len(self.documents)))

    def exists(self, field: str) -> Places:
        """Documents with an indexed value."""
        return set(self._present.get(field, ()))

    def term(self, field: str, value: Any, *, fold: bool = False) -> Places:
        """A term; in an analysed field, its words in a row; in an `ip` field, an address or a block."""
        kind, terms = self._kind(field), self._terms.get(field, {})
        if kind is Kind.TEXT_NOCASE:
            return self._phrase(field, analysed(str(value)))
        if kind is Kind.IP and "/" in str(value):
            return self._where(field, _in_block(str(value)))
        if fold:
            wanted = str(value).encode().lower()  # ASCII letters only
            return self._where(field, lambda term: str(term).encode().lower() == wanted)
        found = queried(value, kind)
        return set(terms.get(found, ()))

    def _phrase(self, field: str, words: list[str]) -> Places:
        size = len(words)
        return {
            place
            for held, place in self._phrases.get(field, ())
            if words and any(held[at : at + size] == words for at in range(len(held) - size + 1))
        }

    def wildcard(self, field: str, pattern: str) -> Places:
        r"""`*` and `?`, with `\` before a sign that stands for itself."""
        self._only_text(field, "wildcard")
        match = re.compile(wildcard_regex(pattern), re.DOTALL).fullmatch
        return self._where(field, lambda term: match(term) is not None)

    def regexp(self, field: str, expression: str) -> Places:
        """A whole term by Lucene's regular expressions."""
        self._only_text(field, "regexp")
        if len(expression) > MOST_REGEX:
            message = (
                f"The length of regex [{len(expression)}] used in the Regexp Query request has exceeded 1000"
            )
            raise QueryRefusedError(message)
        match = re.compile(python_regex(expression), re.DOTALL).fullmatch
        return self._where(field, lambda term: match(term) is not None)

    def range(self, field: str, low: Any, high: Any, *, low_in: bool, high_in: bool) -> Places:
        """Values within bounds; None is open."""
        kind = self._kind(field)
        if kind is Kind.BOOLEAN or kind is Kind.IP:
            message = f"a range over [{field}] is not what this index knows"
            raise QueryRefusedError(message)
        least, most = (None if bound is None else _key(queried(bound, kind)) for bound in (low, high))

        def inside(term: Any) -> bool:
            key = _key(term)
            above = least is None or key > least or (low_in and key == least)
            return above and (most is None or key < most or (high_in and key == most))

        return self._where(field, inside)

    def _where(self, field: str, test: Callable[[Any], bool]) -> Places:
        return set().union(*(places for term, places in self._terms.get(field, {}).items() if test(term)))

    def _only_text(self, field: str, query: str) -> None:
        if self._kind(field) not in {Kind.TEXT, Kind.TEXT_NOCASE, Kind.TIMESTAMP_TEXT, Kind.UNKNOWN}:
            message = f"Can only use {query} queries on keyword, text and wildcard fields - not on [{field}]"
            raise QueryRefusedError(message)


def leaves(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a document by dotted field name; a list gives each of its items, null nothing."""
    for name, value in document.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Mapping):
                yield from leaves(item, f"{prefix}{name}.")
            elif item is not None:
                yield f"{prefix}{name}", item


def analysed(text: str) -> list[str]:
    """The words of the standard analyser, near enough: letters, digits and what joins them, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def indexed(value: Any, kind: Kind) -> Any:
    """The term of a value of a document; None for a malformed one."""
    try:
        return queried(value, kind)
    except QueryRefusedError:
        return None


def queried(value: Any, kind: Kind) -> Any:
    """The term that a value in a query stands for. Raises QueryRefusedError where it is of another type."""
    try:
        if kind is Kind.IP:
            return _number_of(ipaddress.ip_address(str(value)))
        if kind is Kind.TIMESTAMP:
            return milliseconds(value)
        if kind in _NUMBERS:
            return _number(value)
    except ValueError as error:
        message = f"failed to parse [{value}]: {error}"
        raise QueryRefusedError(message) from error
    if kind is Kind.BOOLEAN:
        if value not in {True, False, "true", "false"}:
            message = f"Can't parse boolean value [{value}], expected [true] or [false]"
            raise QueryRefusedError(message)
        return value in {True, "true"}
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> int | float:
    number = math.nan if isinstance(value, bool) else float(value)
    if not math.isfinite(number):
        message = "not a finite number"
        raise ValueError(message)
    return int(value) if number.is_integer() and re.fullmatch(r"-?\d+", str(value)) else number


def milliseconds(value: Any) -> int:
    """A time as a `date` field keeps it. Raises ValueError for another text."""
    if isinstance(value, int):
        return value
    match = _MOMENT.fullmatch(str(value))
    if match is None:
        message = (
            f"failed to parse date field [{value}] with format [strict_date_optional_time||epoch_millis]"
        )
        raise ValueError(message)
    parts = [int(part or 0) for part in match.groups()[:6]]
    moment = datetime(*parts[:6], tzinfo=timezone.utc)  # type: ignore[misc,arg-type]  # six numbers
    whole = round((moment - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds()) * 1000
    zone = match[8] or "Z"
    if zone != "Z":
        sign, hours, minutes = zone[0], int(zone[1:3]), int(zone[-2:])
        whole -= (hours * 60 + minutes) * 60_000 * (1 if sign == "+" else -1)
    return whole + int((match[7] or "").ljust(3, "0")[:3])


def _key(term: Any) -> Any:
    """Text in the order of its UTF-8 bytes."""
    return term.encode("utf-8", "surrogatepass") if isinstance(term, str) else term


def _in_block(text: str) -> Callable[[Any], bool]:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        message = f"'{text}' is not an IP string literal."
        raise QueryRefusedError(message) from error
    first, last = _number_of(network.network_address), _number_of(network.broadcast_address)
    return lambda number: first <= number <= last


def _number_of(address: Address) -> int:
    """The 128 bits of an address: Lucene keeps IPv4 ones as `::ffff:0:0/96`."""
    return int(address) + (_MAPPED if address.version == 4 else 0)  # noqa: PLR2004  the version's number


def wildcard_regex(pattern: str) -> str:
    """The Python expression of a wildcard pattern."""
    return re.sub(
        r"\\(.)|([*?])|(.)",
        lambda m: {"*": ".*", "?": "."}[m[2]] if m[2] else re.escape(m[1] if m[1] is not None else m[3]),
        pattern,
        flags=re.DOTALL,
    )


def python_regex(expression: str) -> str:
    """The Python expression of a Lucene one. Raises QueryRefusedError for what is not read here."""
    found: list[str] = []
    place, size = 0, len(expression)
    while place < size:
        letter = expression[place]
        if letter == "\\":
            if place + 1 == size:
                message = "a regular expression ends with a backslash"
                raise QueryRefusedError(message)
            found.append(re.escape(expression[place + 1]))
            place += 2
        elif letter == "[":
            text, place = _class(expression, place)
            found.append(text)
        else:
            found.append(_operator(letter))
            place += 1
    text = "".join(found)
    try:
        re.compile(text)
    except re.error as error:
        message = f"[{expression}] is no regular expression: {error}"
        raise QueryRefusedError(message) from error
    return text


def _operator(letter: str) -> str:
    if letter == "#":
        return "(?!)"
    if letter in '"~@&<>':
        message = f"the operator {letter} is not known here"
        raise QueryRefusedError(message)
    return {"(": "(?:", "^": r"\^", "$": r"\$", "/": r"\/"}.get(letter, letter)


def _class(expression: str, place: int) -> tuple[str, int]:
    found, at = ["["], place + 1
    if expression[at : at + 1] == "^":
        found.append("^")
        at += 1
    while at < len(expression) and expression[at] != "]":
        if expression[at] == "\\":
            found.append("\\" + expression[at + 1])
            at += 2
        elif expression[at] == "-":
            found.append("-")
            at += 1
        else:
            found.append(re.escape(expression[at]))
            at += 1
    if at >= len(expression):
        message = "a class of characters does not end"
        raise QueryRefusedError(message)
    return "".join([*found, "]"]), at + 1
