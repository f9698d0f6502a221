"""A connector's folder as the checks see it: its files, its JSON, its dialects. Nothing of it is imported."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.mapping import list_dialects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JSON_FOLDER = "stix_translation/json"


@dataclass(frozen=True)
class JsonFile:
    """A file of the connector. `data` is None, and `problem` says why, when it is not a JSON object."""

    relative: str
    stem: str
    data: dict[str, Any] | None
    problem: str = ""


@dataclass(frozen=True)
class ConnectorFolder:
    """One connector on disk, read lazily and once."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    def has(self, *relatives: str) -> bool:
        """True when any of these files or folders is there."""
        return any((self.path / relative).exists() for relative in relatives)

    @cached_property
    def mapping_files(self) -> tuple[JsonFile, ...]:
        """The JSON files of the json folder and of its `stix_2_1` part, by name."""
        paths = [*sorted((self.path / JSON_FOLDER).glob("*.json"))]
        paths += sorted((self.path / JSON_FOLDER / "stix_2_1").glob("*.json"))
        return tuple(self._read(path) for path in paths)

    @cached_property
    def configuration_files(self) -> tuple[JsonFile, ...]:
        """The JSON files of the configuration folder."""
        return tuple(self._read(path) for path in sorted((self.path / "configuration").glob("*.json")))

    @cached_property
    def dialects(self) -> tuple[str, ...]:
        """The dialects that the mapping files name."""
        return tuple(list_dialects(self.path / JSON_FOLDER))

    @cached_property
    def transmission_files(self) -> tuple[JsonFile, ...]:
        """The declared API, where there is one."""
        return tuple(self._read(path) for path in sorted((self.path / "stix_transmission").glob("api.json")))

    def maps(self, kind: str) -> Iterator[JsonFile]:
        """The readable mapping files of one kind (`to_stix_map`), of whatever dialect."""
        for file in self.mapping_files:
            if file.data is not None and (file.stem == kind or file.stem.endswith(f"_{kind}")):
                yield file

    def configuration(self, stem: str) -> JsonFile | None:
        """One readable configuration file."""
        found = [file for file in self.configuration_files if file.stem == stem and file.data is not None]
        return found[0] if found else None

    @cached_property
    def own_transformers(self) -> frozenset[str]:
        """The classes that the connector's `transformers.py` defines, read without running it."""
        path = self.path / "stix_translation" / "transformers.py"
        if not path.is_file():
            return frozenset()
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):
            return frozenset()
        return frozenset(node.name for node in tree.body if isinstance(node, ast.ClassDef))

    def _read(self, path: Path) -> JsonFile:
        relative = path.relative_to(self.path).as_posix()
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            return JsonFile(relative, path.stem, None, f"is not JSON: {error}")
        if not isinstance(data, dict):
            return JsonFile(relative, path.stem, None, "must hold a JSON object")
        return JsonFile(relative, path.stem, data)
