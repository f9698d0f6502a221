"""The arguments `connection` and `configuration`: how to reach a source, and what of it is secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter.cli.references import resolve, texts_in

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser

NOT_SECRET = frozenset({"host", "url", "user", "username", "region", "database", "table"})


def add_arguments(parser: CommandParser) -> None:
    """Declare both."""
    parser.add_argument("connection", help='how to reach it: {"host", "port", "options": {…}} (JSON)')
    parser.add_argument(
        "configuration", help='credentials: {"auth": {…}} (JSON); "${env:NAME}" and "${file:PATH}" work'
    )


def read(args: argparse.Namespace, console: Console) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both as objects with their references resolved; the console hides their secrets from now on."""
    connection = console.inputs.object(args.connection, "connection")
    configuration = console.inputs.object(args.configuration, "configuration")
    connection, from_connection = resolve(connection, "connection")
    configuration, from_configuration = resolve(configuration, "configuration")
    auth = configuration.get("auth")
    secret = (
        {key: value for key, value in auth.items() if key not in NOT_SECRET}
        if isinstance(auth, dict)
        else auth
    )
    console.hide({*from_connection, *from_configuration, *texts_in(secret)})
    return connection, configuration
