"""Bad callers over real connections: each is refused or ended with the right code, and the host serves on."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_utils.testing.certificates import Authority
from stix_shifter_utils.testing.faults import Fault
from tests.shifter.host.hosting import TOKEN, Destination, Host, host_here, running_host, write_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Json = dict[str, Any]
READ_S, REQUEST_S, BODY = 1.5, 3.0, 65536
SETTINGS = {
    "connectors": ["async_template", "stix_bundle"],
    "destinations": ["127.0.0.1"],
    "limits": {"read_s": READ_S, "request_s": REQUEST_S, "body_bytes": BODY, "concurrent": 2, "queue_s": 0.5},
}
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
TRANSLATE = {"module": "stix_bundle", "data": f"[ipv4-addr:value = '192.0.2.7'] {WINDOW}"}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A host with small limits."""
    folder = tmp_path_factory.mktemp("strict")
    (folder / "secret.json").write_text("{}")
    with host_here(folder, SETTINGS) as running:
        yield running


@pytest.fixture(autouse=True)
def _serves_on(strict: Host) -> Iterator[None]:
    """After each of these tests the host answers as before."""
    yield
    status, answer = post(strict, "/transform_query", TRANSLATE)
    assert (status, answer) == (200, {"queries": [TRANSLATE["data"]]})


def context(host: Host) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=host.ca_pem)


def post(host: Host, path: str, body: Any, token: str | None = TOKEN, **headers: str) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(host.listening + path, data, {**shown, **headers}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20, context=context(host)) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@contextlib.contextmanager
def connected(host: Host) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection(("127.0.0.1", host.port), 20) as plain,
        context(host).wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        yield secure


def head(length: int | None, path: str = "/transform_query") -> bytes:
    size = f"Content-Length: {length}" if length is not None else "Transfer-Encoding: chunked"
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n{size}\r\n\r\n".encode()


def answer_of(connection: socket.socket) -> tuple[int, Any]:
    """What comes back until the other side closes; status 0 when nothing does."""
    received = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while piece := connection.recv(65536):
            received += piece
    if not received:
        return 0, None
    first, _, body = received.partition(b"\r\n\r\n")
    return int(first.split()[1]), json.loads(body)


@pytest.mark.parametrize("token", [None, "wrong", TOKEN[:-1], TOKEN + "x", "", "ä" * 20])
def test_a_wrong_token_is_refused(strict: Host, token: str | None) -> None:
    shown = token.encode().decode("latin-1") if token else token
    status, answer = post(strict, "/transform_query", TRANSLATE, shown)
    assert (status, answer["code"]) == (401, "authentication_fail")
    assert TOKEN not in json.dumps(answer)


def test_the_client_passes_the_refusal_of_its_token_on(strict: Host, async_source: Destination) -> None:
    answer = StixTransmission("proxy", strict.through(async_source.behind(), token="w" * 30), {}).ping()
    assert answer["code"] == "authentication_fail"
    assert "proxy_token" in answer["error"]
    assert "w" * 30 not in json.dumps(answer)
    assert async_source.product.requests == []


@pytest.mark.parametrize("connector", ["mysql", "local_files", "proxy", "no_such", "os"])
def test_an_unlisted_connector_is_refused(strict: Host, connector: str) -> None:
    connection = {"type": connector, "host": "127.0.0.1", "port": 9}
    for path, body in (
        ("/ping", {"connection": connection}),
        ("/parse_query", {"module": connector, "data": "x"}),
    ):
        status, answer = post(strict, path, body)
        assert (status, answer["code"]) == (403, "forbidden"), answer
        assert "connector" in answer["error"]


@pytest.mark.parametrize(
    "connection",
    [
        {"host": "127.0.0.2", "port": 9},
        {"host": "localhost", "port": 9},
        {"host": "127.0.0.1@evil.example", "port": 9},
        {"host": "127.0.0.1", "options": {"proxy": "http://evil.example:3128"}},
        {"host": "127.0.0.1", "options": {"ca_file": "/etc/passwd"}},
        {"host": "127.0.0.1", "options": {"proxy_host": "127.0.0.1"}},
        {"port": 9},
        {"host": 2130706433},
    ],
)
def test_an_unlisted_destination_is_refused(strict: Host, connection: Json) -> None:
    status, answer = post(strict, "/ping", {"connection": {"type": "async_template", **connection}})
    assert (status, answer["code"]) == (403, "forbidden"), answer


def test_a_refusal_is_in_the_audit_log_with_its_reason(strict: Host) -> None:
    post(strict, "/ping", {"connection": {"type": "async_template", "host": "evil.example"}})
    line = strict.audit[-1]
    assert (line["caller"], line["status"], line["code"]) == ("soc", 403, "forbidden")
    assert "evil.example" in line["reason"]


def test_a_file_of_the_host_cannot_be_read_unless_it_is_listed(strict: Host) -> None:
    for url in (f"{strict.folder}/secret.json", f"file://{strict.folder}/secret.json", "../../etc/passwd"):
        status, answer = post(strict, "/ping", {"connection": {"type": "stix_bundle", "url": url}})
        assert (status, answer["code"]) == (403, "forbidden"), answer


def test_the_client_passes_the_refusal_of_a_destination_on(strict: Host) -> None:
    behind = {"connection": {"type": "async_template", "host": "192.0.2.9"}, "configuration": {}}
    for answer in (
        StixTransmission("proxy", strict.through(behind), {}).ping(),
        StixTransmission("proxy", strict.through("payroll"), {}).query("x"),
    ):
        assert answer["code"] == "forbidden", answer


def test_a_body_that_is_too_large_is_refused_before_it_is_read(strict: Host) -> None:
    status, answer = post(strict, "/transform_query", b" " * (BODY + 1))
    assert (status, answer["code"]) == (413, "invalid_parameter")
    with connected(strict) as connection:
        connection.sendall(head(10**12))
        assert answer_of(connection)[0] == 413


def test_a_body_of_unstated_length_is_refused(strict: Host) -> None:
    """However it goes on: with small pieces, with a piece of 4 GB, with a line without an end."""
    for pieces in (b'5\r\n{"a":\r\n' * 20, b"FFFFFFFF\r\n" + b" " * BODY, b"0" * BODY):
        with connected(strict) as connection:
            connection.sendall(head(None) + pieces)
            assert answer_of(connection)[0] == 411


def test_the_body_of_an_unknown_caller_is_not_read(strict: Host) -> None:
    began = time.monotonic()
    with connected(strict) as connection:
        connection.sendall(head(BODY).replace(TOKEN.encode(), b"wrong"))
        received = connection.recv(4096)
    assert received.startswith(b"HTTP/1.1 401")
    assert b"Connection: close" in received
    assert time.monotonic() - began < READ_S


@pytest.mark.parametrize("start", [b"", b"POST /ping HT", head(1000)[:-2], head(1000)])
def test_a_client_that_speaks_too_slowly_is_ended_in_time(strict: Host, start: bytes) -> None:
    """Byte by byte, each well within any limit between two reads."""
    began = time.monotonic()
    with connected(strict) as connection:
        connection.settimeout(0.2)
        connection.sendall(start)
        received = b""
        while time.monotonic() - began < READ_S * 4:
            try:
                connection.sendall(b"a")
                received += (piece := connection.recv(4096))
                if not piece:
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    took = time.monotonic() - began
    assert took < READ_S * 3, took
    assert received.startswith((b"HTTP/1.1 408", b"HTTP/1.1 400")), received
    assert b'"success":false' in received


def test_connections_beyond_the_limit_are_closed_and_make_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stix_shifter.host.server._CONNECTIONS", 20)
    with host_here(tmp_path, {"limits": {"concurrent": 2}}, tls=False) as host:
        with contextlib.ExitStack() as stack:
            connections = [
                stack.enter_context(socket.create_connection(("127.0.0.1", host.port), 20)) for _ in range(30)
            ]
            readable, until = [], time.monotonic() + 10
            while len(readable) < 10 and time.monotonic() < until:
                readable, _, _ = select.select(connections, [], [], 1)
            assert 10 <= len(readable) < 15
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{host.listening}/health", timeout=5) as reply,
            ):
                assert json.loads(reply.read()) == {"status": "ok"}
                break
        else:
            pytest.fail("the host does not serve on")


def test_silent_clients_hold_up_nobody(strict: Host) -> None:
    """More silent connections than the host has threads; some silent before TLS, some behind it."""
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(socket.create_connection(("127.0.0.1", strict.port), 20))
        for _ in range(10):
            stack.enter_context(connected(strict))
        began = time.monotonic()
        assert post(strict, "/transform_query", TRANSLATE)[0] == 200
        assert time.monotonic() - began < READ_S


@pytest.mark.parametrize("sent", [b"", b"POST", head(500), head(500) + b'{"module"', head(None) + b"5\r\nab"])
def test_a_cut_connection_does_no_harm(strict: Host, sent: bytes) -> None:
    with connected(strict) as connection:
        connection.sendall(sent)
    with socket.create_connection(("127.0.0.1", strict.port), 20) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")  # no TLS at all
        with contextlib.suppress(ConnectionError):
            plain.recv(100)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /ping HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST /ping HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /ping HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /ping HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /ping HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70000 + b"\r\n\r\n",
    ],
)
def test_bytes_that_are_no_request_are_refused(strict: Host, request_bytes: bytes) -> None:
    with connected(strict) as connection:
        connection.sendall(request_bytes)
        status, answer = answer_of(connection)
    assert status == 0 or 400 <= status < 500 or status == 505, (status, answer)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 30000, b"9" * 5000, b'{"module": 1, "data": "x"}',
     b'{"module": "stix_bundle"}', b'{"module": "../etc", "data": "x"}'],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused(strict: Host, body: bytes) -> None:
    status, answer = post(strict, "/transform_query", body)
    assert (status, answer["code"]) == (400, "invalid_parameter")


def test_a_source_that_stalls_ends_in_time_and_leaves_room_for_others(
    strict: Host, async_source: Destination
) -> None:
    async_source.product.fail(Fault.stall())
    behind = async_source.behind()
    began = time.monotonic()
    status, answer = post(strict, "/ping", behind)
    assert (status, answer["code"]) == (504, "service_unavailable")
    assert REQUEST_S <= time.monotonic() - began < REQUEST_S + 5


def test_more_than_may_run_at_once_are_told_to_come_again(strict: Host, async_source: Destination) -> None:
    from concurrent.futures import ThreadPoolExecutor

    async_source.product.fail(Fault.stall())
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post(strict, "/ping", async_source.behind()), range(6)))
    statuses = sorted(status for status, _ in answers)
    assert statuses == [429, 429, 429, 429, 504, 504]
    assert {answer["code"] for status, answer in answers if status == 429} == {"too_many_requests"}


def test_a_search_that_began_too_late_for_its_caller_is_deleted(
    strict: Host, async_source: Destination
) -> None:
    async_source.product.fail(Fault.latency(REQUEST_S + 5), on="POST", times=1)
    query = "SELECT * FROM network_events"
    status, _ = post(strict, "/create_query_connection", {**async_source.behind(), "query": query})
    assert status == 504
    until = time.monotonic() + 15
    while not async_source.product.seen("DELETE") and time.monotonic() < until:
        time.sleep(0.05)
    assert async_source.product.searches == {}


@pytest.mark.engine
def test_a_client_certificate_may_stand_for_a_token(tmp_path: Path, async_source: Destination) -> None:
    people, strangers = Authority("People"), Authority("Strangers")
    (tmp_path / "people.pem").write_text(people.pem)
    files = {"good": people.certificate("alice"), "bad": strangers.certificate("alice")}
    paths = {name: write_certificate(tmp_path, name, certificate) for name, certificate in files.items()}
    with running_host(tmp_path, "--client-ca", str(tmp_path / "people.pem")) as host:

        def ping(**options: str) -> Json:
            answer: Json = StixTransmission(
                "proxy", host.through(async_source.behind(), token=None, **options), {}
            ).ping()
            return answer

        certificate, key = map(str, paths["good"])
        assert ping(client_cert=certificate, client_key=key) == {"success": True}
        assert host.audit[-1]["caller"] == "certificate alice"
        assert ping()["code"] == "authentication_fail"
        certificate, key = map(str, paths["bad"])
        assert ping(client_cert=certificate, client_key=key)["success"] is False
        assert len(async_source.product.requests) == 1
