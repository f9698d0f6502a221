"""Rows of a bundle are STIX already: they are joined under the identity of the data source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector import BaseResultTranslator
from stix_shifter_utils.results import read_identity, read_rows
from stix_shifter_utils.stix import Version, bundle_of, whole_identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class ResultsTranslator(BaseResultTranslator):
    """Passes objects on as they are, each once; only `created_by_ref` of the observed-data becomes ours."""

    def translate_results(self, data_source: Mapping[str, Any] | str, data: Any) -> dict[str, Any]:
        rows = list(read_rows(data))
        version: Version = "2.1" if any("object_refs" in row for row in rows) else "2.0"
        identity = whole_identity(read_identity(data_source), version)
        objects = {item["id"]: item for row in rows for item in _objects(row, identity["id"])}
        return bundle_of([identity, *objects.values()], version)


def _objects(row: Mapping[str, Any], creator: str) -> Iterator[dict[str, Any]]:
    observed = {**row, "created_by_ref": creator}
    if "object_refs" in row:
        related = observed.pop("objects", [])
        yield observed
        yield from related
    else:
        yield observed
