"""A real TAXII 2.1 server for tests: OASIS medallion with one collection, on a free port of 127.0.0.1.

`with taxii_server(objects) as server:` starts one that holds the objects. Only tests import this.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.testing.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_LIMIT_S: Final = 20.0
_TAXII: Final = "application/taxii+json;version=2.1"
_COLLECTION: Final = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
_AT_ONCE: Final = 500
"""How many objects are added by one call."""


@dataclass(frozen=True, slots=True)
class TaxiiServer:
    """A running server: `url` is the collection, which wants the user and password."""

    url: str
    user: str
    password: str


def missing_medallion() -> str | None:
    """What hinders starting the server, in words; None when nothing does."""
    return None if find_spec("medallion") else "medallion is not installed"


@contextlib.contextmanager
def taxii_server(objects: Sequence[dict[str, Any]], *, page_size: int = 25) -> Iterator[TaxiiServer]:
    """A server that holds the objects and gives them in pages of at most `page_size`."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        root = f"http://127.0.0.1:{port}"
        server = TaxiiServer(f"{root}/api1/collections/{_COLLECTION}/", "hunter", "taxii-pa55word")
        config = _written(folder, root, server, page_size)
        program = Path(sys.executable).with_name("medallion")
        command = [str(program), "--host", "127.0.0.1", "--port", str(port), str(config)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  our own words
        try:
            _wait_for(port)
            for start in range(0, len(objects), _AT_ONCE):
                _add(server, objects[start : start + _AT_ONCE])
            yield server
        finally:
            process.terminate()
            process.wait(10)


def _written(folder: Path, root: str, server: TaxiiServer, page_size: int) -> Path:
    entry = {
        "id": _COLLECTION, "title": "objects", "can_read": True, "can_write": True,
        "media_types": ["application/stix+json;version=2.1"], "objects": [], "manifest": [],
    }  # fmt: skip
    information = {"title": "root", "versions": [_TAXII], "max_content_length": 9765625}
    data = {
        "/discovery": {"title": "t", "default": f"{root}/api1/", "api_roots": [f"{root}/api1/"]},
        "api1": {"information": information, "status": [], "collections": [entry]},
    }
    backend = {
        "module": "medallion.backends.memory_backend", "module_class": "MemoryBackend",
        "filename": str(folder / "data.json"),
    }  # fmt: skip
    users, taxii = {server.user: server.password}, {"max_page_size": page_size}
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    path = folder / "conf.json"
    path.write_text(json.dumps({"backend": backend, "users": users, "taxii": taxii}), encoding="utf-8")
    return path


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not _answers(port):
        if time.monotonic() > deadline:
            message = f"medallion did not start within {START_LIMIT_S:g} s"
            raise TimeoutError(message)
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _add(server: TaxiiServer, objects: Sequence[dict[str, Any]]) -> None:
    login = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
    headers = {"Accept": _TAXII, "Content-Type": _TAXII, "Authorization": f"Basic {login}"}
    body = json.dumps({"objects": list(objects)}).encode()
    request = urllib.request.Request(f"{server.url}objects/", data=body, headers=headers, method="POST")  # noqa: S310  loopback
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310  as above
        return
