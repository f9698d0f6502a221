"""Who may ask the host what: tokens, allow-lists, named destinations and limits; read from a file.

```yaml
tokens:                                   # who may ask; the names stand in the audit log
  soc: ${file:/etc/stix-shifter/soc.token}
connectors: [mysql, stix_bundle]          # what may be asked for
destinations: ["db.example.com:3306", "10.20.0.0/16", "*.corp.example"]
profiles:                                 # destinations by name: their secrets stay here
  payroll:
    connector: mysql
    connection: {host: db.example.com, database: soc, options: {table: events}}
    config: {auth: {username: reader, password: "${env:DB_PASSWORD}"}}
limits: {request_s: 120, concurrent: 64}
audit: /var/log/stix-shifter/host.jsonl
```

Every key may be left out. How a request is held against it is `access.py` and `places.py`.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from stix_shifter.hunt.sources import Source, sources_of
from stix_shifter.hunt.yaml_file import YamlFile, read_yaml
from stix_shifter_utils.config import resolve_references
from stix_shifter_utils.errors import ConfigurationError

SHORTEST_TOKEN = 16
_KEYS = ("tokens", "connectors", "destinations", "profiles", "limits", "audit", "plain_http")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost, and all of them together; `_s` are seconds.

    `body_bytes` bounds a request's body, `read_s` the time in which it must have come whole, `request_s` the
    work on it, `queue_s` the wait for one of `concurrent` places. A search that nobody has asked about for
    `search_s` is deleted at its source.
    """

    body_bytes: int = 32 * 1024 * 1024
    read_s: float = 20.0
    request_s: float = 120.0
    queue_s: float = 10.0
    concurrent: int = 64
    search_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Policy:
    """What this host allows.

    `tokens` are names and SHA-256 digests; the tokens themselves are not kept. `connectors` and
    `destinations` None mean that no list was given: everything for a caller on this machine, nothing but
    `profiles` for anybody else. `plain_http` says that TLS ends before this host.
    """

    tokens: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    client_certificates: bool = False
    connectors: frozenset[str] | None = None
    destinations: tuple[str, ...] | None = None
    profiles: Mapping[str, Source] = field(default_factory=dict, repr=False)
    limits: Limits = field(default_factory=Limits)
    audit: Path | None = None
    plain_http: bool = False

    @property
    def knows_callers(self) -> bool:
        """Whether callers have to show who they are."""
        return bool(self.tokens) or self.client_certificates

    @property
    def has_lists(self) -> bool:
        """Whether anything says what may be asked for."""
        return bool(self.profiles) or (self.connectors is not None and self.destinations is not None)

    def with_token(self, name: str, token: str) -> Policy:
        """The same with one more token. Raises ConfigurationError for one that could be guessed."""
        if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
            message = f"the token {name} must be {SHORTEST_TOKEN} or more ASCII characters without blanks"
            raise ConfigurationError(message)
        return replace(self, tokens={**self.tokens, name: digest(token)})

    def with_lists(self, connectors: list[str] | None, destinations: list[str] | None) -> Policy:
        """The same with more entries in its allow-lists."""
        known, places = self.connectors, self.destinations
        if connectors:
            known = (known or frozenset()) | frozenset(connectors)
        if destinations:
            places = (*(places or ()), *destinations)
        return replace(self, connectors=known, destinations=places)


def digest(token: str) -> bytes:
    """What is kept and compared of a token."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    """A token of 256 random bits."""
    return secrets.token_urlsafe(32)


def is_loopback(host: str) -> bool:
    """True for an address or name of this machine's loopback interface."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return host.lower() == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return bool(address.is_loopback or (mapped is not None and mapped.is_loopback))


def read_policy(path: Path) -> Policy:
    """The policy of a YAML file. Raises ConfigurationError with file and key for what is wrong."""
    file = read_yaml(path)
    data = {} if file.data is None else file.data
    if not isinstance(data, Mapping):
        raise ConfigurationError(file.problem((), "must be keys and values"))
    for key in data:
        if key not in _KEYS:
            raise ConfigurationError(file.problem((str(key),), f"is not known; known: {', '.join(_KEYS)}"))
    policy = Policy(
        connectors=_names(file, data, "connectors"),
        destinations=_places(file, data),
        profiles=_profiles(file, data),
        limits=_limits(file, data.get("limits")),
        audit=Path(_text(file, data, "audit")).expanduser() if data.get("audit") else None,
        plain_http=data.get("plain_http") is True,
    )
    for name, token in _tokens(file, data.get("tokens")).items():
        policy = policy.with_token(name, token)
    return policy


def _names(file: YamlFile, data: Mapping[str, Any], key: str) -> frozenset[str] | None:
    found = _texts(file, data, key)
    return None if found is None else frozenset(found)


def _places(file: YamlFile, data: Mapping[str, Any]) -> tuple[str, ...] | None:
    found = _texts(file, data, "destinations")
    return None if found is None else tuple(found)


def _texts(file: YamlFile, data: Mapping[str, Any], key: str) -> list[str] | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise ConfigurationError(file.problem((key,), "must be a list of texts"))
    return value


def _text(file: YamlFile, data: Mapping[str, Any], key: str) -> str:
    if not isinstance(data[key], str):
        raise ConfigurationError(file.problem((key,), "must be a text"))
    return str(data[key])


def _profiles(file: YamlFile, data: Mapping[str, Any]) -> Mapping[str, Source]:
    """Destinations in the shape that hunts know, checked by their connectors' schemas."""
    if not data.get("profiles"):
        return {}
    return sources_of(YamlFile(file.name, {"profiles": data["profiles"]}, file.lines, file.doubled)).every


def _limits(file: YamlFile, given: Any) -> Limits:
    if given is None:
        return Limits()
    if not isinstance(given, Mapping):
        raise ConfigurationError(file.problem(("limits",), "must be keys and values"))
    known = {one.name: type(getattr(Limits(), one.name)) for one in fields(Limits)}
    changes: dict[str, Any] = {}
    for key, value in given.items():
        place = ("limits", str(key))
        if key not in known:
            raise ConfigurationError(file.problem(place, f"is not known; known: {', '.join(known)}"))
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise ConfigurationError(file.problem(place, "must be a number above 0"))
        changes[str(key)] = known[key](value) or 1
    return Limits(**changes)


def _tokens(file: YamlFile, given: Any) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(one, str) for one in given.values()):
        raise ConfigurationError(file.problem(("tokens",), "must be names and tokens: soc: ${env:NAME}"))
    return {str(name): _resolved(file, ("tokens", str(name)), text) for name, text in given.items()}


def _resolved(file: YamlFile, keys: tuple[str, ...], text: str) -> str:
    try:
        return str(resolve_references(text)[0])
    except ConfigurationError as error:
        raise ConfigurationError(file.problem(keys, str(error))) from error
