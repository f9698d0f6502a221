"""What a source can do, stated as data: read from a connector's `configuration/capabilities.json`.

The compiler plans queries with it, transmission plans calls; neither is done here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.frozen import frozen
from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.pattern import Comparator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ANY: Final[Mapping[Kind, frozenset[Comparator]]] = {}
QUALIFIERS: Final = frozenset({"START", "STOP"})


@frozen
class Capabilities:
    """Limits and abilities of one source; `None` means that there is no known limit.

    `comparators`: for a kind of field, the comparators that the source has for it; a kind that is not named
    has all that the family can write. `qualifiers` are those the source itself judges. `max_length` counts
    characters of one query, `max_values` the values in one list, `max_clauses` the conditions of one query,
    `page_size` rows per call, `rate_per_min` calls per minute, `retention_days` how far back data goes,
    `longest_window_days` how long the span of time of one search may be: hunts ask for one after the other.
    `is_async`: a search is submitted and polled.
    `can_delete`: a search can be removed from the source.
    """

    comparators: Mapping[Kind, frozenset[Comparator]] = _ANY
    qualifiers: frozenset[str] = QUALIFIERS
    max_length: int | None = None
    max_values: int | None = None
    max_clauses: int | None = None
    page_size: int | None = None
    rate_per_min: float | None = None
    retention_days: float | None = None
    longest_window_days: float | None = None
    is_async: bool = True
    can_delete: bool = True

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Capabilities:
        """From parsed JSON. Raises ConfigurationError naming what is wrong."""
        known = set(cls.__match_args__)
        unknown = [key for key in data if key not in known and not key.startswith("$")]
        if unknown:
            msg = f"capabilities.json: unknown keys {unknown}; known are {sorted(known)}"
            raise ConfigurationError(msg)
        values = {key: value for key, value in data.items() if key in known}
        try:
            if "comparators" in values:
                values["comparators"] = _comparators(values["comparators"])
            if "qualifiers" in values:
                values["qualifiers"] = frozenset(values["qualifiers"])
        except (AttributeError, TypeError, ValueError) as error:
            msg = f"capabilities.json: {error}"
            raise ConfigurationError(msg) from error
        return cls(**values)

    @classmethod
    def read(cls, path: Path) -> Capabilities:
        """From a file; all defaults when it is absent."""
        if not path.is_file():
            return cls()
        try:
            data = json.loads(path.read_bytes())
        except ValueError as error:
            msg = f"{path} is not JSON: {error}"
            raise ConfigurationError(msg) from error
        return cls.from_json(data)

    def allow(self, kind: Kind, comparator: Comparator) -> bool:
        """Whether the source has this comparator for fields of this kind."""
        allowed = self.comparators.get(kind)
        return allowed is None or comparator in allowed


def _comparators(data: Mapping[str, Any]) -> dict[Kind, frozenset[Comparator]]:
    return {Kind(kind): frozenset(Comparator(one) for one in listed) for kind, listed in data.items()}
