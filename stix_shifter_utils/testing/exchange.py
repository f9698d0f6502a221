"""What a fake product receives and answers: plain values and one exception for its no."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Received:
    """A request as the product saw it. Header names are lower case; a repeated query name keeps the last."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str | None:
        """A header by its name, in whatever case; None where it did not come."""
        return self.headers.get(name.lower())

    def json(self) -> Any:
        """The body as JSON. Raises Refusal(400) when it is not."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, "the body is not JSON") from error

    def form(self) -> dict[str, str]:
        """The body as form fields."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def basic(self) -> tuple[str, str] | None:
        """User and password of a Basic header; None when there is none that can be read."""
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except ValueError:
            return None
        return (user, password) if scheme.lower() == "basic" and colon else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers: JSON-ready data, text or bytes."""

    content: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> tuple[bytes, str]:
        """The body and its content type."""
        if isinstance(self.content, bytes):
            return self.content, "application/octet-stream"
        if isinstance(self.content, str):
            return self.content.encode("utf-8"), "text/plain; charset=utf-8"
        return json.dumps(self.content).encode("utf-8"), "application/json"


class Refusal(Exception):  # noqa: N818 -- a product's no is an answer, not a failure of ours
    """A route's no: a status and a message, as a product gives them."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = Answer({"error": message}, status, headers or {})
