"""How the source is known to be the source: trust, client certificate, pinned fingerprint, name to ask for.

Makes standard `ssl` contexts. Verification is on unless a source switches it off by name; that is warned
about each time.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import logging
import os
import ssl
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from stix_shifter_utils.errors import CertificateError

_SHA256_BYTES = 32
_PEM_MARK = "-----BEGIN "

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """TLS of one source.

    `ca_pem` is PEM text, `ca_file` a file or folder of such; either is trusted beside the system's
    authorities. `client_cert` and `client_key` are PEM text or file names; the key may stand in the
    certificate's text. `fingerprint_sha256` pins the server's certificate: 64 hexadecimal digits, colons
    allowed. Without a CA of its own a pinned source needs no chain and no name: it is this certificate or
    nothing. `server_hostname` is the name to ask for (SNI) and to find in the certificate, where it differs
    from the host.
    """

    ca_pem: str | None = None
    ca_file: str | None = None
    client_cert: str | None = None
    client_key: str | None = field(default=None, repr=False)
    fingerprint_sha256: str | None = None
    server_hostname: str | None = None
    verify: bool = True

    def fingerprint(self) -> bytes | None:
        """The pinned digest as bytes. Raises CertificateError when it is not a SHA-256 digest."""
        if not self.fingerprint_sha256:
            return None
        try:
            digest = bytes.fromhex(self.fingerprint_sha256.replace(":", "").replace(" ", ""))
        except ValueError:
            digest = b""
        if len(digest) != _SHA256_BYTES:
            message = "the pinned fingerprint is not 64 hexadecimal digits (SHA-256 of the certificate)"
            raise CertificateError(message)
        return digest

    def context(self) -> ssl.SSLContext:
        """A fresh client context. Raises CertificateError naming the material that cannot be read."""
        context = ssl.create_default_context()
        self._trust(context)
        self._identify(context)
        pin, own_ca = self.fingerprint(), bool(self.ca_pem or self.ca_file)
        if not self.verify or (pin and not own_ca):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if pin:
            context.sslobject_class = _pinned(pin)
        return context

    def warn_if_unverified(self, host: str) -> None:
        """Say that nobody checks who answers; called for every connection pool that is opened."""
        if not self.verify and not self.fingerprint_sha256:
            log.warning(
                "TLS verification is switched off for %s: anyone in between can read and change this", host
            )

    def _trust(self, context: ssl.SSLContext) -> None:
        if self.ca_pem:
            pem = self.ca_pem.encode("ascii", "ignore").decode("ascii")  # only comments are anything else
            try:
                context.load_verify_locations(cadata=pem)
            except (ssl.SSLError, ValueError) as error:
                message = "the CA certificate cannot be read; give PEM text (-----BEGIN CERTIFICATE-----)"
                raise CertificateError(message) from error
        if self.ca_file:
            is_folder = Path(self.ca_file).is_dir()
            try:
                context.load_verify_locations(
                    cafile=None if is_folder else self.ca_file, capath=self.ca_file if is_folder else None
                )
            except (ssl.SSLError, OSError) as error:
                message = f"the CA file {self.ca_file} cannot be read as PEM certificates"
                raise CertificateError(message) from error

    def _identify(self, context: ssl.SSLContext) -> None:
        if not self.client_cert:
            return
        try:
            with tempfile.TemporaryDirectory(prefix="tls-") as folder:  # 0700, and gone after loading
                cert = _as_file(self.client_cert, Path(folder) / "cert.pem")
                key = _as_file(self.client_key, Path(folder) / "key.pem") if self.client_key else None
                context.load_cert_chain(cert, key, password=_no_password)
        except (ssl.SSLError, OSError, ValueError) as error:
            message = "the client certificate or its key cannot be read; give PEM, the key without password"
            raise CertificateError(message) from error


_making = threading.Lock()


def shared_context(options: TlsOptions) -> ssl.SSLContext:
    """The context of some options, which all clients with the same ones share; do not change it.

    Reading the system's authorities takes 30 ms, many times a request. Where they have changed since, and for
    material in files and client certificates, the context is fresh.
    """
    if options.ca_file or options.client_cert:
        return options.context()
    with _making:  # else as many threads as there are sources would all read them
        return _shared(options, _authorities())


@functools.lru_cache(maxsize=64)
def _shared(options: TlsOptions, _authorities: object) -> ssl.SSLContext:
    return options.context()


def _authorities() -> object:
    """What is another value when the system's authorities have changed."""
    paths = ssl.get_default_verify_paths()
    named = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    places = (*named, paths.cafile, paths.capath)
    return named, tuple(Path(one).stat().st_mtime_ns for one in places if one and Path(one).exists())


class PinMismatchError(ssl.SSLCertVerificationError):
    """The server's certificate is another than the pinned one; `verify_message` names what was found."""


def _pinned(pin: bytes) -> type[ssl.SSLObject]:
    """A connection whose handshake ends at a certificate other than the pinned one, before data flows."""

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            found = hashlib.sha256(self.getpeercert(binary_form=True) or b"")
            if not hmac.compare_digest(found.digest(), pin):
                error = PinMismatchError("pin")
                error.verify_message = f"it is not the pinned one, but SHA-256 {found.hexdigest()}"
                raise error

    return Pinned


def _as_file(text_or_name: str, place: Path) -> Path:
    if _PEM_MARK not in text_or_name:
        return Path(text_or_name)
    place.touch(mode=0o600)
    place.write_text(text_or_name, encoding="ascii")
    return place


def _no_password() -> str:
    message = "the key is protected by a password"
    raise ValueError(message)
