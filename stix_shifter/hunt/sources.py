"""The sources of a hunt: read from one YAML file, checked by each connector's schema, secrets by reference.

```yaml
profiles:
  edr:                                  # the name of the source, here and in the bundle
    connector: elastic_ecs              # with dialects, if not all: name:dialect1:dialect2
    connection: {host: edr.example.com, port: 9200, options: {timeout: 60, overlays: [acme.yaml]}}
    config: {auth: {username: hunter, password: "${env:EDR_PASSWORD}"}}
    time_limit: 300                     # seconds, optional; so is searches_at_once
groups:
  endpoints: [edr]
```

Files that Kestrel's users have work too. Nothing is contacted here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stix_shifter.hunt.yaml_file import Keys, SourcesFileError, YamlFile, read_yaml
from stix_shifter_utils.config import (
    ParameterError,
    module_folder,
    resolve_references,
    secrets_of,
    validate,
)
from stix_shifter_utils.errors import ConfigurationError, MappingFileError, StixShifterError
from stix_shifter_utils.stix import own_id

Json = dict[str, Any]
SOURCES_VARIABLE = "STIX_SHIFTER_SOURCES"
_PROFILE_KEYS = (
    *("connector", "connection", "config", "configuration", "identity", "time_limit", "searches_at_once"),
)
_THEIR_OPTIONS = {"retrieval_batch_size": "batch_size", "single_batch_timeout": "timeout"}
"""Options of Kestrel that mean what one of ours means."""
_THEIR_PAUSE = "cool_down_after_transmission"
_NO_MATTER = ("allow_dev_connector", "subquery_time_window", "fast_translate")
"""Options of Kestrel that ask for nothing here."""


@dataclass(frozen=True, slots=True)
class Source:
    """One data source and how to reach it; secrets stand in it resolved, so its `repr` leaves them out.

    `connector` may end in dialects (`name:dialect`). `time_limit_s` bounds everything asked of it (None: the
    hunt's), `searches_at_once` the searches that run on it together, `pause_s` is waited between calls.
    """

    name: str
    connector: str
    connection: Mapping[str, Any] = field(repr=False)
    configuration: Mapping[str, Any] = field(default_factory=dict, repr=False)
    identity_given: Mapping[str, Any] = field(default_factory=dict)
    time_limit_s: float | None = None
    searches_at_once: int = 2
    pause_s: float = 0.0
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def module(self) -> str:
        """The connector without dialects."""
        return self.connector.partition(":")[0]

    @property
    def identity(self) -> Json:
        """Who reports what this source saw; its id follows from the source's name and connector."""
        key = f"{self.module}\0{self.name}".encode()
        made = {"type": "identity", "id": own_id("identity", "stix-shifter", key, ""), "name": self.name}
        return {**made, "identity_class": "system", **self.identity_given}


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of a file, by name and in its order. `notes` tell what of the file has no effect."""

    every: Mapping[str, Source]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def default_file() -> Path:
    """`$STIX_SHIFTER_SOURCES`, else `sources.yaml` in the user's configuration, else Kestrel's file.

    The first is answered when none of them is there.
    """
    named = os.environ.get(SOURCES_VARIABLE)
    if named:
        return Path(named)
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    ours, theirs = base / "stix-shifter" / "sources.yaml", base / "kestrel" / "stixshifter.yaml"
    return theirs if theirs.is_file() and not ours.is_file() else ours


def load_sources(
    path: Path | str | None = None,
    names: Sequence[str] = (),
    *,
    resolve: bool = True,
    overlays: Mapping[str, Sequence[str]] | None = None,
) -> Sources:
    """The sources of a file (None: `default_file`), of `names` only when given: sources or groups.

    Only these are checked and have their references resolved (with `resolve`). `overlays` are files by
    source, laid over its maps after its own overlays, whose names start from the folder of the file. Raises
    SourcesFileError with every problem.
    """
    if path is None and not default_file().exists():
        text = "there is no file of sources yet: `stix-shifter sources add` makes it, --sources names another"
        raise SourcesFileError([f"{default_file()}: {text}"])
    file = read_yaml(Path(path) if path is not None else default_file())
    return sources_of(file, names, resolve=resolve, overlays=overlays)


def sources_of(
    file: YamlFile,
    names: Sequence[str] = (),
    *,
    resolve: bool = True,
    overlays: Mapping[str, Sequence[str]] | None = None,
) -> Sources:
    """The same of a file that has been read; without `resolve` references stay as they are."""
    reader = _Reader(file, resolve=resolve, overlays=overlays or {})
    made = reader.sources(names)
    if reader.problems:
        raise SourcesFileError(reader.problems)
    return made


class _Reader:
    """Reads one file and collects what is wrong with it."""

    def __init__(
        self, file: YamlFile, *, resolve: bool, overlays: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.file, self.resolve, self.overlays = file, resolve, overlays or {}
        self.problems: list[str] = []
        self.notes: list[str] = []

    def wrong(self, keys: Keys, text: str) -> None:
        self.problems.append(self.file.problem(keys, text))

    def sources(self, names: Sequence[str]) -> Sources:
        top = self.mapping((), self.file.data)
        profiles = self.mapping(("profiles",), top.get("profiles"))
        if not profiles and not self.problems:
            self.wrong(("profiles",), "names no source; expected profiles: {name: {connector: …}}")
        for keys in self.file.doubled:
            self.wrong(keys, "is given twice")
        ignored = [str(key) for key in top if key not in ("profiles", "groups")]
        if ignored:
            self.notes.append(f"{self.file.name}: without effect here: {', '.join(ignored)}")
        groups = self.groups(self.mapping(("groups",), top.get("groups")), profiles)
        chosen = self.chosen(names, list(map(str, profiles)), groups)
        for name in self.overlays:
            if name not in chosen:
                self.problems.append(f"--overlay {name}: no such source is asked{_hint(name, chosen)}")
        every = {name: self.source(name, profiles[name]) for name in chosen if name in profiles}
        found = {name: source for name, source in every.items() if source is not None}
        return Sources(found, groups, tuple(self.notes))

    def mapping(self, keys: Keys, value: Any) -> Mapping[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong(keys, f"must be keys and values, not {_kind(value)}")
            return {}
        return value

    def groups(self, given: Mapping[str, Any], profiles: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name, members in given.items():
            keys = ("groups", str(name))
            if not isinstance(members, list) or not all(isinstance(one, str) for one in members):
                self.wrong(keys, "must be a list of names of sources")
                continue
            for number, one in enumerate(members):
                if one not in profiles:
                    self.wrong((*keys, str(number)), f"there is no source {one}{_hint(one, profiles)}")
            if name in profiles:
                self.wrong(keys, "is the name of a source too; call the group otherwise")
            found[str(name)] = tuple(members)
        return found

    def chosen(
        self, names: Sequence[str], known: list[str], groups: Mapping[str, tuple[str, ...]]
    ) -> list[str]:
        if not names:
            return known
        found: list[str] = []
        for name in names:
            if name not in known and name not in groups:
                text = f"there is no source or group {name}{_hint(name, [*known, *groups])}"
                self.problems.append(f"{self.file.name}: {text}")
            found += groups.get(name, (name,))
        return list(dict.fromkeys(found))

    def source(self, name: str, given: Any) -> Source | None:
        keys = ("profiles", name)
        before = len(self.problems)
        profile = self.mapping(keys, given)
        for key in profile:
            if key not in _PROFILE_KEYS:
                self.wrong((*keys, str(key)), f"is not known{_hint(str(key), _PROFILE_KEYS)}")
        connector = profile.get("connector")
        if not isinstance(connector, str) or not connector:
            self.wrong((*keys, "connector"), "must name a connector (stix-shifter modules lists them)")
            return None
        config_key = "configuration" if "configuration" in profile else "config"
        connection, pause_s = self.connection((*keys, "connection"), profile.get("connection"))
        connection, configuration, texts = self.resolved(
            keys, connection, dict(self.mapping((*keys, config_key), profile.get(config_key))), config_key
        )
        source = Source(
            name, connector, connection, configuration,
            identity_given=self.identity((*keys, "identity"), profile.get("identity")),
            time_limit_s=self.setting(keys, profile, "time_limit"),
            searches_at_once=max(1, int(self.setting(keys, profile, "searches_at_once") or 2)),
            pause_s=pause_s, secrets=frozenset(texts),
        )  # fmt: skip
        if len(self.problems) > before:
            return None
        return self.checked(keys, source, config_key)

    def connection(self, keys: Keys, given: Any) -> tuple[Json, float]:
        """The connection with Kestrel's own options under our names, and its pause between calls."""
        connection = dict(self.mapping(keys, given))
        options = dict(self.mapping((*keys, "options"), connection.get("options")))
        if "verify_cert" in connection:
            options.setdefault("verify_cert", connection.pop("verify_cert"))
        for theirs, ours in _THEIR_OPTIONS.items():
            if theirs in options:
                options.setdefault(ours, options.pop(theirs))
        for name in [name for name in _NO_MATTER if name in options]:
            del options[name]
            self.notes.append(self.file.problem((*keys, "options", name), "has no effect here"))
        self.overlaid((*keys, "options", "overlays"), options)
        pause_s = self.number((*keys, "options", _THEIR_PAUSE), options.pop(_THEIR_PAUSE, None), 0.0)
        return {**connection, "options": options}, pause_s or 0.0

    def overlaid(self, keys: Keys, options: Json) -> None:
        """The overlays of a source with their files read, and those that the caller adds."""
        given, added = options.get("overlays"), self.overlays.get(keys[1], ())
        if not given and not added:
            return
        from stix_shifter_utils.mapping import inline_overlays

        try:
            found = [*inline_overlays(given, Path(self.file.name).parent), *inline_overlays(list(added))]
        except MappingFileError as error:
            self.wrong(keys, str(error))
            return
        options["overlays"] = found

    def resolved(
        self, keys: Keys, connection: Json, configuration: Json, config_key: str
    ) -> tuple[Json, Json, set[str]]:
        found: list[Json] = []
        texts: set[str] = set()
        for key, value in (("connection", connection), (config_key, configuration)):
            found.append(
                {name: self.reference((*keys, key, str(name)), value[name], texts) for name in value}
            )
        return found[0], found[1], texts

    def reference(self, keys: Keys, value: Any, texts: set[str]) -> Any:
        """A value with its references resolved; their texts are added to `texts`."""
        if not self.resolve:
            return value
        try:
            resolved, secrets = resolve_references(value)
        except ConfigurationError as error:
            self.wrong(keys, str(error))
            return value
        texts |= secrets
        return resolved

    def identity(self, keys: Keys, given: Any) -> Json:
        identity = dict(self.mapping(keys, given))
        bad = [key for key in identity if not isinstance(identity[key], str)]
        for key in bad:
            self.wrong((*keys, str(key)), "must be a text")
        if "id" in identity and not str(identity["id"]).startswith("identity--"):
            self.wrong((*keys, "id"), "must be identity--<UUID>")
        return identity

    def setting(self, keys: Keys, profile: Mapping[str, Any], name: str) -> float | None:
        return self.number((*keys, name), profile.get(name), None)

    def number(self, keys: Keys, value: Any, default: float | None) -> float | None:
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:  # noqa: PLR2004  seconds: 30 years
            self.wrong(keys, "must be a number above 0")
            return default
        return value

    def checked(self, keys: Keys, source: Source, config_key: str) -> Source | None:
        """The source, with parameters as its connector's schema has them, and with all its secrets known."""
        given = {"connection": source.connection, "configuration": source.configuration}
        try:
            validate(source.module, given)
            _check_overlays(source)
            secrets = secrets_of(source.module, source.connection, source.configuration)
        except ParameterError as error:
            for path, text in _problems_of(error):
                place = tuple(config_key if part == "configuration" else part for part in path)
                self.wrong((*keys, *place), text)
            return None
        except MappingFileError as error:
            self.wrong((*keys, "connection", "options", "overlays"), str(error))
            return None
        except StixShifterError as error:
            self.wrong((*keys, "connector"), str(error))
            return None
        return Source(
            source.name, source.connector, source.connection, source.configuration, source.identity_given,
            source.time_limit_s, source.searches_at_once, source.pause_s, source.secrets | secrets,
        )  # fmt: skip


def _check_overlays(source: Source) -> None:
    """Raise MappingFileError for overlays that do not fit the connector's maps."""
    options = source.connection["options"]
    if options.get("overlays"):
        from stix_shifter_utils.connector.maps import check_overlays

        check_overlays(source.module, module_folder(source.module), options)


def _problems_of(error: ParameterError) -> Iterable[tuple[Keys, str]]:
    for name in error.missing:
        yield tuple(name.split(".")), "is missing"
    yield from ((path, "is not known to the connector") for path in _leaves(error.unexpected, ()))
    for text in (*error.invalid, *error.hints):
        name, _, rest = text.partition(" ")
        yield tuple(name.rstrip(":").split(".")), rest


def _leaves(nested: Any, above: Keys) -> Iterable[Keys]:
    if not isinstance(nested, Mapping) or not nested:
        yield above
        return
    for key, value in nested.items():
        yield from _leaves(value, (*above, str(key)))


def _hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def _kind(value: Any) -> str:
    kinds = {list: "a list", str: "a text", bool: "a truth value", int: "a number", float: "a number"}
    return kinds.get(type(value), type(value).__name__)
