"""What may be said aloud of an address and of an answer: no user names, no query values, no known secret.

Masking of configurations is `config.redact`; this is the part that the HTTP client needs for its messages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"
EXCERPT_LENGTH = 80
_SHORTEST_SECRET = 4
"""A shorter secret is no secret, and masking it would eat ordinary text."""


def safe_url(url: str, secrets: Iterable[str] = ()) -> str:
    """The URL without user, password and query; a query that was there shows as `?…`."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    shown = f"{parts.scheme}://{host}{parts.path}" if parts.scheme else parts.path
    return mask(shown + ("?…" if parts.query else ""), secrets)


def mask(text: str, secrets: Iterable[str]) -> str:
    """Put `***` in place of every secret, also where it stands percent-encoded; longest first."""
    for secret in sorted({s for s in secrets if len(s) >= _SHORTEST_SECRET}, key=len, reverse=True):
        for form in {
            secret,
            quote(secret, safe="", errors="surrogatepass"),
            quote_plus(secret, errors="surrogatepass"),
        }:
            text = text.replace(form, MASK)
    return text


def excerpt(body: bytes, secrets: Iterable[str] = (), length: int = EXCERPT_LENGTH) -> str:
    """The first characters of an answer on one line, without secrets and control characters."""
    text = mask(body[: length * 8].decode("utf-8", errors="replace"), secrets)
    text = "".join(c if c.isprintable() else " " for c in text)
    text = re.sub(r" +", " ", text).strip()
    return text if len(text) <= length else f"{text[:length]}…"
