"""The base of a connector's `APIClient`: an HTTP client made from the connection's parameters.

| parameter                           | meaning                                                          |
|-------------------------------------|------------------------------------------------------------------|
| `host`, `port`                      | where the product is; https unless the class says otherwise      |
| `selfSignedCert`                    | PEM text of a certificate or CA to trust beside the system's     |
| `options.timeout`                   | seconds that one request may take                                |
| `options.ca_file`                   | the same as `selfSignedCert`, from a file or folder              |
| `options.client_cert`, `client_key` | a client certificate and its key: PEM text or file names         |
| `options.tls_fingerprint`           | SHA-256 of the one certificate to accept                         |
| `options.server_hostname`           | the name to ask for and to find in the certificate               |
| `options.verify_cert`               | `false` switches verification off; warned about each time        |
| `options.proxy`                     | URL of an HTTP proxy; `environment` for the usual variables      |
"""

from __future__ import annotations

import functools
import ipaddress
import logging
import os
import ssl
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stix_shifter_utils.errors import CertificateError, ConfigurationError
from stix_shifter_utils.http import SYSTEM_CLOCK, Clock, HttpClient, Retry, StatusErrors, TlsOptions
from stix_shifter_utils.transmission.classic_client import ClassicClient, TlsSwitches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self

    from stix_shifter_utils.http import Auth, Reply

DEFAULT_TIMEOUT_S = 30.0
_CONNECT_TIMEOUT = "STIXSHIFTER_CONNECT_TIMEOUT"
_ENVIRONMENT_PROXY = "STIX_SHIFTER_ENABLE_TRUST_ENV"

log = logging.getLogger(__name__)


class HttpSource:
    """An HTTP product. Subclass it as `APIClient`, override `auth`, write the five calls with `self.http`.

    `base_path` stands before every path, `headers` go with every request, `errors` says which status means
    what here, `retry` how patiently to try. Inside `async with` connections are shared; nothing needs
    closing otherwise.
    """

    scheme: str = "https"
    base_path: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
    errors: StatusErrors = MappingProxyType({})
    retry: Retry = Retry()
    clock: Clock = SYSTEM_CLOCK

    def __init__(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        self.connection = connection
        self.configuration = configuration
        self.credentials: Mapping[str, Any] = configuration.get("auth") or {}
        self.options: Mapping[str, Any] = connection.get("options") or {}

    def auth(self) -> Auth | None:
        """The credentials, made of `self.credentials`; None for a product that asks for none."""
        return None

    def base_url(self) -> str:
        """Scheme, host, port and `base_path`. Raises ConfigurationError without a host."""
        host = str(self.connection.get("host") or "")
        scheme, given, rest = host.rpartition("://")
        scheme = scheme if given else self.scheme
        host = rest.rstrip("/")
        if not host or any(c in host for c in "/?#@ "):
            message = "connection.host must be a host name or an address, without path and user"
            raise ConfigurationError(message)
        if scheme == "http" and self.scheme != "http" and not _is_loopback(host):
            message = "connection.host says http://, which would send the credentials readable; use https"
            raise ConfigurationError(message)
        port = self.connection.get("port")
        return f"{scheme}://{_bracketed(host)}{f':{int(port)}' if port else ''}{self.base_path}"

    def login_tls(self) -> TlsOptions:
        """Trust for a token server that stands elsewhere: the same authorities, no name, no fingerprint."""
        return replace(tls_options(self.connection), fingerprint_sha256=None, server_hostname=None)

    def status_of(self, reply: Reply) -> int:
        """The status that an answer stands for; its own, unless a product says it in the body."""
        return reply.status

    @functools.cached_property
    def http(self) -> HttpClient:
        """The client for this product, with its credentials, trust and limits."""
        timeout_s = float(self.options.get("timeout") or DEFAULT_TIMEOUT_S)
        connect_s = _number(os.environ.get(_CONNECT_TIMEOUT), default=10.0)
        trusts_environment = os.environ.get(_ENVIRONMENT_PROXY, "").lower() == "true"
        return HttpClient(
            self.base_url(),
            auth=self.auth(),
            tls=self._tls(),
            timeout_s=timeout_s,
            connect_timeout_s=connect_s,
            retry=self.retry,
            proxy=self.options.get("proxy") or ("environment" if trusts_environment else None),
            headers=self.headers,
            errors=self.errors,
            status_of=self.status_of,
            clock=self.clock,
        )

    @functools.cached_property
    def client(self) -> ClassicClient:
        """Where clients of earlier releases switch verification off: `client.ssl_context.verify_mode`."""
        return ClassicClient(TlsSwitches(lambda: self.__dict__.pop("http", None)))

    def _tls(self) -> TlsOptions:
        options = tls_options(self.connection)
        is_off = "client" in self.__dict__ and self.client.ssl_context.verify_mode == ssl.CERT_NONE
        return replace(options, verify=False) if is_off else options

    async def __aenter__(self) -> Self:
        await self.http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.__aexit__(kind, error, trace)


def tls_options(connection: Mapping[str, Any]) -> TlsOptions:
    """The TLS part of a connection. Raises CertificateError where `selfSignedCert` is not text."""
    options: Mapping[str, Any] = connection.get("options") or {}
    own = connection.get("selfSignedCert")
    if own is True or (own and not isinstance(own, str)):
        message = "selfSignedCert must be the PEM text of the certificate to trust"
        raise CertificateError(message)
    if own is False:
        log.info("selfSignedCert is false: the system's authorities are trusted, and verification stays on")
    return TlsOptions(
        ca_pem=own or None,
        ca_file=options.get("ca_file") or None,
        client_cert=options.get("client_cert") or None,
        client_key=options.get("client_key") or None,
        fingerprint_sha256=options.get("tls_fingerprint") or None,
        server_hostname=options.get("server_hostname") or None,
        verify=options.get("verify_cert") is not False,
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") and _address(host) else host


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{_bracketed(host)}").hostname or ""
    address = _address(name)
    return name == "localhost" or (address is not None and address.is_loopback)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _number(text: str | None, *, default: float) -> float:
    try:
        return float(text) if text else default
    except ValueError:
        return default
