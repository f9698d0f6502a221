"""What tests of several packages share: tiny connectors in a temporary folder on the namespace path."""

import importlib
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Files = dict[str, Any]
MakeConnector = Callable[..., str]
_numbers = itertools.count()

ENTRY_POINT = """
from stix_shifter_utils.connector import BaseEntryPoint

class EntryPoint(BaseEntryPoint):
    def __init__(self, connection=None, configuration=None, options=None):
        super().__init__(connection, configuration, options)
        self.set_async({is_async})
        if connection:
            self.setup_transmission_{transmission}(connection, configuration)
        self.setup_translation_simple(dialect_default="{default}")
"""
CONFIG = {
    "connection": {
        "type": {"displayName": "Tiny", "group": "tiny"},
        "host": {"type": "text", "regex": "^[a-z.0-9-]+$"},
        "port": {"type": "number", "default": 443, "min": 1, "max": 65535},
    },
    "configuration": {
        "auth": {"type": "fields", "username": {"type": "text"}, "password": {"type": "password"}}
    },
}


def write_files(folder: Path, files: Files) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


@pytest.fixture
def namespace_folder(tmp_path: Path) -> Iterator[Path]:
    """A second place of connectors, as another site directory would be; forgotten after the test."""
    import stix_shifter_modules

    folder = tmp_path / "site" / "stix_shifter_modules"
    folder.mkdir(parents=True)
    site = str(folder.parent)
    sys.path.append(site)
    importlib.invalidate_caches()
    assert str(folder) in list(stix_shifter_modules.__path__)
    yield folder
    sys.path.remove(site)
    for name in [name for name in sys.modules if name.startswith("stix_shifter_modules.tiny")]:
        del sys.modules[name]


@pytest.fixture
def make_connector(namespace_folder: Path) -> MakeConnector:
    """Make a connector of these files and answer its name; what is not given is simple."""

    def make(
        files: Files | None = None,
        *,
        is_async: bool = False,
        transmission: str = "simple",
        default: str = "default",
        name: str | None = None,
    ) -> str:
        name = name or f"tiny{next(_numbers)}"
        entry_point = ENTRY_POINT.format(is_async=is_async, transmission=transmission, default=default)
        basic = {"__init__.py": "", "entry_point.py": entry_point, "configuration/config.json": CONFIG}
        write_files(namespace_folder / name, {**basic, **(files or {})})
        importlib.invalidate_caches()
        return name

    return make
