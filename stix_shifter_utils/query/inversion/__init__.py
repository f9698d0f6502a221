"""Relations between native and STIX values, turned round: from comparisons to conditions on fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stix_shifter_utils.mapping import Cleaning, Kind, Relation
from stix_shifter_utils.mapping.kinds import NUMBER_KINDS, TEXT_KINDS
from stix_shifter_utils.query.inversion.base import Inverter, Ways
from stix_shifter_utils.query.inversion.instants import InstantInverter, TimestampTextInverter, window_demand
from stix_shifter_utils.query.inversion.parts import (
    EncodedInverter,
    FileNameInverter,
    FolderInverter,
    ListedInverter,
    PartInverter,
)
from stix_shifter_utils.query.inversion.spellings import like_parts
from stix_shifter_utils.query.inversion.texts import TextInverter
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

_TEXT_RELATIONS: Final[dict[Relation, type[Inverter]]] = {
    Relation.LOWERCASE: TextInverter,
    Relation.LOWERCASE_LIST: ListedInverter,
    Relation.FILE_NAME: FileNameInverter,
    Relation.DIRECTORY_PATH: FolderInverter,
    Relation.FILE_PATH: FolderInverter,
    Relation.BASE64: EncodedInverter,
    Relation.DOMAIN_OF_URL: PartInverter,
    Relation.IPV4_ONLY: TextInverter,
    Relation.IPV6_ONLY: TextInverter,
}
_TIME_RELATIONS: Final = frozenset({Relation.EPOCH_MS, Relation.EPOCH_S, Relation.TIMESTAMP})
_TEXTS: Final = TEXT_KINDS | {Kind.IP, Kind.UNKNOWN}
_TIMES: Final = TEXT_KINDS | {Kind.TIMESTAMP, Kind.TIMESTAMP_TEXT, Kind.UNKNOWN}
_TRUTHS: Final = TEXT_KINDS | {Kind.BOOLEAN, Kind.INTEGER, Kind.UNKNOWN}


def inverter(
    binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool, has_booleans: bool
) -> Inverter:
    """The inverter for a field. Where a source has no booleans, it gives numbers for them."""
    found = _inverter(binding, has_booleans=has_booleans)
    return found(binding, path, case=case, checked=checked)


def _inverter(  # noqa: PLR0911  one return for each kind of value
    binding: FieldBinding, *, has_booleans: bool
) -> type[Inverter]:
    relation, kind = binding.relation, binding.kind.kind
    cleaning = binding.property.cleaning if binding.property else Cleaning.AS_IS
    if relation is Relation.CONSTANT:
        return ConstantInverter
    if relation is Relation.OPAQUE or cleaning is Cleaning.OTHER:
        return OpaqueInverter
    if relation in _TIME_RELATIONS or cleaning is Cleaning.INSTANT:
        return _time_inverter(relation, kind, cleaning)
    if relation in _TEXT_RELATIONS:
        fits = kind in _TEXTS and cleaning in _KEEP_TEXT
        return _TEXT_RELATIONS[relation] if fits else OpaqueInverter
    if relation is Relation.BOOLEAN or cleaning is Cleaning.BOOLEAN:
        fits = kind in _TRUTHS and cleaning in {Cleaning.BOOLEAN, Cleaning.AS_IS}
        return BooleanInverter if fits else OpaqueInverter
    if cleaning in {Cleaning.WHOLE, Cleaning.NUMBER}:
        return NumberInverter if kind in NUMBER_KINDS | _TEXTS else OpaqueInverter
    if relation is Relation.INTEGER and cleaning is Cleaning.AS_IS:
        return NumberInverter if kind in NUMBER_KINDS | _TEXTS else OpaqueInverter
    if relation in {Relation.STRING, Relation.INTEGER} or cleaning is not Cleaning.AS_IS:
        return _text_inverter(relation, kind, cleaning)
    return _plain_inverter(kind, has_booleans=has_booleans)


_KEEP_TEXT: Final = frozenset({Cleaning.AS_IS, Cleaning.TEXT, Cleaning.VALID, Cleaning.RESPELLED})


def _time_inverter(relation: Relation, kind: Kind, cleaning: Cleaning) -> type[Inverter]:
    if cleaning not in {Cleaning.INSTANT, Cleaning.AS_IS, Cleaning.TEXT}:
        return OpaqueInverter
    if relation in _TIME_RELATIONS:
        return InstantInverter
    return InstantInverter if kind in _TIMES and relation is Relation.IDENTITY else OpaqueInverter


def _text_inverter(relation: Relation, kind: Kind, cleaning: Cleaning) -> type[Inverter]:
    """For properties that are text, or numbers and the like made text."""
    if kind is Kind.TIMESTAMP and relation is not Relation.INTEGER and cleaning is Cleaning.TEXT:
        return InstantInverter
    if relation is Relation.INTEGER or kind in NUMBER_KINDS:
        return (
            StringInverter if cleaning is not Cleaning.RESPELLED and kind is Kind.INTEGER else OpaqueInverter
        )
    if kind is Kind.TIMESTAMP_TEXT:
        return TimestampTextInverter
    return TextInverter if kind in _TEXTS else OpaqueInverter


def _plain_inverter(kind: Kind, *, has_booleans: bool) -> type[Inverter]:
    """For values that stay as they are."""
    if kind in TEXT_KINDS or kind is Kind.IP:
        return TextInverter
    if kind in NUMBER_KINDS:
        return NumberInverter
    if kind is Kind.BOOLEAN and has_booleans:
        return BooleanInverter
    if kind is Kind.TIMESTAMP:
        return InstantInverter
    return TimestampTextInverter if kind is Kind.TIMESTAMP_TEXT else UnknownInverter
