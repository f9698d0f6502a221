"""Where STIX objects come from: a file, an HTTP(S) URL or a TAXII 2.1 collection. Nothing is judged here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

import orjson

from stix_shifter_utils.errors import InvalidParameterError, ResponseError
from stix_shifter_utils.http import Basic, HttpClient, TlsOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

TAXII = "application/taxii+json;version=2.1"  # TAXII 2.1 specification, §1.6.8.2
PAGE_OBJECTS = 1000
MOST_PAGES = 100_000
_COLLECTION = re.compile(r"/collections/[^/]+/?(objects/?)?$")

StixObject = dict[str, Any]


class ObjectSource(Protocol):
    """A place that holds STIX objects."""

    async def ping(self) -> None: ...

    async def load(self) -> list[StixObject]: ...


def object_source(connection: Mapping[str, Any], auth: Mapping[str, Any]) -> ObjectSource:
    """The source that a connection names, by `options.kind` and the form of its `url`."""
    url, options = str(connection["url"]), connection.get("options") or {}
    kind, limit = options.get("kind") or "auto", int(options.get("max_bytes") or 512 * 1024 * 1024)
    scheme = urlsplit(url).scheme
    if scheme not in {"http", "https"}:
        path = unquote(urlsplit(url).path) if scheme == "file" else url
        return BundleFile(Path(path), limit)
    is_collection = kind == "taxii" or (kind == "auto" and bool(_COLLECTION.search(urlsplit(url).path)))
    base, path = _split(url)
    client = HttpClient(
        base,
        auth=Basic(str(auth["username"]), str(auth.get("password") or "")) if auth.get("username") else None,
        tls=TlsOptions(ca_pem=connection.get("selfSignedCert") or None),
        timeout_s=float(options.get("timeout") or 30),
        max_body_bytes=limit,
        headers={"Accept": TAXII} if is_collection else {},
        errors={404: InvalidParameterError},
        redirects="any",
    )
    return TaxiiCollection(client, path, limit) if is_collection else BundleUrl(client, url)


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path


class BundleFile:
    """A bundle, a list of objects, or one object a line (NDJSON), in a file."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path, self.max_bytes = path, max_bytes

    async def ping(self) -> None:
        if self._size() > self.max_bytes:
            message = f"{self.path} is larger than options.max_bytes ({self.max_bytes:,} bytes)"
            raise InvalidParameterError(message)

    async def load(self) -> list[StixObject]:
        await self.ping()
        return objects_of(self.path.read_bytes(), str(self.path))

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError as error:
            message = f"cannot read the bundle {self.path}: {error.strerror}; check connection.url"
            raise InvalidParameterError(message) from error


class BundleUrl:
    """A bundle behind a URL."""

    def __init__(self, client: HttpClient, url: str) -> None:
        self.client, self.url = client, url

    async def ping(self) -> None:
        await self.client.head(self.url)

    async def load(self) -> list[StixObject]:
        reply = await self.client.get(self.url)
        return objects_of(reply.body, self.url)


class TaxiiCollection:
    """A collection of a TAXII 2.1 server, read to its end (TAXII 2.1 specification, §5.4)."""

    def __init__(self, client: HttpClient, path: str, max_bytes: int) -> None:
        self.client, self.max_bytes = client, max_bytes
        self.path = re.sub(r"/objects/?$", "", path).rstrip("/")

    async def ping(self) -> None:
        answer = (await self.client.get(f"{self.path}/")).json()
        if not isinstance(answer, dict) or answer.get("can_read") is not True:
            message = f"the collection {self.path} cannot be read with these credentials"
            raise InvalidParameterError(message)

    async def load(self) -> list[StixObject]:
        """Every object in its latest version. A page without anything new ends it: tokens may repeat."""
        latest: dict[Any, StixObject] = {}
        size = 0
        params: dict[str, Any] = {"limit": PAGE_OBJECTS}
        async with self.client:
            for _ in range(MOST_PAGES):
                reply = await self.client.get(f"{self.path}/objects/", params=params)
                envelope = reply.json()
                size += len(reply.body)
                self._check(envelope, size)
                is_new = _take(envelope.get("objects") or [], latest)
                if not envelope.get("more") or not is_new:
                    break
                params["next"] = envelope.get("next")
        return list(latest.values())

    def _check(self, envelope: Any, size: int) -> None:
        if not isinstance(envelope, dict):
            message = f"the collection {self.path} answered with no TAXII envelope"
            raise ResponseError(message)
        if size > self.max_bytes:
            limit = f"options.max_bytes ({self.max_bytes:,} bytes)"
            message = f"the collection {self.path} holds more than {limit}"
            raise InvalidParameterError(message)


def _take(objects: list[StixObject], latest: dict[Any, StixObject]) -> bool:
    """Keep the later version of each object; whether there was anything new."""
    is_new = False
    for item in objects:
        known = latest.get(item.get("id"))
        if known is None or str(item.get("modified", "")) > str(known.get("modified", "")):
            latest[item.get("id")] = item
            is_new = True
    return is_new


def objects_of(text: bytes, place: str) -> list[StixObject]:
    """The objects of a bundle, a list, or NDJSON. Raises ResponseError naming the place and the fault."""
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        content = _lines(text, place, error)
    objects = content.get("objects", [content]) if isinstance(content, dict) else content
    if not isinstance(objects, list) or not all(isinstance(item, dict) for item in objects):
        message = f"{place} holds no STIX bundle: expected an object with a list 'objects'"
        raise ResponseError(message)
    return objects


def _lines(text: bytes, place: str, whole: orjson.JSONDecodeError) -> list[Any]:
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        return [orjson.loads(line) for line in lines]
    except orjson.JSONDecodeError:
        message = f"{place} is neither JSON nor one JSON object a line: {whole}"
        raise ResponseError(message) from whole
