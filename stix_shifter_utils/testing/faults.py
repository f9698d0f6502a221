"""The ways in which a source can break, as values. `server.py` acts them out; `product.py` decides when."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

HTML = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


class FaultKind(enum.Enum):
    """What the server does instead of, or to, a good answer."""

    ANSWER = "answer"  # another answer: status, headers and body of the fault
    LATENCY = "latency"  # the good answer, late
    STALL = "stall"  # nothing more after so many bytes of the body, but the connection stays
    CLOSE = "close"  # an orderly end after so many bytes of the body; -1: before the status line
    RESET = "reset"  # the same by RST
    HALF = "half"  # the first half of the body, declared as the whole


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break. `after` counts bytes of the body (-1: not even a status line comes)."""

    kind: FaultKind
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.0
    after: int = -1

    @classmethod
    def answer(cls, status: int, *, retry_after: str | int | None = None, body: str | None = None) -> Fault:
        """Another status. `retry_after` is seconds or an HTTP date; the body is a JSON error unless given."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        text = '{"error": "fault %d"}' % status if body is None else body  # noqa: UP031 -- braces around
        return cls(FaultKind.ANSWER, status, {"Content-Type": "application/json", **headers}, text)

    @classmethod
    def html(cls, status: int = 200) -> Fault:
        """A login page where an API should be."""
        return cls(FaultKind.ANSWER, status, {"Content-Type": "text/html"}, HTML)

    @classmethod
    def redirect(cls, location: str, status: int = 302) -> Fault:
        """Somewhere else."""
        return cls(FaultKind.ANSWER, status, {"Location": location})

    @classmethod
    def latency(cls, seconds: float) -> Fault:
        """The good answer, so many seconds late."""
        return cls(FaultKind.LATENCY, seconds=seconds)

    @classmethod
    def stall(cls, after: int = -1) -> Fault:
        """Accept the request and fall silent."""
        return cls(FaultKind.STALL, after=after)

    @classmethod
    def close(cls, after: int = -1) -> Fault:
        """Close the connection, before the answer or after so many bytes of its body."""
        return cls(FaultKind.CLOSE, after=after)

    @classmethod
    def reset(cls, after: int = -1) -> Fault:
        """Reset the connection, before the answer or after so many bytes of its body."""
        return cls(FaultKind.RESET, after=after)

    @classmethod
    def half_json(cls) -> Fault:
        """Half of the good body, as if it were all."""
        return cls(FaultKind.HALF)


@dataclass(slots=True)
class ArmedFault:
    """A fault that waits for requests beginning with `on`; `left` None means for all of them."""

    fault: Fault
    on: str
    left: int | None

    def takes(self, line: str) -> bool:
        """Whether the request `METHOD /path` meets this fault; counts down."""
        if self.left == 0 or not line.startswith(self.on):
            return False
        if self.left is not None:
            self.left -= 1
        return True
