"""From a comparison to a family's answer: fields to ask, the best way to write it, the verdict.

Languages differ only in `Writer.write`; everything a verdict depends on is here and in `inversion`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NamedTuple, TypeVar

from stix_shifter_utils.frozen import changed
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.answers import Answer, Scope
from stix_shifter_utils.query.conditions import (
    Between,
    Choice,
    Condition,
    Fixed,
    Holds,
    InBlock,
    Like,
    OneOf,
    Ordered,
    View,
)
from stix_shifter_utils.query.inversion import inverter
from stix_shifter_utils.query.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.mapping import DialectMapping
    from stix_shifter_utils.pattern import Comparison, ObjectPath
    from stix_shifter_utils.query.capabilities import Capabilities
    from stix_shifter_utils.query.inversion import Inverter, Ways
    from stix_shifter_utils.query.model import Case

F = TypeVar("F")

_KEPT_PATHS: Final = 4096
NEVER_TRUE: Final = "no value of this property can satisfy it"
UNMAPPED: Final = "no field of the source is mapped to it"
NEVER_BACK: Final = "no result of this source has the property"
NOT_ASKED: Final = "it comes back in results, but no field can be asked for it"
OWN_WAY: Final = "the source compares in its own way"
ROWS_TELL: Final = "only the rows themselves can tell"
NO_WORDS: Final = "the source cannot be asked for this field in this way"
BLIND: Final = (
    "the source can only be asked for more than it says, and its values do not come back to be checked"
)


_DEMANDS: Final[dict[Comparator, tuple[type, ...]]] = {
    Comparator.EQUAL: (OneOf,),
    Comparator.NOT_EQUAL: (OneOf,),
    Comparator.IN: (OneOf,),
    Comparator.LESS_THAN: (Ordered, Between),
    Comparator.LESS_THAN_OR_EQUAL: (Ordered, Between),
    Comparator.GREATER_THAN: (Ordered, Between),
    Comparator.GREATER_THAN_OR_EQUAL: (Ordered, Between),
    Comparator.LIKE: (Like,),
    Comparator.MATCHES: (Holds,),
    Comparator.ISSUBSET: (InBlock,),
}


class Written(NamedTuple, Generic[F]):
    """A condition in a language, and whether it is just the condition."""

    part: F
    exact: bool


class _Asked(NamedTuple, Generic[F]):
    """What one field contributes to an answer; `part` None stands for every row."""

    part: F | None
    exact: bool
    reason: str
    local: bool


class Writer(ABC, Generic[F]):
    """A language that conditions are written in, and the mapping that says which fields there are."""

    has_booleans: ClassVar[bool] = True
    """Whether the source returns booleans as such, not as 0 and 1."""

    def __init__(self, mapping: DialectMapping, capabilities: Capabilities, case: Case) -> None:
        self.mapping, self.capabilities, self.case = mapping, capabilities, case
        self._inverters: dict[tuple[ObjectPath, bool], tuple[Inverter, ...]] = {}
        self._shared: dict[tuple[Verdict, str, bool], Answer[F]] = {}

    # What a language has to say.

    @abstractmethod
    def write(self, condition: Condition, *, checked: bool) -> Written[F] | None:
        """The condition, or one that asks for more (then not exact); None when there are no words for it.

        With `checked` false nobody looks at the rows: what is not exact then follows the pattern's words as
        nearly as it can, even where rare values (in other normal forms) would be missed.
        """

    @abstractmethod
    def all_of(self, parts: Sequence[F]) -> F: ...

    @abstractmethod
    def any_of(self, parts: Sequence[F]) -> F: ...

    @abstractmethod
    def has(self, comparator: Comparator) -> bool:
        """Whether the language has the comparator at all, after operators.json."""

    # Judging.

    def judge(self, comparison: Comparison, *, checked: bool) -> Answer[F]:
        """The answer for one comparison."""
        inverters = self.inverters(comparison.path, checked=checked)
        if not inverters:
            if comparison.comparator is Comparator.EXISTS and comparison.negated:
                return self._never_there(comparison, checked=checked)
            back = self.mapping.index.returns(comparison.path)
            if back:
                return Answer(None, Verdict.LOCAL, NOT_ASKED, is_mapped=False)
            return Answer(None, Verdict.UNSEARCHABLE, UNMAPPED, is_mapped=False)
        asked = [(one, self._ask(one, comparison, checked=checked)) for one in inverters]
        live = [(one, got) for one, got in asked if got is not None]
        if not live:
            return Answer(Scope.NOTHING, Verdict.EXACT, NEVER_TRUE)
        return self._answer(live, checked=checked)

    def _never_there(self, comparison: Comparison, *, checked: bool) -> Answer[F]:
        """NOT EXISTS of a property that no field is asked for."""
        if self.mapping.index.returns(comparison.path):
            return Answer(None, Verdict.LOCAL, NOT_ASKED, is_mapped=False)
        return Answer(Scope.ALL if checked else None, Verdict.EXACT, NEVER_BACK, is_mapped=False)

    def _answer(self, live: list[tuple[Inverter, _Asked[F]]], *, checked: bool) -> Answer[F]:
        if len(live) == 1:
            return self._single_answer(*live[0], checked=checked)
        exact = all(got.exact for _, got in live)
        local = any(got.local for _, got in live)
        reason = next((got.reason for _, got in live if got.reason and (got.local or not local)), "")
        sent = [got for _, got in live if checked or not got.local]
        if not sent:
            part: F | Scope | None = None
        elif any(got.part is None for got in sent):
            part = Scope.ALL
        else:
            part = self.any_of([got.part for got in sent if got.part is not None])
        back = [one.binding.comes_back for one, _ in live]
        if not any(back) and not exact:
            return Answer(None if local else part, Verdict.UNSEARCHABLE, BLIND)
        verdict = Verdict.LOCAL if local else Verdict.EXACT if exact else Verdict.SUPERSET
        return Answer(part, verdict, "" if exact else reason, blind=not all(back))

    @staticmethod
    def _single_answer(one: Inverter, got: _Asked[F], *, checked: bool) -> Answer[F]:
        part: F | Scope | None = Scope.ALL if got.part is None else got.part
        if got.local and not checked:
            part = None
        if not one.binding.comes_back and not got.exact:
            return Answer(None if got.local else part, Verdict.UNSEARCHABLE, BLIND)
        if got.exact:
            return Answer(part, Verdict.EXACT, blind=not one.binding.comes_back)
        return Answer(part, Verdict.LOCAL if got.local else Verdict.SUPERSET, got.reason)

    def _ask(self, one: Inverter, comparison: Comparison, *, checked: bool) -> _Asked[F] | None:
        """The best way to ask one field; None when its values never satisfy the comparison."""
        ways = one.ways(comparison)
        if ways is Fixed.NEVER:
            return None
        if not self.has(comparison.comparator) or not self.capabilities.allow(
            one.kind, comparison.comparator
        ):
            weaker = [way for way in ways if checked and not _says(way, comparison.comparator)]
            reason = f"the source has no {comparison.comparator.value} for this field"
            ways = tuple(weaker) or one.present(reason)
        for way in ways:
            asked = self._write_way(way, checked=checked)
            if asked is not None:
                return asked
        reason = (ways[-1].reason if ways else ROWS_TELL) or NO_WORDS
        return _Asked(None, exact=False, reason=reason, local=True)

    def _write_way(self, way: Choice, *, checked: bool) -> _Asked[F] | None:
        if len(way.conditions) == 1:
            written = self._written(way.conditions[0], checked=checked)
            if written is None:
                return None
            exact = way.exact and written.exact
            return _Asked(written.part, exact, "" if exact else way.reason or OWN_WAY, way.local)
        parts, exact = [], way.exact
        for condition in way.conditions:
            written = self._written(condition, checked=checked)
            if written is None:
                return None
            parts.append(written.part)
            exact = exact and written.exact
        part = (self.all_of if way.every else self.any_of)(parts)
        return _Asked(part, exact, "" if exact else way.reason or OWN_WAY, way.local)

    def _written(self, condition: Condition, *, checked: bool) -> Written[F] | None:
        """A condition, with a list that is longer than the source takes in several parts."""
        most, demand = self.capabilities.max_values, condition.demand
        if most is None or not isinstance(demand, OneOf):
            return self.write(condition, checked=checked)
        if condition.negated:
            most = max(1, most - 1)  # a family puts the empty text beside values that must not be
        if len(demand.values) <= most:
            return self.write(condition, checked=checked)
        chunks = [OneOf(demand.values[at : at + most]) for at in range(0, len(demand.values), most)]
        written = [self.write(changed(condition, demand=chunk), checked=checked) for chunk in chunks]
        found = [one for one in written if one is not None]
        if len(found) < len(written):
            return None
        part = (self.all_of if condition.negated else self.any_of)([one.part for one in found])
        several = condition.negated and condition.field.kind.is_list  # an item for each part will do
        return Written(part, exact=all(one.exact for one in found) and not several)

    def inverters(self, path: ObjectPath, *, checked: bool) -> tuple[Inverter, ...]:
        """The inverters of the fields for a path."""
        found = self._inverters.get((path, checked))
        if found is None:
            if len(self._inverters) >= _KEPT_PATHS:
                self._inverters.clear()  # a compiler lives long, and patterns may name any path
            bindings = self.mapping.index.lookup(path)
            found = tuple(
                inverter(each, path, case=self.case, checked=checked, has_booleans=self.has_booleans)
                for each in bindings
            )
            self._inverters[path, checked] = found
        return found

    # Joining.

    def judge_any(
        self, comparisons: Sequence[Comparison], *, checked: bool
    ) -> tuple[list[F | Scope], list[Answer[F]]]:
        """Answers for `=` and IN of one path under one OR, with values for one field in one list.

        The parts hold what was joined; an answer whose part is `Scope.REMOVED` is among them.
        """
        together = self._together(comparisons, checked=checked)
        if together is not None:
            return together
        lists = self._lists(comparisons, checked=checked)
        written = None if lists is None else self._write_lists(lists, checked=checked)
        if lists is None or written is None:
            return [], [self.judge(each, checked=checked) for each in comparisons]
        answers = [
            self.judge(comparison, checked=checked)
            if note is None
            else self._joined_answer(note, written, comparison.path, checked=checked)
            for comparison, note in zip(comparisons, lists.notes, strict=True)
        ]
        if checked and any(answer.verdict is Verdict.UNSEARCHABLE for answer in answers):
            return [], [self.judge(each, checked=checked) for each in comparisons]
        return [part for parts, _ in written.values() for part in parts], answers

    def _together(
        self, comparisons: Sequence[Comparison], *, checked: bool
    ) -> tuple[list[F | Scope], list[Answer[F]]] | None:
        """The common case, without a look at each comparison: what a list says holds for each value."""
        path = comparisons[0].path
        inverters = self.inverters(path, checked=checked)
        if not inverters or not all(one.by_values for one in inverters) or not self._can_all(inverters):
            return None
        lists = _Lists()
        values = [
            value
            for each in comparisons
            for value in (each.value if isinstance(each.value, tuple) else (each.value,))
        ]
        note: _Note = []
        for place, one in enumerate(inverters):
            if not lists.take(place, one, values, note):
                return None
        written = self._write_lists(lists, checked=checked)
        if written is None:
            return None
        if note:
            answer = self._joined_answer(note, written, path, checked=checked)
            if checked and answer.verdict is Verdict.UNSEARCHABLE:
                return None
        else:
            answer = self._same_answer(Verdict.EXACT, "", blind=False)
        found: list[F | Scope] = [part for parts, _ in written.values() for part in parts]
        return found or [Scope.NOTHING], [answer] * len(comparisons)

    def _can_all(self, inverters: Sequence[Inverter]) -> bool:
        can = self.has(Comparator.EQUAL) and self.has(Comparator.IN)
        return can and all(self.capabilities.allow(one.kind, Comparator.EQUAL) for one in inverters)

    def _same_answer(self, verdict: Verdict, reason: str, *, blind: bool) -> Answer[F]:
        """The answer for a comparison that is part of a list; one object for all that are alike."""
        found = self._shared.get((verdict, reason, blind))
        if found is None:
            found = self._shared[verdict, reason, blind] = Answer(Scope.REMOVED, verdict, reason, blind=blind)
        return found

    def _lists(self, comparisons: Sequence[Comparison], *, checked: bool) -> _Lists | None:
        inverters = self.inverters(comparisons[0].path, checked=checked)
        if not inverters or not self._can_all(inverters):
            return None
        lists = _Lists()
        for comparison in comparisons:
            lists.add(comparison, inverters)
        return lists

    def _write_lists(self, lists: _Lists, *, checked: bool) -> dict[_Key, tuple[list[F], bool]] | None:
        most = self.capabilities.max_values
        found: dict[_Key, tuple[list[F], bool]] = {}
        for key, (condition, values) in lists.groups.items():
            unique = tuple(dict.fromkeys(values))
            size = most or len(unique)
            chunks = [unique[at : at + size] for at in range(0, len(unique), size)]
            written = [
                self.write(changed(condition, demand=OneOf(chunk)), checked=checked) for chunk in chunks
            ]
            parts = [one.part for one in written if one is not None]
            if len(parts) < len(written):
                return None
            found[key] = parts, all(one.exact for one in written if one is not None)
        return found

    def _joined_answer(
        self, note: _Note, written: dict[_Key, tuple[list[F], bool]], path: ObjectPath, *, checked: bool
    ) -> Answer[F]:
        if not note:
            return Answer(Scope.NOTHING, Verdict.EXACT, NEVER_TRUE)
        exact = all(choice.exact and written[key][1] for key, choice in note)
        reason = "" if exact else next((choice.reason for _, choice in note if choice.reason), OWN_WAY)
        inverters = self.inverters(path, checked=checked)
        back = [inverters[key[0]].binding.comes_back for key, _ in note]
        if not any(back) and not exact:
            verdict, reason = Verdict.UNSEARCHABLE, BLIND
        else:
            verdict = Verdict.EXACT if exact else Verdict.SUPERSET
        return self._same_answer(verdict, reason, blind=not all(back))


_Key = tuple[int, View, bool, bool]
"""Which inverter, what of the value is compared, whether without case, whether the values are text."""
_Note = list[tuple[_Key, Choice]]


class _Lists:
    """Values gathered for lists: one group for each field and way of comparing; a note for each comparison.

    A comparison whose ways are no single list has the note None.
    """

    def __init__(self) -> None:
        self.groups: dict[_Key, tuple[Condition, list[str | int | float | bool]]] = {}
        self.notes: list[_Note | None] = []

    def add(self, comparison: Comparison, inverters: Sequence[Inverter]) -> None:
        """Take the values of one comparison, unless they need more than lists."""
        taken = [(place, one.ways(comparison)) for place, one in enumerate(inverters)]
        if all(_is_list(ways) for _, ways in taken):
            note: _Note = []
            for place, ways in taken:
                self._take(place, ways, note)
            self.notes.append(note)
        else:
            self.notes.append(None)

    def take(self, place: int, one: Inverter, values: Sequence[Any], note: _Note) -> bool:
        """Take the values of many comparisons for one field; False when they are not all alike.

        They are where one list is exact and its values come back. Else none of the values may be left out
        of the list, and what is against it must be said of the field, whatever the value.
        """
        ways = one.equal(values, negated=False)
        if not isinstance(ways, Fixed):
            if not ways or not _is_list(ways):
                return False
            choice, demand = ways[0], ways[0].conditions[0].demand
            is_whole = isinstance(demand, OneOf) and len(demand.values) == len(values)
            of_field = choice.exact or choice.reason in (one.doubt, one.vague)
            if not of_field or not (is_whole or (choice.exact and one.binding.comes_back)):
                return False
        elif not one.binding.comes_back:
            return False
        self._take(place, ways, note)
        return True

    def _take(self, place: int, ways: Ways, note: _Note) -> None:
        if isinstance(ways, Fixed) or not ways:
            return
        condition, demand = ways[0].conditions[0], ways[0].conditions[0].demand
        if isinstance(demand, OneOf):
            key = (place, condition.view, condition.fold, isinstance(demand.values[0], str))
            note.append((key, ways[0]))
            self.groups.setdefault(key, (condition, []))[1].extend(demand.values)


def _is_list(ways: Ways) -> bool:
    """Whether the best way is that the value is one of some, or whether there is nothing to ask."""
    if isinstance(ways, Fixed):
        return True
    if not ways or ways[0].local or len(ways[0].conditions) > 1:
        return False
    condition = ways[0].conditions[0]
    return isinstance(condition.demand, OneOf) and not condition.negated


def _says(way: Choice, comparator: Comparator) -> bool:
    """Whether a way needs the comparator itself of the language."""
    wanted = _DEMANDS.get(comparator)
    return wanted is not None and any(isinstance(one.demand, wanted) for one in way.conditions)
