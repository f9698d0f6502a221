"""TLS against a real server with certificates of our own authority; and the proxy."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_utils.errors import (
    AuthenticationError,
    CertificateError,
    ConnectionFailedError,
    ErrorCode,
    SourceTimeoutError,
    TransmissionError,
)
from stix_shifter_utils.http import NO_RETRY, HttpClient, TlsOptions
from stix_shifter_utils.http.tls import shared_context
from stix_shifter_utils.testing import Answer, Authority, Certificate, FakeProduct, Received, route

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Hello(FakeProduct):
    @route("GET", "/hello")
    def hello(self, request: Received) -> Answer:
        return Answer({"host": request.headers["host"]})


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def good(authority: Authority) -> Certificate:
    return authority.certificate("127.0.0.1")


def ask(url: str, tls: TlsOptions | None = None, **settings: Any) -> int:
    client = HttpClient(url, tls=tls, **{"retry": NO_RETRY, "timeout_s": 5, **settings})
    return asyncio.run(client.get("/hello")).status


def refused(url: str, tls: TlsOptions | None = None, **settings: Any) -> str:
    with pytest.raises(CertificateError) as caught:
        ask(url, tls, **settings)
    assert caught.value.code is ErrorCode.TRANSMISSION_CERT_ERROR
    return str(caught.value)


def test_an_unknown_authority_is_refused_and_a_known_one_trusted(
    authority: Authority, good: Certificate, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(authority.pem)
    with Hello(good.server_context()) as product:
        assert "selfSignedCert" in refused(product.url)
        assert ask(product.url, TlsOptions(ca_pem=f"# Unsere Stelle für Tests\n{authority.pem}")) == 200
        assert ask(product.url, TlsOptions(ca_file=str(file))) == 200
        refused(product.url, TlsOptions(ca_pem=Authority().pem))


def test_clients_with_the_same_options_share_what_they_trust_until_that_changes(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(authority.pem)
    assert shared_context(TlsOptions()) is shared_context(TlsOptions())
    assert shared_context(TlsOptions()) is not shared_context(TlsOptions(ca_pem=authority.pem))
    assert shared_context(TlsOptions()) is not shared_context(TlsOptions(verify=False))
    own_file = TlsOptions(ca_file=str(file))
    assert shared_context(own_file) is not shared_context(own_file)
    before = shared_context(TlsOptions())
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    assert shared_context(TlsOptions()) is not before
    assert [one["subject"] for one in shared_context(TlsOptions()).get_ca_certs()] != []


def test_a_self_signed_certificate_is_its_own_authority(authority: Authority) -> None:
    # What the option is named after: the certificate that the appliance made for itself.
    own = Authority("127.0.0.1")
    with Hello(own.certificate("127.0.0.1").server_context()) as product:
        assert ask(product.url, TlsOptions(ca_pem=own.pem)) == 200
        refused(product.url, TlsOptions(ca_pem=authority.pem))


def test_a_wrong_name_is_refused_unless_it_is_the_one_asked_for(authority: Authority) -> None:
    with Hello(authority.certificate("siem.example").server_context()) as product:
        assert "options.server_hostname" in refused(product.url, TlsOptions(ca_pem=authority.pem))
        assert ask(product.url, TlsOptions(ca_pem=authority.pem, server_hostname="siem.example")) == 200
        refused(product.url, TlsOptions(ca_pem=authority.pem, server_hostname="other.example"))


def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    with Hello(authority.certificate("127.0.0.1", expired=True).server_context()) as product:
        assert "expired" in refused(product.url, TlsOptions(ca_pem=authority.pem))


def test_a_pin_accepts_one_certificate_only(authority: Authority, good: Certificate) -> None:
    with Hello(good.server_context()) as product:
        assert ask(product.url, TlsOptions(fingerprint_sha256=good.fingerprint())) == 200
        said = refused(product.url, TlsOptions(fingerprint_sha256="00" * 32))
        assert good.fingerprint() in said.replace(":", "")
        both = TlsOptions(ca_pem=authority.pem, fingerprint_sha256=good.fingerprint())
        assert ask(product.url, both) == 200
        refused(product.url, TlsOptions(ca_pem=Authority().pem, fingerprint_sha256=good.fingerprint()))
        assert product.requests == product.seen("GET", "/hello")
        assert len(product.requests) == 2


def test_switching_verification_off_works_and_is_warned_about_each_time(
    good: Certificate, caplog: pytest.LogCaptureFixture
) -> None:
    with Hello(good.server_context()) as product, caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert ask(product.url, TlsOptions(verify=False)) == 200
    warnings = [r.getMessage() for r in caplog.records if "switched off" in r.getMessage()]
    assert len(warnings) == 2
    assert "127.0.0.1" in warnings[0]


def test_a_client_certificate_is_shown_as_text_and_as_files(
    authority: Authority, good: Certificate, tmp_path: Path
) -> None:
    mine = authority.certificate("hunter")
    cert, key = tmp_path / "me.pem", tmp_path / "me.key"
    cert.write_text(mine.cert_pem)
    key.write_text(mine.key_pem)
    texts = TlsOptions(ca_pem=authority.pem, client_cert=mine.cert_pem, client_key=mine.key_pem)
    joint = TlsOptions(ca_pem=authority.pem, client_cert=mine.cert_pem + mine.key_pem)
    files = TlsOptions(ca_pem=authority.pem, client_cert=str(cert), client_key=str(key))
    with Hello(good.server_context(client_ca_pem=authority.pem)) as product:
        assert [ask(product.url, tls) for tls in (texts, joint, files)] == [200, 200, 200]
        with pytest.raises((CertificateError, ConnectionFailedError)):
            ask(product.url, TlsOptions(ca_pem=authority.pem))
        assert len(product.requests) == 3


def test_a_port_that_does_not_speak_tls_is_told_so() -> None:
    with Hello() as product, pytest.raises(ConnectionFailedError, match="does this port speak TLS"):
        ask(product.url.replace("http:", "https:"))


def test_a_host_that_never_ends_its_handshake_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(SourceTimeoutError, match=r"no connection within 0\.1 s"):
            ask(url, connect_timeout_s=0.1)


@contextmanager
def proxy(answer: bytes, *, forward: bool) -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that notes the heads it reads, answers each with `answer`, and then pipes bytes for CONNECT."""
    heads: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def pipe(source: socket.socket, target: socket.socket) -> None:
        try:
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve() -> None:
        with server:
            try:
                taken, _ = server.accept()
            except OSError:
                return
            with taken:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += taken.recv(65536)
                heads.append(head)
                taken.sendall(answer)
                if forward:
                    host, port = head.split(b" ")[1].decode().split(":")
                    with socket.create_connection((host, int(port))) as upstream:
                        back = threading.Thread(target=pipe, args=(upstream, taken))
                        back.start()
                        pipe(taken, upstream)
                        back.join()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}", heads
    finally:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_proxy_tunnels_tls_with_its_own_credentials(authority: Authority, good: Certificate) -> None:
    with (
        Hello(good.server_context()) as product,
        proxy(b"HTTP/1.1 200 OK\r\n\r\n", forward=True) as (where, heads),
    ):
        assert ask(product.url, TlsOptions(ca_pem=authority.pem), proxy=f"http://me:pa%3As@{where}") == 200
        assert heads[0].startswith(f"CONNECT 127.0.0.1:{product.port} ".encode())
    assert b"Proxy-Authorization: Basic bWU6cGE6cw==" in heads[0]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (b"407 Proxy Authentication Required", AuthenticationError),
        (b"502 Bad Gateway", ConnectionFailedError),
    ],
)
def test_a_proxy_that_refuses_is_named_without_its_password(
    status: bytes, error: type[TransmissionError]
) -> None:
    answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with (
        proxy(answer, forward=False) as (where, _),
        pytest.raises(error, match="check the proxy option") as caught,
    ):
        ask("https://127.0.0.1:1", proxy=f"http://me:hunter2@{where}")
    assert "hunter2" not in str(caught.value)


def test_a_proxy_that_is_not_there_is_named() -> None:
    with pytest.raises(ConnectionFailedError, match="the proxy cannot be reached"):
        ask("https://127.0.0.1:1", proxy="http://127.0.0.1:1")
