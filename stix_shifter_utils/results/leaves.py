"""Leaves of a to_stix map as data: what `plan` reads to foresee what rows of one shape become.

`compile` makes each leaf twice: as a step (`steps`), which does it to any value, and as such a record. A leaf
that has no record here (a callback, `ds_key`, a group of items) is done by its step only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from stix_shifter_utils.results.build import Object, Reference
    from stix_shifter_utils.results.keys import Key
    from stix_shifter_utils.results.steps import Transform
    from stix_shifter_utils.stix.kinds import Kind

NATIVE: Final = object()
"""Stands for the native value, where a leaf has no constant."""


@dataclass(frozen=True, slots=True)
class ValueLeaf:
    """A value into the property `key` of the object `name`; `base` is what that object starts with.

    `many`: each item of a list is an object of its own; `each` then transforms single items. `group`: the
    property is a list that several values extend.
    """

    key: Key
    name: str
    base: Object
    many: bool
    transform: Transform | None = None
    each: Transform | None = None
    group: str | None = None
    constant: Any = NATIVE


@dataclass(frozen=True, slots=True)
class ChoiceLeaf:
    """Addresses of several kinds, of which one takes the value."""

    options: tuple[ValueLeaf, ...]


@dataclass(frozen=True, slots=True)
class ObservedLeaf:
    """A value into a property of the observed-data itself."""

    name: str
    kind: Kind
    transform: Transform | None = None
    constant: Any = NATIVE


@dataclass(frozen=True, slots=True)
class ReferenceLeaf:
    """References that follow each other, or one behind a transformer, which has to give something."""

    references: tuple[Reference, ...]
    transform: Transform | None = None


Leaf = ValueLeaf | ChoiceLeaf | ObservedLeaf | ReferenceLeaf
