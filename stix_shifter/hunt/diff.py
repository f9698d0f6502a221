"""Two runs of a hunt compared by the ids of their objects, which stay the same for the same rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Object = dict[str, Any]
_ABOUT_THE_RUN = frozenset({"note", "identity"})


@dataclass(frozen=True, slots=True)
class Difference:
    """Objects that only one run has, and those that both have with another content."""

    only_first: tuple[Object, ...]
    only_second: tuple[Object, ...]
    changed: tuple[tuple[Object, Object], ...]

    @property
    def same(self) -> bool:
        return not (self.only_first or self.only_second or self.changed)

    def to_json(self) -> dict[str, Any]:
        """Counts by type, and the objects."""
        return {
            "same": self.same,
            "counts": {
                "only_first": dict(Counter(item["type"] for item in self.only_first)),
                "only_second": dict(Counter(item["type"] for item in self.only_second)),
                "changed": dict(Counter(item["type"] for item, _ in self.changed)),
            },
            "only_first": list(self.only_first),
            "only_second": list(self.only_second),
            "changed": [{"first": one, "second": other} for one, other in self.changed],
        }


def difference(first: Iterable[Mapping[str, Any]], second: Iterable[Mapping[str, Any]]) -> Difference:
    """Compare the objects of two bundles; ledgers and identities, which tell of the run, are left out."""
    one, other = _by_id(first), _by_id(second)
    return Difference(
        tuple(item for name, item in one.items() if name not in other),
        tuple(item for name, item in other.items() if name not in one),
        tuple((item, other[name]) for name, item in one.items() if name in other and other[name] != item),
    )


def _by_id(objects: Iterable[Mapping[str, Any]]) -> dict[str, Object]:
    return {
        str(item["id"]): dict(item)
        for item in objects
        if "id" in item and item.get("type") not in _ABOUT_THE_RUN
    }
