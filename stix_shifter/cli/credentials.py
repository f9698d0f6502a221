"""The arguments `connection` and `configuration`: how to reach a source, and what of it is secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter.cli.arguments import bad_argument

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser


def add_arguments(parser: CommandParser) -> None:
    """Declare both."""
    parser.add_argument("connection", help='how to reach it: {"host", "port", "options": {…}} (JSON)')
    parser.add_argument(
        "configuration", help='credentials: {"auth": {…}} (JSON); "${env:NAME}" and "${file:PATH}" work'
    )


def read(args: argparse.Namespace, console: Console, module: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both as objects with their references resolved; the console hides their secrets from now on."""
    connection = console.inputs.object(args.connection, "connection")
    configuration = console.inputs.object(args.configuration, "configuration")
    connection, from_connection = _resolved(connection, "connection")
    configuration, from_configuration = _resolved(configuration, "configuration")
    console.hide({*from_connection, *from_configuration, *_secrets(module, connection, configuration)})
    return connection, configuration


def _resolved(value: dict[str, Any], name: str) -> tuple[dict[str, Any], set[str]]:
    """A copy with `${env:NAME}`, `${file:PATH}` and `${keyring:SERVICE/USER}` replaced, and what came in."""
    from stix_shifter_utils.config.references import resolve_references
    from stix_shifter_utils.errors import ConfigurationError

    try:
        return resolve_references(value)
    except ConfigurationError as error:
        raise bad_argument(name, str(error)) from error


def _secrets(module: str, connection: dict[str, Any], configuration: dict[str, Any]) -> Iterable[str]:
    from stix_shifter_utils.config import secrets_of
    from stix_shifter_utils.config.masking import texts_in
    from stix_shifter_utils.errors import StixShifterError

    try:
        return secrets_of(module.partition(":")[0], connection, configuration)
    except StixShifterError:  # an unknown connector: what is secret there is not known either
        return texts_in(configuration)
