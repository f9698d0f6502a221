"""What clients of earlier releases find at `api_client.client`: the switches of TLS verification, no client.

Kestrel sets `client.ssl_context.check_hostname` and `.verify_mode` for profiles with `verify_cert: false`.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class TlsSwitches:
    """The two attributes of an SSL context that switch verification off: `verify_mode = ssl.CERT_NONE`.

    The shared contexts of the HTTP clients are not touched. `check_hostname` is kept and has no effect of its
    own: a certificate that is verified is verified for the host.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.check_hostname = True
        self._mode = ssl.CERT_REQUIRED
        self._changed = changed

    @property
    def verify_mode(self) -> ssl.VerifyMode:
        """`ssl.CERT_NONE` or `ssl.CERT_REQUIRED`."""
        return self._mode

    @verify_mode.setter
    def verify_mode(self, mode: ssl.VerifyMode) -> None:
        self._mode = mode
        self._changed()


@dataclass(frozen=True, slots=True)
class ClassicClient:
    """The place where earlier releases had their HTTP client."""

    ssl_context: TlsSwitches = field(repr=False)
