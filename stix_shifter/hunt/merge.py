"""One bundle of many sources: every object once, whoever saw it, and no row's data lost.

Objects with ids made of their content are merged by `stix.Merger`. Other ids come from rows, which are each
source's own, or from a source that hands out STIX as it has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter.hunt.renaming import renamed
from stix_shifter_utils.stix import Merger, own_id, row_key, unite
from stix_shifter_utils.stix.ids import is_shared
from stix_shifter_utils.stix.spill import Spill

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Object = dict[str, Any]
KEPT_IN_MEMORY = 20_000
"""Objects with ids of rows that are kept in memory; more wait in a file."""


def merged(groups: Iterable[list[Object]]) -> Iterator[Object]:
    """The objects of some observations: each observed-data as it comes, then all that they refer to."""
    merger = Merger("stix-shifter hunt")
    kept = Spill(KEPT_IN_MEMORY)
    try:
        for group in groups:
            named = _apart(group, kept)
            for item in merger.add([dict(item) for item in named]):
                if item["type"] == "observed-data":
                    yield item
                else:
                    known = kept.get(item["id"])
                    kept.put(item if known is None else (unite(known, item) or known))
        yield from kept.drain()
        yield from merger.finish()
    finally:
        kept.close()
        merger.close()


def _apart(group: list[Object], kept: Spill) -> list[Object]:
    """The group, with new ids for objects that contradict what is kept under theirs."""
    names: dict[str, str] = {}
    for item in group[1:]:
        known = None if is_shared(item["id"]) else kept.get(item["id"])
        if known is not None and known != item and unite(known, item) is None:
            names[item["id"]] = own_id(item["type"], item["id"], row_key(item), "")
    return renamed(group, names) if names else group
