"""The query side of a connector: from pattern text to a plan by its compiler, and to the classic dictionary.

A connector's `query_translator.py` names its compiler, and that is all. One that overrides `transform_antlr`,
as published ones do, gets classic trees instead (`classic_query.py`).
"""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from stix_shifter_utils.config.files import Stamp, copied, stamp
from stix_shifter_utils.connector.current import running
from stix_shifter_utils.connector.discovery import import_part, place_of_class
from stix_shifter_utils.connector.maps import map_file, mappings_of
from stix_shifter_utils.errors import NotImplementedModeError, PatternValidationError, UnsupportedFeatureError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from stix_shifter_utils.mapping import DialectMapping, FieldIndex
    from stix_shifter_utils.pattern import Pattern
    from stix_shifter_utils.query import Capabilities, CompilerOptions, Policy, QueryCompiler, QueryPlan

Answer = dict[str, Any]


class BaseQueryTranslator:
    """Translates patterns for one dialect of a connector.

    `basepath` is the connector's `stix_translation` folder. `map_data` and `map_operator` are this
    translator's own copies of its mapping files, read when they are first asked for; a connector may replace
    them.
    """

    compiler: ClassVar[type[QueryCompiler[Any]] | None] = None
    logger: logging.Logger

    def __init__(self, options: dict[str, Any], dialect: str, basepath: str | Path | None) -> None:
        self.options = options
        self.dialect = dialect
        self.basepath = basepath
        self.select_fields: Any = {}
        if type(self).fetch_mapping is not BaseQueryTranslator.fetch_mapping:
            self.map_data = self.fetch_mapping(basepath, dialect, options)
        if type(self).fetch_operators is not BaseQueryTranslator.fetch_operators:
            self.map_operator = self.fetch_operators(basepath, dialect, options)

    def __getattr__(self, name: str) -> Any:
        """Read the mapping files, and find the logger, when somebody asks for them; the compilers do not."""
        if name == "map_data":
            self.map_data = self.fetch_mapping(self.basepath, self.dialect, self.options)
            return self.map_data
        if name == "map_operator":
            self.map_operator = self.fetch_operators(self.basepath, self.dialect, self.options)
            return self.map_operator
        if name == "logger":
            self.logger = logging.getLogger(type(self).__module__)
            return self.logger
        message = f"{type(self).__name__!r} object has no attribute {name!r}"
        raise AttributeError(message)

    @property
    def walks_classic_trees(self) -> bool:
        """True for a connector that turns classic trees into queries itself (`transform_antlr`)."""
        return type(self).transform_antlr is not BaseQueryTranslator.transform_antlr

    def get_language(self) -> str:
        """The language of what this translator reads: `stix`, or the native one for a pass-through."""
        return "stix"

    def fetch_mapping(self, basepath: Any, dialect: str, options: Mapping[str, Any]) -> Any:
        """The from_stix map of a dialect, a fresh copy; made from the to_stix map where there is none."""
        own = map_file(basepath, dialect, "from_stix_map", options)
        return copied(own) if own is not None else _derived(mappings_of(basepath, dialect, options).index)

    def fetch_operators(self, basepath: Any, dialect: str, options: Mapping[str, Any]) -> Any:
        """The operators of a dialect, a fresh copy."""
        return copied(map_file(basepath, dialect, "operators", options) or {})

    def read_json(self, filepath: str | Path, options: Mapping[str, Any]) -> Any:
        """A JSON file of this connector, or what the option `mapping` puts in its place."""
        from stix_shifter_utils.connector.files import read_json

        with running(place_of_class(type(self))):
            return read_json(filepath, options)

    def map_field(self, stix_object_name: str, stix_property_name: str) -> list[str]:
        """The native fields that hold a property; none when it is not mapped."""
        fields = (self.map_data.get(stix_object_name) or {}).get("fields") or {}
        return list(fields.get(stix_property_name) or [])

    def map_comparator(self) -> Any:
        """The operators of this dialect: `ComparisonComparators.Equal` and so on -> native text."""
        return self.map_operator

    def mapping(self) -> DialectMapping:
        """The mapping files of this dialect, indexed; shared, so only to be read."""
        return mappings_of(self.basepath, self.dialect, self.options, place_of_class(type(self)).name)

    def compiler_class(self) -> type[QueryCompiler[Any]]:
        """The compiler of this dialect; override it where an option chooses among several."""
        return _compiler_of(type(self))

    def plan(self, data: str, policy: Policy | None = None, now: datetime | None = None) -> QueryPlan:
        """What this dialect is asked for a pattern.

        `policy` says what becomes of a comparison that cannot be asked (default: option `on_unmapped`);
        windows count back from `now` (aware; default: this moment).
        Raises PatternSyntaxError, QualifierError, PatternValidationError, UnmappedError, MappingFileError.
        """
        from stix_shifter_utils.query import CompilerOptions

        options = CompilerOptions.from_options(self.options)
        _, pattern = self._pattern(data, options.parser)
        compiler = _kept_compiler(
            self.compiler_class(), self.mapping(), options, _capabilities(self.basepath)
        )
        moment = now or datetime.now(timezone.utc)
        return compiler.compile(pattern, now=moment, policy=policy or options.on_unmapped)

    def transform_query(self, data: str) -> Answer | Awaitable[Answer]:
        """The classic answer: lists `queries`, `unmapped_attributes` and `unmapped_operator`."""
        if self.walks_classic_trees:
            from stix_shifter_utils.connector.classic_query import transform

            return transform(self, *self._pattern(data, self.options.get("parser") or "auto"))
        from stix_shifter_utils.query import CLASSIC_NAMES

        plan = self.plan(data)
        names = [one.value for one in plan.unmapped_comparators]
        if names or plan.unmapped_attributes:
            log_unmapped(self.logger, self.dialect, plan.unmapped_attributes, names)
        return {
            "queries": [query.body for query in plan.queries],
            "unmapped_attributes": list(plan.unmapped_attributes),
            "unmapped_operator": [CLASSIC_NAMES[one] for one in plan.unmapped_comparators],
        }

    def transform_antlr(self, data: str, antlr_parsing_object: Any) -> Any:
        """Native queries of a classic tree, for connectors that walk those: overriding this asks for them."""
        raise NotImplementedError

    def parse_query(self, data: str) -> Answer:
        """The comparisons of a pattern and its span of time; see `parsed.py`."""
        from stix_shifter_utils.connector.parsed import parsed

        text, pattern = self._pattern(data, self.options.get("parser") or "auto")
        return parsed(pattern, self.options, text=text)

    def _pattern(self, data: str, parser: Any) -> tuple[str, Pattern]:
        """The tree, and the text that it was read from: another one where a broken pattern was repaired."""
        if not isinstance(data, str):
            message = f"a pattern is a text, not {type(data).__name__}"
            raise UnsupportedFeatureError(message)
        if self.options.get("validate_pattern"):
            _validate(data)
        if self.options.get("broken_patterns") != "repair":
            return data, _read(data, parser)
        text, pattern = _repaired(data)
        if text != data:
            self.logger.warning("dialect %s: the pattern is broken; it is read as %s", self.dialect, text)
        return text, pattern


class EmptyQueryTranslator(BaseQueryTranslator):
    """A translator without mapping files, for sources that take the pattern as it is."""

    def __init__(self, options: dict[str, Any], dialect: str, basepath: str | Path | None = None) -> None:
        super().__init__(options, dialect, basepath)

    def fetch_mapping(self, basepath: Any, dialect: str, options: Mapping[str, Any]) -> Any:
        return {}

    def fetch_operators(self, basepath: Any, dialect: str, options: Mapping[str, Any]) -> Any:
        return {}


class NativeQueryTranslator(EmptyQueryTranslator):
    """A dialect for queries in the source's own language, named as the dialect: sent as they stand."""

    def get_language(self) -> str:
        return self.dialect

    def transform_query(self, data: str) -> Answer:
        return {"queries": [data]}


@lru_cache(maxsize=8)
def _read(text: str, parser: Any) -> Pattern:
    """The tree, kept for the next dialect; trees never change."""
    from stix_shifter_utils.pattern import parse_pattern

    return parse_pattern(text, parser=parser)


@lru_cache(maxsize=8)
def _repaired(text: str) -> tuple[str, Pattern]:
    from stix_shifter_utils.pattern.repair import repair_pattern

    return repair_pattern(text)


def _derived(index: FieldIndex) -> dict[str, Any]:
    """What can be asked for, in the shape of a from_stix map."""
    from stix_shifter_utils.pattern import print_path

    found: dict[str, Any] = {}
    for path in index.paths():
        fields = dict.fromkeys(binding.field for binding in index.lookup(path))
        properties = found.setdefault(path.object_type, {"fields": {}})["fields"]
        properties[print_path(path).partition(":")[2]] = list(fields)
    return found


def _validate(text: str) -> None:
    from stix_shifter_utils.pattern import validate_pattern

    problems = validate_pattern(text)
    if problems:
        message = f"The STIX pattern has the following errors: {problems}"
        raise PatternValidationError(message)


def _compiler_of(translator: type[BaseQueryTranslator]) -> type[QueryCompiler[Any]]:
    """The compiler that a translator names, or the `QueryConstructor` that lies beside it."""
    if translator.compiler is not None:
        return translator.compiler
    place = place_of_class(translator)
    constructor = getattr(import_part(place, "stix_translation.query_constructor"), "QueryConstructor", None)
    if constructor is None:
        message = (
            f"{place.name} has no compiler: name one in query_translator.py (compiler = QueryConstructor)"
        )
        raise NotImplementedModeError(message)
    found: type[QueryCompiler[Any]] = constructor
    return found


_COMPILERS: dict[tuple[Any, ...], QueryCompiler[Any]] = {}
_KEPT_COMPILERS = 64


def _kept_compiler(
    kind: type[QueryCompiler[Any]],
    mapping: DialectMapping,
    options: CompilerOptions,
    capabilities: Capabilities,
) -> QueryCompiler[Any]:
    """The compiler made for just these, kept with all that it has looked up.

    A file that changes brings another mapping, so nothing here grows old. Identities are safe as keys:
    the compiler that is kept holds what they belong to.
    """
    key = (kind, id(mapping), id(options), id(capabilities))
    found = _COMPILERS.get(key)
    if found is None:
        found = kind(mapping, options, capabilities)
        kept = found.mapping is mapping and found.options is options and found.capabilities is capabilities
        if not kept:
            return found  # a connector's own constructor put others in their place
        if len(_COMPILERS) >= _KEPT_COMPILERS:
            _COMPILERS.clear()
        _COMPILERS[key] = found
    return found


def _capabilities(basepath: Any) -> Capabilities:
    """What the connector's `configuration/capabilities.json` states; no limits where there is no file."""
    return _read_capabilities(stamp((_beside(str(basepath)),)))


@lru_cache(maxsize=256)
def _beside(basepath: str) -> str:
    return str(Path(basepath).parent / "configuration" / "capabilities.json")


@lru_cache(maxsize=256)
def _read_capabilities(state: Stamp) -> Capabilities:
    from stix_shifter_utils.query import Capabilities

    return Capabilities.read(Path(state[0][0]))


def log_unmapped(
    logger: logging.Logger, dialect: str, attributes: Sequence[str], comparators: Sequence[str]
) -> None:
    """Say what is left out of the queries; nothing is dropped quietly."""
    if attributes:
        logger.warning("dialect %s: not asked for, unmapped: %s", dialect, ", ".join(attributes))
    if comparators:
        names = ", ".join(comparators)
        logger.warning("dialect %s: not asked for, comparators it cannot say: %s", dialect, names)
