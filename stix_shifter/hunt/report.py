"""What a hunt found: the objects of one bundle, which observations made each match, and the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stix_shifter.hunt.downgrade import downgraded
from stix_shifter.hunt.merge import merged
from stix_shifter.hunt.table import table_rows
from stix_shifter_utils.stix import bundle_of, whole_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stix_shifter.hunt.check import Settled
    from stix_shifter.hunt.ledger import Ledger
    from stix_shifter_utils.stix import Version

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class HuntReport:
    """Read it as often as wanted: what was found waits in memory, and much of it in a file without a name."""

    ledger: Ledger
    identities: tuple[Object, ...]
    _settled: Settled = field(repr=False)

    @property
    def worked(self) -> bool:
        """Whether every source answered all that it was asked, be it cut by a limit."""
        return not self.ledger.failed

    def objects(self, version: Version = "2.1") -> Iterator[Object]:
        """STIX objects, each once. In 2.0 they stand inside observed-data, and there are no notes.

        First identity and ledger of every source, also of those that found nothing; then observed-data by
        time, and at last what these refer to.
        """
        for identity, entry in zip(self.identities, self.ledger.sources, strict=True):
            yield whole_identity(identity, version)
            if version == "2.1":
                yield entry.note(self.ledger.pattern, self.ledger.now)
        groups = self._settled.groups()
        yield from merged(groups) if version == "2.1" else map(downgraded, groups)

    def __iter__(self) -> Iterator[Object]:
        return self.objects()

    def bundle(self, version: Version = "2.1") -> Object:
        """All objects as one bundle."""
        return bundle_of(self.objects(version), version)

    def matches(self, limit: int = 1000) -> Iterator[tuple[str, ...]]:
        """At most `limit` matches: each the ids of the observed-data in the order of the pattern's parts."""
        return self._settled.matches(limit)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One flat row per observed-data: source, times, and a column per object path."""
        names = {str(one["id"]): str(one["name"]) for one in self.identities}
        return table_rows(self._settled.groups(), names)

    def dataframe(self) -> Any:
        """`rows` as a pandas DataFrame: times in UTC, nullable numbers, lists as they are (`frame.py`).

        Raises ConfigurationError where pandas is not installed: pip install 'stix-shifter[dataframe]'.
        """
        from stix_shifter.hunt.frame import data_frame

        return data_frame(self.rows())
