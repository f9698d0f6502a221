"""Whether a caller may ask at all: by where it sits, its token or its certificate.

What it may ask is `target.py`.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from stix_shifter.host.policy import digest, is_loopback
from stix_shifter.host.refusals import RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter.host.policy import Policy

LOCAL = "local"
"""The name of a caller on this machine that had to show nothing."""
_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a name for the audit log, and whether allow-lists that were not given mean everything."""

    name: str
    address: str
    is_local: bool


def caller_of(environ: Mapping[str, Any], policy: Policy) -> Caller:
    """The caller of a WSGI request. Raises RefusalError: 401 for a wrong token, 403 for the rest."""
    address = str(environ.get("REMOTE_ADDR") or "")
    is_local = is_loopback(address) and not any(environ.get(name) for name in _FORWARDED)
    if not is_local and environ.get("wsgi.url_scheme") != "https" and not policy.plain_http:
        text = "this host serves other machines over TLS only; give it a certificate and a key"
        raise RefusalError(HTTPStatus.FORBIDDEN, text)
    if policy.knows_callers:
        return Caller(_shown(environ, policy), address, is_local)
    if not is_local:
        text = "this host has no tokens, so it serves its own machine only"
        raise RefusalError(HTTPStatus.FORBIDDEN, text)
    _refuse_browsers(environ)
    return Caller(LOCAL, address, is_local)


def _shown(environ: Mapping[str, Any], policy: Policy) -> str:
    """The name of the certificate or token that the caller showed."""
    if policy.client_certificates and environ.get("SSL_CLIENT_VERIFY") == "SUCCESS":
        return f"certificate {environ.get('SSL_CLIENT_S_DN_CN') or environ.get('SSL_CLIENT_S_DN')}"
    scheme, _, token = str(environ.get("HTTP_AUTHORIZATION") or "").partition(" ")
    given = digest(token.strip().encode("latin-1", "replace").decode("latin-1"))
    found = [name for name, known in policy.tokens.items() if hmac.compare_digest(known, given)]
    if scheme.lower() == "bearer" and found:
        return found[0]
    text = "the token is missing or wrong; send Authorization: Bearer <token> (the option proxy_token)"
    raise RefusalError(HTTPStatus.UNAUTHORIZED, text)


def _refuse_browsers(environ: Mapping[str, Any]) -> None:
    """A web page that a user of this machine looks at must not be able to ask where no token is needed."""
    host = str(environ.get("HTTP_HOST") or "")
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if environ.get("HTTP_ORIGIN") or environ.get("HTTP_SEC_FETCH_SITE") or (name and not is_loopback(name)):
        text = "web pages may not ask this host; give it a token, and send that"
        raise RefusalError(HTTPStatus.FORBIDDEN, text)
