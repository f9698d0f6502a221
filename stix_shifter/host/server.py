"""The production server: cheroot, with limits on how slowly a client may speak, and a clean end.

cheroot's own time limit is per read, and it shakes hands for TLS in the thread that accepts connections;
here a request must come whole within `Limits.read_s`, handshake and body included, and a connection that
stays silent costs no thread. What is served is `application.py`.
"""

from __future__ import annotations

import logging
import signal
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

import orjson
from cheroot import makefile, wsgi
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.ssl.builtin import BuiltinSSLAdapter

from stix_shifter.host.access import caller_of
from stix_shifter.host.refusals import RefusalError, refusal_answer
from stix_shifter_utils.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from stix_shifter.host.policy import Policy

_SPARE_THREADS = 8
"""Threads beyond those that wait for connectors, so that a refusal does not wait behind them."""
_IDLE_S = 15
_HEADER_BYTES = 64 * 1024
_DRAIN_S, _DRAIN_BYTES = 2.0, 64 * 1024 * 1024
_CONNECTIONS = 800
"""More would use up the files that a process may have open (1024, as a rule)."""
_STOP_S = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen. `port` 0 lets the system choose. Certificate and key are PEM files, or both None.

    `client_ca` is a PEM file of the authority whose client certificates are accepted. A client without one
    gets its refusal by `access.py`, in words.
    """

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None


class HostServer(wsgi.Server):
    """A cheroot server for the host's application."""

    def __init__(self, app: Flask, listen: Listen, policy: Policy) -> None:
        super().__init__(
            (listen.host, listen.port),
            app,
            numthreads=policy.limits.concurrent + _SPARE_THREADS,
            server_name="stix-shifter",
            request_queue_size=512,
            timeout=_IDLE_S,
            shutdown_timeout=_STOP_S,
        )
        self.ConnectionClass = _Connection
        self.gateway = _Gateway
        self.policy = policy
        self.keep_alive_conn_limit = _CONNECTIONS
        self.max_request_header_size = _HEADER_BYTES
        if listen.certificate is not None:
            self.ssl_adapter = _TlsAdapter(listen)

    @property
    def url(self) -> str:
        """Scheme, host and port; the port that the system chose, once it is listening."""
        host, port = self.bind_addr[:2]
        shown = f"[{host}]" if ":" in str(host) else host
        return f"{'https' if self.ssl_adapter else 'http'}://{shown}:{port}"

    def knows(self, environ: dict[str, Any]) -> bool:
        """Whether the caller will be let in."""
        try:
            caller_of(environ, self.policy)
        except RefusalError:
            return False
        return True

    def process_conn(self, conn: Any) -> None:
        """Give a thread to a connection that has something to say; let a new one wait for that."""
        if conn.is_new and not self.can_add_keepalive_connection:
            conn.close()
        elif conn.is_new:
            conn.is_new = False
            self._connections.put(conn)  # type: ignore[attr-defined]  # made by prepare(); no stub knows it
        else:
            super().process_conn(conn)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        log.log(level, "%s", msg, exc_info=traceback)


class _TlsAdapter(BuiltinSSLAdapter):
    """TLS whose handshake is left to the thread that serves the connection."""

    def __init__(self, listen: Listen) -> None:
        try:
            super().__init__(str(listen.certificate), str(listen.key or listen.certificate))
            if listen.client_ca is not None:
                self.context.load_verify_locations(str(listen.client_ca))
                self.context.verify_mode = ssl.CERT_OPTIONAL
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            message = f"certificate, key or client CA cannot be read as PEM: {error}"
            raise ConfigurationError(message) from error

    def wrap(self, sock: Any) -> tuple[Any, dict[str, Any]]:
        wrapped = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return wrapped, {"wsgi.url_scheme": "https"}

    def makefile(self, sock: Any, mode: str = "r", bufsize: int = -1) -> Any:
        return _stream(sock, mode, bufsize)


def _stream(sock: Any, mode: str = "r", bufsize: int = -1) -> Any:
    return _TimedReader(sock, mode, bufsize) if "r" in mode else makefile.StreamWriter(sock, mode, bufsize)


class _TimedSocket(socket.SocketIO):
    """Reads until a moment (monotonic), however little comes at a time."""

    def __init__(self, sock: Any, mode: Any) -> None:
        super().__init__(sock, mode)
        self._socket = sock
        self.until: float | None = None

    def readinto(self, buffer: Any) -> int | None:
        if self.until is not None:
            left = self.until - time.monotonic()
            if left <= 0:
                message = "timed out"
                raise TimeoutError(message)
            self._socket.settimeout(left)
        return super().readinto(buffer)


class _TimedReader(makefile.StreamReader):
    """cheroot's reader over a socket that can be told until when to read."""

    def __init__(self, sock: Any, mode: str, bufsize: int) -> None:
        self.timed = _TimedSocket(sock, mode)
        super(makefile.StreamReader, self).__init__(self.timed, bufsize)  # it would make a socket of its own
        self.bytes_read = 0


class _Request(HTTPRequest):
    """A request whose refusals by the server itself are JSON too."""

    def simple_response(self, status: Any, msg: Any = "") -> None:
        number = int(str(status)[:3])
        text = msg.decode("latin-1") if isinstance(msg, bytes) else str(msg)
        if number >= HTTPStatus.BAD_REQUEST:
            self.close_connection = True
            body = orjson.dumps(refusal_answer(HTTPStatus(number), text or HTTPStatus(number).phrase))
            head = (
                f"{self.server.protocol} {status}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            self.sent_headers = True
            self.conn.wfile.write(head.encode("latin-1") + body)
        else:
            super().simple_response(status, text)
        if number in {HTTPStatus.LENGTH_REQUIRED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}:
            self.conn.drain()


class _Connection(HTTPConnection):
    """A connection that must hand over each request within the time limit, and shakes hands on its own."""

    RequestHandlerClass = _Request
    rbufsize = 1 << 16
    is_new = True
    _has_shaken_hands = False

    def __init__(self, server: Any, sock: Any, makefile: Any = _stream) -> None:
        del makefile  # cheroot hands over its own where there is no TLS
        super().__init__(server, sock, _stream)

    def communicate(self) -> bool:
        self.rfile.timed.until = time.monotonic() + self.server.policy.limits.read_s
        if self.server.ssl_adapter is not None and not self._has_shaken_hands and not self._shake_hands():
            return False
        try:
            return bool(super().communicate())  # type: ignore[no-untyped-call]  # untyped in its stub
        finally:
            self.request_is_here()

    def request_is_here(self) -> None:
        """What follows may take as long as the work on it takes."""
        self.rfile.timed.until = None
        self.socket.settimeout(self.server.timeout)

    def drain(self) -> None:
        """Read what a client goes on sending, so that it gets to see its refusal; not for long."""
        self.rfile.timed.until = time.monotonic() + _DRAIN_S
        read = 0
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_WR)  # past TLS, which goes on reading
            while read < _DRAIN_BYTES and (piece := self.rfile.read1(1 << 16)):
                read += len(piece)
        except OSError:  # it went away, or its time is over
            return

    def _shake_hands(self) -> bool:
        try:
            self.socket.settimeout(self.server.policy.limits.read_s)
            self.socket.do_handshake()
        except (OSError, ValueError) as error:
            log.info("no TLS with %s: %s", self.remote_addr, getattr(error, "reason", None) or error)
            return False
        self._has_shaken_hands = True
        self.ssl_env = self.server.ssl_adapter.get_environ(self.socket)
        return True


class _Gateway(wsgi.Gateway_10):
    """Reads a body whole before the application sees its request: a slow client holds up no connector.

    Of callers that will be refused no body is read, and bodies of unstated length are refused (411).
    """

    def respond(self) -> None:
        server, request = self.req.server, self.req
        try:
            length = int(self.env.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = -1
        if request.chunked_read or not 0 <= length <= server.policy.limits.body_bytes:
            request.simple_response(_length_refusal(length, is_chunked=request.chunked_read))
            return
        is_known = server.knows(self.env)
        self.env["wsgi.input"] = BytesIO(request.rfile.read() if is_known else b"")
        request.conn.request_is_here()
        if is_known or not length:
            super().respond()
            return
        self.env["CONTENT_LENGTH"] = "0"
        request.close_connection = True
        super().respond()
        request.conn.drain()


def _length_refusal(length: int, *, is_chunked: bool) -> str:
    if is_chunked:
        return "411 Length Required"
    return "400 Bad Request" if length < 0 else "413 Request Entity Too Large"


def serve(server: HostServer, stop: threading.Event, *, on_ready: Any, on_stop: Any) -> None:
    """Serve until `stop` is set. `on_ready` is called when requests are taken, `on_stop` before it ends.

    Raises OSError where the address cannot be bound.
    """
    server.prepare()
    thread = threading.Thread(target=server.serve, name="stix-shifter-host", daemon=True)
    thread.start()
    try:
        on_ready()
        while thread.is_alive() and not stop.wait(1.0):
            pass
    finally:
        on_stop()
        server.stop()
        thread.join(_STOP_S)


def stop_on_signals(stop: threading.Event) -> None:
    """Let SIGTERM and SIGINT (Ctrl-C) end the host cleanly. For a program's main thread."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
