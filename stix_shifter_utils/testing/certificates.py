"""A certificate authority for one test run: makes server and client certificates, in memory.

Needs the `cryptography` package, which comes with the `test` extra.
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_LIFE = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, both as PEM text."""

    cert_pem: str
    key_pem: str = field(repr=False)

    def fingerprint(self) -> str:
        """SHA-256 of the certificate in colon notation, as products print it."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.cert_pem)).hexdigest()

    def server_context(self, *, client_ca_pem: str | None = None) -> ssl.SSLContext:
        """A server's context with this certificate; with a CA it demands client certificates of that CA."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "server.pem"
            path.write_text(self.cert_pem + self.key_pem, encoding="ascii")
            context.load_cert_chain(path)
        if client_ca_pem is not None:
            context.load_verify_locations(cadata=client_ca_pem)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class Authority:
    """Signs certificates; `pem` is what a client must trust."""

    def __init__(self, name: str = "Test authority") -> None:
        from cryptography.hazmat.primitives.asymmetric import (
            ec,  # the test extra's, so not needed to import us
        )

        self._key = ec.generate_private_key(ec.SECP256R1())
        self._cert = _sign(name, self._key.public_key(), self._key, issuer=None, names=[])
        self.pem = _pem(self._cert)

    def certificate(self, *names: str, expired: bool = False) -> Certificate:
        """A certificate for host names and addresses; `localhost` and 127.0.0.1 when none is given."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        subject = list(names) or ["localhost", "127.0.0.1"]
        cert = _sign(subject[0], key.public_key(), self._key, self._cert, subject, expired=expired)
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        return Certificate(_pem(cert), key.private_bytes(serialization.Encoding.PEM, form, plain).decode())


def _sign(
    name: str,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    names: list[str],
    *,
    expired: bool = False,
) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime.now(datetime.timezone.utc) - _LIFE * (3 if expired else 1)
    signing = signer.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LIFE * 2)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing), critical=False)
    )
    if issuer is None:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    else:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_name(n) for n in names]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def _name(text: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _pem(cert: x509.Certificate) -> str:
    from cryptography.hazmat.primitives import serialization

    return cert.public_bytes(serialization.Encoding.PEM).decode("ascii")
