"""A token server for fake products: OAuth 2.0 client credentials (RFC 6749 §4.4), with tokens that expire."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from stix_shifter_utils.testing.exchange import Answer, Received, Refusal


@dataclass
class TokenDesk:
    """Gives tokens to one client for one scope, and knows those that are still good."""

    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    lives_s: int = 3599
    tokens: set[str] = field(default_factory=set, repr=False)

    def grant(self, request: Received) -> Answer:
        """Answer a form that asks for a token; what is wrong with it is a 400 or 401 (§5.2)."""
        asked = request.form()
        if asked.get("grant_type") != "client_credentials":
            return Answer({"error": "unsupported_grant_type"}, 400)
        if (asked.get("client_id"), asked.get("client_secret")) != (self.client_id, self.client_secret):
            return Answer({"error": "invalid_client", "error_description": "the secret is not valid"}, 401)
        if asked.get("scope") != self.scope:
            return Answer({"error": "invalid_scope"}, 400)
        token = secrets.token_urlsafe(24)
        self.tokens.add(token)
        return Answer({"token_type": "Bearer", "expires_in": self.lives_s, "access_token": token})

    def expire(self) -> None:
        """Every token so far is good no more."""
        self.tokens.clear()

    def check(self, request: Received, refusal: Refusal) -> None:
        """Raise the product's refusal for a request without a good token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.tokens:
            raise refusal
