"""`fields.json`: table, field of time, and kinds of native fields. Kinds themselves are in `kinds`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.frozen import frozen
from stix_shifter_utils.mapping.kinds import UNKNOWN, FieldKind, Kind, field_kind

_NONE: Final[Mapping[str, Any]] = {}
_KEYS: Final = frozenset({"table", "time", "fields", "closed"})


@frozen
class NativeFields:
    """What a source's rows are made of.

    `kinds` go by the dotted name of a field, without brackets. In the file, `resources[].ARN` says that
    `resources` is a list of objects; `lists` then holds 1, the number of steps to that list, for
    `resources.ARN`. `closed`: rows have no other fields, so a map that several dialects share is asked, and
    gives back, only what this dialect's rows hold.
    """

    table: str | None = None
    time: str | None = None
    kinds: Mapping[str, FieldKind] = _NONE
    lists: Mapping[str, int] = _NONE
    closed: bool = False

    @classmethod
    def read(cls, data: Mapping[str, Any], place: str = "fields.json") -> NativeFields:
        """From parsed JSON. Raises MappingFileError for a wrong shape or an unknown kind."""
        listed = data.get("fields") or {}
        unknown = [key for key in data if key not in _KEYS and not key.startswith("$")]
        if unknown or not isinstance(listed, Mapping):
            msg = (
                f'{place} may hold "table", "time", "closed" and "fields" (an object), '
                f"not {unknown or listed!r:.60}"
            )
            raise MappingFileError(msg)
        kinds = {name.replace("[]", ""): _kind(name, text, place) for name, text in listed.items()}
        lists = {name.replace("[]", ""): _list_at(name) for name in listed if "[]" in name}
        closed = data.get("closed") is True
        return cls(_text(data, "table", place), _text(data, "time", place), kinds, lists, closed)

    def holds(self, name: str) -> bool:
        """Whether rows can have a field of this dotted name."""
        return name in self.kinds or not self.closed

    @property
    def is_caseless(self) -> bool:
        """Whether the source compares some text without case."""
        return any(kind.kind is Kind.TEXT_NOCASE for kind in self.kinds.values())

    def kind(self, name: str) -> FieldKind:
        """The kind of a field; a field inside a list of objects is a list of values."""
        found = self.kinds.get(name, UNKNOWN)
        return FieldKind(found.kind, is_list=True) if name in self.lists else found

    def spelled(self, name: str) -> str:
        """The name of a field as the file spells it, with `[]` behind a list of objects."""
        at = self.lists.get(name)
        names = name.split(".")
        return name if at is None else f"{'.'.join(names[:at])}[].{'.'.join(names[at:])}"

    def list_at(self, name: str) -> int | None:
        """How many steps lead to the list of objects that the field lies in; None when it lies in none."""
        return self.lists.get(name)


def _kind(name: str, text: object, place: str) -> FieldKind:
    try:
        return field_kind(str(text))
    except ValueError:
        known = ", ".join(kind.value for kind in Kind)
        msg = f"{place}: field {name!r} has the kind {text!r}; use one of {known}, each also with []"
        raise MappingFileError(msg) from None


def _list_at(name: str) -> int:
    return name[: name.index("[]")].count(".") + 1


def _text(data: Mapping[str, Any], key: str, place: str) -> str | None:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        msg = f"{place}: {key} must be text, not {value!r:.60}"
        raise MappingFileError(msg)
    return value
