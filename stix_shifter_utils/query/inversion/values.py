"""Inverters for values that need few words: numbers, booleans, constants, and what is not known."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

from stix_shifter_utils.expressions import expression
from stix_shifter_utils.mapping import Cleaning, Kind, Relation
from stix_shifter_utils.mapping.kinds import TEXT_KINDS
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.pattern.property_kinds import static_kind
from stix_shifter_utils.query.conditions import PRESENT, Between, Choice, Fixed, OneOf, View
from stix_shifter_utils.query.inversion.base import EQUALITIES, OPPOSITE, Inverter, Ways
from stix_shifter_utils.query.inversion.texts import FOLDED, TextInverter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern import Comparison, ObjectPath
    from stix_shifter_utils.query.model import Case

BOUNDED: Final = "only numbers in the property's range become it"
_TRUE_WORDS: Final = ("yes", "true", "t", "1")
_SAFE_INTEGER: Final = 2**53
_MARGIN: Final = Decimal("1e-6")
_DECIMAL: Final = expression(r"0|-?[1-9][0-9]{0,18}")


class OpaqueInverter(Inverter):
    """Values of which nothing is known but that they need a native value."""

    by_values: ClassVar = False

    def ways(self, comparison: Comparison) -> Ways:
        if comparison.comparator is Comparator.EXISTS and comparison.negated:
            return ()
        return self.present("how the value follows from the native one is not known")


class ConstantInverter(Inverter):
    """Values that the map states itself, wherever the native value is not null (it may be empty text)."""

    by_values: ClassVar = False

    def ways(self, comparison: Comparison) -> Ways:
        from stix_shifter_utils.pattern.values import value_test  # few maps have constants

        if comparison.comparator is Comparator.EXISTS and comparison.negated:
            return ()
        if self.binding.constant is None:
            return Fixed.NEVER
        if comparison.comparator is Comparator.EXISTS:
            return (self.way(PRESENT, view=View.ANYTHING),)
        test = value_test(comparison, static_kind(self.path), self.case)
        values = self.binding.constant if isinstance(self.binding.constant, list) else [self.binding.constant]
        if not any(map(test, values)):
            return Fixed.NEVER
        return (self.way(PRESENT, view=View.ANYTHING),)


class NumberInverter(Inverter):
    """Numbers: as they are, or the whole part of a number or of a text that spells one."""

    def __init__(self, binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool) -> None:
        super().__init__(binding, path, case=case, checked=checked)
        whole = binding.property is not None and binding.property.cleaning is Cleaning.WHOLE
        self.low = binding.property.low if binding.property else None
        self.high = binding.property.high if binding.property else None
        self.is_plain = self.kind is Kind.INTEGER
        untold = self.kind is Kind.UNKNOWN
        self.cut = (binding.relation is Relation.INTEGER or whole) and not self.is_plain
        self.cut = self.cut and (checked or not untold)
        self.view = View.NUMBER if self.kind in TEXT_KINDS or (untold and checked) else View.VALUE
        self.vague = "" if self.is_plain else "the native value may be no finite number"
        if self.cut:
            self.vague = "the native value may have a fraction or be other text"
        self.bounded = self.vague or (BOUNDED if self.low is not None else "")

    def exists(self) -> Ways:
        return (self.way(PRESENT, reason=self.bounded),)

    def incompatible(self, *, negated: bool) -> Ways:
        return (self.way(PRESENT, reason=self.bounded),) if negated else Fixed.NEVER

    def equal(self, values: Sequence[Any], *, negated: bool) -> Ways:
        numbers = tuple(value for value in values if is_number(value) and self.is_within(value))
        if not numbers:
            return self.incompatible(negated=negated)
        if self.is_plain:
            return self._equal_integers(numbers, negated=negated)
        if negated and self.checked:
            return (self.way(PRESENT, reason=self.vague),)
        if negated or (not self.cut and all(float(number).is_integer() for number in numbers)):
            return (self.way(OneOf(numbers), view=self.view, negated=negated, reason=self.vague),)
        conditions = tuple(self.condition(self._around(number), view=self.view) for number in numbers)
        return (Choice(conditions, exact=False, reason=self.vague),)

    def is_within(self, number: float) -> bool:
        """Whether the property can hold a number."""
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)

    def _equal_integers(self, numbers: tuple[Any, ...], *, negated: bool) -> Ways:
        whole = tuple(int(number) for number in numbers if number == int(number))
        if not whole:
            return self.incompatible(negated=negated)
        return (self.way(OneOf(whole), negated=negated, reason=self.bounded if negated else ""),)

    def _around(self, number: float) -> Between:
        """The native numbers that can become this one: for whole ones all with the same integer part."""
        exact = decimal_of(number)
        margin = abs(exact) * _MARGIN
        if self.cut:
            margin = Decimal(1) if abs(exact) < _SAFE_INTEGER else margin
            return Between(exact - margin, exact + margin, low_included=False, high_included=False)
        return Between(exact - margin, exact + margin)

    def ordered(self, sign: str, value: Any, *, negated: bool) -> Ways:
        if not is_number(value):
            return self.incompatible(negated=negated)
        if negated:
            sign = OPPOSITE[sign]
        exact = decimal_of(value)
        margin = Decimal(0)
        if not self.is_plain and self.checked:
            margin = Decimal(1) if self.cut else abs(exact) * _MARGIN
        included = "=" in sign or margin > 0
        if sign[0] == "<":
            demand = Between(None, exact + margin, high_included=included)
        else:
            demand = Between(exact - margin, None, low_included=included)
        return (self.way(demand, view=self.view, reason=self.bounded),)


class BooleanInverter(Inverter):
    """Booleans, or words that stand for them (`yes`, `true`, `t`, `1`; every other text is false)."""

    def equal(self, values: Sequence[Any], *, negated: bool) -> Ways:
        wanted = {value for value in values if isinstance(value, bool)}
        if negated:
            wanted = {True, False} - wanted
        if not wanted:
            return Fixed.NEVER
        if len(wanted) == 2:  # noqa: PLR2004  both
            return self.exists()
        is_true = True in wanted
        if self.kind is Kind.BOOLEAN:
            return (self.way(OneOf((is_true,))),)
        if self.kind is Kind.INTEGER and self.binding.relation is not Relation.BOOLEAN:
            return (self.way(OneOf((int(is_true),))),)
        if self.kind in TEXT_KINDS:
            return self._words(is_true=is_true)
        return self.present(f"booleans are not known to be kept as {self.kind.value}")

    def _words(self, *, is_true: bool) -> Ways:
        if self.binding.relation is Relation.BOOLEAN:
            words = self.condition(OneOf(_TRUE_WORDS), fold=True, negated=not is_true)
            empty = () if is_true else (self.condition(OneOf(("",))),)
            return (Choice((words, *empty), exact=False, reason=FOLDED),)
        if self.checked:
            return self.present("blanks around the words count for nothing")
        return (self.way(OneOf(("true", "1") if is_true else ("false", "0")), fold=True, reason=FOLDED),)

    def exists(self) -> Ways:
        reason = "" if self.kind is Kind.BOOLEAN else "the value may be no boolean"
        return (self.way(PRESENT, view=View.ANYTHING, reason=reason),)

    def incompatible(self, *, negated: bool) -> Ways:
        return self.exists() if negated else Fixed.NEVER


class StringInverter(TextInverter):
    """Numbers that become text: whole ones by their only decimal spelling."""

    by_values: ClassVar = False

    def __init__(self, binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool) -> None:
        super().__init__(binding, path, case=case, checked=checked)
        self.view = View.TEXT
        self.is_decimal = self.kind in {Kind.INTEGER, Kind.UNKNOWN}

    def ways(self, comparison: Comparison) -> Ways:
        if self.is_decimal or comparison.comparator is Comparator.EXISTS:
            return super().ways(comparison)
        return self.present("how the source's number is spelled is not known")

    def equal_texts(self, texts: tuple[str, ...], *, negated: bool) -> Ways:
        if self.kind is not Kind.INTEGER:
            return super().equal_texts(texts, negated=negated)
        numbers = tuple(int(text) for text in texts if _DECIMAL.fullmatch(text))
        if not numbers:
            return self.incompatible(negated=negated)
        return (self.way(OneOf(numbers), negated=negated),)

    def exists(self) -> Ways:
        return (self.way(PRESENT),)

    def incompatible(self, *, negated: bool) -> Ways:
        return (self.way(PRESENT),) if negated else Fixed.NEVER


class UnknownInverter(Inverter):
    """Fields without a stated kind: the literal's kind decides, and nothing is called exact."""

    by_values: ClassVar = False

    def __init__(self, binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool) -> None:
        super().__init__(binding, path, case=case, checked=checked)
        self.text = TextInverter(binding, path, case=case, checked=checked)
        self.number = NumberInverter(binding, path, case=case, checked=checked)

    def ways(self, comparison: Comparison) -> Ways:
        if comparison.comparator is Comparator.EXISTS:
            return super().ways(comparison)
        negated = comparison.negated is not (comparison.comparator is Comparator.NOT_EQUAL)
        value = comparison.value
        kinds = {type(each) for each in value} if isinstance(value, tuple) else {type(value)}
        if not kinds:
            return self.incompatible(negated=negated)
        if len(kinds) > 1 or (negated and self.checked):
            return self.present(self.doubt)
        kind = kinds.pop()
        if kind is str:
            return self.text.ways(comparison)
        if kind is bool and comparison.comparator in EQUALITIES:
            values = value if isinstance(value, tuple) else (value,)
            return (self.way(OneOf(tuple(map(bool, values))), negated=negated),)
        return self.number.ways(comparison) if kind in {int, float} else self.present(self.doubt)


def decimal_of(number: float) -> Decimal:
    """A literal as the decimal number that it was written as."""
    return Decimal(number) if isinstance(number, int) else Decimal(repr(number))


def is_number(value: object) -> bool:
    """Whether a literal is a number: `true` is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
