"""Logging in with user and password: a session that the source itself hands out and may end.

Tokens in general, and those of OAuth 2.0, are in `auth.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import ResponseError
from stix_shifter_utils.http.auth import Token, TokenAuth, header_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.http.auth import Asking


@dataclass(eq=False)
class SessionLogin(TokenAuth):
    """A form of `username`, `password` and `extra` is posted to `path`; the answer has the key as `answer`.

    `path` is on the source itself, below its base path. The key is shown after the word `scheme`, and
    asked for again after `lives_s` seconds, or when it is refused.
    """

    path: str
    username: str
    password: str = field(repr=False)
    answer: str
    scheme: str = "Bearer"
    lives_s: float = 3000.0
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    async def fetch(self, asking: Asking) -> Token:
        client = asking.beside(self.path, None)
        client.hide(self.secrets())
        form = {"username": self.username, "password": self.password, **self.extra}
        reply: Any = (await client.post(self.path, data=form, repeatable=True)).secret_json()
        key = reply.get(self.answer) if isinstance(reply, dict) else None
        if not isinstance(key, str) or not key:
            message = (
                f"the login at {self.path} gave no {self.answer}; is this the port of the product's API?"
            )
            raise ResponseError(message)
        return Token(key, self.lives_s)

    def headers(self, token: str) -> Mapping[str, str]:
        return {"Authorization": header_value(f"{self.scheme} {token}")}

    def secrets(self) -> tuple[str, ...]:
        return (*super().secrets(), self.password)
