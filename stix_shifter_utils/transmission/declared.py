"""An API client without Python: the product's API as data in `stix_transmission/api.json`.

The format is `schemas/api.schema.json`; how the values are filled in is `placeholders.py`. What needs an
`if` is written as an `api_client.py` instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from stix_shifter_utils.errors import (
    AuthenticationError,
    CertificateError,
    ConfigurationError,
    ForbiddenError,
    InvalidParameterError,
    QueryRejectedError,
    ResponseError,
    SearchNotFoundError,
    SourceUnavailableError,
    TooManyRequestsError,
    TransmissionError,
)
from stix_shifter_utils.http import ApiKey, Auth, Basic, Bearer, ClientCredentials, Reply
from stix_shifter_utils.schemas import load_schema
from stix_shifter_utils.transmission import paging as pages
from stix_shifter_utils.transmission.model import Page, Progress, SearchHandle, Status
from stix_shifter_utils.transmission.placeholders import filled, filled_path
from stix_shifter_utils.transmission.pointer import Pointer
from stix_shifter_utils.transmission.source import HttpSource

if TYPE_CHECKING:
    from pathlib import Path

_METHODS = ("get", "post", "put", "patch", "delete")
_ERRORS: Mapping[str, type[TransmissionError]] = {
    "authentication_fail": AuthenticationError,
    "certificate_fail": CertificateError,
    "forbidden": ForbiddenError,
    "invalid_parameter": InvalidParameterError,
    "invalid_query": QueryRejectedError,
    "no_results": SearchNotFoundError,
    "service_unavailable": SourceUnavailableError,
    "too_many_requests": TooManyRequestsError,
    "unknown": ResponseError,
}
Part = Mapping[str, Any]


@dataclass(frozen=True)
class DeclaredApi:
    """A checked `api.json`. Calling it with a connection and a configuration gives the API client."""

    content: Part

    @property
    def is_async(self) -> bool:
        """True when the product runs searches that are submitted and polled."""
        return "submit" in self.content

    def __call__(self, connection: Part, configuration: Part) -> DeclaredClient:
        kind = DeclaredSearches if self.is_async else DeclaredClient
        return kind(self, connection, configuration)


def load_api(folder: Path) -> DeclaredApi:
    """Read and check `api.json` in a folder. Raises ConfigurationError naming the place in the file."""
    path = folder / "api.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read as JSON: {error}"
        raise ConfigurationError(message) from error
    problems = api_problems(content)
    if problems:
        message = f"{path}: {'; '.join(problems)}"
        raise ConfigurationError(message)
    return DeclaredApi(content)


def api_problems(content: Any) -> list[str]:
    """What is wrong with the content of an `api.json`: place and reason, in the order of the places."""
    found = sorted(_validator().iter_errors(content), key=lambda error: [str(s) for s in error.absolute_path])
    return [f"{'.'.join(str(step) for step in e.absolute_path) or 'the file'}: {_reason(e)}" for e in found]


def _reason(error: Any) -> str:
    if error.validator == "oneOf":  # the only one of the schema
        return f"needs exactly one of {', '.join(_METHODS)}"
    return str(error.message)


@lru_cache(maxsize=1)
def _validator() -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(load_schema("api"))


class DeclaredClient(HttpSource):
    """The API client of a product that answers at once; its search id is the query."""

    def __init__(self, api: DeclaredApi, connection: Part, configuration: Part) -> None:
        super().__init__(connection, configuration)
        self._api = api.content
        self.base_path = self._api.get("base_path", "")
        self.headers = {k: str(v) for k, v in filled(self._api.get("headers", {}), self._known()).items()}
        self.errors = {int(status): _ERRORS[code] for status, code in self._api.get("errors", {}).items()}

    def auth(self) -> Auth | None:
        given = filled(self._api.get("auth", {"kind": "none"}), self._known())
        fields: dict[str, Any] = {k: v if isinstance(v, dict) else str(v) for k, v in given.items()}
        kind = fields.pop("kind")
        if kind == "api_key":
            return ApiKey(fields["name"], fields["value"], fields.get("in", "header"))
        makers: Mapping[str, Any] = {
            "basic": Basic,
            "bearer": Bearer,
            "client_credentials": ClientCredentials,
        }
        return cast("Auth", makers[kind](**fields)) if kind in makers else None

    async def ping_data_source(self) -> None:
        """Ask whether the product is there and accepts the credentials; a login page is no answer."""
        reply = await self._send(self._api["ping"], {})
        if self._api["ping"].get("expect", "json") == "json":
            reply.json()

    async def get_search_results(
        self, search_id: Any, offset: int, length: int, metadata: Any = None
    ) -> Page:
        """A page of rows; `metadata` is what the page before gave."""
        part, values = self._api["results"], self._values(search_id)
        records = Pointer.of(part["records"])

        async def fetch(ask: pages.Ask) -> pages.Piece:
            reply = await self._send(part, values, ask)
            answer = reply.json()
            rows = records.find(answer)
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                message = f"{reply.request}: {records.text} is not a list of objects"
                raise ResponseError(message)
            return pages.Piece(rows, answer, reply.headers)

        return await pages.fetch_page(self._paging(part, values), fetch, offset, length, metadata)

    def _known(self) -> dict[str, Any]:
        auth = self.configuration.get("auth") or {}
        return {"auth": auth, "connection": self.connection, "options": self.options}

    def _values(self, search_id: Any) -> dict[str, Any]:
        return {"search_id": search_id, "query": search_id}

    async def _send(self, part: Part, values: Part, ask: pages.Ask | None = None) -> Reply:
        """Send one declared request, with what the paging asks for."""
        known = {**self._known(), **values}
        method = next(name for name in _METHODS if name in part)
        bodies = {name: filled(part[name], known) for name in ("params", "json", "form") if name in part}
        place = part.get("paging", {}).get("in", "params")
        if ask is not None and ask.fields:
            bodies[place] = {**bodies.get(place, {}), **ask.fields}
        call: dict[str, Any] = {
            "headers": {k: str(v) for k, v in filled(part.get("headers", {}), known).items()}
        }
        if "json" in bodies:
            call["json"] = bodies["json"]
        elif "form" in bodies:
            call["data"] = bodies["form"]
        if "repeatable" in part:
            call["repeatable"] = part["repeatable"]
        if ask is not None and ask.url is not None:
            return await self.http.request(method.upper(), self._link(ask.url), **call)
        return await self.http.request(
            method.upper(), filled_path(part[method], known), params=bodies.get("params"), **call
        )

    def _link(self, url: str) -> str:
        """The next page's address, absolute. A link that leads elsewhere is refused by the client."""
        return self.http.address.join(self.http.address.url("/"), url)

    def _paging(self, part: Part, values: Part) -> pages.Paging:
        fields = {k: v for k, v in part.get("paging", {"kind": "none"}).items() if k != "in"}
        kind = fields.pop("kind")
        for name in ("total", "next"):
            if name in fields:
                fields["following" if name == "next" else name] = Pointer.of(fields.pop(name))
        if kind == "time":
            ends = {
                name: _moment(filled(fields[name], {**self._known(), **values})) for name in ("begin", "end")
            }
            return pages.TimeSlice(**{**fields, **ends})
        if kind == "page" and "page" in fields:
            fields["page_number"] = fields.pop("page")
        makers: Mapping[str, Any] = {
            "offset": pages.Offset, "page": pages.PageNumber, "cursor": pages.Cursor,
            "link": pages.NextLink, "none": pages.OnePage,
        }  # fmt: skip
        return cast("pages.Paging", makers[kind](**fields))


class DeclaredSearches(DeclaredClient):
    """The API client of a product that keeps searches."""

    async def create_search(self, query: Any) -> SearchHandle:
        """Submit a query."""
        reply = await self._send(self._api["submit"], {"query": query})
        return SearchHandle(Pointer.of(self._api["submit"]["search_id"]).find(reply.json()))

    async def get_search_status(self, search_id: Any) -> Progress:
        """Ask how far a search is. Raises ResponseError for a state that the file does not know."""
        part = self._api["status"]
        answer = (await self._send(part, self._values(search_id))).json()
        word = Pointer.of(part["state"]).find(answer)
        name = part["states"].get(str(word).lower() if isinstance(word, bool) else str(word))
        if name is None:
            message = f"the search {search_id} is in the state {word!r}, which api.json does not know"
            raise ResponseError(message)
        percent = Pointer.of(part["percent"]).get(answer) if "percent" in part else None
        status = Status[name]
        known = isinstance(percent, (int, float)) and not isinstance(percent, bool)
        return Progress(status, 100 if status is Status.COMPLETED else _clamped(percent) if known else 0)

    async def delete_search(self, search_id: Any) -> None:
        """Remove a search from the product, where it offers that."""
        if "delete" in self._api:
            await self._send(self._api["delete"], self._values(search_id))

    def _values(self, search_id: Any) -> dict[str, Any]:
        return {"search_id": search_id}


def _clamped(percent: Any) -> int:
    return min(100, max(0, int(percent)))


def _moment(value: Any) -> datetime:
    """A time as ISO 8601 text with its zone, or as epoch milliseconds. Raises InvalidParameterError."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, timezone.utc)
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError) as error:
        message = f"{value!r} is not a time (ISO 8601 with zone, or epoch milliseconds)"
        raise InvalidParameterError(message) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
