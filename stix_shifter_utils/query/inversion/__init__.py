"""Relations between native and STIX values, turned round: from comparisons to conditions on fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stix_shifter_utils.mapping import Kind, Relation
from stix_shifter_utils.mapping.kinds import NUMBER_KINDS, TEXT_KINDS
from stix_shifter_utils.query.inversion.base import Inverter, Ways
from stix_shifter_utils.query.inversion.instants import InstantInverter, TimestampTextInverter, window_demand
from stix_shifter_utils.query.inversion.texts import (
    EncodedInverter,
    FileNameInverter,
    FolderInverter,
    ListedInverter,
    PartInverter,
    TextInverter,
    like_parts,
)
from stix_shifter_utils.query.inversion.values import (
    BooleanInverter,
    ConstantInverter,
    NumberInverter,
    OpaqueInverter,
    StringInverter,
    UnknownInverter,
)

if TYPE_CHECKING:
    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern import ObjectPath
    from stix_shifter_utils.query.model import Case

__all__ = ["Inverter", "Ways", "inverter", "like_parts", "window_demand"]

_BY_RELATION: Final[dict[Relation, type[Inverter]]] = {
    Relation.INTEGER: NumberInverter,
    Relation.EPOCH_MS: InstantInverter,
    Relation.EPOCH_S: InstantInverter,
    Relation.TIMESTAMP: InstantInverter,
    Relation.LOWERCASE: TextInverter,
    Relation.LOWERCASE_LIST: ListedInverter,
    Relation.FILE_NAME: FileNameInverter,
    Relation.DIRECTORY_PATH: FolderInverter,
    Relation.FILE_PATH: FolderInverter,
    Relation.BASE64: EncodedInverter,
    Relation.DOMAIN_OF_URL: PartInverter,
    Relation.IPV4_ONLY: TextInverter,
    Relation.IPV6_ONLY: TextInverter,
    Relation.BOOLEAN: BooleanInverter,
    Relation.CONSTANT: ConstantInverter,
    Relation.OPAQUE: OpaqueInverter,
}
_TEXTS: Final = TEXT_KINDS | {Kind.IP, Kind.UNKNOWN}


def inverter(
    binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool, has_booleans: bool
) -> Inverter:
    """The inverter for a field.

    Where a source has no booleans, what it keeps as such comes back as numbers.
    """
    kind = binding.kind.kind
    found = _BY_RELATION.get(binding.relation)
    if found in {
        TextInverter,
        FileNameInverter,
        FolderInverter,
        ListedInverter,
        PartInverter,
        EncodedInverter,
    }:
        found = found if kind in _TEXTS else OpaqueInverter
    elif binding.relation is Relation.STRING:
        found = TextInverter if kind in TEXT_KINDS else StringInverter
    if found is None:
        found = _plain_inverter(kind, has_booleans=has_booleans)
    return found(binding, path, case=case, checked=checked)


def _plain_inverter(kind: Kind, *, has_booleans: bool) -> type[Inverter]:
    if kind in TEXT_KINDS or kind is Kind.IP:
        return TextInverter
    if kind in NUMBER_KINDS:
        return NumberInverter
    if kind is Kind.BOOLEAN and has_booleans:
        return BooleanInverter
    return TimestampTextInverter if kind is Kind.TIMESTAMP_TEXT else UnknownInverter
