"""The arguments `connection` and `configuration`: how to reach a source, and what of it is secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter.cli.references import resolve

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
    connection, from_connection = resolve(connection, "connection")
    configuration, from_configuration = resolve(configuration, "configuration")
    console.hide({*from_connection, *from_configuration, *_secrets(module, connection, configuration)})
    return connection, configuration


def _secrets(module: str, connection: dict[str, Any], configuration: dict[str, Any]) -> Iterable[str]:
    from stix_shifter_utils.config import secrets_of
    from stix_shifter_utils.config.masking import texts_in
    from stix_shifter_utils.errors import StixShifterError

    try:
        return secrets_of(module.partition(":")[0], connection, configuration)
    except StixShifterError:  # an unknown connector: what is secret there is not known either
        return texts_in(configuration)
