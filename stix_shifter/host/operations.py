"""The routes of the host: what each takes, as a JSON Schema, and what it asks of a connector.

One table serves the application, the check of requests and the OpenAPI description, so they cannot differ.
How a request gets here is `application.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from stix_shifter.host.target import source_target, translation_target

if TYPE_CHECKING:
    from stix_shifter.host.access import Caller
    from stix_shifter.host.policy import Policy
    from stix_shifter.host.target import Target
    from stix_shifter.stix_transmission.stix_transmission import StixTransmission

Json = dict[str, Any]
Schema = Mapping[str, Any]
Work = Callable[["Target", Json, Json], Awaitable[Any]]
"""What is done for a request: by its target, its body, and the host's own identity (empty: none)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One route. `answer` names the schema of what a connector answers when it succeeds.

    `translates` says that no source is asked.
    """

    path: str
    summary: str
    body: Schema
    answer: str
    work: Work
    target: Callable[[Json, Caller, Policy], Target]
    translates: bool


_NAME: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_]{1,64}(:[A-Za-z0-9_.-]{1,64}){0,16}$"}
_ROW_NUMBER: Schema = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 10**12},
        {"type": "string", "pattern": "^[0-9]{1,12}$"},
    ]
}
_SEARCH: Schema = {
    "description": "The source's search id; of a source that answers at once, the query itself",
    "type": ["string", "object", "array", "integer"],
}
_OPTIONS: Schema = {"type": "object", "description": "Options of the connector"}
_METADATA: Schema = {"description": "The metadata of the answer before, as it came"}
_IDENTITY: Schema = {
    "description": "Identity of the data source; the host's own goes before",
    "type": ["object", "string"],
}
_DESTINATION: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "description": "Name of a destination defined at the host, for connection and configuration",
}
_SOURCE: Mapping[str, Schema] = {
    "connection": {
        "type": "object",
        "required": ["type"],
        "properties": {"type": _NAME, "options": _OPTIONS},
        "description": "As the connector's documentation says; `type` names the connector",
    },
    "configuration": {"type": "object", "description": "Credentials, as the connector's documentation says"},
    "destination": _DESTINATION,
    "options": {**_OPTIONS, "description": "For a destination by name: options that a caller may choose"},
}
_MODULE: Mapping[str, Schema] = {
    "module": _NAME,
    "options": _OPTIONS,
    "connection": {
        "type": "object",
        "properties": {"type": _NAME, "options": _OPTIONS},
        "description": "In place of module and options",
    },
    "destination": _DESTINATION,
}


def _source_body(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**_SOURCE, **required, **(optional or {})},
        "required": list(required),
        "anyOf": [{"required": ["connection"]}, {"required": ["destination"]}],
    }


def _module_body(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    of_connection = {"properties": {"connection": {"required": ["type"]}}, "required": ["connection"]}
    return {
        "type": "object",
        "properties": {**_MODULE, **required, **(optional or {})},
        "required": list(required),
        "anyOf": [{"required": ["module"]}, of_connection, {"required": ["destination"]}],
    }


async def _translated(target: Target, kind: str, data_source: Any, data: Any) -> Any:
    from stix_shifter.stix_translation.stix_translation import StixTranslation

    return await StixTranslation().translate_async(target.connector, kind, data_source, data, target.options)


async def _transform_query(target: Target, body: Json, _: Json) -> Any:
    return await _translated(target, "query", {}, body["data"])


async def _parse_query(target: Target, body: Json, _: Json) -> Any:
    return await _translated(target, "parse", {}, body["data"])


async def _translate_results(target: Target, body: Json, identity: Json) -> Any:
    return await _translated(target, "results", identity or body["data_source"], body["data"])


async def _plan_query(target: Target, body: Json, _: Json) -> Any:
    from stix_shifter.stix_translation.explain import explain
    from stix_shifter_utils.connector.edge import error_answer
    from stix_shifter_utils.errors import StixShifterError
    from stix_shifter_utils.query.plan_json import plan_to_json

    try:
        now = datetime.fromtimestamp(body["now_ms"] / 1000, timezone.utc) if "now_ms" in body else None
        found = explain(
            target.connector, body["data"], target.options, policy=body.get("policy", "prune"), now=now
        )
    except StixShifterError as error:
        return error_answer(error, target.connector.partition(":")[0], translating=True)
    return {"success": True, "plans": [plan_to_json(plan) for plan in found.dialects.values()]}


async def _describe(target: Target, body: Json, _: Json) -> Any:
    return await _translated(target, body["about"], None, None)


def _asking(ask: Callable[[StixTransmission, Json, Json], Awaitable[Any]]) -> Work:
    async def work(target: Target, body: Json, identity: Json) -> Any:
        from stix_shifter.stix_transmission.stix_transmission import StixTransmission

        transmission = StixTransmission(target.connector, target.connection, target.configuration)
        try:
            return await ask(transmission, body, identity)
        finally:
            await transmission.close_async()

    return work


@dataclass(frozen=True, slots=True)
class Started:
    """The answer of a query, and whether a search runs at the source until it is deleted."""

    answer: Any
    at_source: bool


async def _query(transmission: StixTransmission, body: Json, _: Json) -> Any:
    answer = await transmission.query_async(body["query"])
    return Started(answer, at_source=transmission.is_async()) if answer.get("success") is True else answer


async def _is_async(transmission: StixTransmission, _: Json, __: Json) -> Any:
    return transmission.is_async()


_TRANSMISSIONS: tuple[tuple[str, str, Schema, str, Work], ...] = (
    (
        "/ping",
        "Whether the source answers and accepts the credentials",
        _source_body({}),
        "Done",
        _asking(lambda source, _, __: source.ping_async()),
    ),
    (
        "/is_async",
        "Whether searches run on the source and have to be polled",
        _source_body({}),
        "IsAsync",
        _asking(_is_async),
    ),
    (
        "/create_query_connection",
        "Start a search",
        _source_body({"query": {"type": ["string", "object", "array"]}}),
        "Search",
        _asking(_query),
    ),
    (
        "/create_status_connection",
        "How far a search is",
        _source_body({"search_id": _SEARCH}, {"metadata": _METADATA}),
        "Status",
        _asking(lambda source, body, _: source.status_async(body["search_id"], body.get("metadata"))),
    ),
    (
        "/create_results_connection",
        "Rows of a search",
        _source_body(
            {"search_id": _SEARCH, "offset": _ROW_NUMBER, "length": _ROW_NUMBER}, {"metadata": _METADATA}
        ),
        "Rows",
        _asking(
            lambda source, body, _: source.results_async(
                body["search_id"], body["offset"], body["length"], body.get("metadata")
            )
        ),
    ),
    (
        "/create_results_stix_connection",
        "Rows of a search as a STIX bundle",
        _source_body(
            {"search_id": _SEARCH, "offset": _ROW_NUMBER, "length": _ROW_NUMBER, "data_source": _IDENTITY},
            {"metadata": _METADATA},
        ),
        "Bundle",
        _asking(
            lambda source, body, identity: source.results_stix_async(
                body["search_id"],
                body["offset"],
                body["length"],
                identity or body["data_source"],
                body.get("metadata"),
            )
        ),
    ),
    (
        "/delete_query_connection",
        "Delete a search at the source",
        _source_body({"search_id": _SEARCH}),
        "Done",
        _asking(lambda source, body, _: source.delete_async(body["search_id"])),
    ),
)
_MOMENT: Schema = {
    "type": "integer",
    "minimum": 0,
    "maximum": 253402300799000,
    "description": "What open windows count back from: milliseconds since 1970; this moment if missing",
}
_PATTERN: Schema = {"type": "string", "description": "A STIX pattern"}
_TRANSLATIONS: tuple[tuple[str, str, Schema, str, Work], ...] = (
    (
        "/transform_query",
        "The native queries of a STIX pattern",
        _module_body({"data": _PATTERN}),
        "Queries",
        _transform_query,
    ),
    (
        "/plan_query",
        "The native queries of a STIX pattern, with what becomes of each comparison",
        _module_body(
            {"data": _PATTERN}, {"policy": {"enum": ["prune", "refuse", "widen"]}, "now_ms": _MOMENT}
        ),
        "Anything",
        _plan_query,
    ),
    (
        "/parse_query",
        "The comparisons and times of a STIX pattern",
        _module_body({"data": _PATTERN}),
        "Parsed",
        _parse_query,
    ),
    (
        "/translate_results",
        "Native rows as a STIX bundle",
        _module_body({"data": {"type": ["array", "object", "string"]}, "data_source": _IDENTITY}),
        "Bundle",
        _translate_results,
    ),
    (
        "/describe",
        "What a connector says of itself",
        _module_body({"about": {"enum": ["mapping", "dialects", "supported_attributes"]}}),
        "Anything",
        _describe,
    ),
)
OPERATIONS: Mapping[str, Operation] = {
    path: Operation(path, summary, body, answer, work, target, translates=target is translation_target)
    for table, target in ((_TRANSMISSIONS, source_target), (_TRANSLATIONS, translation_target))
    for path, summary, body, answer, work in table
}
"""Path -> operation."""

START, DELETE = "/create_query_connection", "/delete_query_connection"
"""The routes that begin and end a search at a source."""
