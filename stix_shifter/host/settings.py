"""From what a user gives (file, options, environment) to a policy that is safe where the host listens."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter.host.policy import Policy, is_loopback, new_token, read_policy
from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.http.message import parse_json

if TYPE_CHECKING:
    from flask import Flask

    from stix_shifter.host.server import Listen
    from stix_shifter.host.service import Service

CONFIG_VARIABLE = "STIX_SHIFTER_HOST_CONFIG"
TOKEN_VARIABLE = "STIX_SHIFTER_HOST_TOKEN"  # noqa: S105  the name of a variable
EXTRA = "pip install 'stix-shifter[host]'"

log = logging.getLogger(__name__)


def policy_from(config: Path | None, environment: Mapping[str, str] = os.environ) -> Policy:
    """The policy of a file (None: the one that the environment names) with the environment's token."""
    named = environment.get(CONFIG_VARIABLE)
    path = config or (Path(named) if named else None)
    policy = read_policy(path.expanduser()) if path else Policy()
    token = environment.get(TOKEN_VARIABLE)
    return policy.with_token("environment", token) if token else policy


def secured(policy: Policy, listen: Listen) -> tuple[Policy, str | None]:
    """The policy for that address, and the token that was made where one is needed and none was given.

    On loopback everything may be left out. Raises ConfigurationError, with the remedy, for an address that
    other machines reach without TLS or without a list of what may be asked for.
    """
    policy = replace(policy, client_certificates=listen.client_ca is not None)
    if is_loopback(listen.host):
        if not policy.knows_callers:
            log.warning("without a token every program on this machine may use this host")
        return policy, None
    if listen.certificate is None and not policy.plain_http:
        message = (
            f"{listen.host} can be reached from elsewhere: give a certificate and its key "
            "(or --plain-http where TLS ends before this host)"
        )
        raise ConfigurationError(message)
    if not policy.has_lists:
        message = (
            f"{listen.host} can be reached from elsewhere: say what may be asked for, by --allow-connector "
            "and --allow-destination or by connectors, destinations and profiles in --config"
        )
        raise ConfigurationError(message)
    if policy.knows_callers:
        return policy, None
    token = new_token()
    return policy.with_token("generated", token), token


def identity_of(given: Any) -> dict[str, Any]:
    """The identity that a user gives: an object, its JSON text, or nothing. Raises ConfigurationError."""
    if isinstance(given, str):
        try:
            given = parse_json(given.encode()) if given.strip() else {}
        except (ValueError, RecursionError) as error:
            message = "the identity is not JSON"
            raise ConfigurationError(message) from error
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        message = "the identity must be a JSON object"
        raise ConfigurationError(message)
    return dict(given)


def app_from_environment(data_source: Any) -> tuple[Flask, Service]:
    """The application and its service, for a server that is somebody else's."""
    from stix_shifter.host.application import make_app, service_of

    app = make_app(policy_from(None), identity_of(data_source))
    return app, service_of(app)
