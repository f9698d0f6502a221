"""The classic call: a list of rows in, one bundle out. The former engine's form is `classic_engine.py`."""

from __future__ import annotations

import gc
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import ResultsTranslationError
from stix_shifter_utils.results.compile import Callback, ResultsMapping, compile_mapping
from stix_shifter_utils.results.options import ResultsOptions
from stix_shifter_utils.results.rows import RowStream, read_rows
from stix_shifter_utils.stix import bundle_of

if TYPE_CHECKING:
    from stix_shifter_utils.results.report import ResultsReport

__all__ = ["convert_to_stix", "read_identity", "warn_of"]

_LOG = logging.getLogger(__name__)
_SHOWN = 5


def convert_to_stix(
    data_source: Mapping[str, Any] | str,
    map_data: Mapping[str, Any] | ResultsMapping,
    data: Any,
    transformers: Mapping[str, type],
    options: Mapping[str, Any] | ResultsOptions | None = None,
    callback: Callback | None = None,
) -> dict[str, Any]:
    """A bundle from native rows: the identity, one observed-data per row and, in 2.1, the merged objects.

    `data_source` is an identity, or its JSON text; `data` what `read_rows` takes. A map that was compiled
    before, with the same transformers, options and callback, is not compiled again. What is left out of rows
    is counted in a warning. Raises ResultsTranslationError, MappingFileError.
    """
    given = ResultsOptions.of(options)
    identity = read_identity(data_source)
    if isinstance(map_data, ResultsMapping):
        mapping = map_data
    else:
        mapping = compile_mapping(map_data, transformers=transformers, options=options, callback=callback)
    for problem in mapping.problems:
        _LOG.warning("to_stix map: %s", problem)
    # The bundle holds every object, so a file for those that wait would spare nothing.
    stream = RowStream(read_rows(data), identity, mapping, replace(given, spill_after=sys.maxsize))
    with without_collector():
        objects = list(stream)
        if given.version == "2.1":  # first the observed-data, as published
            seen = [item for item in objects if item["type"] == "observed-data"]
            objects[1:] = [*seen, *(item for item in objects[1:] if item["type"] != "observed-data")]
        bundle = bundle_of(objects, given.version)
    warn_of(stream.report)
    return bundle


@contextmanager
def without_collector() -> Iterator[None]:
    """Spare Python the search for cycles, a third of the time of a large bundle: its objects have none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_identity(data_source: Mapping[str, Any] | str) -> Mapping[str, Any]:
    """An identity from an object or its JSON text. Raises ResultsTranslationError."""
    if isinstance(data_source, str):
        try:
            data_source = json.loads(data_source)
        except (json.JSONDecodeError, RecursionError) as error:
            msg = f"the identity of the data source is not JSON: {error}"
            raise ResultsTranslationError(msg) from error
    if isinstance(data_source, Mapping):
        return data_source
    msg = f"the identity of the data source is an object with id and name, not {type(data_source).__name__}"
    raise ResultsTranslationError(msg)


def warn_of(report: ResultsReport) -> None:
    """Log what was left out, the most frequent reasons."""
    for (name, reason), count in report.dropped.most_common(_SHOWN):
        _LOG.warning("left out %d of %s: %s", count, name, reason)
    if len(report.dropped) > _SHOWN:
        _LOG.warning("left out more, for %d other reasons", len(report.dropped) - _SHOWN)
    if report.refused_rows:
        _LOG.warning("left out %d rows that are no objects", report.refused_rows)
