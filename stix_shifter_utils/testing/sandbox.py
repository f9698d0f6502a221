"""Trying a connector without its product: what the command `stix-shifter sandbox NAME` serves.

A connector offers one by a function in its `tests/product.py`, beside the fake product that its tests use:

```python
def sandbox() -> Sandbox:
    return Sandbox(
        product=Product(),
        connection=lambda running: {"host": running.host, "port": running.port, "selfSignedCert": PEM},
        configuration={"auth": {"username": USER, "password": PASSWORD}},
        pattern=f"[ipv4-addr:value LIKE '192.0.2.%'] {WINDOW}",
    )
```

Finding that function, and writing the files that a user copies from. The server is `product.py`, the command
`stix_shifter.cli.sandbox`.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector.discovery import import_part
from stix_shifter_utils.errors import UnsupportedDataSourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from stix_shifter_utils.testing.product import FakeProduct

IDENTITY = {
    "type": "identity",
    "id": "identity--7a0f1c0e-5a6b-4c1e-9d58-0c6f3f0a7b11",
    "name": "sandbox",
    "identity_class": "system",
}


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A fake product with sample rows, not yet running, and what a user needs to search it.

    `connection` is asked when the product runs, for then its port is known. `configuration` holds
    credentials that it accepts. `pattern` finds some of the sample rows: it names its window by START and
    STOP, for sample rows grow old. `dialect` is the one to ask; empty asks those of the default.
    """

    product: FakeProduct
    connection: Callable[[Any], Mapping[str, Any]]
    configuration: Mapping[str, Any]
    pattern: str
    dialect: str = ""


def load_sandbox(name: str) -> Sandbox:
    """The sandbox of a connector. Raises UnsupportedDataSourceError for an unknown one, or one without."""
    make = _maker(name)
    if make is None:
        message = f"{name} has no sandbox: its tests/product.py has no function sandbox()"
        raise UnsupportedDataSourceError(message)
    return make()


def has_sandbox(name: str) -> bool:
    """Whether a connector offers one. Raises UnsupportedDataSourceError for an unknown connector."""
    return _maker(name) is not None


def _maker(name: str) -> Callable[[], Sandbox] | None:
    make: Callable[[], Sandbox] | None = getattr(import_part(name, "tests.product"), "sandbox", None)
    return make


def write_sources(sandboxes: Mapping[str, Sandbox], folder: Path) -> Path:
    """Write `sources.yaml` for a hunt over several sandboxes, by connector; they must run."""
    lines = ["profiles:"]
    for name, sandbox in sandboxes.items():
        connection, configuration = dict(sandbox.connection(sandbox.product)), dict(sandbox.configuration)
        source = {"connector": name, "connection": connection, "config": configuration}
        lines.append(f"  {name}: {json.dumps(source)}")  # YAML reads JSON, and more can be added below
    path = folder / "sources.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_files(name: str, sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Write what the arguments of `execute` and `hunt` name; answer both command lines, ready to copy.

    The product must run. The folder gets `identity.json`, `connection.json`, `configuration.json`,
    `pattern.txt` and `sources.yaml`; files of these names are overwritten.
    """
    connection, configuration = dict(sandbox.connection(sandbox.product)), dict(sandbox.configuration)
    contents = {
        "identity.json": json.dumps(IDENTITY),
        "connection.json": json.dumps(connection),
        "configuration.json": json.dumps(configuration),
        "pattern.txt": sandbox.pattern,
    }
    for file, content in contents.items():
        (folder / file).write_text(content + "\n", encoding="utf-8")

    sources = shlex.quote(str(write_sources({name: sandbox}, folder)))
    translator = f"{name}:{sandbox.dialect}" if sandbox.dialect else name
    *given, pattern = (shlex.quote(f"@{folder / file}") for file in contents)
    return {
        "execute": f"stix-shifter execute {name} {translator} {' '.join(given)} {pattern} --stix-2.1",
        "hunt": f"stix-shifter hunt {pattern} --sources {sources}",
    }
