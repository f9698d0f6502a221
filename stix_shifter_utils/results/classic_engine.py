"""Rows to objects in the very form of earlier releases: `results_engine: classic`, and calls by the old path.

Values stay as the map leaves them: no property has a type, nothing is renamed, the first value of a property
stands, a reference finds only what stands before it in the row. What an earlier release ended in an exception
leaves out one value here. The engine of this library, which every other caller has, is `rows.py`.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.results import classic
from stix_shifter_utils.results.classic_id import random_uuid
from stix_shifter_utils.results.classic_map import level_of
from stix_shifter_utils.results.classic_row import ClassicRow
from stix_shifter_utils.results.options import ResultsOptions
from stix_shifter_utils.results.rows import read_rows

if TYPE_CHECKING:
    from stix_shifter_utils.results.classic_row import Object

__all__ = ["DataSourceObjToStixObj", "convert_to_stix"]

_LOG = logging.getLogger(__name__)
_TO_MILLISECONDS: Final = len("2024-01-01T00:00:00.000")

Callback = Callable[..., Any]


def convert_to_stix(
    data_source: Mapping[str, Any] | str,
    map_data: Mapping[str, Any],
    data: Any,
    transformers: Mapping[str, Any],
    options: Mapping[str, Any] | None = None,
    callback: Callback | None = None,
) -> dict[str, Any]:
    """A bundle as earlier releases made it: the identity, an observed-data for each row, and in 2.1 objects.

    With `results_engine: shared` among the options, that of this library. Raises KeyError for an identity
    without id or name, ResultsTranslationError for rows that are none.
    """
    given = options or {}
    if given.get("results_engine") == "shared":
        return classic.convert_to_stix(data_source, map_data, data, transformers, given, callback)
    identity = classic.read_identity(data_source)
    work = DataSourceObjToStixObj(identity, map_data, transformers, given, callback)
    objects = work.bundle["objects"]
    with classic.without_collector():
        objects.extend(work.transform(row) for row in _rows(data))
        objects.extend(work.unique_cybox_objects.values())
    return work.bundle


def _rows(data: Any) -> Iterator[Any]:
    """The rows; in a list also what is no row, for each had an observed-data of its own."""
    return iter(data) if isinstance(data, (list, tuple)) else iter(read_rows(data))


class DataSourceObjToStixObj:
    """Turns rows of one data source into observed-data, one by one.

    `bundle` holds the identity; callers put into it what `transform` gives back. In STIX 2.1 the objects of
    all rows so far stand in `unique_cybox_objects`, by id: of rows with one id, that of the last.
    """

    def __init__(
        self,
        data_source: Mapping[str, Any],
        ds_to_stix_map: Mapping[str, Any],
        transformers: Mapping[str, Any],
        options: Mapping[str, Any],
        callback: Callback | None = None,
    ) -> None:
        self.identity_id, self.data_source = data_source["id"], data_source["name"]
        self.ds_to_stix_map, self.transformers = ds_to_stix_map, transformers
        self.options, self.callback = options, callback
        read = ResultsOptions.of(options)
        self.spec_version: str = read.version
        self.bundle: dict[str, Any] = {
            "type": "bundle",
            "id": f"bundle--{uuid.uuid4()}",
            "objects": [data_source],
        }
        if self.spec_version == "2.0":
            self.bundle["spec_version"] = "2.0"
        self.unique_cybox_objects: dict[str, Object] = {}
        self._level = level_of(ds_to_stix_map, transformers)
        self._fallback = f"x-{str(self.data_source).replace('_', '-')}" if read.unmapped_fallback else None

    def transform(self, obj: Any) -> dict[str, Any]:
        """The observed-data of a row, also of one that yields no object."""
        row = ClassicRow(self._renamed if self.callback else None, self._fallback)
        if isinstance(obj, Mapping):
            row.walk(obj, self._level)
        for name, reason in row.left_out:
            _LOG.warning("left out a value of %s: %s", name, reason)
        objects = row.numbered() if self.spec_version == "2.0" else row.identified()
        now = _now()
        observed: dict[str, Any] = {
            "id": f"observed-data--{random_uuid()}",
            "type": "observed-data",
            "created_by_ref": self.identity_id,
            "created": now,
            "modified": now,
            "first_observed": now,
            "last_observed": now,
            "number_observed": 1,
            **row.observed,
        }
        if self.spec_version == "2.0":
            observed["objects"] = objects
            return observed
        self.unique_cybox_objects.update(objects)
        observed["object_refs"] = list(objects)
        observed["spec_version"] = "2.1"
        return observed

    def _renamed(self, parent: Mapping[str, Any], native: str, key: str) -> str:
        answer = self.callback(parent, native, key, self.options) if self.callback else None
        return str(answer) if answer else key


def _now() -> str:
    """The moment in UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")[:_TO_MILLISECONDS] + "Z"
