"""`python -m stix_shifter.host.openapi > docs/openapi.json`: the OpenAPI description, from the routes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from stix_shifter.host.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter.host.operations import Operation

Json = dict[str, Any]
_VERSION = "1.0.0"

_ABOUT = """A proxy host runs connectors for callers elsewhere. Every route takes a JSON body (of any content
type) and answers JSON. What a connector answers has status 200, also when it is an error (`success` is
false, `code` says which); other statuses are refusals of the host itself, in the same shape."""

_ERROR: Json = {
    "type": "object",
    "required": ["success", "code"],
    "properties": {
        "success": {"const": False},
        "connector": {"type": "string"},
        "error": {"type": "string"},
        "code": {"type": "string"},
    },
}
_STIX_OBJECT: Json = {
    "type": "object",
    "required": ["type", "id"],
    "properties": {"type": {"type": "string"}, "id": {"type": "string"}},
}


def _success(properties: Json, *required: str) -> Json:
    return {
        "type": "object",
        "required": ["success", *required],
        "properties": {"success": {"const": True}, **properties},
    }


_ANSWERS: Mapping[str, Json] = {
    "Done": _success({}),
    "IsAsync": {"type": "boolean"},
    "Search": _success({"search_id": {}}, "search_id"),
    "Status": _success(
        {
            "status": {"enum": ["COMPLETED", "ERROR", "CANCELED", "TIMEOUT", "RUNNING"]},
            "progress": {"type": "number", "minimum": 0, "maximum": 100},
        },
        "status",
        "progress",
    ),
    "Rows": _success({"data": {"type": "array"}, "metadata": {}}, "data"),
    "Bundle": {
        "type": "object",
        "required": ["type", "id", "objects"],
        "properties": {
            "type": {"const": "bundle"},
            "id": {"type": "string"},
            "objects": {"type": "array", "items": _STIX_OBJECT},
            "stats": {"type": "array"},
        },
    },
    "Queries": {
        "type": "object",
        "required": ["queries"],
        "properties": {
            "queries": {"type": "array"},
            "unmapped_attributes": {"type": "object"},
            "unmapped_operators": {"type": "object"},
        },
    },
    "Parsed": {
        "type": "object",
        "required": ["parsed_stix"],
        "properties": {"parsed_stix": {"type": "array"}},
    },
    "Anything": {"type": "object"},
}
_REFUSALS = {
    "400": "The body is not what the route takes",
    "401": "The token is missing or wrong",
    "403": "This caller, connector or destination is not allowed",
    "408": "The request did not come whole within the host's time limit",
    "411": "The body does not state its length",
    "413": "The body is larger than the host takes",
    "429": "Too many requests are running; Retry-After says when to try again",
    "503": "The host is going down",
    "504": "The connector did not answer within the host's time limit",
}
_IDENTITY: Json = {
    "type": "identity",
    "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
    "name": "reports",
    "identity_class": "system",
}
_PATTERN = "[ipv4-addr:value = '198.51.100.7']"
_FILE: Json = {"connection": {"type": "stix_bundle", "url": "bundle.json"}, "configuration": {"auth": {}}}
_ROWS: Json = {"search_id": _PATTERN, "offset": 0, "length": 10}
_EXAMPLES: Mapping[str, Json] = {
    "/ping": _FILE,
    "/is_async": _FILE,
    "/create_query_connection": {**_FILE, "query": _PATTERN},
    "/create_status_connection": {**_FILE, "search_id": _PATTERN},
    "/create_results_connection": {**_FILE, **_ROWS},
    "/create_results_stix_connection": {**_FILE, **_ROWS, "data_source": _IDENTITY},
    "/delete_query_connection": {**_FILE, "search_id": _PATTERN},
    "/transform_query": {"module": "stix_bundle", "data": _PATTERN, "options": {}},
    "/plan_query": {"module": "stix_bundle", "data": _PATTERN, "policy": "widen"},
    "/parse_query": {"module": "stix_bundle", "data": _PATTERN},
    "/translate_results": {"module": "stix_bundle", "data": [], "data_source": _IDENTITY},
    "/describe": {"module": "stix_bundle", "about": "dialects"},
}


def description() -> Json:
    """The description as one JSON-ready object."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "stix-shifter proxy host",
            "version": _VERSION,
            "description": " ".join(_ABOUT.split()),
        },
        "security": [{"token": []}],
        "paths": {
            **{path: {"post": _operation(operation)} for path, operation in OPERATIONS.items()},
            "/health": {"get": _plain("health", "Whether the host is up", {"status": {"const": "ok"}})},
            "/openapi.json": {"get": _plain("openapi", "This description", {"openapi": {"type": "string"}})},
        },
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Needed where the host has tokens; a client certificate may stand for it",
                }
            },
            "schemas": {"Error": _ERROR, **_ANSWERS},
        },
    }


def _operation(operation: Operation) -> Json:
    answer = {"anyOf": [_ref(operation.answer), _ref("Error")]}
    return {
        "operationId": operation.path.strip("/"),
        "summary": operation.summary,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": operation.body, "example": _EXAMPLES[operation.path]}},
        },
        "responses": {
            "200": _response("What the connector answers, an error of its own too", answer),
            **{status: _response(text, _ref("Error")) for status, text in _REFUSALS.items()},
        },
    }


def _plain(name: str, summary: str, properties: Json) -> Json:
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {"200": _response(summary, schema)},
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _response(text: str, schema: Json) -> Json:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(description(), indent=2) + "\n")
