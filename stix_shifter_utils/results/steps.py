"""Steps: what a leaf of the map does with a native value, as functions made once.

A step gets the row's build, the value, the level it stands in and its place in nested lists; it writes to the
build and says why it left something out. Reading the map is in `compile`, the objects' finish in `finish`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.results.build import (
    Failure,
    InstanceKey,
    Object,
    Path,
    Pending,
    Reference,
    RowBuild,
)
from stix_shifter_utils.results.writers import Write, writer
from stix_shifter_utils.stix.kinds import anything
from stix_shifter_utils.stix.values import DEEPEST, is_meant, plain, text

if TYPE_CHECKING:
    from stix_shifter_utils.results.keys import Key
    from stix_shifter_utils.results.leaves import Leaf
    from stix_shifter_utils.stix.kinds import Kind

Step = Callable[[RowBuild, Any, Mapping[str, Any], Path], Failure]
Odd = Callable[[RowBuild, Any, Path], Failure]

NO_OBJECT: Final = "no object, where the map has one"
PARTS_LOST: Final = "a part of it is not valid here"


def value_step(
    key: Key, name: str, base: Object, group: str | None, *, unwrap: bool, transform: Transform | None = None
) -> Step:
    """A value into a property of the object `name`; with `unwrap`, each item of a list into its own one."""
    write = writer(key, group)
    many = unwrap or key.kind.is_identity
    odd = _odd_value(key, name, base, write)
    if len(key.steps) == 1 and group is None and key.kind.shape in {"scalar", "any"}:
        step = _single_step(key, name, base, odd, write)
    else:
        step = _part_step(key, name, base, odd, write)
    step = _unwrapped(step) if many else step
    return step if transform is None else transformed(step, transform)


def _single_step(key: Key, name: str, base: Object, odd: Odd, write: Write) -> Step:
    """The common case, a property of its own, which makes no call that it does not need."""
    clean, prop, is_identity = key.kind.clean, key.steps[0], key.kind.is_identity
    any_text = clean in {text, anything}

    def step(build: RowBuild, value: Any, _level: Mapping[str, Any], path: Path) -> Failure:
        if any_text and type(value) is str and value and value.isascii():
            found = value
        else:
            found = clean(value)
            if found is None:
                return odd(build, value, path)
        place: InstanceKey = (name, path) if path else name
        item = build.objects.get(place)
        if item is None:
            item = build.make(place, base) if path else base.copy()
            build.objects[place] = item
            item[prop] = found
        elif prop not in item:
            item[prop] = found
            if is_identity:
                item["type"] = base["type"]  # an address is of its own kind, whatever was said of it before
        elif item[prop] != found:
            return write(build, item, found)
        return None

    return step


def _part_step(key: Key, name: str, base: Object, odd: Odd, write: Write) -> Step:
    may_lose, read = key.kind.shape not in {"any", "scalar"}, key.kind.reader()

    def step(build: RowBuild, value: Any, _level: Mapping[str, Any], path: Path) -> Failure:
        found = read(value)
        if found is None:
            return odd(build, value, path)
        place = (name, path) if path else name
        item = build.objects.get(place)
        if item is None:
            item = build.make(place, base)
        failure = write(build, item, found)
        if failure is None and may_lose and isinstance(value, _CONTAINERS):
            return parts_lost(value, found)
        return failure

    return step


_CONTAINERS: Final = (dict, list, tuple)


def parts_lost(value: Any, found: Any) -> Failure:
    """Whether a container that was taken lacks something that the native one holds."""
    if isinstance(found, list) and len(found) == len(value) and not isinstance(found[0], _CONTAINERS):
        return None
    return PARTS_LOST if _leaves(found) < _leaves(plain(value)) else None


def _unwrapped(step: Step) -> Step:
    def unwrapping(build: RowBuild, value: Any, level: Mapping[str, Any], path: Path) -> Failure:
        if type(value) is list or isinstance(value, tuple):
            return _each(step, build, value, path)
        return step(build, value, level, path)

    return unwrapping


def _each(step: Step, build: RowBuild, values: Any, path: Path) -> Failure:
    """A step for each item of a list, with its own place; which of them failed, and why."""
    failures: dict[int, str] = {}
    for index, value in enumerate(values):
        if value is not None and value != "":
            failure = step(build, value, {}, (*path, index))
            if isinstance(failure, str):
                failures[index] = failure
    return failures or None


def _odd_value(key: Key, name: str, base: Object, write: Write) -> Odd:
    """What becomes of a value that its property cannot hold.

    Empty ones are left out without a word, a list of one is its item, and what is worth it is kept beside.
    """
    kind = key.kind
    beside = f"x_{key.steps[0]}" if kind.spare and len(key.steps) == 1 else None

    def odd(build: RowBuild, value: Any, path: Path) -> Failure:
        if _is_empty(value):
            return None
        found = kind.read(value)
        if found is None and beside is None:
            return kind.reason
        place = (name, path) if path else name
        item = build.objects.get(place)
        if found is None and not (is_meant(value) or (kind.is_list and plain(value))):
            return kind.reason
        if found is None and item is not None and key.steps[0] in item:
            return kind.reason
        if item is None:
            item = build.make(place, base)
        if found is not None:
            return write(build, item, found)
        item.setdefault(str(beside), plain(value))
        return None

    return odd


def _is_empty(value: Any, depth: int = DEEPEST) -> bool:
    """Whether nothing is there: empty text, list or object, however deep. NaN and the like are something."""
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, (list, tuple, set, frozenset)):
        return value is None or value == ""
    return depth > 0 and all(_is_empty(part, depth - 1) for part in value)


def _leaves(value: Any) -> int:
    """How many single values a clean value holds."""
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    return sum(map(_leaves, value)) if isinstance(value, list) else 1


def observed_step(name: str, kind: Kind) -> Step:
    """A value into a property of the observed-data itself; the first one stays."""
    clean = kind.clean if kind.shape == "scalar" else kind.read

    def step(build: RowBuild, value: Any, _level: Mapping[str, Any], _path: Path) -> Failure:
        found = clean(value)
        if found is None:
            found = kind.read(value)
            if found is None:
                return None if _is_empty(value) else kind.reason
        build.observed.setdefault(name, found)
        return None

    return step


def reference_step(*references: Reference) -> Step:
    """References that follow each other in a map: the value only says that there are some, and how many."""
    owners = tuple(dict.fromkeys(reference.owner for reference in references))
    plain: list[Pending] = [(each.owner, each, None, (), each.plain) for each in references]

    def step(build: RowBuild, value: Any, _level: Mapping[str, Any], path: Path) -> Failure:
        is_list = isinstance(value, (list, tuple))
        if path or is_list:
            count = len(value) if is_list else None
            for each in references:
                key = (each.owner, path) if path else each.owner
                if key not in build.objects:
                    build.name(key)
                build.pending.append((key, each, count, path, None))
            return None
        for owner in owners:
            if owner not in build.objects:
                build.objects[owner] = None
        build.pending += plain
        return None

    return step


@dataclass(frozen=True, slots=True)
class Transform:
    """A transformer as a step uses it: its function and its name."""

    function: Callable[[Any], Any]
    name: str


def transformed(step: Step, transform: Transform) -> Step:
    """A step behind a transformer; what it cannot read, or makes None of, is left out."""
    function = transform.function
    refused, nothing = f"{transform.name} cannot read it", f"{transform.name} gives nothing for it"

    def transforming(build: RowBuild, value: Any, level: Mapping[str, Any], path: Path) -> Failure:
        try:
            found = function(value)
        except Exception:  # noqa: BLE001  a connector's own code, which may raise anything: one value is lost
            return None if _is_empty(value) else refused
        if found is None:
            return None if _is_empty(value) else nothing
        return step(build, found, level, path)

    return transforming


def transformed_each(step: Step, each: Step) -> Step:
    """Under `unwrap`, a transformer that chooses among items: they keep their places in the list."""

    def transforming(build: RowBuild, value: Any, level: Mapping[str, Any], path: Path) -> Failure:
        if isinstance(value, (list, tuple)):
            return _each(each, build, value, path)
        return step(build, value, level, path)

    return transforming


def borrowed(step: Step, name: str) -> Step:
    """`ds_key`: the value is that of a sibling."""

    def borrowing(build: RowBuild, _value: Any, level: Mapping[str, Any], path: Path) -> Failure:
        value = level.get(name)
        return None if value is None else step(build, value, level, path)

    return borrowing


def constant(step: Step, value: Any) -> Step:
    """`value`: a constant instead of the native value."""

    def setting(build: RowBuild, _value: Any, level: Mapping[str, Any], path: Path) -> Failure:
        return step(build, value, level, path)

    return setting


def failing(reason: str) -> Step:
    """A leaf that cannot be compiled: each of its values is counted."""

    def fail(_build: RowBuild, _value: Any, _level: Mapping[str, Any], _path: Path) -> Failure:
        return reason

    return fail


def several(steps: tuple[Step, ...], field: str) -> Step:
    """The leaves of one native field, in their order."""

    def all_of(build: RowBuild, value: Any, level: Mapping[str, Any], path: Path) -> Failure:
        for step in steps:
            failure = step(build, value, level, path)
            if failure is not None:
                build.drop(field, failure)
        return None

    return all_of


def alternatives(steps: tuple[tuple[str, Step], ...]) -> Step:
    """Leaves of which one type is meant to take the value, as of IP addresses: the rest may fail.

    A single value that one type took is not offered to the other types.
    """

    def any_of(build: RowBuild, value: Any, level: Mapping[str, Any], path: Path) -> Failure:
        if isinstance(value, (list, tuple)):
            return _common([step(build, value, level, path) for _, step in steps])
        taken = ""
        failures: list[Failure] = []
        for kind, step in steps:
            if not taken or kind == taken:
                failure = step(build, value, level, path)
                if failure is None:
                    taken = kind
                else:
                    failures.append(failure)
        return None if taken else _common(failures)

    return any_of


def _common(failures: list[Failure]) -> Failure:
    """What failed in every alternative: the whole value, or certain items of a list."""
    if not all(failures):
        return None
    if all(isinstance(failure, str) for failure in failures):
        return ", ".join(dict.fromkeys(map(str, failures)))
    maps = [failure for failure in failures if isinstance(failure, dict)]
    common = set(maps[0]).intersection(*maps[1:])
    return {index: ", ".join(dict.fromkeys(each[index] for each in maps)) for index in common} or None


class Level:
    """One level of the map: a step for each native name, and what follows the names' own list.

    `leaves` and `levels` say the same as the steps, as data; `shapes` are those of rows seen so far.
    """

    __slots__ = ("group_references", "leaves", "levels", "prefix", "shapes", "steps")

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.steps: dict[str, Step] = {}
        self.leaves: dict[str, tuple[Leaf | None, ...]] = {}
        self.levels: dict[str, Level] = {}
        self.shapes: dict[Any, Any] = {}
        self.group_references: list[Step] = []

    def walk(self, build: RowBuild, level: Mapping[str, Any], path: Path) -> None:
        """Run the steps of a row or a nested object, in the order of its own names."""
        steps = self.steps
        for name, value in level.items():
            if value is None:
                continue
            step = steps.get(name)
            if step is None:
                if build.fallback is not None:
                    build.keep_unmapped(str(name), value, path, self.prefix)
                continue
            failure = step(build, value, level, path)
            if failure is not None:
                build.drop(self.prefix + str(name), failure)

    def step(self, build: RowBuild, value: Any, _level: Mapping[str, Any], path: Path) -> Failure:
        """The level as a step of the one above: an object is walked, and each object of a list."""
        if type(value) is dict or isinstance(value, Mapping):
            self.walk(build, value, path)
        elif isinstance(value, (list, tuple)) and len(path) < DEEPEST:
            for index, item in enumerate(value):
                if item is not None:
                    failure = self._item(build, item, (*path, index))
                    if failure is not None:
                        build.drop(self.prefix[:-1], failure)
        else:
            return None if _is_empty(value) else NO_OBJECT
        for refer in self.group_references:
            refer(build, None, {}, path)
        return None

    def _item(self, build: RowBuild, item: Any, path: Path) -> Failure:
        if type(item) is dict or isinstance(item, Mapping):
            self.walk(build, item, path)
            return None
        if isinstance(item, (list, tuple)):
            return self.step(build, item, {}, path)
        return NO_OBJECT
