"""A proxy host as a process of its own, and products to ask through it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stix_shifter_utils.testing.certificates import Authority, Certificate

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "a-token-for-tests-0123456789"
START_LIMIT_S = 40
STOP_LIMIT_S = 30
Json = dict[str, Any]


@dataclass
class Host:
    """A running host."""

    listening: str
    folder: Path
    ca_pem: str
    printed: Json = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(urlsplit(self.listening).port or 0)

    @property
    def audit(self) -> list[Json]:
        """The audit log so far."""
        text = (self.folder / "audit.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def said(self) -> str:
        """Everything that the host wrote anywhere: audit log and standard error."""
        return (self.folder / "audit.jsonl").read_text(encoding="utf-8") + "".join(self.errors)

    def through(self, destination: Any, token: str | None = TOKEN, **options: Any) -> Json:
        """The connection of the connector `proxy` for a destination."""
        own = {"proxy_host": "127.0.0.1", "proxy_port": self.port, "destination": destination, **options}
        if self.listening.startswith("https"):
            own.setdefault("proxy_cert", self.ca_pem)
        return {"options": {**own, **({"proxy_token": token} if token else {})}}


@dataclass
class HostProcess(Host):
    """A host that is a process of its own."""

    process: subprocess.Popen[str] | None = None

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it as an operating system does, and say how it exited."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_LIMIT_S)


@contextmanager
def host_here(folder: Path, settings: Json, *, tls: bool = True) -> Iterator[Host]:
    """The same server in a thread of this process, with TOKEN where it speaks TLS."""
    from stix_shifter.host.application import make_app, service_of
    from stix_shifter.host.policy import read_policy
    from stix_shifter.host.server import HostServer, Listen, serve

    authority = Authority("Proxy host authority")
    path = folder / "host.yaml"
    path.write_text(json.dumps({**settings, "audit": str(folder / "audit.jsonl")}))
    policy = read_policy(path)
    listen = Listen("127.0.0.1", 0)
    if tls:
        files = write_certificate(folder, "host", authority.certificate("127.0.0.1"))
        listen, policy = Listen("127.0.0.1", 0, *files), policy.with_token("soc", TOKEN)
    app = make_app(policy)
    server = HostServer(app, listen, policy)
    ready, stop = threading.Event(), threading.Event()
    named = {"on_ready": ready.set, "on_stop": service_of(app).stop}
    thread = threading.Thread(target=serve, args=(server, stop), kwargs=named, daemon=True)
    thread.start()
    try:
        assert ready.wait(START_LIMIT_S)
        yield Host(server.url, folder, authority.pem)
    finally:
        stop.set()
        thread.join(STOP_LIMIT_S)
    assert not thread.is_alive()


@contextmanager
def running_host(
    folder: Path, *arguments: str, address: str = "127.0.0.1:0", tls: bool = True
) -> Iterator[HostProcess]:
    """`main.py host` on a free port, with an audit log in the folder; ended in the end."""
    authority = Authority("Proxy host authority")
    files: list[str] = []
    if tls:
        files = [str(path) for path in write_certificate(folder, "host", authority.certificate("127.0.0.1"))]
    command = [sys.executable, str(ROOT / "main.py"), "host", "{}", address, *files]
    command += ["--audit", str(folder / "audit.jsonl"), *arguments]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )
    watchdog = threading.Timer(START_LIMIT_S, process.kill)
    watchdog.start()
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
    reader.start()
    try:
        printed = _first_document(process)
        assert printed is not None, "".join(errors)
        watchdog.cancel()
        yield HostProcess(printed["listening"], folder, authority.pem, printed, errors, process)
    finally:
        watchdog.cancel()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
        reader.join(5)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _first_document(process: subprocess.Popen[str]) -> Json | None:
    """The JSON document that the host prints when it listens; None when it ends before."""
    text = ""
    for line in process.stdout or ():
        text += line
        if line.startswith("}"):
            found: Json = json.loads(text)
            return found
    return None


def write_certificate(folder: Path, name: str, certificate: Certificate) -> tuple[Path, Path]:
    """Certificate and key as files."""
    cert, key = folder / f"{name}.cert.pem", folder / f"{name}.key.pem"
    cert.write_text(certificate.cert_pem, encoding="ascii")
    key.write_text(certificate.key_pem, encoding="ascii")
    return cert, key


def token_file(folder: Path) -> str:
    path = folder / "token"
    path.write_text(TOKEN + "\n", encoding="ascii")
    return str(path)


@dataclass(frozen=True)
class Destination:
    """A product that runs, and how to ask it directly."""

    module: str
    product: Any
    connection: Json
    configuration: Json

    def behind(self) -> Json:
        """The same for the connector `proxy`."""
        return {"connection": {"type": self.module, **self.connection}, "configuration": self.configuration}


def destination(module: str, product: Any, kit: Any) -> Destination:
    connection = {"host": product.host, "port": product.port, "selfSignedCert": kit.AUTHORITY.pem}
    return Destination(
        module, product, connection, {"auth": {"username": kit.USER, "password": kit.PASSWORD}}
    )
