"""Options of translating results: read once from a plain mapping, typed from there on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.stix.merge import SPILL_AFTER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stix_shifter_utils.stix import Version

_FALSE: Final = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class ResultsOptions:
    """How rows become objects. `now` stands in where a row has no time; None means the clock's.

    `merge`: objects of different rows that share an id become one (2.1). `spill_after`: objects that may wait
    in memory for that; more go to a temporary file.
    """

    version: Version = "2.0"
    unmapped_fallback: bool = False
    rename_reserved: bool = False
    id_compat: bool = False
    merge: bool = True
    spill_after: int = SPILL_AFTER
    now: datetime | None = None

    @classmethod
    def of(cls, options: ResultsOptions | Mapping[str, Any] | None) -> ResultsOptions:
        """From the options of a call, whose other entries are left alone.

        `stix_2.1`, `unmapped_fallback`, `id_compat`, `merge`: true or false, also as text.
        `reserved_names`: `keep` (default) or `rename`. Raises ConfigurationError for any other word.
        """
        if isinstance(options, ResultsOptions):
            return options
        given = options or {}
        reserved = given.get("reserved_names") or "keep"
        if reserved not in {"keep", "rename"}:
            msg = f"the option reserved_names is 'keep' or 'rename', not {reserved!r}"
            raise ConfigurationError(msg)
        return cls(
            version="2.1" if _is_set(given.get("stix_2.1")) else "2.0",
            unmapped_fallback=_is_set(given.get("unmapped_fallback")),
            rename_reserved=reserved == "rename",
            id_compat=_is_set(given.get("id_compat")),
            merge=_is_set(given.get("merge", True)),
        )


def _is_set(value: Any) -> bool:
    """Truth of an option, which the command line hands over as text."""
    return value.strip().lower() not in _FALSE if isinstance(value, str) else bool(value)
