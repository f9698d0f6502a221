"""Merging: objects of several rows (or sources) that have one id become one object. STIX 2.1 only.

Works on finished objects, so a caller may choose among rows first and merge what is left. Objects of one row
are merged where they are made, in the results package, which knows them by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from stix_shifter_utils.stix.canonical import row_key
from stix_shifter_utils.stix.contributing import CONTRIBUTING
from stix_shifter_utils.stix.ids import deterministic_id, is_shared, own_id
from stix_shifter_utils.stix.spill import Spill

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from stix_shifter_utils.stix.bundle import Written

Object = dict[str, Any]
SPILL_AFTER: Final = 20_000
"""Objects that wait in memory; more go to a temporary file."""


def unite(one: Mapping[str, Any], other: Mapping[str, Any]) -> Object | None:
    """Two objects as one with the properties of both, or None when they contradict each other.

    Lists of references are joined; any other property that both have must be equal, part by part.
    """
    joined = dict(one)
    for name, value in other.items():
        mine = joined.get(name)
        if mine is None:
            joined[name] = value
        elif mine == value:
            continue
        elif isinstance(mine, dict) and isinstance(value, dict):
            united = unite(mine, value)
            if united is None:
                return None
            joined[name] = united
        elif name.endswith("_refs") and isinstance(mine, list) and isinstance(value, list):
            joined[name] = list(dict.fromkeys((*mine, *value)))
        else:
            return None
    return joined


class Merger:
    """Takes the objects of one row after the other; hands on at once what is a row's own, keeps the shared.

    An object that contradicts the one kept under its id takes an id of its own, made of its content, and the
    references of its row follow: nothing is lost, and the same contradiction later is the same object.
    """

    def __init__(
        self,
        source: str,
        *,
        spill: Spill | None = None,
        contributing: Mapping[str, tuple[str, ...]] = CONTRIBUTING,
    ) -> None:
        self._source = source
        self._contributing = contributing
        self._spill = spill or Spill(SPILL_AFTER)
        self.merged = 0

    def add(self, group: Sequence[Object]) -> list[Object]:
        """Take the objects of a row (its observed-data and what that refers to); return those to hand on.

        The objects become the merger's: it may change them.
        """
        own: list[Object] = []
        shared: list[Object] = []
        for item in group:
            # `is_shared`, written out for the sake of speed
            (shared if item["id"][-22] == "5" else own).append(item)
        while (contradicting := self._keep(shared)) is not None:
            self._rename(group, contradicting)
        return own

    def add_written(self, group: Sequence[Object]) -> list[Object]:
        """`add`, for one who will ask for text in the end (`finish_written`)."""
        own: list[Object] = []
        shared: list[tuple[str, bytes]] = []
        for item in group:
            name = item["id"]
            if name[-22] == "5":
                # a copy, since what `dumps` returns keeps a kilobyte of memory however short it is
                shared.append((name, orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)[:-1]))
            else:
                own.append(item)
        return own if self.keep_written(shared, len(shared)) else self.add(group)

    def keep_written(self, shared: Iterable[tuple[str, bytes]], times: int) -> bool:
        """Keep shared objects, ids and JSON text, that rows have `times` times in all: all of them, or none.

        False when one is not just as it is kept: then their rows have to be added in the long way.
        """
        new: dict[str, bytes] = {}
        is_kept = self._spill.is_kept
        for name, body in shared:
            known = is_kept(name, body)
            if known is False or (name in new and new[name] != body):
                return False
            if known is None:
                new[name] = body
        for name, body in new.items():
            self._spill.add_written(name, body)
        self.merged += times - len(new)
        return True

    def finish(self) -> Iterator[Object]:
        """The kept objects, in the order in which they were first seen."""
        yield from self._spill.drain()

    def finish_written(self) -> Iterator[Written]:
        """The same as JSON text."""
        yield from self._spill.drain_written()

    def close(self) -> None:
        """Forget everything, and give up the temporary file."""
        self._spill.close()

    def _keep(self, shared: Sequence[Object]) -> Object | None:
        """Keep the shared objects of a row, all or none: the first that contradicts the kept, else None."""
        new: dict[str, Object] = {}
        changed: list[Object] = []
        known = 0
        find = self._spill.get
        for item in shared:
            name = item["id"]
            kept = find(name) or new.get(name)
            if kept is None:
                new[name] = item
                continue
            known += 1
            if kept != item:
                united = unite(kept, item)
                if united is None:
                    return item
                if name in new:
                    new[name] = united
                else:
                    changed.append(united)
        for item in new.values():
            self._spill.add(item)
        for item in changed:
            self._spill.put(item)
        self.merged += known
        return None

    def _rename(self, group: Sequence[Object], item: Object) -> None:
        """Give an object of a row its own id; the row's references, and the ids made of these, follow."""
        old = item["id"]
        content = row_key({name: value for name, value in item.items() if name != "id"})
        new = own_id(item["type"], self._source, content, "" if is_shared(old) else old)
        renamed = {old: new}
        item["id"] = new
        while renamed:
            follow = {}
            for other in group:
                if _follow(other, renamed) and is_shared(other["id"]):
                    name = deterministic_id(other["type"], other, self._contributing)
                    if name is not None and name != other["id"]:
                        follow[other["id"]] = name
                        other["id"] = name
            renamed = follow


def _follow(value: Any, renamed: Mapping[str, str], name: str = "") -> bool:
    """Replace ids in all reference properties below a value; whether there was one."""
    found = False
    items: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        here = key if isinstance(key, str) else name
        if isinstance(part, str):
            if part in renamed and here.endswith(("_ref", "_refs")):
                value[key] = renamed[part]
                found = True
        elif isinstance(part, (dict, list)):
            found = _follow(part, renamed, here) or found
    return found
