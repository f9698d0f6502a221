"""The documented Python API of translation: classic dictionaries in and out.

What a translate type means is here, one function each; the work is the connector's
(`stix_shifter_utils.connector`). Bad input never raises: every failure is the classic error dictionary.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from stix_shifter.stix_translation.queries import collect_queries
from stix_shifter.stix_translation.request import STIX, Request
from stix_shifter_utils.connector.calls import ask, settle
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.errors import NotImplementedModeError
from stix_shifter_utils.utils.async_utils import run_light

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from stix_shifter_utils.connector.entry_point import BaseEntryPoint

RESULTS = "results"
QUERY = "query"
PARSE = "parse"
MAPPING = "mapping"
CONFIGS = "configs"
DIALECTS = "dialects"
SUPPORTED_ATTRIBUTES = "supported_attributes"
DEFAULT_DIALECT = "default"

MAPPING_ERROR = ATTRIBUTE_MAPPING_ERROR = "Unable to map the following STIX objects and properties:"
OPERATOR_MAPPING_ERROR = "Unable to map the following STIX Operators:"

Answer = dict[str, Any]


class StixTranslation:
    """Translates for one connector at a time; holds no state, so one object serves many calls and threads."""

    def __init__(self) -> None:
        self.args: list[Any] = []
        self.logger = logging.getLogger(__name__)

    def translate(
        self,
        module: str,
        translate_type: str,
        data_source: Any,
        data: Any,
        options: Mapping[str, Any] | None = None,
        recursion_limit: int = 1000,
    ) -> Answer:
        """Translate and wait; works inside a running event loop too.

        `module` is `name` or `name:dialect1:dialect2`. `data` is the pattern for `query` and `parse`; for
        `results` the rows (a list, one row, or JSON text), with the identity as `data_source` (a dictionary
        or JSON text). The other types need neither. `recursion_limit` is accepted and has no effect: nothing
        here recurses by length.
        """
        return run_light(
            self.translate_async(module, translate_type, data_source, data, options, recursion_limit)
        )

    async def translate_async(
        self,
        module: str,
        translate_type: str,
        data_source: Any,
        data: Any,
        options: Mapping[str, Any] | None = None,
        recursion_limit: int = 1000,
    ) -> Answer:
        """The same, to be awaited."""
        del recursion_limit  # a setting of earlier releases
        name = str(module).partition(":")[0]

        async def answer() -> Answer:
            kind = _TYPES.get(str(translate_type))
            if kind is None:
                message = f"wrong parameter: {translate_type}"
                raise NotImplementedModeError(message)
            return await kind(Request.of(module, data_source, data, options))

        result: Answer = await answer_of(answer(), name, translating=True)
        return result


async def _query(request: Request) -> Answer:
    entry_point = request.entry_point()
    return await collect_queries(entry_point, request.query_dialects(entry_point), request.data)


async def _parse(request: Request) -> Answer:
    answer: Answer = await ask(request.entry_point(), "parse_query", request.data)
    return answer


async def _results(request: Request) -> Answer:
    answer: Answer = await ask(request.entry_point(), "translate_results", request.data_source, request.data)
    return answer


async def _mapping(request: Request) -> Answer:
    entry_point = request.unchecked_entry_point()
    return await _described_elsewhere(entry_point, MAPPING) or entry_point.get_mapping()


async def _supported(request: Request) -> Answer:
    entry_point = request.unchecked_entry_point()
    elsewhere = await _described_elsewhere(entry_point, SUPPORTED_ATTRIBUTES)
    if elsewhere is not None:
        return elsewhere
    translators = {name: entry_point.get_query_translator(name) for name in entry_point.get_dialects()}
    return {
        "supported_attributes": {
            name: translator.map_data
            if translator.get_language() == STIX or not translator.map_data
            else None
            for name, translator in translators.items()
        }
    }


async def _configs(request: Request) -> Answer:
    return request.configs()


async def _dialects(request: Request) -> Answer:
    entry_point = request.unchecked_entry_point()
    return await _described_elsewhere(entry_point, DIALECTS) or entry_point.get_dialects_full()


async def _described_elsewhere(entry_point: BaseEntryPoint, about: str) -> Answer | None:
    """What a connector that runs elsewhere (`proxy`) says of itself; None for one that runs here."""
    if not hasattr(entry_point, "describe"):
        return None
    answer: Answer | None = await settle(entry_point.describe(about))
    return answer


_TYPES: dict[str, Callable[[Request], Awaitable[Answer]]] = {
    QUERY: _query,
    PARSE: _parse,
    RESULTS: _results,
    MAPPING: _mapping,
    SUPPORTED_ATTRIBUTES: _supported,
    CONFIGS: _configs,
    DIALECTS: _dialects,
}
