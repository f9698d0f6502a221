"""What an index of Lucene's terms can answer: conditions put together from few words, for text and for data.

Elasticsearch and OpenSearch keep a field of kind

| kind          | as                                                                                      |
|---------------|-----------------------------------------------------------------------------------------|
| `text`        | `keyword`, `wildcard`, `constant_keyword`: the whole value is one term, case counts     |
| `text_nocase` | `text`, `match_only_text`: words of a standard analyser; or a keyword with a normalizer |
| `ip`          | `ip`: addresses by value, also by block                                                 |
| `timestamp`   | `date`: milliseconds since 1970; finer fractions are cut off                            |
| `unknown`     | whatever it is: nothing is called exact                                                 |

and any field may hold several values. Values longer than a keyword's `ignore_above` are in no index: they
are found by the name of their field in `_ignored`, which is asked for too where rows are checked here.
How the words are spelled is in `lucene` and `elastic_dsl`.
"""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.pattern import Comparator, TimeWindow
from stix_shifter_utils.pattern.addresses import Block, read_block
from stix_shifter_utils.query.conditions import (
    Between,
    Bound,
    Condition,
    Holds,
    InBlock,
    Like,
    OneOf,
    Ordered,
    Present,
    View,
    Wild,
)
from stix_shifter_utils.query.families import lucene_regex
from stix_shifter_utils.query.families.plain_values import is_writable, network
from stix_shifter_utils.query.families.windows import FieldWindows, removed_comparators
from stix_shifter_utils.query.inversion import window_demand
from stix_shifter_utils.query.judging import Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.mapping import DialectMapping, FieldBinding
    from stix_shifter_utils.query.capabilities import Capabilities
    from stix_shifter_utils.query.model import Body, Case
    from stix_shifter_utils.query.options import CompilerOptions

F = TypeVar("F")
Value = str | int | float | bool
_IPV6_BITS: Final = 128
_MAPPED: Final = Block(_IPV6_BITS, 0xFFFF, 96)
_MS: Final = timedelta(milliseconds=1)
_LONG: Final = 2**63
_SHORT: Final = 255
"""Characters that any usual `ignore_above` lets in: 256 is that of dynamic mappings, 1024 that of ECS."""
_WHOLE: Final = frozenset({Kind.INTEGER, Kind.BOOLEAN, Kind.EPOCH_MS})
_LONGEST_LIKE: Final = 2000
_MOST_SINGLE: Final = 10  # each doubles the automaton, which has 10,000 states at the most
_HEXADECIMAL: Final = re.compile("[0-9a-f]{2}[0-9a-f:.-]{6,}")
_WORDS: Final = re.compile("[0-9A-Za-z]{1,100}")


class TermsCompiler(FieldWindows[F]):
    """Conditions on terms. A language says how its words are written; a connector, perhaps `unindexed`."""

    comparators: ClassVar[frozenset[Comparator]] = frozenset(Comparator)
    """The comparators that the language has."""

    both_ends_at_once: ClassVar = True

    has_caseless_terms: ClassVar[bool] = False
    """Whether the language compares terms without case by itself."""

    unindexed: ClassVar[frozenset[str]] = frozenset()
    """Fields that come back but cannot be asked for (`index: false`, `nested`)."""

    def __init__(
        self,
        mapping: DialectMapping,
        options: CompilerOptions | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        super().__init__(mapping, options, capabilities)
        self._removed = removed_comparators(mapping.operators)

    @staticmethod
    def matching_case(mapping: DialectMapping, options: CompilerOptions) -> Case:
        """Only analysed fields are caseless, and what they find is checked: rows are compared as they are."""
        return "ignore" if options.case == "ignore" else "exact"

    def has(self, comparator: Comparator) -> bool:
        return comparator in self.comparators and comparator not in self._removed

    # The language's words.

    @abstractmethod
    def terms(self, field: str, values: Sequence[Value]) -> F:
        """Some value is one of these; in an analysed field, holds the words of one of them in a row."""

    @abstractmethod
    def wildcard(self, field: str, parts: Sequence[str | Wild]) -> F:
        """Some term is as the parts say, by code points."""

    @abstractmethod
    def regexp(self, field: str, expression: str) -> F:
        """The whole of some term matches."""

    @abstractmethod
    def range(self, field: str, demand: Between) -> F:
        """Some value lies within bounds that are numbers or texts."""

    @abstractmethod
    def exists(self, field: str) -> F: ...

    @abstractmethod
    def but_not(self, field: str, part: F) -> F:
        """The field exists, and the part does not hold."""

    @abstractmethod
    def clauses(self, body: Body) -> int:
        """How many conditions a query has, at the most."""

    def ignored(self, field: str) -> F:
        """Some value of the field is in no index, for it is too long or malformed."""
        return self.terms("_ignored", [field])

    def folded(self, field: str, texts: Sequence[str]) -> F:
        """Some term is one of these texts in lower case."""
        return self.any_of([self.regexp(field, lucene_regex.escaped(text, fold=True)) for text in texts])

    # Whole queries.

    def pieces(self, body: Body) -> int:
        most = self.capabilities.max_clauses
        return max(super().pieces(body), math.ceil(self.clauses(body) / most) if most else 1)

    def bounds(self, binding: FieldBinding, window: TimeWindow) -> tuple[F | None, bool]:
        demand = window_demand(binding, window)
        if demand is None or binding.field in self.unindexed:
            return None, False
        spelled, exact = self._spelled(demand[0], binding.kind.kind)
        return self.range(binding.field, spelled), demand[1] and exact

    # Conditions.

    def write(self, condition: Condition, *, checked: bool) -> Written[F] | None:
        field = condition.field.field
        if field in self.unindexed:
            return None
        if condition.negated and condition.field.kind.is_list:  # a row with one such value and others
            part = self.exists(field)
            return Written(self.any_of([part, self.ignored(field)]) if checked else part, exact=False)
        written = self._demanded(field, condition, checked=checked)
        if written is None:
            if not (checked and condition.negated):
                return None
            written = Written(self.exists(field), exact=False)  # what is negated has to be there
        elif condition.negated:
            written = Written(self.but_not(field, written.part), written.exact and not _is_text(condition))
        if not _may_be_long(condition):
            return written
        part = self.any_of([written.part, self.ignored(field)]) if checked else written.part
        return Written(part, exact=False)

    def _demanded(self, field: str, condition: Condition, *, checked: bool) -> Written[F] | None:
        """The demand, whether it is negated or not."""
        demand, kind = condition.demand, condition.field.kind.kind
        if condition.view in {View.NUMBER, View.TEXT}:  # numbers that are text, and text of numbers
            numbers = isinstance(demand, OneOf) and not isinstance(demand.values[0], str)
            if not (numbers and kind is Kind.INTEGER):
                return None
        if isinstance(demand, Present):
            sure = condition.view is View.ANYTHING or not _is_text(condition)
            return Written(self.exists(field), exact=sure and kind is not Kind.UNKNOWN)
        if isinstance(demand, InBlock):
            block = self.terms(field, [network(demand.block)])
            wide = condition.negated and _holds_mapped(demand.block)
            return Written(block, exact=False) if kind is Kind.IP and not wide else None
        if isinstance(demand, OneOf):
            return self._one_of(field, demand, condition, checked=checked)
        if isinstance(demand, Between):
            return self._between(field, demand, condition)
        return self._of_text(field, condition, checked=checked)

    def _one_of(self, field: str, demand: OneOf, condition: Condition, *, checked: bool) -> Written[F] | None:
        if isinstance(demand.values[0], str):
            return self._one_text(field, demand.values, condition, checked=checked)
        return self._one_number(field, demand.values, condition.field.kind.kind)

    def _of_text(self, field: str, condition: Condition, *, checked: bool) -> Written[F] | None:
        """What only text can be: in an order, like something, matched."""
        demand, kind = condition.demand, condition.field.kind.kind
        if kind is Kind.TEXT_NOCASE or (kind is Kind.UNKNOWN and checked):
            return self._words(field, demand, condition)
        if kind not in {Kind.TEXT, Kind.TIMESTAMP_TEXT, Kind.UNKNOWN}:
            return None
        if isinstance(demand, Ordered):
            return self._ordered(field, demand, condition)
        if isinstance(demand, Like):
            return self._like(field, demand, condition, checked=checked)
        return self._holds(field, demand, condition, checked=checked)

    def _one_number(self, field: str, values: Sequence[Any], kind: Kind) -> Written[F]:
        if kind in {Kind.INTEGER, Kind.UNKNOWN}:
            values = [value for value in values if -_LONG <= value < _LONG]
        if not values:
            return self._never()
        return Written(self.terms(field, values), exact=kind in _WHOLE)

    def _one_text(  # noqa: PLR0911  one return for each way of keeping text
        self, field: str, values: Sequence[Any], condition: Condition, *, checked: bool
    ) -> Written[F] | None:
        given = [str(value).lower() if condition.fold else str(value) for value in values]
        texts = [text for text in given if is_writable(text)]
        kind = condition.field.kind.kind
        if kind is Kind.IP:
            texts = [text for text in texts if read_block(text) is not None and "%" not in text]
        if not texts:
            return self._never()
        if kind is Kind.IP:
            wide = condition.negated and any(map(_holds_mapped, filter(None, map(read_block, texts))))
            return None if wide else Written(self.terms(field, texts), exact=False)
        if kind in {Kind.TEXT_NOCASE, Kind.UNKNOWN}:
            return self._phrases(field, texts, condition, checked=checked)
        if kind not in {Kind.TEXT, Kind.TIMESTAMP_TEXT}:
            return None
        if condition.view in {View.FILE_NAME, View.FOLDER}:
            return self._paths(field, texts, condition)
        if not condition.fold:
            return Written(self.terms(field, texts), exact=True)
        return self._folded_texts(field, texts, condition, checked=checked)

    def _folded_texts(
        self, field: str, texts: Sequence[str], condition: Condition, *, checked: bool
    ) -> Written[F] | None:
        """Texts in any case; unchecked, the spellings that people use, for a short query."""
        if not (checked or self.has_caseless_terms):
            spelled = [each for text in texts for each in (text, *_capital_spelling(text))]
            return Written(self.terms(field, list(dict.fromkeys(spelled))), exact=False)
        if all(map(str.isascii, texts)):
            return Written(self.folded(field, texts), exact=True)
        if condition.negated:
            return None
        odd = self.regexp(field, lucene_regex.NOT_ASCII)
        return Written(self.any_of([self.folded(field, texts), odd]), exact=False)

    def _never(self) -> Written[F]:
        nothing = self.nothing()
        return Written(self.any_of([]) if nothing is None else nothing, exact=True)

    def _paths(self, field: str, texts: Sequence[str], condition: Condition) -> Written[F] | None:
        """A file name: behind anything that ends with a separator. A folder: before what holds none."""
        before = lucene_regex.NAME_ONLY if condition.view is View.FILE_NAME else ""
        behind = f"{lucene_regex.NO_SEPARATOR}*" if condition.view is View.FOLDER else ""
        written = [before + lucene_regex.escaped(text, fold=condition.fold) + behind for text in texts]
        if any(len(each) > lucene_regex.LONGEST for each in written):
            return None
        part = self.any_of([self.regexp(field, each) for each in written])
        return Written(part, exact=not condition.fold or all(map(str.isascii, texts)))

    def _phrases(
        self, field: str, texts: Sequence[str], condition: Condition, *, checked: bool
    ) -> Written[F] | None:
        """Words in a row: what is equal has them; text without words can only be asked for as present."""
        if condition.negated or condition.view is not View.VALUE:
            return None
        by_case = condition.fold and condition.field.kind.kind is Kind.UNKNOWN  # it may be a keyword
        if checked and (by_case or not all(_WORDS.search(text) for text in texts)):
            return Written(self.exists(field), exact=False)
        return Written(self.terms(field, texts), exact=False)

    def _words(self, field: str, demand: object, condition: Condition) -> Written[F] | None:
        """A LIKE of an analysed field: words that hold each run of letters and digits."""
        if not isinstance(demand, Like) or condition.negated or condition.field.kind.kind is Kind.UNKNOWN:
            return None
        runs = [
            run.lower()
            for part in demand.parts
            if isinstance(part, str) and part.isascii()
            for run in _WORDS.findall(part)
        ]
        if not runs:
            return None
        parts = [self.wildcard(field, (Wild.ANY, run, Wild.ANY)) for run in dict.fromkeys(runs)]
        return Written(self.all_of(parts), exact=False)

    def _between(self, field: str, demand: Between, condition: Condition) -> Written[F] | None:
        kind = condition.field.kind.kind
        if kind in {Kind.TEXT, Kind.TEXT_NOCASE} or (kind is Kind.IP):
            return None
        spelled, exact = self._spelled(demand, kind)
        if condition.negated and not exact:  # without what is outside of the milliseconds, too much is
            return None
        return Written(self.range(field, spelled), exact=exact and kind is not Kind.UNKNOWN)

    def _spelled(self, demand: Between, kind: Kind) -> tuple[Between, bool]:
        """Bounds as texts and numbers; times by milliseconds, as the index has them."""
        low, high = demand.low, demand.high
        if not isinstance(low, datetime) and not isinstance(high, datetime):
            return Between(
                _held(low, kind), _held(high, kind), demand.low_included, demand.high_included
            ), True
        low_off = isinstance(low, datetime) and low.microsecond % 1000
        high_off = isinstance(high, datetime) and high.microsecond % 1000
        exact = not low_off and not high_off
        exact = exact and (low is None or demand.low_included) and (high is None or not demand.high_included)
        first = _moment(low) if isinstance(low, datetime) else None
        last = _moment(high + _MS if high_off else high) if isinstance(high, datetime) else None
        return Between(first, last, True, demand.high_included and not high_off), exact

    def _ordered(self, field: str, demand: Ordered, condition: Condition) -> Written[F] | None:
        """Terms in the order of their bytes, which is that of their code points."""
        if not is_writable(demand.value) or condition.fold or condition.view is not View.VALUE:
            return None
        included = "=" in demand.sign
        is_low = demand.sign[0] == ">"
        bounds = (
            Between(demand.value, None, included) if is_low else Between(None, demand.value, True, included)
        )
        return Written(self.range(field, bounds), exact=False)

    def _like(self, field: str, demand: Like, condition: Condition, *, checked: bool) -> Written[F] | None:
        texts = "".join(part for part in demand.parts if isinstance(part, str))
        if not is_writable(texts) or (condition.negated and condition.view is not View.VALUE):
            return None
        if len(texts) > _LONGEST_LIKE or demand.parts.count(Wild.ONE) > _MOST_SINGLE:
            return None
        if condition.view is View.VALUE and not condition.fold:
            part = self.wildcard(field, demand.parts)
        else:
            written = self._like_regex(demand.parts, condition)
            if len(written) > lucene_regex.LONGEST:
                return None
            part = self.regexp(field, written)
        if checked and (condition.negated or not _is_settled(demand, texts, fold=condition.fold)):
            return self._both_ways(field, part, condition)
        return Written(part, exact=not (demand.normal or condition.fold))

    def _both_ways(self, field: str, part: F, condition: Condition) -> Written[F]:
        """The part also (or negated, only) for text that is not ASCII, which may be composed otherwise."""
        odd = self.regexp(field, lucene_regex.NOT_ASCII)
        if condition.negated:  # what is excluded must be ASCII
            ascii_only = self.regexp(field, "[\u0001-\u007f]*")
            return Written(self.all_of([part, ascii_only]), exact=False)
        return Written(self.any_of([part, odd]), exact=False)

    def _like_regex(self, parts: Sequence[str | Wild], condition: Condition) -> str:
        if condition.view is View.FILE_NAME:
            one = lucene_regex.NO_SEPARATOR
            return lucene_regex.NAME_ONLY + lucene_regex.like(parts, fold=condition.fold, one=one)
        behind = ".*" if condition.view is View.FOLDER else ""
        return lucene_regex.like(parts, fold=condition.fold) + behind

    def _holds(self, field: str, demand: object, condition: Condition, *, checked: bool) -> Written[F] | None:
        if not isinstance(demand, Holds) or condition.view is not View.VALUE:
            return None
        regex = demand.regex
        found = None
        if regex.tree is not None and not regex.is_mixed and is_writable(regex.source):
            found = lucene_regex.search(regex.tree, fold=regex.folds or condition.fold)
        if found is None or (condition.negated and not (found[1] and regex.is_plain)):
            return None
        part = self.regexp(field, found[0])
        return self._both_ways(field, part, condition) if checked else Written(part, exact=False)


def _holds_mapped(block: Block) -> bool:
    """Whether an IPv6 block holds `::ffff:0:0/96` or a part of it: there the index keeps IPv4 addresses."""
    if block.bits != _IPV6_BITS:
        return False
    shared = min(block.length, _MAPPED.length)
    return block.prefix >> (block.length - shared) == _MAPPED.prefix >> (_MAPPED.length - shared)


def _moment(moment: datetime) -> str:
    """A moment for a `date` field, cut to milliseconds."""
    utc = moment.astimezone(timezone.utc)
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _held(bound: Bound | None, kind: Kind) -> Bound | None:
    """A number within what the index can hold, for others are refused."""
    if bound is None or isinstance(bound, (str, datetime)):
        return bound
    number = Decimal(bound)
    if kind in {Kind.INTEGER, Kind.EPOCH_MS, Kind.UNKNOWN}:
        return max(Decimal(-_LONG), min(Decimal(_LONG - 1), number))
    return max(Decimal("-1e37"), min(Decimal("1e37"), number))


def _is_text(condition: Condition) -> bool:
    """Whether the field holds text, which can be empty, and too long for the index."""
    return condition.field.kind.kind in {Kind.TEXT, Kind.TEXT_NOCASE, Kind.TIMESTAMP_TEXT, Kind.UNKNOWN}


def _may_be_long(condition: Condition) -> bool:
    """Whether a value that satisfies a condition can be too long for the index."""
    kind, demand = condition.field.kind.kind, condition.demand
    if kind not in {Kind.TEXT, Kind.TIMESTAMP_TEXT, Kind.UNKNOWN}:
        return False
    if isinstance(demand, OneOf) and not condition.negated and condition.view is View.VALUE:
        return any(isinstance(value, str) and len(value) > _SHORT for value in demand.values)
    return not isinstance(demand, Between)


def _capital_spelling(text: str) -> tuple[str, ...]:
    """Hexadecimal digits in capitals, as hashes and MAC addresses are written too; names are not."""
    return (text.upper(),) if _HEXADECIMAL.fullmatch(text) else ()


def _is_settled(demand: Like, texts: str, *, fold: bool) -> bool:
    """Whether text that is not ASCII matches as it is or not at all, whatever its normal form."""
    if not texts.isascii() or (fold and "k" in texts.lower()):
        return False
    return not demand.normal or (Wild.ONE not in demand.parts and not set("K;`") & set(texts))


def decimal_text(value: Decimal | float) -> str:
    """A number in digits; whole numbers without a fraction."""
    number = Decimal(value) if isinstance(value, int) else Decimal(str(value))
    if number == number.to_integral_value() and abs(number) < Decimal("1e20"):
        return str(int(number))
    return format(number, "f") if abs(number.adjusted()) < 30 else repr(float(number))  # noqa: PLR2004  digits
