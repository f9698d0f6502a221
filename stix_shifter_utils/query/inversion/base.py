"""What every inverter shares: a comparison taken apart, and ways to ask put together.

An inverter turns the relation between a native and a STIX value round, for values of one kind; the kinds
are in `values`, `texts` and `instants` beside this file. Languages come in only behind this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from stix_shifter_utils.mapping import Kind, Relation
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.conditions import PRESENT, Choice, Condition, Demand, Fixed, View

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern import Comparison, ObjectPath
    from stix_shifter_utils.query.model import Case

Ways: TypeAlias = "Fixed | tuple[Choice, ...]"
"""The ways to ask one field, best first; none when only looking at the rows can tell."""

EQUALITIES: Final = frozenset({Comparator.EQUAL, Comparator.NOT_EQUAL, Comparator.IN})
SIGNS: Final = {
    Comparator.LESS_THAN: "<",
    Comparator.LESS_THAN_OR_EQUAL: "<=",
    Comparator.GREATER_THAN: ">",
    Comparator.GREATER_THAN_OR_EQUAL: ">=",
}
_FROM_NOTHING: Final = frozenset({Relation.OPAQUE, Relation.CONSTANT, Relation.BOOLEAN})
"""Relations that may make a value of empty text."""
OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class Inverter:
    """How one field is asked. Made once per field and path; the methods below are called per comparison.

    Each way that a method returns asks for every row whose value can satisfy the comparison (a superset),
    and is called exact only where it asks for no other. `checked` says that rows will be judged here after
    they came back: then ways may be wider than what the pattern's words suggest, for the sake of rare
    values.
    """

    by_values: ClassVar[bool] = True
    """Whether `equal` alone decides about `=` and IN, so that many comparisons can be asked at once."""

    def __init__(self, binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool) -> None:
        self.binding, self.path, self.case, self.checked = binding, path, case, checked
        self.kind = binding.kind.kind
        self.doubt = binding.doubts[0] if binding.doubts else ""
        if not self.doubt and self.kind is Kind.UNKNOWN:
            self.doubt = f"the kind of the field {binding.field} is not stated"
        self.certain = not self.doubt
        self.vague = ""
        """Why a way to ask for a value of any kind is not exact, beside the doubt about the field."""

    def ways(self, comparison: Comparison) -> Ways:  # noqa: PLR0911  one return for each comparator
        """The ways to ask for a comparison."""
        comparator, value = comparison.comparator, comparison.value
        if comparator is Comparator.EQUAL and not comparison.negated:
            return self.equal((value,), negated=False)
        negated = comparison.negated is not (comparator is Comparator.NOT_EQUAL)
        if comparator is Comparator.EXISTS:
            return () if comparison.negated else self.exists()
        if negated and self.binding.is_listed and not self.binding.has_index:
            return self.present("the path names the list itself")
        if comparator in EQUALITIES:
            return self.equal(value if isinstance(value, tuple) else (value,), negated=negated)
        if comparator in SIGNS:
            return self.ordered(SIGNS[comparator], value, negated=negated)
        if not isinstance(value, str):
            return self.incompatible(negated=negated)
        if comparator is Comparator.LIKE:
            return self.like(value, negated=negated)
        if comparator is Comparator.MATCHES:
            return self.matches(value, negated=negated)
        return self.in_block(value, negated=negated, inside=comparator is Comparator.ISSUBSET)

    # What a comparison means for values of this shape; the default is that its literal is of another type.

    def exists(self) -> Ways:
        return (self.way(PRESENT),)

    def equal(self, values: Sequence[Any], *, negated: bool) -> Ways:
        return self.incompatible(negated=negated)

    def ordered(self, sign: str, value: Any, *, negated: bool) -> Ways:
        return self.incompatible(negated=negated)

    def like(self, pattern: str, *, negated: bool) -> Ways:
        return self.incompatible(negated=negated)

    def matches(self, expression: str, *, negated: bool) -> Ways:
        return self.incompatible(negated=negated)

    def in_block(self, text: str, *, negated: bool, inside: bool) -> Ways:
        return self.incompatible(negated=negated)

    # Building blocks.

    def incompatible(self, *, negated: bool) -> Ways:
        """A literal of another type: no value is equal or in order to it, so NOT holds for every value."""
        return (self.way(PRESENT),) if negated else Fixed.NEVER

    def present(self, reason: str) -> tuple[Choice, ...]:
        """All that can be asked is that there is a value; the rest is judged here."""
        view = View.ANYTHING if self.binding.relation in _FROM_NOTHING else View.VALUE
        condition = Condition(self.binding, PRESENT, view)
        return (Choice((condition,), exact=False, reason=reason, local=True),)

    def condition(
        self, demand: Demand, *, view: View = View.VALUE, fold: bool = False, negated: bool = False
    ) -> Condition:
        return Condition(self.binding, demand, view, fold, negated)

    def way(
        self,
        demand: Demand,
        *,
        view: View = View.VALUE,
        fold: bool = False,
        negated: bool = False,
        reason: str = "",
    ) -> Choice:
        """One condition; exact unless a reason, or a doubt about the field, says why not."""
        condition = Condition(self.binding, demand, view, fold, negated)
        return Choice((condition,), exact=self.certain and not reason, reason=reason or self.doubt)
