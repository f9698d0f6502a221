"""What a request is about: its connector and parameters, from the request itself or from the host's own file.

Here a request is held against the allow-lists. Who asks is `access.py`, what is done `operations.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from stix_shifter.host.places import allowed, overlay_files, places_of
from stix_shifter.host.refusals import RefusalError

if TYPE_CHECKING:
    from stix_shifter.host.access import Caller
    from stix_shifter.host.policy import Policy
    from stix_shifter.hunt.sources import Source

Json = dict[str, Any]
CHANGEABLE = frozenset(
    {
        "result_limit", "batch_size", "time_range", "timeout", "language", "dialects", "stix_2.1", "merge",
        "validate_pattern", "on_unmapped", "case", "same_object", "reserved_names", "id_compat",
        "unmapped_fallback",
    }
)  # fmt: skip
"""Options of a named destination that a caller may choose: none of them says where to go or whom to trust."""


@dataclass(frozen=True, slots=True)
class Target:
    """One connector with its parameters. `shown` is the place or the name, for the audit log."""

    connector: str
    shown: str
    connection: Json = field(default_factory=dict, repr=False)
    configuration: Json = field(default_factory=dict, repr=False)

    @property
    def options(self) -> Json:
        """The options for translation."""
        return dict(self.connection.get("options") or {})


def source_target(body: Json, caller: Caller, policy: Policy) -> Target:
    """The target of a request that goes to a source. Raises RefusalError (403) where that is not allowed."""
    if "destination" in body:
        return _named(body, policy)
    connection = body["connection"]
    connector = _through(connection, str(connection["type"]).lower())
    configuration = body.get("configuration") or {}
    places = places_of(connector.partition(":")[0], connection, configuration)
    _check_connector(connector, caller, policy)
    _check_places(places, caller, policy)
    return Target(connector, ", ".join(places), connection, configuration)


def translation_target(body: Json, caller: Caller, policy: Policy) -> Target:
    """The target of a request that only translates: options may come plain, or inside `connection`."""
    if "destination" in body:
        return _named(body, policy)
    connection = body.get("connection") or {}
    options = body.get("options") or connection.get("options") or {}
    connector = str(body.get("module") or connection.get("type") or "").lower()
    if options.get("proxy_host") or overlay_files(options):  # another host, or a file of this one
        _check_places(places_of(connector, {"options": options}, {}), caller, policy)
    _check_connector(connector, caller, policy)
    return Target(connector, "", {"options": options})


def _through(connection: Mapping[str, Any], connector: str) -> str:
    """The connector that will really run: with `proxy_host` the calls go through yet another host."""
    options = connection.get("options")
    return "proxy" if isinstance(options, Mapping) and options.get("proxy_host") else connector


def _named(body: Json, policy: Policy) -> Target:
    name = body["destination"]
    source = policy.profiles.get(name)
    if source is None:
        raise RefusalError(HTTPStatus.FORBIDDEN, f"this host has no destination {name!r:.80}")
    changes = body.get("options") or {}
    fixed = sorted(set(changes) - CHANGEABLE)
    if fixed:
        text = f"destination {name}: the option {fixed[0]!r:.80} is set by this host"
        raise RefusalError(HTTPStatus.FORBIDDEN, text)
    return Target(source.connector, name, _merged(source, changes), dict(source.configuration))


def _merged(source: Source, changes: Json) -> Json:
    return {**source.connection, "options": {**(source.connection.get("options") or {}), **changes}}


def _check_connector(connector: str, caller: Caller, policy: Policy) -> None:
    known = policy.connectors
    if known is None and caller.is_local:
        return
    if connector.partition(":")[0] not in (known or ()):
        text = f"the connector {connector.partition(':')[0]!r:.80} is not on this host's list"
        raise RefusalError(HTTPStatus.FORBIDDEN, text)


def _check_places(places: list[str], caller: Caller, policy: Policy) -> None:
    entries = policy.destinations
    if entries is None and caller.is_local:
        return
    refused = [place for place in places if not allowed(place, entries or ())]
    if refused:
        text = f"the destination {refused[0]!r:.200} is not on this host's list"
        raise RefusalError(HTTPStatus.FORBIDDEN, text)
