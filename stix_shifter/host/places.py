"""Where a connection leads: every host, URL and file that its parameters name, and the allow-list of such.

A place is `host:port`, `host`, `scheme://name` for an object store, `file:PATH`, or `connector:NAME` where a
connector goes somewhere by itself. What cannot be read as one of these is refused: an allow-list that guesses
is none.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

_FILE_WORDS = re.compile(r"path|file|folder|ca_|client_cert|client_key")
_WORDS = re.compile(rf"host|url|uris?(_|$)|server|endpoint|address|proxy|destination|{_FILE_WORDS.pattern}")
_NO_PLACE = frozenset({"server_hostname", "profile", "mapping"})
_ENTRY_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
_PORTS = {"http": 80, "https": 443}
_PEM = "-----BEGIN "
UNREADABLE = "?"
"""What stands in place of a place that cannot be told; no entry but `*` allows it."""


def places_of(connector: str, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> list[str]:
    """Every place that these parameters name, each once; `connector:NAME` where they name none.

    Of a URL only scheme, host and port are shown. Nothing is looked up and nothing is contacted.
    """
    port = connection.get("port")
    found = list(_walk(connection, port, ""))
    found += [_url_place(text) for text in _texts(configuration) if "://" in text]
    return list(dict.fromkeys(found)) or [f"connector:{connector}"]


def allowed(place: str, entries: tuple[str, ...]) -> bool:
    """Whether an allow-list holds a place.

    Entries: `name`, `name:port`, `*.domain`, `address`, `address:port`, a CIDR block, `file:GLOB`,
    `s3://bucket`, `connector:NAME`, `*`. Names compare without case, addresses by value. A block holds
    addresses only: names are not looked up.
    """
    return any(_fits(place, entry) for entry in entries)


def overlay_files(options: Mapping[str, Any]) -> list[str]:
    """The files that the option `overlays` names; what stands in it itself is no place."""
    given = options.get("overlays")
    return [item for item in (given if isinstance(given, list) else [given]) if isinstance(item, str)]


def _walk(value: Any, port: Any, key: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        inner = value.get("port", value.get("proxy_port", port))
        for name, item in value.items():
            if name == "overlays":
                yield from map(_file_place, overlay_files(value))
            elif name not in _NO_PLACE:
                yield from _walk(item, inner, _key(str(name), key))
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, port, key)
    elif isinstance(value, str) and value.strip():
        yield from _text_places(value.strip(), port, key)
    elif "host" in key and not isinstance(value, bool) and value:
        yield UNREADABLE


def _key(name: str, above: str) -> str:
    """The key that says what a value is: its own, or the one above where its own is a free name."""
    return name.lower() if _WORDS.search(name.lower()) or not _WORDS.search(above) else above


def _text_places(text: str, port: Any, key: str) -> Iterator[str]:
    if _PEM in text:
        return
    if key == "destination" and text.startswith("{"):
        yield from _nested(text)
    elif "://" in text:
        yield _url_place(text)
    elif _WORDS.search(key):
        yield _bare_place(text, port, key)


def _nested(text: str) -> Iterator[str]:
    try:
        yield from _walk(json.loads(text), None, "")
    except (ValueError, RecursionError):
        yield UNREADABLE


def _url_place(text: str) -> str:
    try:
        parts = urlsplit(text)
        name, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return UNREADABLE
    scheme = parts.scheme.lower()
    if scheme == "file":
        return _file_place(unquote(parts.path))
    if not _is_name(name) or re.search(r"[\s\\\x00-\x1f]", parts.netloc):
        return UNREADABLE
    if scheme in _PORTS:
        return _with_port(name, port or _PORTS[scheme])
    return f"{scheme}://{name}"


def _bare_place(text: str, port: Any, key: str) -> str:
    if _FILE_WORDS.search(key) or "url" in key or "uri" in key or re.match(r"[./~\\]|[A-Za-z]:\\", text):
        return _file_place(text)  # a URL without a scheme is one too
    name, own = _split_port(text)
    if not _is_name(name):
        return UNREADABLE
    return _with_port(name, own or port)


def _split_port(text: str) -> tuple[str, str | None]:
    """`host:port`, `[address]:port`, or a host alone."""
    match = re.fullmatch(r"(\[[^\]]+\]|[^:]+):([0-9]{1,5})", text)
    return (match[1].strip("[]"), match[2]) if match else (text.strip("[]"), None)


def _is_name(text: str) -> bool:
    return bool(_ENTRY_NAME.fullmatch(text)) or _address(text) is not None


def _with_port(name: str, port: Any) -> str:
    address = _address(name)
    shown = str(address) if address else name.lower().rstrip(".")
    shown = f"[{shown}]" if ":" in shown and port else shown
    return f"{shown}:{port}" if port else shown


def _file_place(text: str) -> str:
    return f"file:{os.path.realpath(os.path.expanduser(text))}"  # noqa: PTH111  what open() would reach


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _fits(place: str, entry: str) -> bool:
    if entry == "*":
        return True
    if place == UNREADABLE or place.startswith("connector:"):
        return place == entry != UNREADABLE
    if place.startswith("file:") or entry.startswith("file:"):
        return entry.startswith("file:") and fnmatch.fnmatchcase(place, entry)
    if "://" in place or "://" in entry:
        return place.lower() == entry.lower().rstrip("/")
    return _host_fits(place, entry)


def _host_fits(place: str, entry: str) -> bool:
    name, port = _split_port(place)
    if "/" in entry:
        return _in_block(name, entry)
    wanted, wanted_port = _split_port(entry)
    if wanted_port is not None and wanted_port != port:
        return False
    address = _address(wanted)
    if address is not None:
        return _address(name) == address
    if wanted.startswith("*."):
        return _address(name) is None and name.endswith(wanted[1:].lower())
    return name == wanted.lower().rstrip(".")


def _in_block(name: str, block: str) -> bool:
    address = _address(name)
    try:
        return address is not None and address in ipaddress.ip_network(block, strict=False)
    except ValueError:
        return False


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
