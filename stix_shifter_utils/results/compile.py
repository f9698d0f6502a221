"""A to_stix map compiled into steps, once; rows then run through the steps.

Reads the map's keywords: `key`, `object`, `references`, `unwrap`, `group`, `group_ref`, `value`, `ds_key`,
`transformer`. What each does is in `steps`; a leaf that cannot be compiled costs its own values only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import orjson

from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.results.build import Failure, Object, Path, Reference, RowBuild
from stix_shifter_utils.results.keys import Key, read_key
from stix_shifter_utils.results.leaves import ChoiceLeaf, Leaf, ObservedLeaf, ReferenceLeaf, ValueLeaf
from stix_shifter_utils.results.options import ResultsOptions
from stix_shifter_utils.results.steps import (
    Level,
    Step,
    Transform,
    alternatives,
    borrowed,
    constant,
    failing,
    observed_step,
    reference_step,
    several,
    transformed,
    transformed_each,
    value_step,
)
from stix_shifter_utils.results.transformers.times import EpochSecondsToTimestamp, EpochToTimestamp
from stix_shifter_utils.results.writers import EXTEND
from stix_shifter_utils.stix import property_name, timestamp
from stix_shifter_utils.stix.kinds import ANY, WORDS, Kind

if TYPE_CHECKING:
    from stix_shifter_utils.stix import Version

Callback = Callable[[Mapping[str, Any], str, str, Any], str | None]
"""`callback(level, native name, key, options)` may give another key; what it raises leaves the value out."""

KEYWORDS: Final = frozenset(
    {"key", "object", "references", "unwrap", "group", "group_ref", "value", "ds_key", "transformer", "cybox"}
)
_KEPT_MAPPINGS: Final = 64
"""Compiled maps that are kept for the next call with the same map."""
_TIMES: Final = (EpochToTimestamp, EpochSecondsToTimestamp)
"""Transformers that give valid timestamps, which need no second look."""
_SINGLE: Final = (ValueLeaf, ObservedLeaf)
_BEHIND: Final = (ObservedLeaf, ReferenceLeaf)
_PLAIN: Final = frozenset({"key", "object", "references", "unwrap", "group", "cybox"})
"""Keywords of a leaf that does nothing but refer."""
_OBSERVED: Final[Mapping[str, Kind]] = {
    "first_observed": WORDS["timestamp"],
    "last_observed": WORDS["timestamp"],
    "created": WORDS["millisecond"],
    "modified": WORDS["millisecond"],
    "number_observed": WORDS["number_observed"],
    "confidence": WORDS["confidence"],
    "revoked": WORDS["boolean"],
    "labels": WORDS["labels"],
}
"""Properties of observed-data that a map may set; any other name is a custom one."""
_OWN: Final = frozenset({
    *("id", "type", "spec_version", "created_by_ref", "objects", "object_refs", "extensions", "lang"),
    *("external_references", "object_marking_refs", "granular_markings"),
})  # fmt: skip
_RESERVED: Final = frozenset({
    *("severity", "action", "username", "usernames", "phone_numbers", "addresses", "confidence"),
    *("first_seen_precision", "last_seen_precision", "valid_from_precision", "valid_until_precision"),
})  # fmt: skip
_ADDRESSES: Final = frozenset({"ipv4-addr.value", "ipv6-addr.value", "domain-name.value"})


@dataclass(frozen=True, slots=True)
class ResultsMapping:
    """A compiled map. `problems` are sentences about leaves that cannot work, for the author of the map."""

    version: Version
    options: ResultsOptions
    level: Level = field(repr=False)
    problems: tuple[str, ...] = ()
    plans: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """What was learnt of rows' shapes so far; see `plan`."""


class _Compiled(NamedTuple):
    """A leaf as the step that does it and, where it is simple enough, as data."""

    step: Step
    leaf: Leaf | None


def compile_mapping(
    map_data: Mapping[str, Any],
    *,
    transformers: Mapping[str, type],
    version: Version | None = None,
    options: ResultsOptions | Mapping[str, Any] | None = None,
    callback: Callback | None = None,
) -> ResultsMapping:
    """Compile a to_stix map for a version (default: the options').

    The map is not changed; an equal one that was compiled before is not compiled again. Raises
    MappingFileError when it is not built of levels and leaves.
    """
    given = ResultsOptions.of(options)
    chosen = version or given.version
    try:
        text = orjson.dumps(map_data) if callback is None else b""
    except TypeError:  # more than JSON in it
        text = b""
    if text:
        return _compile_text(text, tuple(transformers.items()), chosen, given)
    return _compile(map_data, _Compiler(chosen, given, transformers, callback, options))


@lru_cache(maxsize=_KEPT_MAPPINGS)
def _compile_text(
    text: bytes, transformers: tuple[tuple[str, type], ...], version: Version, options: ResultsOptions
) -> ResultsMapping:
    return _compile(orjson.loads(text), _Compiler(version, options, dict(transformers), None, options))


def _compile(map_data: Any, compiler: _Compiler) -> ResultsMapping:
    if not isinstance(map_data, Mapping):
        msg = (
            f"a to_stix map is an object from native fields to STIX properties, not {type(map_data).__name__}"
        )
        raise MappingFileError(msg)
    level = compiler.level(map_data, "")
    return ResultsMapping(compiler.version, compiler.options, level, tuple(compiler.problems))


class _Compiler:
    """One walk over a map."""

    def __init__(
        self,
        version: Version,
        options: ResultsOptions,
        transformers: Mapping[str, type],
        callback: Callback | None,
        raw_options: Any,
    ) -> None:
        self.version = version
        self.options = options
        self.transformers = transformers
        self.callback = callback
        self.raw_options = raw_options
        self.problems: list[str] = []

    def level(self, node: Mapping[str, Any], prefix: str) -> Level:
        level = Level(prefix)
        for name, entry in node.items():
            where = prefix + name
            if _is_leaf(entry) or isinstance(entry, list):
                found = self.leaves(entry if isinstance(entry, list) else [entry], name, where, level)
                if found:
                    steps = tuple(each.step for each in found)
                    level.steps[name] = steps[0] if len(steps) == 1 else several(steps, where)
                    level.leaves[name] = tuple(each.leaf for each in found)
            elif isinstance(entry, Mapping):
                inner = level.levels[name] = self.level(entry, f"{where}.")
                level.steps[name] = inner.step
            else:
                msg = f'{where} of the to_stix map must be an object with "key", a list of such, or a level'
                raise MappingFileError(msg)
        return level

    def leaves(self, entries: list[Any], name: str, where: str, level: Level) -> list[_Compiled]:
        """What a native field does: its leaves in order, those for addresses as alternatives.

        References that follow each other, of which maps are full, are one step.
        """
        steps: list[_Compiled | list[Reference]] = []
        addresses: dict[int, tuple[str, _Compiled]] = {}
        for entry in entries:
            if not _is_leaf(entry):
                self.problems.append(f'{where}: an entry of the list is no object with "key"')
                steps.append(_failing("its map entry has no key"))
            elif _is_set(entry.get("group_ref")):
                self._group_reference(entry, where, level)
            elif (reference := self._plain_reference(entry, where)) is not None:
                if not steps or not isinstance(steps[-1], list):
                    steps.append([])
                cast("list[Reference]", steps[-1]).append(reference)
            else:
                step = self.leaf(entry, name, where)
                if entry["key"] in _ADDRESSES and "references" not in entry:
                    addresses[len(steps)] = (entry["key"], step)
                steps.append(step)
        if len(addresses) > 1:
            first, *others = addresses
            steps[first] = _alternatives(list(addresses.values()))
            steps = [step for at, step in enumerate(steps) if at not in others]
        return [_referring(step) if isinstance(step, list) else step for step in steps]

    def _plain_reference(self, entry: Mapping[str, Any], where: str) -> Reference | None:
        """The reference that a leaf is, when it is nothing more."""
        if not entry.get("references") or not _PLAIN.issuperset(entry) or self.callback is not None:
            return None
        try:
            key = read_key(entry["key"], self.version, rename_reserved=self.options.rename_reserved)
        except ValueError:  # reported where leaves of any kind are compiled
            return None
        return self._reference(entry, key, where) if key.object_type else None

    def leaf(self, entry: Mapping[str, Any], name: str, where: str) -> _Compiled:
        """One leaf."""
        unknown = sorted(set(entry) - KEYWORDS)
        if unknown:
            self.problems.append(f"{where}: unknown keyword {', '.join(unknown)}")
        if self.callback is not None:
            return _Compiled(self._called_back(entry, name, where, self.callback), None)
        return self._compiled(entry, entry["key"], where)

    def _compiled(self, entry: Mapping[str, Any], key_text: str, where: str) -> _Compiled:
        try:
            key = read_key(key_text, self.version, rename_reserved=self.options.rename_reserved)
        except ValueError as error:
            self.problems.append(f"{where}: {error}")
            return _failing(f"the map's key {key_text} is no STIX property")
        is_constant = "value" in entry
        name = entry.get("transformer")
        transformer: Any = None
        if name is not None and not is_constant:
            transformer = self.transformers.get(name)
            if transformer is None:
                self.problems.append(f"{where}: there is no transformer {name!r}")
                return _failing(f"there is no transformer {name}")
        step, leaf = self._step(entry, key, where, transformer)
        if is_constant:
            fixed = replace(leaf, constant=entry["value"]) if isinstance(leaf, _SINGLE) else None
            return _Compiled(constant(step, entry["value"]), fixed)
        if isinstance(entry.get("ds_key"), str):
            return _Compiled(borrowed(step, entry["ds_key"]), None)
        return _Compiled(step, leaf)

    def _step(self, entry: Mapping[str, Any], key: Key, where: str, transformer: Any) -> _Compiled:
        """What a leaf does with a value, after its transformer if it has one."""
        if transformer in _TIMES and key.kinds and key.kind.clean is timestamp:
            key = replace(key, kinds=(*key.kinds[:-1], replace(key.kind, clean=as_it_is)))
        transform = transformer and Transform(transformer.transform, entry["transformer"])
        if key.object_type and not entry.get("references"):
            return self._value(entry, key, transform, getattr(transformer, "each", None))
        if key.object_type:
            found = _referring([self._reference(entry, key, where)])
        else:
            found = self._observed(key.steps[0], where, is_time=transformer in _TIMES)
        if transform is None:
            return found
        leaf = replace(found.leaf, transform=transform) if isinstance(found.leaf, _BEHIND) else None
        return _Compiled(transformed(found.step, transform), leaf)

    def _value(self, entry: Mapping[str, Any], key: Key, transform: Transform | None, each: Any) -> _Compiled:
        unwrap = "unwrap" in entry and "value" not in entry
        name, base, group = _object_name(entry, key), self._base(key), _group(entry)
        step = value_step(key, name, base, group, unwrap=unwrap, transform=transform)
        one = Transform(each, transform.name) if each is not None and unwrap and transform else None
        if one is not None:
            item = value_step(key, name, base, group, unwrap=False, transform=one)
            step = transformed_each(step, item)
        many = unwrap or key.kind.is_identity
        is_simple = group is None or (group == EXTEND and len(key.steps) == 1)
        return _Compiled(step, ValueLeaf(key, name, base, many, transform, one, group) if is_simple else None)

    def _base(self, key: Key) -> Object:
        if self.version == "2.0":
            return {"type": key.object_type}
        return {"type": key.object_type, "spec_version": "2.1", "id": ""}

    def _observed(self, name: str, where: str, *, is_time: bool) -> _Compiled:
        if name in _OWN:
            self.problems.append(f"{where}: {name} of the observed-data is not the map's to set")
            return _failing(f"{name} of the observed-data is not the map's to set")
        kind = _OBSERVED.get(name)
        if kind is None or (name in _RESERVED and self.version == "2.0"):
            legal = property_name(name)
            name, kind = f"x_{legal}" if legal in _RESERVED else legal, ANY
        elif is_time and kind.clean is timestamp:
            kind = replace(kind, clean=as_it_is)
        return _Compiled(observed_step(name, kind), ObservedLeaf(name, kind))

    def _reference(self, entry: Mapping[str, Any], key: Key, where: str) -> Reference:
        names = entry["references"]
        as_list = isinstance(names, list)
        listed = tuple(map(str, names)) if isinstance(names, list) else (str(names),)
        return Reference(
            field=where,
            owner=_object_name(entry, key),
            steps=key.steps,
            kinds=key.kinds,
            names=listed,
            as_list=as_list or "unwrap" in entry,
            types=key.kind.targets,
            is_list=_is_list(key, listed, as_list=as_list or "unwrap" in entry),
        )

    def _group_reference(self, entry: Mapping[str, Any], where: str, level: Level) -> None:
        try:
            key = read_key(entry["key"], self.version, rename_reserved=self.options.rename_reserved)
        except ValueError as error:
            self.problems.append(f"{where}: {error}")
            return
        if not key.object_type or not entry.get("references"):
            self.problems.append(f"{where}: group_ref needs a property of an object, and references")
            return
        found = self._reference(entry, key, where)
        everywhere = replace(found, everywhere=True, as_list=True)
        level.group_references.append(reference_step(everywhere))

    def _called_back(self, entry: Mapping[str, Any], name: str, where: str, callback: Callback) -> Step:
        """A leaf whose key a callback may replace, value by value."""
        compiled: dict[str, Step] = {}

        def calling(build: RowBuild, value: Any, level: Mapping[str, Any], path: Path) -> Failure:
            try:
                key = callback(level, name, entry["key"], self.raw_options) or entry["key"]
            except Exception:  # noqa: BLE001  a connector's own code, which may raise anything to skip a leaf
                return "left out by the callback"
            step = compiled.get(key)
            if step is None:
                step = compiled[key] = self._compiled(entry, key, where).step
            return step(build, value, level, path)

        return calling


def _failing(reason: str) -> _Compiled:
    return _Compiled(failing(reason), None)


def _referring(references: list[Reference]) -> _Compiled:
    return _Compiled(reference_step(*references), ReferenceLeaf(tuple(references)))


def _alternatives(found: list[tuple[str, _Compiled]]) -> _Compiled:
    options = tuple(each.leaf for _, each in found if isinstance(each.leaf, ValueLeaf))
    step = alternatives(tuple((key, each.step) for key, each in found))
    return _Compiled(step, ChoiceLeaf(options) if len(options) == len(found) else None)


def _is_leaf(node: Any) -> bool:
    """A leaf has a key that is text: a level may hold a native field of that name."""
    return isinstance(node, Mapping) and isinstance(node.get("key"), str)


def _is_set(value: Any) -> bool:
    return value is True or value == "true"


def _object_name(entry: Mapping[str, Any], key: Key) -> str:
    return str(entry.get("object") or key.object_type)


def _group(entry: Mapping[str, Any]) -> str | None:
    """None, "true" for a list to extend, or the name of one item."""
    group = entry.get("group")
    if group is None or group is False:
        return None
    return "true" if _is_set(group) else str(group)


def _is_list(key: Key, names: tuple[str, ...], *, as_list: bool) -> bool | None:
    """Whether a reference property is a list: its kind knows, else its name, else how the map writes it."""
    shape, name = key.kind.shape, key.steps[-1]
    if shape == "refs" or name.endswith("_refs"):
        return True
    if shape == "ref":
        return False
    if name.endswith("_ref"):
        return None if as_list else False
    return as_list or len(names) > 1


def as_it_is(value: Any) -> Any:
    """The cleaner of values that need none."""
    return value
