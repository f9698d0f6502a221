"""Laying overlays over the maps of a dialect, and checking that the outcome closes in both directions.

What an overlay is, is said in `overlays`; reading the packaged files is `load`'s work. Nothing that is
given is changed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.mapping.fields import NativeFields
from stix_shifter_utils.mapping.leaves import Leaf, is_leaf, leaves
from stix_shifter_utils.mapping.overlays import hint, without_nulls
from stix_shifter_utils.stix.names import hash_name
from stix_shifter_utils.stix.observable_table import TABLE
from stix_shifter_utils.stix.observables import object_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stix_shifter_utils.mapping.overlays import Overlay
    from stix_shifter_utils.pattern import ObjectPath

Tree = dict[str, Any]
FROM_STIX, TO_STIX, FIELDS = "from_stix_map", "to_stix_map", "fields"
_OBSERVED: Final = frozenset(
    {"first_observed", "last_observed", "number_observed", "created", "modified", "labels"}
)


def overlaid(
    files: Mapping[str, Tree | None],
    overlays: Iterable[Overlay],
    dialect: str,
    known: Sequence[str],
    connector: str,
) -> dict[str, Tree | None]:
    """The mapping files of a dialect with the overlays that are for it, in their order.

    `known` are the connector's dialects. Raises MappingFileError that names the overlay, the key, and what
    would be legal.
    """
    for overlay in overlays:
        _check_aim(overlay, known, connector)
        if not overlay.dialects or dialect in overlay.dialects:
            files = _Maps(overlay, files, dialect).changed()
    return dict(files)


def laid_over(base: Mapping[str, Any], layer: Mapping[str, Any]) -> Tree:
    """Both, merged object by object; a leaf, a list or a value replaces, null removes."""
    merged = dict(base)
    for key, value in layer.items():
        below = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(below, dict) and "key" not in value:
            merged[key] = laid_over(below, value)
        elif not _same_fields(below, value):
            merged[key] = value
    return merged


def _same_fields(below: Any, value: Any) -> bool:
    """Whether a list of fields only changes their order, which means nothing: any of them may match."""
    if not (isinstance(below, list) and isinstance(value, list) and len(below) == len(value)):
        return False
    return all(isinstance(one, str) for one in (*below, *value)) and sorted(below) == sorted(value)


def _check_aim(overlay: Overlay, known: Sequence[str], connector: str) -> None:
    if overlay.connector not in (None, connector):
        overlay.refuse(f"connector: it is made for {overlay.connector}, and this is {connector}")
    for name in overlay.dialects:
        if name not in known:
            legal = ", ".join(known)
            overlay.refuse(f"dialects: {connector} has no dialect {name} (it has {legal})")


@dataclass
class _Maps:
    """One overlay and the maps under it, copied."""

    overlay: Overlay
    files: Mapping[str, Tree | None]
    dialect: str

    def __post_init__(self) -> None:
        below = copy.deepcopy(dict(self.files))
        self.operators = {
            name: file for name, file in below.items() if name not in (FROM_STIX, TO_STIX, FIELDS)
        }
        self.from_stix: Tree | None = below.get(FROM_STIX)
        self.to_stix: Tree = below.get(TO_STIX) or {}
        self.has_kinds = below.get(FIELDS) is not None
        self.fields: Tree = below.get(FIELDS) or {}
        self.kinds: dict[str, str] = dict(self.fields.get("fields") or {})
        self.nested = any(len(leaf.native) > 1 for leaf in leaves(self.to_stix))

    def changed(self) -> dict[str, Tree | None]:
        for old, new in self.overlay.rename.items():
            self._rename(old.replace("[]", ""), new)
        for name in self.overlay.remove:
            self._remove(name.replace("[]", ""))
        self._set_fields()
        added = self._add_to_stix()
        self._add_from_stix(added)
        self._check(added)
        fields = (
            {**self.fields, "fields": self.kinds} if self.has_kinds or self.kinds or self.fields else None
        )
        return {**self.operators, FROM_STIX: self.from_stix, TO_STIX: self.to_stix, FIELDS: fields}

    # -- fields that are called otherwise, or are not there

    def _rename(self, old: str, new: str) -> None:
        plain = new.replace("[]", "")
        node = self._taken(old, "rename")
        _put(self.to_stix, self._steps(plain), node, self.overlay, f"rename.{old}")
        self.kinds = {_moved(name, old, new): kind for name, kind in self.kinds.items()}
        for asked in _asked(self.from_stix):
            asked[:] = [_moved(name, old, plain) for name in asked]
        if self.fields.get("time"):
            self.fields["time"] = _moved(self.fields["time"], old, plain)

    def _remove(self, name: str) -> None:
        self._taken(name, "remove")
        self.kinds = {known: kind for known, kind in self.kinds.items() if not _below(known, name)}
        for asked in _asked(self.from_stix):
            asked[:] = [known for known in asked if not _below(known, name)]

    def _taken(self, name: str, key: str) -> Any:
        borrowing = [
            leaf.field for leaf in leaves(self.to_stix) if leaf.borrowed and _below(leaf.field, name)
        ]
        if borrowing:
            msg = f"{key}: other fields take the value of {name} (ds_key); give its part under to_stix"
            self.overlay.refuse(msg)
        node = _take(self.to_stix, name)
        if node is None:
            names = {leaf.field for leaf in leaves(self.to_stix)}
            self.overlay.refuse(f"{key}: dialect {self.dialect} has no field {name}{hint(name, names)}")
        return node

    def _steps(self, name: str) -> list[str]:
        """A field's name as steps into a row: rows without levels have dots in their names."""
        return name.split(".") if self.nested else [name]

    # -- what is added

    def _set_fields(self) -> None:
        NativeFields.read({"fields": self.overlay.fields}, self.overlay.place)
        replaced = {name.replace("[]", "") for name in self.overlay.fields}
        kept = {name: kind for name, kind in self.kinds.items() if name.replace("[]", "") not in replaced}
        self.kinds = {**kept, **self.overlay.fields}
        for name in ("table", "time"):
            value = getattr(self.overlay, name)
            if value is not None:
                self.fields[name] = value

    def _add_to_stix(self) -> list[Leaf]:
        """The leaves that the overlay brings."""
        layer = _expanded(self.overlay.to_stix) if self.nested else dict(self.overlay.to_stix)
        present = without_nulls(layer)
        _check_shape(self.overlay, present)
        self.to_stix = laid_over(self.to_stix, layer)
        return list(leaves(present, f"{self.overlay.place}: to_stix"))

    def _add_from_stix(self, added: Iterable[Leaf]) -> None:
        if self.from_stix is None:
            if self.overlay.from_stix:
                msg = "from_stix: this connector asks what to_stix gives back; leave it out"
                self.overlay.refuse(msg)
            return
        self.from_stix = laid_over(self.from_stix, self.overlay.from_stix)
        for leaf in added:
            if leaf.path is not None and not leaf.references:
                name = leaf.key.partition(".")[2]
                fields = self.from_stix.setdefault(leaf.path.object_type, {}).setdefault("fields", {})
                asked = fields.setdefault(name, [])
                if leaf.field not in asked:
                    asked.append(leaf.field)

    # -- checks

    def _check(self, added: Sequence[Leaf]) -> None:
        for leaf in added:
            problem = _path_problem(leaf.path) if leaf.path else _observed_problem(leaf.key)
            if problem:
                self.overlay.refuse(f"to_stix.{leaf.field}: {problem}")
        self._check_references(added)
        self._check_closure(added)

    def _check_references(self, added: Iterable[Leaf]) -> None:
        built = {leaf.object_name for leaf in leaves(self.to_stix) if leaf.path and not leaf.references}
        for leaf in added:
            for name in leaf.references:
                if name not in built:
                    place = f"to_stix.{leaf.field}: references"
                    msg = f"{place}: no field builds the object {name}{hint(name, built)}"
                    self.overlay.refuse(msg)

    def _check_closure(self, added: Iterable[Leaf]) -> None:
        """What is asked comes back, and what comes back can be asked."""
        mapped = {leaf.field for leaf in leaves(self.to_stix)}
        for name in self.overlay.fields:
            if name.replace("[]", "") not in mapped:
                msg = (
                    f"fields.{name}: no STIX property comes of it, so it could be searched and would not "
                    "come back; say under to_stix what it becomes"
                )
                self.overlay.refuse(msg)
        native = NativeFields.read({**self.fields, "fields": self.kinds}, self.overlay.place)
        for leaf in added:
            if self.has_kinds and not leaf.has_constant and leaf.field not in native.kinds:
                msg = (
                    f"to_stix.{leaf.field}: its kind is not known, so it would come back and could not be "
                    f"searched exactly; say it under fields, such as {leaf.field}: text"
                )
                self.overlay.refuse(msg)
        if self.overlay.time is not None and self.overlay.time not in mapped:
            self.overlay.refuse(f"time: the map has no field {self.overlay.time}; give it under to_stix")
        for asked in _entries(self.overlay.from_stix):
            for name in asked:
                if name not in mapped:
                    msg = f"from_stix: {name} does not come back; say under to_stix what it becomes"
                    self.overlay.refuse(msg)


# -- trees


def _take(tree: Tree, name: str) -> Any:
    """Cut the part of a field, or of a level, out of a map; None where there is none."""
    if name in tree:
        return tree.pop(name)
    for key, below in tree.items():
        if name.startswith(f"{key}.") and isinstance(below, dict) and not is_leaf(below):
            found = _take(below, name[len(key) + 1 :])
            if found is not None:
                if not below:
                    del tree[key]
                return found
    return None


def _put(tree: Tree, steps: Sequence[str], node: Any, overlay: Overlay, place: str) -> None:
    for step in steps[:-1]:
        below = tree.setdefault(step, {})
        if not isinstance(below, dict) or is_leaf(below):
            overlay.refuse(f"{place}: {step} is a field itself, so nothing can be below it")
        tree = below
    if steps[-1] in tree:
        overlay.refuse(f"{place}: the map has a field {'.'.join(steps)} already; remove it first")
    tree[steps[-1]] = node


def _expanded(layer: Mapping[str, Any]) -> Tree:
    """`{"a.b": leaf}` as `{"a": {"b": leaf}}`."""
    found: Tree = {}
    for name, value in layer.items():
        node = _expanded(value) if isinstance(value, Mapping) and not is_leaf(value) else value
        for step in reversed(name.split(".")):
            node = {step: node}
        found = laid_over(found, node) if node[name.split(".")[0]] is not None else {**found, **node}
    return found


def _moved(name: str, old: str, new: str) -> str:
    """A field's name after a rename of it, or of a level above it."""
    if not _below(name, old):
        return name
    return ".".join((new, *name.split(".")[old.count(".") + 1 :]))


def _below(name: str, level: str) -> bool:
    plain = name.replace("[]", "")
    return plain == level or plain.startswith(f"{level}.")


def _asked(from_stix: Mapping[str, Any] | None) -> Iterator[list[str]]:
    """The lists of fields of a from_stix map."""
    yield from _entries(from_stix or {})


def _entries(from_stix: Mapping[str, Any]) -> Iterator[list[str]]:
    for entry in from_stix.values():
        fields = entry.get("fields") if isinstance(entry, Mapping) else None
        yield from (asked for asked in (fields or {}).values() if isinstance(asked, list))


# -- names


def _check_shape(overlay: Overlay, to_stix: Any) -> None:
    if not to_stix:
        return
    from jsonschema import Draft202012Validator

    from stix_shifter_utils.schemas import load_schema

    for error in Draft202012Validator(load_schema(TO_STIX)).iter_errors(to_stix):
        place = ".".join(("to_stix", *map(str, error.absolute_path)))
        overlay.refuse(f"{place}: {error.message:.160}")


def _observed_problem(key: str) -> str:
    if key in _OBSERVED or key.startswith("x_"):
        return ""
    legal = ", ".join(sorted(_OBSERVED))
    return f"observed-data has no property {key}{hint(key, _OBSERVED)} (it has {legal}, and x_… of your own)"


def _path_problem(path: ObjectPath) -> str:
    """What STIX does not know of a path, and what it knows instead; nothing for a path that is legal."""
    kind, steps = path.object_type, [step for step in path.steps if isinstance(step, str)]
    if kind.startswith("x-"):
        return ""
    if kind not in TABLE:
        return f"STIX has no object type {kind}{hint(kind, TABLE)} (a type of your own begins with x-)"
    known = _members(kind)
    if steps[0] not in known and not steps[0].startswith("x_"):
        legal = ", ".join(sorted(known & set(TABLE[kind])))
        return (
            f"{kind} has no property {steps[0]}{hint(steps[0], known)} (it has {legal}, and x_… of your own)"
        )
    if steps[0] == "hashes" and len(steps) > 1 and not steps[1].startswith("x_"):
        hashes = _hashes(kind)
        if not any(hash_name(steps[1], version) in hashes for version in ("2.0", "2.1")):
            return f"{steps[1]} is no hash algorithm of STIX (there are {', '.join(sorted(hashes))})"
    return ""


def _members(kind: str) -> frozenset[str]:
    return frozenset(name for version in ("2.0", "2.1") for name in object_kind(kind, version).members or ())


def _hashes(kind: str) -> frozenset[str]:
    found = [(object_kind(kind, version).members or {}).get("hashes") for version in ("2.0", "2.1")]
    return frozenset(name for each in found if each is not None for name in each.members or ())
