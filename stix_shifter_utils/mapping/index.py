"""From an object path to the native fields to ask: made once per mapping, then each comparison is a lookup.

The fields of a path are those of `from_stix_map.json`, or, without that file, those that feed the property in
`to_stix_map.json`; the latter also tells in both cases how the STIX value follows from the native one and
whether the property comes back at all. How a comparison is then written is the query package's work.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import MappingFileError, PatternSyntaxError
from stix_shifter_utils.mapping.kinds import UNKNOWN, FieldKind, Kind, field_kind
from stix_shifter_utils.mapping.relation import Relation
from stix_shifter_utils.pattern import ANY, ObjectPath, PathStep, make_path

if TYPE_CHECKING:
    from stix_shifter_utils.mapping.leaves import Leaf, Scalar


class Check(enum.Enum):
    """What the results side demands of a value; another value never becomes the property."""

    IPV4 = "ipv4-addr"
    IPV6 = "ipv6-addr"
    DOMAIN = "domain-name"


_CHECKS: Final = {check.value: check for check in Check}
_LISTS: Final = frozenset({Relation.LOWERCASE_LIST, Relation.TO_LIST})
_MAX_HOPS: Final = 8
"""References followed one after the other (`process:parent_ref.parent_ref...`)."""


@dataclass(frozen=True, slots=True)
class FieldBinding:
    """One native field that can hold the value of an object path.

    `doubts` are the reasons, for people, why a row whose native value satisfies a comparison may still not
    show that value under this path; without any, what the relation says is all there is. `is_listed`: the
    STIX value is a list, of which the path names one or any item. `comes_back`: results carry this field's
    value under the path.
    """

    field: str
    path: tuple[str, ...]
    kind: FieldKind = UNKNOWN
    relation: Relation = Relation.IDENTITY
    constant: Scalar = None
    check: Check | None = None
    comes_back: bool = True
    is_listed: bool = False
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NativeFields:
    """`fields.json`: the table, the field of time, and the kind of each field (by dotted names)."""

    table: str | None = None
    time: str | None = None
    kinds: Mapping[str, FieldKind] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Mapping[str, Any], place: str = "fields") -> NativeFields:
        """From parsed JSON. Raises MappingFileError for a wrong shape or an unknown kind."""
        kinds = {name: _kind(name, text, place) for name, text in dict(data.get("fields") or {}).items()}
        return cls(table=data.get("table"), time=data.get("time"), kinds=kinds)

    def kind(self, name: str) -> FieldKind:
        return self.kinds.get(name, UNKNOWN)


def _kind(name: str, text: object, place: str) -> FieldKind:
    try:
        return field_kind(str(text))
    except ValueError:
        known = ", ".join(kind.value for kind in Kind)
        msg = f"{place}: field {name!r} has the kind {text!r}; use one of {known}, each also with []"
        raise MappingFileError(msg) from None


def _plain(steps: Iterable[PathStep]) -> tuple[str, ...]:
    """The names of a path without its list indexes."""
    return tuple(step for step in steps if isinstance(step, str))


class FieldIndex:
    """All that searching needs to know of one dialect's mapping.

    Immutable after it is made; lookups are kept.
    """

    def __init__(
        self,
        leaves: Iterable[Leaf],
        *,
        from_stix: Mapping[str, Any] | None = None,
        fields: NativeFields | None = None,
        relations: Mapping[str, Relation] | None = None,
    ) -> None:
        self.fields = fields or NativeFields()
        self._relations = relations or {}
        self._by_property: dict[tuple[str, tuple[str, ...]], list[Leaf]] = defaultdict(list)
        self._by_object: dict[str, list[Leaf]] = defaultdict(list)
        self._observed: dict[str, list[Leaf]] = defaultdict(list)
        for leaf in leaves:
            self._add(leaf)
        self._asked = None if from_stix is None else _asked_fields(from_stix)
        self._doubts = {name: self._object_doubts(members) for name, members in self._by_object.items()}
        self._known: dict[ObjectPath, tuple[FieldBinding, ...]] = {}

    def _add(self, leaf: Leaf) -> None:
        if leaf.path is None:
            self._observed[leaf.key].append(leaf)
            return
        self._by_property[leaf.path.object_type, _plain(leaf.path.steps)].append(leaf)
        self._by_object[leaf.object_name].append(leaf)

    # -- what a dialect knows
    # ------------------------------------------------------------------------------------

    @property
    def table(self) -> str | None:
        return self.fields.table

    @property
    def time_field(self) -> str | None:
        """The field that a window restricts: that of fields.json, else the one feeding `first_observed`."""
        if self.fields.time is not None:
            return self.fields.time
        feeding = self._observed.get("first_observed")
        return feeding[0].field if feeding else None

    def time_bindings(self, name: str = "first_observed") -> tuple[FieldBinding, ...]:
        """The fields that feed a property of the observed-data itself (`first_observed`, `last_observed`)."""
        return tuple(self._binding(leaf, ()) for leaf in self._observed.get(name, ()))

    def paths(self) -> tuple[ObjectPath, ...]:
        """All object paths that can be asked, in file order; references by their targets are not listed."""
        if self._asked is not None:
            return tuple(self._asked)
        return tuple(leaf.path for found in self._by_property.values() for leaf in found[:1] if leaf.path)

    def returns(self, path: ObjectPath) -> bool:
        """Whether this property can come back in results."""
        steps = _plain(path.steps)
        return bool(self._feeding(path.object_type, steps)) or any(
            (path.object_type, steps[:length]) in self._by_property for length in range(1, len(steps))
        )

    def lookup(self, path: ObjectPath) -> tuple[FieldBinding, ...]:
        """The native fields to ask for a path; empty when the path is not mapped."""
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = self._look_up(path)
        return found

    # -- finding
    # -------------------------------------------------------------------------------------------------

    def _look_up(self, path: ObjectPath) -> tuple[FieldBinding, ...]:
        fed = self._fed(path)
        if self._asked is None:
            return fed
        return tuple(self._asked_binding(name, fed) for name in self._asked_names(path))

    def _asked_names(self, path: ObjectPath) -> tuple[str, ...]:
        """The fields from_stix_map gives: for just this path, or for the path with other list indexes."""
        assert self._asked is not None  # noqa: S101  the caller asked
        exact = self._asked.get(path)
        if exact is not None:
            return exact
        names = _plain(path.steps)
        alike = (
            given
            for known, given in self._asked.items()
            if known.object_type == path.object_type and _plain(known.steps) == names
        )
        return next(alike, ())

    def _asked_binding(self, name: str, fed: tuple[FieldBinding, ...]) -> FieldBinding:
        for binding in fed:
            if binding.field == name:
                return binding
        return FieldBinding(name, tuple(name.split(".")), self.fields.kind(name), comes_back=False)

    def _fed(self, path: ObjectPath) -> tuple[FieldBinding, ...]:
        """What results show under a path, as bindings with their doubts."""
        found: dict[tuple[str, Relation, Check | None], FieldBinding] = {}
        for leaf, doubts in self._feeding(path.object_type, _plain(path.steps)):
            binding = self._indexed(self._binding(leaf, doubts), path)
            key = (binding.field, binding.relation, binding.check)
            known = found.get(key)
            if known is None or len(binding.doubts) < len(known.doubts):
                found[key] = binding
        return tuple(found.values())

    def _feeding(self, object_type: str, steps: tuple[str, ...]) -> list[tuple[Leaf, tuple[str, ...]]]:
        direct = [
            (leaf, self._doubts[leaf.object_name].get(leaf.key, ()))
            for leaf in self._by_property.get((object_type, steps), ())
        ]
        return direct + self._referenced(object_type, steps, _MAX_HOPS)

    def _referenced(
        self, object_type: str, steps: tuple[str, ...], hops: int
    ) -> list[tuple[Leaf, tuple[str, ...]]]:
        """Leaves of the objects that a reference among the steps points to (`src_ref.value`)."""
        if hops == 0:
            return []
        found: list[tuple[Leaf, tuple[str, ...]]] = []
        for place in range(len(steps) - 1):
            if not steps[place].endswith(("_ref", "_refs")):
                continue
            rest = steps[place + 1 :]
            for reference in self._by_property.get((object_type, steps[: place + 1]), ()):
                for name in reference.references:
                    found += self._targets(name, rest, reference, hops)
        return found

    def _targets(
        self, name: str, rest: tuple[str, ...], reference: Leaf, hops: int
    ) -> list[tuple[Leaf, tuple[str, ...]]]:
        doubt = "an object that holds nothing but references is left out of results"
        found: list[tuple[Leaf, tuple[str, ...]]] = []
        types: dict[str, None] = {}
        for leaf in self._by_object.get(name, ()):
            assert leaf.path is not None  # noqa: S101  leaves of objects have one
            types.setdefault(leaf.path.object_type)
            if _plain(leaf.path.steps) == rest:
                doubts = (doubt, *self._doubts[name].get(leaf.key, ()))
                found.append((leaf, doubts))
        for object_type in types:
            if any(step.endswith(("_ref", "_refs")) for step in rest[:-1]):
                found += [
                    (leaf, (doubt, *doubts)) for leaf, doubts in self._referenced(object_type, rest, hops - 1)
                ]
        return found

    # -- describing
    # ----------------------------------------------------------------------------------------------

    def _binding(self, leaf: Leaf, doubts: tuple[str, ...]) -> FieldBinding:
        relation = self._relation(leaf)
        if leaf.borrowed:
            doubts = (*doubts, f"the value is taken only where {leaf.key} has its own field")
        kind = self.fields.kind(leaf.field)
        return FieldBinding(
            field=leaf.field,
            path=leaf.native,
            kind=kind,
            relation=relation,
            constant=leaf.constant,
            check=_check(leaf),
            is_listed=relation in _LISTS or leaf.group or (kind.is_list and not leaf.unwrap),
            doubts=doubts,
        )

    def _relation(self, leaf: Leaf) -> Relation:
        if leaf.references:
            return Relation.OPAQUE
        if leaf.has_constant:
            return Relation.CONSTANT
        if leaf.transformer is None:
            return Relation.IDENTITY
        return self._relations.get(leaf.transformer, Relation.OPAQUE)

    @staticmethod
    def _indexed(binding: FieldBinding, path: ObjectPath) -> FieldBinding:
        indexes = [step for step in path.steps if not isinstance(step, str)]
        if any(step is not ANY for step in indexes):
            doubt = "the source is asked for any item of the list"
        elif binding.is_listed and not indexes:
            doubt = "the path names the list itself"
        elif indexes and not binding.is_listed:
            doubt = "the property is no list in results"
        else:
            return binding
        return replace(binding, doubts=(*binding.doubts, doubt))

    @staticmethod
    def _object_doubts(members: list[Leaf]) -> dict[str, tuple[str, ...]]:
        """For each key of one object, why another leaf may stand in its way.

        The first writer of a property wins, and the first of an object decides its type.
        """
        by_property: dict[tuple[str, ...], list[Leaf]] = defaultdict(list)
        for leaf in members:
            assert leaf.path is not None  # noqa: S101  leaves of objects have one
            by_property[_plain(leaf.path.steps)].append(leaf)
        mixed = _is_mixed(members)
        doubts: dict[str, tuple[str, ...]] = {}
        for steps, rivals in by_property.items():
            found = ["the object may become one of another type"] if mixed else []
            above = any(steps[:length] in by_property for length in range(1, len(steps)))
            if above or (len(rivals) > 1 and not _take_turns(rivals)):
                found.append("another field may fill the same property first")
            for leaf in rivals:
                doubts[leaf.key] = tuple(found)
        return doubts


def _check(leaf: Leaf) -> Check | None:
    if leaf.path is None or leaf.path.steps != ("value",):
        return None
    return _CHECKS.get(leaf.path.object_type)


def _take_turns(rivals: list[Leaf]) -> bool:
    """Whether leaves for one property never compete: items of one list, or checks that let one pass."""
    if all(leaf.group for leaf in rivals):
        return True
    checks = [_check(leaf) for leaf in rivals]
    return (
        None not in checks and len(set(checks)) == len(checks) and len({leaf.native for leaf in rivals}) == 1
    )


def _is_mixed(members: list[Leaf]) -> bool:
    """Whether one object's leaves are of several types, other than one value that is v4, v6 or a name."""
    types = {leaf.path.object_type for leaf in members if leaf.path}
    return len(types) > 1 and not _take_turns(members)


def _asked_fields(from_stix: Mapping[str, Any]) -> dict[ObjectPath, tuple[str, ...]]:
    asked: dict[ObjectPath, tuple[str, ...]] = {}
    for object_type, properties in from_stix.items():
        fields = properties.get("fields") if isinstance(properties, Mapping) else None
        if not isinstance(fields, Mapping):
            msg = f'from_stix_map: {object_type} must be an object with "fields"'
            raise MappingFileError(msg)
        for text, names in fields.items():
            asked[_asked_path(object_type, text)] = _asked_list(names, f"{object_type}:{text}")
    return asked


def _asked_path(object_type: str, text: str) -> ObjectPath:
    try:
        return make_path(object_type, text)
    except PatternSyntaxError as error:
        msg = f"from_stix_map: {object_type}:{text} is no object path: {error}"
        raise MappingFileError(msg) from error


def _asked_list(names: Any, place: str) -> tuple[str, ...]:
    found = [names] if isinstance(names, str) else names
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        msg = f"from_stix_map: {place} must be a list of native fields, not {names!r:.60}"
        raise MappingFileError(msg)
    return tuple(found)
