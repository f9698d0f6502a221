"""A request before it is sent and a reply after it came: plain values, no network.

`Reply.json()` is where an answer that is not JSON is found out and described.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from stix_shifter_utils.errors import InvalidParameterError, ResponseError
from stix_shifter_utils.http.redact import excerpt, safe_url

JSON_ONLY = "application/json"
_HUGE_INTEGER = re.compile(rb"[0-9]{19}")
Scalar = str | int | float | bool | None
Params = Mapping[str, Scalar | Sequence[Scalar]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request: an absolute URL with its query, and the bytes to send. Its repr shows no values."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)

    def with_headers(self, headers: Mapping[str, str]) -> Request:
        """The same request with these headers laid over its own (names compare without case)."""
        own = {name.lower() for name in headers}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in own}
        return replace(self, headers={**kept, **headers})

    def with_url(self, url: str) -> Request:
        """The same request for another URL."""
        return replace(self, url=url)

    def __repr__(self) -> str:
        return f"{self.method} {safe_url(self.url)}"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Reply:
    """What the source answered, whole. `headers` compare without case.

    `secrets` are the words that a message about this reply must not hold.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    request: Request
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def url(self) -> str:
        """The URL that answered (after redirects), with its query: not for messages."""
        return self.request.url

    def json(self) -> Any:
        """The body as JSON; whole numbers of any size stay whole.

        Raises ResponseError, with the first characters of what came instead, for HTML, for a cut or an empty
        body and for a nesting that no source needs; and again where a key of an object is asked for in vain.
        """
        try:
            value = parse_json(self.body)
        except (ValueError, RecursionError) as error:
            raise ResponseError(self._not_json(error)) from error
        return JsonObject(value, str(self.request)) if isinstance(value, dict) else value

    def secret_json(self) -> Any:
        """The same of a body that holds a credential, of which no message shows anything."""
        try:
            return parse_json(self.body)
        except (ValueError, RecursionError):
            where = f"{self.request.method} {safe_url(self.url, self.secrets)}"
            message = f"{where}: answered no JSON, and no token; try again, or check host, port and path"
            raise ResponseError(message) from None

    def text(self) -> str:
        """The body as text, by the charset of its content type (UTF-8 when it names no known one)."""
        found = re.search(r"charset=[\"']?([\w.:-]+)", self.headers.get("Content-Type", ""), re.IGNORECASE)
        try:
            return self.body.decode(found.group(1) if found else "utf-8", errors="replace")
        except LookupError:
            return self.body.decode("utf-8", errors="replace")

    def refuse_page(self) -> None:
        """Raise ResponseError for a web page, such as a login page, where only JSON was asked for."""
        is_html = "html" in self.headers.get("Content-Type", "") and self.body.lstrip()[:1] == b"<"
        if is_html and self.request.headers.get("Accept") == JSON_ONLY:
            raise ResponseError(self._not_json(ValueError()))

    def excerpt(self) -> str:
        """The first characters of the body, on one line and without secrets."""
        return excerpt(self.body, self.secrets)

    def _not_json(self, error: ValueError | RecursionError) -> str:
        where = f"{self.request.method} {safe_url(self.url, self.secrets)}"
        if not self.body.strip():
            return f"{where}: status {self.status} with an empty body where JSON was expected"
        start = f"beginning {self.excerpt()!r}"
        if self.body.lstrip()[:1] == b"<":
            advice = (
                "is this the product's API, or a login page or proxy in between? Check host, port and path"
            )
            return f"{where}: answered HTML or XML where JSON was expected, {start}; {advice}"
        if isinstance(error, RecursionError):
            return f"{where}: the JSON is nested too deep to be read, {start}"
        came = f"{len(self.body)} bytes came, {start}"
        return f"{where}: the JSON is cut or broken; try again, or check host, port and path; {came}"


class MissingKeyError(ResponseError, KeyError):
    """An answer lacks what the product's documentation promises."""

    def __str__(self) -> str:
        return str(self.args[0])


class JsonObject(dict[str, Any]):
    """An answer that is a JSON object. A missing key is an error that names the request and the key."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        super().__init__(values)
        self._where = where

    def __missing__(self, key: str) -> Any:
        message = (
            f"{self._where}: the answer has no {key!r}, only: {', '.join(sorted(self)[:8]) or 'nothing'}"
        )
        raise MissingKeyError(message)

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)


def parse_json(body: bytes) -> Any:
    """Read JSON: fast where that is safe; integers over 64 bits, NaN and lone surrogates as Python does.

    Raises ValueError, and RecursionError for nesting beyond the interpreter's own bound.
    """
    if not _HUGE_INTEGER.search(body):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass  # the stricter of the two readers; the other one decides
    return json.loads(body)


def dump_json(value: Any) -> bytes:
    """Write JSON as UTF-8; integers of any size."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def plain(value: Scalar) -> str:
    """One value as it stands in a query string: booleans as `true` and `false`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def form(data: Params) -> str:
    """Query or form fields, percent-encoded. None is left out; a list repeats its name."""
    pairs = []
    for name, value in data.items():
        values = [value] if value is None or isinstance(value, (str, int, float)) else value
        pairs += [(name, plain(item)) for item in values if item is not None]
    return urlencode(pairs, quote_via=quote, errors="surrogatepass")


class EncodedPath(str):
    """A path that is percent-encoded already, made by `url_path`."""

    __slots__ = ()


def url_path(template: str, **values: object) -> EncodedPath:
    """Fill a path so that no value can leave its place: `url_path("/jobs/{id}/rows", id=search_id)`.

    Raises InvalidParameterError for a value that is empty, `.` or `..`: it would name another resource.
    """
    for name, value in values.items():
        if str(value) in {"", ".", ".."}:
            message = f"{name} is {str(value)!r}, which cannot stand in the path {template}"
            raise InvalidParameterError(message)
    return EncodedPath(
        template.format(
            **{name: quote(str(value), safe="", errors="surrogatepass") for name, value in values.items()}
        )
    )
