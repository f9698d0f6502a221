"""Native rows to STIX objects as a stream, with a connector's own map and transformers.

`StixTranslation.translate` with `results` does the same at once, as the classic dictionary. Rows go in as
they come and objects come out: memory follows a page of rows, not the search.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from stix_shifter.stix_translation.request import Request
from stix_shifter_utils.connector import JSONToStix
from stix_shifter_utils.errors import ResultsTranslationError
from stix_shifter_utils.utils.async_utils import run_sync

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stix_shifter_utils.connector import BaseEntryPoint
    from stix_shifter_utils.results import ResultsMapping, ResultsReport


@dataclass(frozen=True, slots=True)
class ResultsStream:
    """`objects` can be read once; the identity comes first. `report` counts as they are read.

    A connector that makes bundles its own way has no report: its rows are collected and translated at once.
    """

    objects: Iterable[Mapping[str, Any]]
    version: Literal["2.0", "2.1"]
    report: ResultsReport | None = None


def stream_results(
    module: str, identity: Mapping[str, Any], rows: Iterable[Any], options: Mapping[str, Any] | None = None
) -> ResultsStream:
    """The STIX objects of some rows. `module` is `name` or `name:dialect1:dialect2`.

    Raises StixShifterError of the kind that fits for an unknown connector, wrong options or an identity
    without id or name; an error that the rows end in comes out of `objects`, after all that was found.
    """
    entry_point, mapping = mapping_of(module, identity, options)
    if mapping is None:
        version: Literal["2.0", "2.1"] = "2.1" if entry_point.options.get("stix_2.1") else "2.0"
        return ResultsStream(_translated_at_once(entry_point, identity, list(rows)), version)
    from stix_shifter_utils.results import translate_rows

    stream = translate_rows(rows, identity, mapping)
    return ResultsStream(stream, mapping.version, stream.report)


def mapping_of(
    module: str, identity: Mapping[str, Any], options: Mapping[str, Any] | None
) -> tuple[BaseEntryPoint, ResultsMapping | None]:
    """A connector and its compiled map; None in its place where the connector makes bundles its own way.

    Raises StixShifterError of the kind that fits for an unknown connector or wrong options.
    """
    entry_point = Request.of(module, identity, [], options).entry_point()
    translator = entry_point.get_results_translator(list(entry_point.options.get("dialects") or ()))
    if type(translator).translate_results is not JSONToStix.translate_results:
        return entry_point, None
    from stix_shifter_utils.results import compile_mapping

    return entry_point, compile_mapping(
        translator.mapping(),
        transformers=translator.transformers,
        options=translator.options,
        callback=translator.callback,
    )


def _translated_at_once(
    entry_point: BaseEntryPoint, identity: Mapping[str, Any], rows: list[Any]
) -> list[Mapping[str, Any]]:
    bundle = run_sync(entry_point.translate_results(identity, rows))
    if "objects" not in bundle:
        message = str(bundle.get("error") or "the connector's own translator failed without a message")
        raise ResultsTranslationError(message)
    objects: list[Mapping[str, Any]] = bundle["objects"]
    return objects
