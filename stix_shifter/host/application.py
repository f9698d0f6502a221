"""The WSGI application: flask reads requests and writes answers, `service.py` does the rest.

Every answer is JSON. A connector's own error is status 200, as the classic dictionary says it all; what the
host refuses has a status of its own and the same dictionary.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from stix_shifter.host.access import caller_of
from stix_shifter.host.openapi import description
from stix_shifter.host.operations import OPERATIONS
from stix_shifter.host.refusals import RefusalError, refusal_answer
from stix_shifter.host.service import Record, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stix_shifter.host.policy import Policy

EXTENSION = "stix_shifter_host"
"""Under this name the application's `extensions` hold its Service."""
_JSON = "application/json"


def make_app(policy: Policy, identity: Mapping[str, Any] | None = None) -> Flask:
    """The application for a policy. `identity` replaces the data source of results where it is not empty."""
    app = Flask("stix_shifter.host", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = policy.limits.body_bytes
    service = Service(policy, identity)
    app.extensions[EXTENSION] = service
    app.before_request(_begin)
    app.register_error_handler(RefusalError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    for path in OPERATIONS:
        _route(app, path, _operation(service, path), "POST")
    _route(app, "/openapi.json", lambda: _answer(description()), "GET")
    _route(app, "/health", lambda: _answer({"status": "ok"}), "GET")
    app.after_request(_record(service))
    return app


def service_of(app: Flask) -> Service:
    """The service behind an application."""
    service: Service = app.extensions[EXTENSION]
    return service


def _route(app: Flask, path: str, view: Callable[[], Response], method: str) -> None:
    app.add_url_rule(path, path, view, methods=[method], provide_automatic_options=False)


def _operation(service: Service, path: str) -> Callable[[], Response]:
    def view() -> Response:
        record: Record = g.record
        record.route = path
        caller = caller_of(request.environ, service.policy)
        record.caller, record.address = caller.name, caller.address
        return _answer(service.answer(path, request.get_data(cache=True), caller, record))

    return view


def _begin() -> None:
    g.record = Record(address=request.remote_addr or "")


def _record(service: Service) -> Callable[[Response], Response]:
    def after(response: Response) -> Response:
        if request.path not in {"/openapi.json", "/health"} or response.status_code != HTTPStatus.OK:
            record = g.get("record") or Record()
            size_in, size_out = request.content_length or 0, response.calculate_content_length() or 0
            service.record(record, response.status_code, g.get("answer"), size_in, size_out)
        return response

    return after


def _answer(value: Any, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    g.answer = value
    response = Response(_json(value), status, mimetype=_JSON)
    response.headers.update(
        {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})}
    )
    return response


def _json(value: Any) -> bytes:
    """JSON of what a connector answers; what JSON has no form for is written as text."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:  # integers over 64 bits, lone surrogates
        import json

        return json.dumps(value, default=str).encode()


def _refused(error: RefusalError) -> Response:
    record: Record = g.record
    record.reason = error.text
    return _answer(error.answer(), error.status, error.headers())


def _http_error(error: HTTPException) -> Response:
    """404, 405, 413 and the like in the same shape; what nobody foresaw is a 500 without details."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return _answer(refusal_answer(status, _text(status)), status, headers)


def _text(status: HTTPStatus) -> str:
    texts = {
        HTTPStatus.NOT_FOUND: f"there is no such route; there are {', '.join(OPERATIONS)}",
        HTTPStatus.METHOD_NOT_ALLOWED: "routes are asked by POST with a JSON body",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the body is larger than this host takes",
        HTTPStatus.INTERNAL_SERVER_ERROR: "the host failed; its log says more",
    }
    return texts.get(status, status.phrase)
