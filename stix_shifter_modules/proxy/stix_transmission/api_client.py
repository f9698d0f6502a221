"""The proxy host's routes (docs/proxy.md), asked over HTTPS; over plain HTTP on the loopback interface only.

What the host answers is passed on as it is: the classic dictionaries of the destination's connector, and
those of the host's own refusals with their codes.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from stix_shifter_utils.errors import (
    AuthenticationError,
    CertificateError,
    ConfigurationError,
    ConnectionFailedError,
    ForbiddenError,
    InvalidParameterError,
    ResponseError,
    StixShifterError,
    TooManyRequestsError,
    UnmappedError,
)
from stix_shifter_utils.http import Auth, Bearer, HttpClient, Reply, TlsOptions
from stix_shifter_utils.http.failures import error_type
from stix_shifter_utils.transmission import tls_options

Answer = dict[str, Any]
DEFAULT_PORT, DEFAULT_TIMEOUT_S = 5000, 150.0
_REFUSALS = (400, 401, 403, 404, 405, 408, 413, 415, 422, 500, 503, 504)
_PEM_MARK = "-----BEGIN "
_OWN = frozenset({"proxy_host", "proxy_port", "proxy_cert", "proxy_token", "destination"})
_TLS = ("ca_file", "client_cert", "client_key", "tls_fingerprint", "server_hostname", "verify_cert")
_RAISED: Mapping[Any, type[StixShifterError]] = {
    kind.code.value: kind
    for kind in (
        AuthenticationError,
        CertificateError,
        ConnectionFailedError,
        ForbiddenError,
        InvalidParameterError,
        TooManyRequestsError,
        UnmappedError,
    )
}
"""The error that a classic code stands for, where an answer cannot be passed on as a dictionary."""


class APIClient:
    """One proxy host and one destination behind it.

    Raises ConfigurationError for a destination that cannot be read and for plain HTTP to another machine.
    """

    def __init__(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        del configuration  # the credentials are the destination's, and the token stands in the options
        self.options: Mapping[str, Any] = connection.get("options") or {}
        self.destination = Destination.of(self.options)
        self.http = HttpClient(
            _base_url(self.options),
            auth=_auth(self.options),
            tls=_tls(self.options),
            timeout_s=float(self.options.get("timeout") or DEFAULT_TIMEOUT_S),
        )
        self.http.hide(self.destination.secrets())

    # -- transmission

    async def ping_data_source(self) -> Answer:
        return _answer(await self._ask("/ping"))

    async def is_async(self) -> bool:
        """Whether the destination's searches run there. Raises the TransmissionError of any other answer."""
        found = await self._ask("/is_async")
        if isinstance(found, bool):
            return found
        raise error_of(_answer(found))

    async def create_search(self, query: Any) -> Answer:
        return _answer(await self._ask("/create_query_connection", repeatable=False, query=query))

    async def get_search_status(self, search_id: Any, metadata: Any = None) -> Answer:
        return _answer(await self._ask("/create_status_connection", search_id=search_id, **_known(metadata)))

    async def get_search_results(
        self, search_id: Any, offset: int, length: int, metadata: Any = None
    ) -> Answer:
        page = {"search_id": search_id, "offset": offset, "length": length, **_known(metadata)}
        return _answer(await self._ask("/create_results_connection", **page))

    async def get_search_results_stix(
        self, search_id: Any, offset: int, length: int, data_source: Any, metadata: Any = None
    ) -> Answer:
        page = {"search_id": search_id, "offset": offset, "length": length, **_known(metadata)}
        return _answer(await self._ask("/create_results_stix_connection", data_source=data_source, **page))

    async def delete_search(self, search_id: Any) -> Answer:
        return _answer(await self._ask("/delete_query_connection", repeatable=False, search_id=search_id))

    # -- translation

    async def transform_query(self, data: str) -> Answer:
        return _answer(await self._post("/transform_query", self.destination.module() | {"data": data}))

    async def plan_query(self, data: str, policy: str | None, now_ms: int | None) -> Answer | None:
        """The plans of a pattern, or a classic error; None from a host that was made before it could plan."""
        body = self.destination.module() | {"data": data}
        body |= {name: value for name, value in (("policy", policy), ("now_ms", now_ms)) if value}
        reply = await self.http.post("/plan_query", json=body, accept=_REFUSALS)
        return None if reply.status == HTTPStatus.NOT_FOUND else _answer(_read(reply))

    async def parse_query(self, data: str) -> Answer:
        return _answer(await self._post("/parse_query", self.destination.module() | {"data": data}))

    async def translate_results(self, data_source: Any, data: Any) -> Answer:
        body = self.destination.module() | {"data_source": data_source, "data": data}
        return _answer(await self._post("/translate_results", body))

    async def describe(self, about: str) -> Answer:
        return _answer(await self._post("/describe", self.destination.module() | {"about": about}))

    # -- the wire

    async def _ask(self, path: str, *, repeatable: bool = True, **body: Any) -> Any:
        return await self._post(path, self.destination.source() | body, repeatable=repeatable)

    async def _post(self, path: str, body: Answer, *, repeatable: bool = True) -> Any:
        reply = await self.http.post(path, json=body, accept=_REFUSALS, repeatable=repeatable)
        return _read(reply)


class Destination:
    """What the proxy host is to ask: parameters that go with every call, or a name that it knows."""

    def __init__(self, given: Mapping[str, Any] | str, options: Mapping[str, Any]) -> None:
        self.name = given if isinstance(given, str) else None
        self.connection: Mapping[str, Any] = {} if isinstance(given, str) else given["connection"]
        self.configuration: Mapping[str, Any] = (
            {} if isinstance(given, str) else given.get("configuration") or {}
        )
        self.dialects = [name for name in options.get("dialects") or () if name != "default"]

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Destination:
        """The option `destination`: an object, its JSON text, or a name. Raises ConfigurationError."""
        given = options.get("destination")
        if isinstance(given, str) and given.lstrip().startswith("{"):
            try:
                given = json.loads(given)
            except (ValueError, RecursionError) as error:
                message = "options.destination is not JSON"
                raise ConfigurationError(message) from error
        if isinstance(given, str) and given:
            return cls(given, options)
        connection = given.get("connection") if isinstance(given, Mapping) else None
        if (
            not isinstance(given, Mapping)
            or not isinstance(connection, Mapping)
            or not connection.get("type")
        ):
            message = (
                'options.destination must be {"connection": {"type": connector, …}, "configuration": {…}}, '
                "or the name of a destination that the proxy host knows"
            )
            raise ConfigurationError(message)
        return cls(given, options)

    def source(self) -> Answer:
        """The part of a body that says which source is asked."""
        if self.name is not None:
            return {"destination": self.name, **({"options": self._options()} if self.dialects else {})}
        connection = {**self.connection, "options": self._options()}
        return {"connection": connection, "configuration": self.configuration}

    def module(self) -> Answer:
        """The part of a body that says whose translation is asked for."""
        if self.name is not None:
            return self.source()
        return {"module": self.connection["type"], "options": self._options()}

    def secrets(self) -> list[str]:
        """Every text of the destination's credentials."""
        return list(_texts(self.configuration))

    def _options(self) -> Answer:
        own = dict(self.connection.get("options") or {})
        return {**own, "dialects": self.dialects} if self.dialects else own


def error_of(answer: Mapping[str, Any]) -> StixShifterError:
    """The error that a classic answer tells of."""
    return _RAISED.get(answer.get("code"), ResponseError)(str(answer.get("error") or "no answer"))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _texts(part)]


def _known(metadata: Any) -> Answer:
    return {} if metadata is None else {"metadata": metadata}


def _base_url(options: Mapping[str, Any]) -> str:
    host = str(options.get("proxy_host") or "")
    scheme, given, rest = host.rpartition("://")
    name = (f"[{rest}]" if rest.count(":") > 1 and not rest.startswith("[") else rest).rstrip("/")
    local = _is_loopback(name)
    secure = options.get("proxy_cert") or any(options.get(key) is not None for key in _TLS)
    scheme = scheme if given else "http" if local and not secure else "https"
    if not name or (scheme == "http" and not local):
        message = (
            "options.proxy_host must name the proxy host"
            if not name
            else "options.proxy_host says http://, which would send credentials readable; use https"
        )
        raise ConfigurationError(message)
    return f"{scheme}://{name}:{int(options.get('proxy_port') or DEFAULT_PORT)}"


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _auth(options: Mapping[str, Any]) -> Auth | None:
    token = options.get("proxy_token")
    return Bearer(str(token)) if token else None


def _tls(options: Mapping[str, Any]) -> TlsOptions:
    tls = tls_options({"options": options})
    own = options.get("proxy_cert")
    if not own:
        return tls
    return replace(tls, ca_pem=own) if _PEM_MARK in own else replace(tls, ca_file=own)


def _read(reply: Reply) -> Any:
    """The JSON of an answer; a refusal that is no classic dictionary becomes the error of its status."""
    if reply.status == HTTPStatus.OK:
        text = reply.body.strip()
        if text in (b"True", b"False"):  # what hosts of earlier releases answer to /is_async
            return text == b"True"
        found = reply.json()
        return dict(found) if isinstance(found, dict) else found
    try:
        found = reply.json()
    except ResponseError:
        found = None
    if isinstance(found, dict) and found.get("success") is False and "code" in found:
        return dict(found)
    message = f"{reply.request}: status {reply.status}: {reply.excerpt()}"
    raise error_type(reply.status, {})(message)


def _answer(found: Any) -> Answer:
    if not isinstance(found, dict):
        message = f"the proxy host answered with {type(found).__name__} where a JSON object was expected"
        raise ResponseError(message)
    return found
