"""Mapping packs as the files are read by them: which columns a pack has, and how each is found in a record.

Read from `<dialect>_fields.json` (names and kinds, shared with the query side) and `<dialect>_view.json`
(where the values are). The SQL made of it is in `columns.py`; opening files is not done here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import MappingFileError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

FOLDER = Path(__file__).resolve().parents[1] / "stix_translation" / "json"
ANY_ITEM = "*"
_RESPELLED: Final = frozenset({"timestamp", "address", "mac"})
"""Kinds whose values are handed on in one spelling, whatever the record's."""

Step = str
Place = tuple[Step, ...]
"""Names from the record to a value; `*` stands for every item of a list."""


@dataclass(frozen=True, slots=True)
class Column:
    """One plain column: the places of its value, the first that has one counts; `kind` as in fields.json."""

    name: str
    kind: str
    paths: tuple[Place, ...]

    @property
    def is_list(self) -> bool:
        return self.kind.endswith("[]")


@dataclass(frozen=True, slots=True)
class Pack:
    """One dialect.

    `columns` are read from the record, `computed` (name to SQL over the columns) follow from
    them, `kinds` tells the kind of both. `handed_on`
    are the columns whose value differs from what stands in the record under their name: they are laid over
    the record for the results. `record` is SQL that brings a JSON record (`{record}`) into the shape that the
    paths expect. `signs` are sets of keys; a record that has all of one set is of this pack. `macros` are SQL
    functions of the pack's own. `levels` are the names below which the mapping has further names.
    """

    name: str
    columns: tuple[Column, ...]
    computed: Mapping[str, str]
    kinds: Mapping[str, str]
    handed_on: tuple[str, ...]
    time: str
    signs: tuple[frozenset[str], ...]
    record: str = "{record}"
    macros: tuple[str, ...] = ()
    levels: frozenset[str] = frozenset()

    def recognises(self, keys: Collection[str]) -> bool:
        """Whether a record with these (dotted) keys is of this pack."""
        return any(sign <= set(keys) for sign in self.signs)


def path_of(text: str) -> Place:
    """`answers[].rdata` as ("answers", "*", "rdata")."""
    steps: list[Step] = []
    for part in text.split("."):
        name = part.removesuffix("[]")
        steps += [name, ANY_ITEM] if name != part else [name]
    return tuple(steps)


@lru_cache(maxsize=16)
def load_pack(name: str) -> Pack:
    """The pack of a dialect. Raises MappingFileError when a file is missing or names an unknown thing."""
    return _pack(name, _read(f"{name}_fields.json"), _read(f"{name}_view.json"))


def pack_names() -> list[str]:
    """All dialects, in the order in which records are compared with their signs."""
    order: list[str] = _read("recognise.json")["order"]
    return order


def load_packs(names: Iterable[str] | None = None) -> dict[str, Pack]:
    """Packs by name, all of them by default."""
    return {name: load_pack(name) for name in (pack_names() if names is None else names)}


def _read(file_name: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads((FOLDER / file_name).read_bytes())
    except (OSError, ValueError) as error:
        msg = f"{file_name}: {error}"
        raise MappingFileError(msg) from error
    return data


def _pack(name: str, fields: Mapping[str, Any], view: Mapping[str, Any]) -> Pack:
    computed: dict[str, str] = view.get("computed", {})
    kinds, places = _fields(fields["fields"], f"{name}.")
    places |= view.get("paths", {})
    kinds |= {key: kinds[key].replace("text", spelling) for key, spelling in view.get("spelled", {}).items()}
    every = {**kinds, **view.get("helpers", {})}
    columns = tuple(_column(key, every[key], places.get(key)) for key in every if key not in computed)
    handed_on = (
        key
        for key, kind in kinds.items()
        if key in computed
        or kind.removesuffix("[]") in _RESPELLED
        or _is_elsewhere(key, places.get(key, [key]))
    )
    return Pack(
        name=name,
        columns=columns,
        computed=computed,
        kinds=every,
        handed_on=tuple(handed_on),
        time=fields["time"].removeprefix(f"{name}."),
        signs=tuple(frozenset(sign) for sign in view["signs"]),
        record="\n".join(view.get("record", ["{record}"])),
        macros=tuple(view.get("macros", ())),
        levels=frozenset(parent for key in kinds for parent in _parents(key)),
    )


def _fields(fields: Mapping[str, str], prefix: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Kinds by name, and the places of those that lie in lists of objects (`resources[].ARN`)."""
    kinds: dict[str, str] = {}
    places: dict[str, list[str]] = {}
    for field, kind in fields.items():
        written = field.removeprefix(prefix)
        key = written.replace("[]", "")
        kinds[key] = kind if key == written else f"{kind}[]"
        if key != written:
            places[key] = [written]
    return kinds, places


def _parents(name: str) -> list[str]:
    """`a` and `a.b` of `a.b.c`."""
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _is_elsewhere(name: str, paths: list[str]) -> bool:
    """Whether the record may hold the value under another name than the column's."""
    return len(paths) > 1 or [step for step in path_of(paths[0]) if step != ANY_ITEM] != name.split(".")


def _column(name: str, kind: str, paths: list[str] | None) -> Column:
    places = [path_of(text) for text in paths or [name]]
    if kind.endswith("[]"):
        places = [place if ANY_ITEM in place else (*place, ANY_ITEM) for place in places]
    return Column(name, kind, tuple(places))
