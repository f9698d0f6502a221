"""`stix-shifter host`: serve the connectors of this machine to `proxy` connectors elsewhere."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter.cli.arguments import UsageError, bad_argument
from stix_shifter.cli.console import WORKED
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser
    from stix_shifter.host.policy import Policy
    from stix_shifter.host.server import Listen

DEFAULT_ADDRESS = "127.0.0.1:5000"
_MOST_PORT = 65535


class HostCommand(Command):
    """Serve the connectors of this machine over HTTP."""

    name = "host"
    summary = "serve the connectors of this machine over HTTP, for the connector proxy"
    about = """Serve the connectors of this machine to callers of the connector proxy. On the loopback
    interface nothing more is needed. Elsewhere callers need a token or a client certificate, the host a
    certificate, a list of connectors and a list of destinations; a token is made, and printed, where none is
    given. Destinations may be named in the file --config, so that their secrets stay here. Needs the extra
    host: pip install 'stix-shifter[host]'. SIGTERM and Ctrl-C end it: running searches are deleted."""
    examples = """  # for programs on this machine
  stix-shifter host '{}' 127.0.0.1:5000

  # for other machines: what they may ask for, and a certificate; a token is printed
  stix-shifter host @identity.json 0.0.0.0:5000 cert.pem key.pem \\
      --allow-connector mysql --allow-destination db.example.com:3306

  # with everything in a file; --check says whether it holds, and exits
  stix-shifter host @identity.json 0.0.0.0:5000 cert.pem key.pem --config host.yaml --check
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "data_source",
            nargs="?",
            help="identity object that stands in results; '{}': the callers' own (JSON)",
        )
        parser.add_argument(
            "address", nargs="?", help=f"where to listen: host:port (default {DEFAULT_ADDRESS})"
        )
        parser.add_argument("certificate", nargs="?", type=Path, help="PEM file of the host's certificate")
        parser.add_argument(
            "key", nargs="?", type=Path, help="PEM file of its key; default: in the same file"
        )
        parser.add_argument(
            "--config", type=Path, metavar="FILE", help="tokens, lists, destinations, limits (YAML)"
        )
        parser.add_argument(
            "--allow-connector", action="append", metavar="NAME", help="a connector to serve (repeatable)"
        )
        parser.add_argument(
            "--allow-destination",
            action="append",
            metavar="PLACE",
            help="where it may go: host, host:port, *.domain, 10.0.0.0/8, file:GLOB (repeatable)",
        )
        parser.add_argument(
            "--token-file", type=Path, metavar="FILE", help="a file that holds the callers' token"
        )
        parser.add_argument(
            "--client-ca",
            type=Path,
            metavar="FILE",
            help="PEM file: accept client certificates of this authority",
        )
        parser.add_argument(
            "--audit", type=Path, metavar="FILE", help="audit log, JSON lines (default: standard error)"
        )
        parser.add_argument(
            "--plain-http",
            action="store_true",
            help="serve other machines without TLS: it ends before this host",
        )
        parser.add_argument("--check", action="store_true", help="check the settings and exit")

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter.host.settings import identity_of, secured
        from stix_shifter_utils.errors import ConfigurationError

        identity = console.inputs.object(args.data_source, "data_source")
        try:
            listen, policy = _listen(args), _policy(args, console)
            policy, token = secured(policy, listen)
            return _host(policy, listen, identity_of(identity), token, console, check=args.check)
        except ConfigurationError as error:
            raise UsageError(str(error)) from error
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in {"flask", "cheroot", "werkzeug"}:
                raise
            message = f"the host needs the Python package {error.name}: pip install 'stix-shifter[host]'"
            raise UsageError(message) from error


def _host(
    policy: Policy,
    listen: Listen,
    identity: dict[str, Any],
    token: str | None,
    console: Console,
    *,
    check: bool,
) -> int:
    from stix_shifter.host.application import make_app, service_of
    from stix_shifter.host.server import HostServer, serve, stop_on_signals
    from stix_shifter.host.service import warm_up

    app = make_app(policy, identity)
    server = HostServer(app, listen, policy)
    if check:
        service_of(app).stop()
        console.print_json({"success": True, "would_listen": server.url})
        return WORKED
    stop = threading.Event()
    stop_on_signals(stop)
    warm_up()

    def ready() -> None:
        console.print_json({"listening": server.url, **({"token": token} if token else {})})
        _flush()

    serve(server, stop, on_ready=ready, on_stop=service_of(app).stop)
    console.note("stopped")
    return WORKED


def _flush() -> None:
    import sys

    sys.stdout.flush()


def _listen(args: argparse.Namespace) -> Listen:
    from stix_shifter.host.server import Listen

    host, port = _address(args.address or DEFAULT_ADDRESS)
    for name in ("certificate", "key", "client_ca"):
        path = getattr(args, name)
        if path is not None and not path.is_file():
            raise bad_argument(name, f"there is no file {path}")
    if args.client_ca is not None and args.certificate is None:
        raise bad_argument(name="--client-ca", problem="needs a certificate of the host too")
    return Listen(host, port, args.certificate, args.key, args.client_ca)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > _MOST_PORT:
        problem = f"must be host:port, such as {DEFAULT_ADDRESS}, not {text!r}"
        raise bad_argument(name="address", problem=problem)
    return host.strip("[]"), int(port)


def _policy(args: argparse.Namespace, console: Console) -> Policy:
    from dataclasses import replace

    from stix_shifter.host.settings import policy_from

    policy = policy_from(args.config).with_lists(args.allow_connector, args.allow_destination)
    if args.token_file is not None:
        token = console.inputs.text(f"@{args.token_file}", "--token-file").strip()
        console.hide([token])
        policy = policy.with_token("token file", token)
    return replace(policy, audit=args.audit or policy.audit, plain_http=policy.plain_http or args.plain_http)
