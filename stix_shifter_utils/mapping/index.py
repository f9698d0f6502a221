"""From an object path to the native fields to ask: made once per mapping, then each comparison is a lookup.

The fields of a path are those of `from_stix_map.json`, or, without that file, those that feed the property in
`to_stix_map.json`. In both cases the latter also tells how the STIX value follows from the native one and
whether the property comes back at all. How a comparison is then written is the query package's work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import MappingFileError, PatternSyntaxError
from stix_shifter_utils.frozen import changed, frozen
from stix_shifter_utils.mapping.feeds import Feed, Feeds, plain
from stix_shifter_utils.mapping.fields import NativeFields
from stix_shifter_utils.mapping.kinds import UNKNOWN, FieldKind
from stix_shifter_utils.mapping.properties import Cleaning, Property, property_of
from stix_shifter_utils.mapping.relation import Relation
from stix_shifter_utils.pattern import ANY, ObjectPath, make_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stix_shifter_utils.mapping.leaves import Constant, Leaf
    from stix_shifter_utils.mapping.versions import Version

_KEPT_PATHS: Final = 4096
_LISTS: Final = frozenset({Relation.LOWERCASE_LIST, Relation.TO_LIST})


@frozen
class FieldBinding:
    """One native field that can hold the value of an object path.

    `path` are the steps to the value in a row, `list_at` how many of them lead to the list of objects, if
    there is one. `target` is the property that the field feeds: the path asked for, or where a reference in
    it leads to. `is_listed`: the STIX value is a list, of which the path names one or any item
    (`has_index`) or the list itself. `comes_back`: results carry this field's value under the path.
    `doubts` are the reasons, for people, why a value may still not show there; without any, what the
    relation and the check say is all there is.
    """

    field: str
    path: tuple[str, ...]
    kind: FieldKind = UNKNOWN
    relation: Relation = Relation.IDENTITY
    constant: Constant = None
    property: Property | None = None
    list_at: int | None = None
    comes_back: bool = True
    is_listed: bool = False
    has_index: bool = False
    doubts: tuple[str, ...] = ()


class FieldIndex:
    """All that searching needs to know of one dialect's mapping. Immutable; lookups are remembered.

    `fallback`: results keep unmapped fields too, in an object of a custom type that the caller's identity
    names.
    """

    def __init__(
        self,
        leaves: Iterable[Leaf],
        *,
        from_stix: Mapping[str, Any] | None = None,
        fields: NativeFields | None = None,
        relations: Mapping[str, Relation] | None = None,
        fallback: bool = False,
        version: Version = "2.1",
    ) -> None:
        self._fallback, self._version = fallback, version
        self.fields = fields or NativeFields()
        self._relations = relations or {}
        self._feeds = Feeds(leaves, version)
        self._asked = None if from_stix is None else _asked_fields(from_stix)
        self._known: dict[ObjectPath, tuple[FieldBinding, ...]] = {}

    @property
    def table(self) -> str | None:
        """What FROM names."""
        return self.fields.table

    @property
    def time_field(self) -> str | None:
        """The field that a time window restricts: that of fields.json, else what feeds `first_observed`."""
        if self.fields.time is not None:
            return self.fields.time
        feeding = self._feeds.observed.get("first_observed")
        return feeding[0].field if feeding else None

    def time_bindings(self, name: str = "first_observed") -> tuple[FieldBinding, ...]:
        """The fields that feed a property of the observed-data itself (`first_observed`, `last_observed`)."""
        return tuple(
            FieldBinding(
                leaf.field, leaf.native, self.fields.kind(leaf.field), self._relation(leaf), leaf.constant
            )
            for leaf in self._feeds.observed.get(name, ())
        )

    @property
    def natives(self) -> tuple[str, ...]:
        """The dotted names of all fields that results know, those of observed times first."""
        times = [leaf.native for leaves in self._feeds.observed.values() for leaf in leaves]
        return tuple(dict.fromkeys(".".join(each) for each in (*times, *sorted(self._feeds.natives))))

    def paths(self) -> tuple[ObjectPath, ...]:
        """All object paths that can be asked, in file order; not those that lead through references."""
        return self._feeds.paths() if self._asked is None else tuple(self._asked)

    def returns(self, path: ObjectPath) -> bool:
        """Whether this property can come back in results."""
        if self._feeds.holds(path):
            return True
        return self._fallback and path.object_type.startswith("x-")

    def lookup(self, path: ObjectPath) -> tuple[FieldBinding, ...]:
        """The native fields to ask for a path; empty when the path is not mapped."""
        found = self._known.get(path)
        if found is None:
            if len(self._known) >= _KEPT_PATHS:
                self._known.clear()  # an index lives long, and patterns may name any path
            found = self._known[path] = self._look_up(path)
        return found

    def unasked(self, path: ObjectPath) -> tuple[str, ...]:
        """Fields whose values come back under the path though from_stix_map does not ask them."""
        asked = {binding.field for binding in self.lookup(path)}
        return tuple(dict.fromkeys(one.field for one in self._fed(path) if one.field not in asked))

    def _look_up(self, path: ObjectPath) -> tuple[FieldBinding, ...]:
        fed = self._fed(path)
        if self._asked is None:
            return fed
        return tuple(one for name in self._asked_names(path) for one in self._asked_bindings(name, path, fed))

    def _asked_names(self, path: ObjectPath) -> tuple[str, ...]:
        """The fields that from_stix_map gives for just this path, else for it with other list indexes."""
        asked = self._asked or {}
        if path in asked:
            return asked[path]
        names = plain(path.steps)
        for known, given in asked.items():
            if known.object_type == path.object_type and plain(known.steps) == names:
                return given
        return ()

    def _asked_bindings(
        self, name: str, path: ObjectPath, fed: tuple[FieldBinding, ...]
    ) -> tuple[FieldBinding, ...]:
        back = tuple(binding for binding in fed if binding.field == name)
        return back or (self._blind_binding(name, path),)

    def _blind_binding(self, name: str, path: ObjectPath) -> FieldBinding:
        """A field that is asked for a path, but whose value does not come back under it."""
        steps = (name,) if (name,) in self._feeds.natives else tuple(name.split("."))
        kind, list_at = self.fields.kind(name), self.fields.list_at(name)
        leads = any(step.endswith(("_ref", "_refs")) for step in plain(path.steps)[:-1])
        target = None if leads else property_of(path, self._version)
        blind = FieldBinding(name, steps, kind, property=target, list_at=list_at, comes_back=False)
        return _indexed(changed(blind, is_listed=kind.is_list), path)

    def _fed(self, path: ObjectPath) -> tuple[FieldBinding, ...]:
        """What results show under a path; one binding for each field, relation and property."""
        alias = self._feeds.aliases.get((path.object_type, plain(path.steps)))
        feeds = self._feeds.of(path)
        if not feeds and alias is not None:
            return tuple(changed(one, comes_back=False) for one in self._fed(alias))
        found: dict[tuple[object, ...], FieldBinding] = {}
        for feed in feeds:
            binding = _indexed(self._binding(feed), path)
            key = (binding.field, binding.relation, binding.property, repr(binding.constant))
            known = found.get(key)
            if known is None or len(binding.doubts) < len(known.doubts):
                found[key] = binding
        return tuple(found.values())

    def _binding(self, feed: Feed) -> FieldBinding:
        leaf, doubts = feed.leaf, feed.doubts
        if leaf.borrowed:
            doubts = (*doubts, f"the value is taken only where {leaf.key} has its own field")
        relation = Relation.OPAQUE if feed.opaque else self._relation(leaf)
        if relation is Relation.FIRST_OF_LIST:
            doubts = (*doubts, "only the first item of a list becomes the value")
        kind, shown = self.fields.kind(leaf.field), feed.property
        if kind.is_list and not (leaf.unwrap or shown.takes_lists or shown.splits):
            doubts = (*doubts, "the property holds one value, so lists of several are left out")
        return FieldBinding(
            field=leaf.field,
            path=leaf.native,
            kind=kind,
            relation=relation,
            constant=leaf.constant if feed.filled else _cleaned(leaf.constant, feed.property),
            property=feed.property,
            list_at=self.fields.list_at(leaf.field),
            is_listed=self._is_listed(feed, relation),
            doubts=doubts,
        )

    def _is_listed(self, feed: Feed, relation: Relation) -> bool:
        """Whether the property is a list in results, as far as its own rules or the leaf say."""
        if feed.property.is_list or feed.property.cleaning is not Cleaning.AS_IS:
            return feed.property.is_list
        whole = self.fields.kind(feed.leaf.field).is_list and not feed.leaf.unwrap
        return relation in _LISTS or feed.leaf.group or whole

    def _relation(self, leaf: Leaf) -> Relation:
        if leaf.references or leaf.group_ref:
            return Relation.OPAQUE
        if leaf.has_constant:
            return Relation.CONSTANT
        if leaf.transformer is None:
            return Relation.IDENTITY
        found = self._relations.get(leaf.transformer, Relation.OPAQUE)
        return Relation.OPAQUE if found is Relation.CONSTANT else found  # which constant, only its code knows


def _cleaned(constant: Constant, shown: Property) -> Constant:
    """A constant of the map as its property holds it; None when it cannot."""
    if shown.cleaning is Cleaning.AS_IS or constant is None:
        return constant
    items = constant if isinstance(constant, list) else [constant]
    found = [clean for clean in map(shown.clean, items) if clean is not None]
    return found if isinstance(constant, list) else found[0] if found else None


def _indexed(binding: FieldBinding, path: ObjectPath) -> FieldBinding:
    """The binding as the path's own list indexes leave it."""
    indexes = [step for step in path.steps if not isinstance(step, str)]
    doubts = binding.doubts
    if any(step is not ANY for step in indexes):
        doubts = (*doubts, "the source is asked for any item of the list")
    elif bool(indexes) != binding.is_listed:
        told = "the path names the list itself" if binding.is_listed else "the property is no list in results"
        doubts = (*doubts, told)
    elif not indexes:
        return binding
    return changed(binding, has_index=bool(indexes), doubts=doubts)


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
    if not isinstance(found, list) or not all(isinstance(name, str) and name for name in found):
        msg = f"from_stix_map: {place} must be a list of native fields, not {names!r:.60}"
        raise MappingFileError(msg)
    return tuple(dict.fromkeys(found))
