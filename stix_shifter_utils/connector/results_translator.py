"""The results side of a connector: native rows to a STIX bundle by its to_stix map.

The engine is `stix_shifter_utils.results`; here are the classes that connectors name and extend.
"""

from __future__ import annotations

import copy
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.config.files import copied, inside, is_there
from stix_shifter_utils.connector.discovery import import_part
from stix_shifter_utils.connector.maps import map_file, module_transformers
from stix_shifter_utils.errors import ConfigurationError, InvalidParameterError, MappingFileError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from typing_extensions import Self

    from stix_shifter_utils.results import ResultsMapping, ResultsOptions

Answer = dict[str, Any]
_FILE = "to_stix_map.json"
_NO_MAP: dict[str, Any] = {}


class BaseResultTranslator:
    """Translates the rows of one dialect. `base_file_path` is the connector's `stix_translation` folder.

    `map_data` is this translator's own copy of the to_stix map, read when it is first asked for; a connector
    may replace it.
    """

    def __init__(
        self,
        options: dict[str, Any],
        dialect: str,
        base_file_path: str | Path | None = None,
        callback: Callable[..., Any] | None = None,
    ) -> None:
        self.options = options
        self.dialect = dialect
        self.callback = callback
        self.base_file_path = base_file_path
        self.module_name = Path(base_file_path).parent.name if base_file_path else None
        self.logger = logging.getLogger(type(self).__module__)
        self.dialects: tuple[str, ...] = (dialect,)
        if type(self).fetch_mapping is not BaseResultTranslator.fetch_mapping:
            self.map_data = self.fetch_mapping(base_file_path, dialect, options)

    def __getattr__(self, name: str) -> Any:
        """Read mapping and transformers when somebody asks for them."""
        if name == "map_data":
            self.map_data = copied(self.mapping())
            return self.map_data
        if name == "transformers":
            self.transformers = module_transformers(self.module_name)
            return self.transformers
        message = f"{type(self).__name__!r} object has no attribute {name!r}"
        raise AttributeError(message)

    def fetch_mapping(self, base_path: Any, dialect: str, options: Mapping[str, Any]) -> Any:
        """The to_stix map of a dialect, a fresh copy; `{}` for a connector without mapping files."""
        return copied(_to_stix(base_path, (dialect,), options))

    def read_json(self, filepath: str | Path, options: Mapping[str, Any]) -> Any:
        """A JSON file of this connector, or what the option `mapping` puts in its place."""
        from stix_shifter_utils.connector.files import read_json

        return read_json(filepath, options)

    def mapping(self) -> Mapping[str, Any]:
        """The to_stix map in use: an own one, else that of the files, which is shared: only to be read."""
        own: Mapping[str, Any] | None = self.__dict__.get("map_data")
        return own if own is not None else _to_stix(self.base_file_path, self.dialects, self.options)

    def for_dialects(self, dialects: Sequence[str], translators: Mapping[str, BaseResultTranslator]) -> Self:
        """A copy of this translator with the maps of several dialects, later ones winning by native name."""
        merged = copy.copy(self)
        if any("map_data" in translators[name].__dict__ for name in dialects):
            merged.map_data = {k: v for name in dialects for k, v in translators[name].mapping().items()}
        else:
            merged.dialects = tuple(dialects)
        return merged

    def translate_results(
        self, data_source: Mapping[str, Any] | str, data: Any
    ) -> Answer | Awaitable[Answer]:
        """A bundle of the rows. `data` is a list of rows, one row, or JSON text of either."""
        raise NotImplementedError


class JSONToStix(BaseResultTranslator):
    """Rows to STIX by the connector's to_stix map and transformers."""

    def translate_results(self, data_source: Mapping[str, Any] | str, data: Any) -> Answer:
        """The bundle. Odd values are left out. Raises ResultsTranslationError, MappingFileError.

        Raises InvalidParameterError for an identity without id or name.
        """
        from stix_shifter_utils.results import convert_to_stix, read_identity

        identity = read_identity(data_source)
        for name in ("id", "name"):
            if not isinstance(identity.get(name), str) or not identity[name]:
                message = f"data_source has no {name!r}: an identity needs an id and a name, as text"
                raise InvalidParameterError(message)
        if self.options.get("results_engine") in {"classic", "connector"}:
            return self._by_former_engine(identity, data)
        return convert_to_stix(
            identity, self._compiled(), data, self.transformers, self.options, self.callback
        )

    def _by_former_engine(self, identity: Mapping[str, Any], data: Any) -> Answer:
        """The bundle in the form of earlier releases, by our own engine of that form or by the copy carried.

        Ids become plain texts.
        """
        from stix_shifter_utils.connector.classic_helpers import plain_ids

        rows = json.loads(data) if isinstance(data, str) else data
        rows = [rows] if isinstance(rows, dict) else rows
        bundle = self._former_engine().convert_to_stix(
            dict(identity), self.map_data, rows, self.transformers, self.options, self.callback
        )
        answer: Answer = plain_ids(bundle)
        return answer

    def _former_engine(self) -> Any:
        if self.options["results_engine"] == "classic":
            from stix_shifter_utils.results import classic_engine

            return classic_engine
        engine = import_part(str(self.module_name), "stix_translation.json_to_stix_translator")
        if engine is None:
            message = (
                f"{self.module_name} carries no results engine of its own; ask for results_engine classic"
            )
            raise ConfigurationError(message)
        return engine

    def _compiled(self) -> Mapping[str, Any] | ResultsMapping:
        """The map of the files, compiled once for all translators; an own map as it is, for it may change."""
        is_shared = self.transformers is module_transformers(self.module_name)
        if "map_data" in self.__dict__ or self.callback is not None or not is_shared:
            return self.mapping()
        return _COMPILED.of(self.mapping(), self.transformers, self.options)


def _to_stix(base_path: Any, dialects: tuple[str, ...], options: Mapping[str, Any]) -> Mapping[str, Any]:
    if not base_path or not is_there(inside(str(base_path), "json")):
        return {}
    maps = []
    for dialect in dialects:
        found = map_file(base_path, dialect, "to_stix_map", options)
        if found is None:
            _check_file(Path(base_path) / "json", dialect)
        maps.append(_NO_MAP if found is None else found)
    return maps[0] if len(maps) == 1 else _MERGED.of(maps)


def _check_file(folder: Path, dialect: str) -> None:
    names = (f"{dialect}_{_FILE}", _FILE)
    if not any((folder / name).is_file() for name in names):
        message = f"{folder}: neither {' nor '.join(names)} is there; rows cannot be translated without"
        raise MappingFileError(message)


class _CompiledMaps:
    """Compiled maps, by map and transformers (the objects that caches hand out again) and by options."""

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._known: dict[tuple[int, int, ResultsOptions], tuple[Any, Any, ResultsMapping]] = {}

    def of(
        self, map_data: Mapping[str, Any], transformers: Mapping[str, type], options: Mapping[str, Any]
    ) -> ResultsMapping:
        from stix_shifter_utils.results import ResultsOptions, compile_mapping

        given = ResultsOptions.of(options)
        key = id(map_data), id(transformers), given
        if key not in self._known:
            if len(self._known) >= self._size:
                self._known.clear()
            compiled = compile_mapping(map_data, transformers=transformers, options=given)
            self._known[key] = map_data, transformers, compiled  # kept: ids are unique among the living
        return self._known[key][2]


class _MergedMaps:
    """Merged maps, one per combination of maps, so that the same files give the same object each time."""

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._known: dict[tuple[int, ...], tuple[list[Mapping[str, Any]], dict[str, Any]]] = {}

    def of(self, maps: list[Mapping[str, Any]]) -> Mapping[str, Any]:
        key = tuple(id(one) for one in maps)
        if key not in self._known:
            if len(self._known) >= self._size:
                self._known.clear()
            self._known[key] = (maps, {name: leaf for one in maps for name, leaf in one.items()})
        return self._known[key][1]


_MERGED = _MergedMaps()
_COMPILED = _CompiledMaps()
