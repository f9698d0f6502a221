"""The threads and sockets under a fake product: an HTTP/1.1 server that can break off in every way.

What is answered is `product.py`; here it is only sent, late, half or not at all.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from stix_shifter_utils.testing.exchange import Received
from stix_shifter_utils.testing.faults import Fault, FaultKind

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from stix_shifter_utils.testing.exchange import Answer

_LINGER_AND_RESET = struct.pack("ii", 1, 0)
_HANDSHAKE_S = 10.0


class Server(ThreadingHTTPServer):
    """One listening socket, one thread per connection; `stop` ends them all, stalled ones too."""

    daemon_threads = False  # so that closing waits for them
    block_on_close = True
    request_queue_size = 64

    def __init__(
        self,
        handle: Callable[[Received], tuple[Fault | None, Answer]],
        address: tuple[str, int],
        context: ssl.SSLContext | None,
    ) -> None:
        super().__init__(address, _Handler)
        self.handle, self._context = handle, context
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return self.server_address[1]

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End every connection and every thread."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        for each in list(self._open):
            quietly(each.shutdown, socket.SHUT_RDWR)
        self.server_close()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Handle one connection, in its own thread: a slow handshake holds up nobody else."""
        opened = request
        self._open.add(opened)
        try:
            if self._context is not None:
                request.settimeout(_HANDSHAKE_S)
                opened = self._context.wrap_socket(request, server_side=True)
                self._open.discard(request)
                self._open.add(opened)
                opened.settimeout(None)
            super().finish_request(opened, client_address)
        except OSError:
            pass  # the client went away or refused our certificate: that was the test
        finally:
            self._open -= {request, opened}
            quietly(opened.close)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one piece: two would wait 40 ms for each other (Nagle)
    disable_nagle_algorithm = True
    server: Server

    def handle_one_request(self) -> None:
        """Read a request of any method and answer it."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        self._serve()

    def log_message(self, *_: object) -> None:
        """A fake product keeps what it saw in `requests`, not in a log."""

    def _serve(self) -> None:
        fault, answer = self.server.handle(self._received())
        body, content_type = answer.encoded()
        if fault is None:
            self._send(answer, body, content_type)
        elif fault.kind is FaultKind.LATENCY:
            self.server.stopping.wait(fault.seconds)
            self._send(answer, body, content_type)
        elif fault.kind is FaultKind.HALF:
            self._send(answer, body[: len(body) // 2], content_type)
        else:
            if fault.after >= 0:
                self._send(answer, body, content_type, most=fault.after)
            self._break_off(fault.kind)

    def _received(self) -> Received:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Received(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )

    def _send(self, answer: Answer, body: bytes, content_type: str, most: int | None = None) -> None:
        self.send_response(answer.status)
        headers = {"Content-Type": content_type, **answer.headers, "Content-Length": str(len(body))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body[:most])
        self.wfile.flush()

    def _break_off(self, kind: FaultKind) -> None:
        self.close_connection = True
        if kind is FaultKind.STALL:
            self.server.stopping.wait()
        if kind is FaultKind.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_AND_RESET)
            quietly(self.connection.close)  # the handler's own files still hold it: a plain close comes after


def quietly(call: Callable[..., object], *args: object) -> None:
    """Call, and let a socket that is gone already be gone."""
    with contextlib.suppress(OSError):
        call(*args)
