"""Signature Version 4: requests signed with an access key, or with the temporary keys of a role.

The signing itself is botocore's, which is loaded with the first request. Here too: what the services that
sign this way mean by the name of an error, for they say it in the body and answer 400 to nearly everything.

AWS IAM User Guide, "AWS Signature Version 4 for API requests"; AWS STS API Reference, "AssumeRole" and
"Common Errors"; AWS JSON 1.1 protocol (Smithy 2.0), "Operation error serialization".
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Final, Protocol
from urllib.parse import urlsplit

from stix_shifter_utils.errors import AuthenticationError, ResponseError
from stix_shifter_utils.http.auth import Token, TokenAuth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.http.auth import Asking
    from stix_shifter_utils.http.message import Params, Reply, Request
    from stix_shifter_utils.http.tls import TlsOptions

STATUS_OF_ERROR: Final[Mapping[str, int]] = {
    **dict.fromkeys(
        (
            "UnrecognizedClient", "InvalidClientTokenId", "InvalidSignature", "SignatureDoesNotMatch",
            "ExpiredToken", "InvalidToken", "MissingAuthenticationToken", "IncompleteSignature",
            "InvalidAccessKeyId", "RequestTimeTooSkewed", "RequestExpired", "InvalidAuthorizationHeader",
        ),
        401,
    ),
    **dict.fromkeys(("AccessDenied", "NotAuthorized", "OptInRequired"), 403),
    **dict.fromkeys(
        ("Throttling", "Throttled", "TooManyRequests", "RequestLimitExceeded", "SlowDown"),
        429,
    ),
    **dict.fromkeys(("InternalServer", "InternalFailure", "InternalServerError", "InternalError"), 500),
    **dict.fromkeys(("ServiceUnavailable", "Unavailable"), 503),
}  # fmt: skip
"""Errors by their names, without the ending `Exception`, and the HTTP status that says the same."""

_SIGNED_HEADERS: Final = ("content-type", "x-amz-target")
_NAME: Final = re.compile(rb'"__type"\s*:\s*"([^"]*)"|<Code>([^<]*)</Code>')


def error_name(reply: Reply) -> str:
    """The name of the error in an answer, such as `ThrottlingException`; empty where there is none."""
    said = reply.headers.get("x-amzn-ErrorType") or ""
    if not said and (found := _NAME.search(reply.body)):
        said = (found[1] or found[2]).decode("utf-8", "replace")
    return said.partition(":")[0].rpartition("#")[2]


def status_of(reply: Reply) -> int:
    """The status that an error's name stands for; else the answer's own."""
    if reply.status < 400:  # noqa: PLR2004  no error
        return reply.status
    return STATUS_OF_ERROR.get(error_name(reply).removesuffix("Exception"), reply.status)


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key; `session_token` comes with temporary ones."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    def secrets(self) -> tuple[str, ...]:
        return (self.secret_key, *((self.session_token,) if self.session_token else ()))


class KeySource(Protocol):
    """Where keys come from."""

    async def keys(self, asking: Asking) -> Keys:
        """Keys that are good now."""

    def renew(self, refused: Request) -> bool:
        """The service refused these: True when `keys` would bring fresh ones."""

    def secrets(self) -> tuple[str, ...]:
        """Words that no message may hold."""


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """Keys as a user wrote them."""

    given: Keys

    async def keys(self, asking: Asking) -> Keys:
        return self.given

    def renew(self, refused: Request) -> bool:
        return False

    def secrets(self) -> tuple[str, ...]:
        return self.given.secrets()


class FoundKeys:
    """Keys of where we run: environment, shared files, container or instance; botocore looks, and renews."""

    def __init__(self) -> None:
        self._seen: Keys | None = None

    async def keys(self, asking: Asking) -> Keys:
        self._seen = await asyncio.to_thread(_found_keys)
        return self._seen

    def renew(self, refused: Request) -> bool:
        return False

    def secrets(self) -> tuple[str, ...]:
        return self._seen.secrets() if self._seen else ()


def _found_keys() -> Keys:
    from botocore.session import get_session

    found = get_session().get_credentials()
    if found is None:
        message = "no access key is configured, and none is found in the environment"
        raise AuthenticationError(message)
    frozen = found.get_frozen_credentials()
    return Keys(frozen.access_key, frozen.secret_key, frozen.token)


@dataclass(eq=False)
class AssumedRole(TokenAuth):
    """The temporary keys of a role, from a token service at `url`; renewed before they end, or when refused.

    `base` are the keys that may take the role. `lives_s`: 900 to 43,200 seconds, at most what the role
    allows; taking a role from another one, 3,600.
    """

    leeway_s: ClassVar = 300.0

    url: str
    region: str
    role: str
    base: KeySource
    external_id: str | None = None
    session_name: str = "stix-shifter"
    lives_s: int = 3600
    tls: TlsOptions | None = None

    def __post_init__(self) -> None:
        super().__init__()

    async def keys(self, asking: Asking) -> Keys:
        return Keys(*json.loads((await self.token(asking)).value))

    async def fetch(self, asking: Asking) -> Token:
        client = asking.beside(self.url, self.tls)
        client.hide(self.secrets())
        client.sign(SigV4("sts", self.region, self.base), status_of)
        form: Params = {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "RoleArn": self.role,
            "RoleSessionName": self.session_name,
            "DurationSeconds": self.lives_s,
            "ExternalId": self.external_id,
        }
        reply = await client.post(self.url, data=form, headers={"Accept": "text/xml"}, repeatable=True)
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        found = [re.search(f"<{name}>([^<]+)</{name}>", reply.text()) for name in names]
        if None in found:
            message = f"the token service {urlsplit(self.url).netloc} answered without keys"
            raise ResponseError(message)
        return Token(json.dumps([each[1] for each in found if each]), self.lives_s)

    def headers(self, token: str) -> Mapping[str, str]:
        """What shows that a request was signed with these keys."""
        return {"X-Amz-Security-Token": json.loads(token)[2]}

    def secrets(self) -> tuple[str, ...]:
        own = [word for text in super().secrets() for word in json.loads(text)[1:]]
        return (*self.base.secrets(), *own)


@dataclass(frozen=True, slots=True)
class SigV4:
    """Signs each request anew, for one service in one region. `s3` signs paths and bodies in its own way."""

    service: str
    region: str
    source: KeySource

    async def apply(self, request: Request, asking: Asking) -> Request:
        from botocore.auth import S3SigV4Auth, SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        keys = await self.source.keys(asking)
        headers = {name: text for name, text in request.headers.items() if name.lower() in _SIGNED_HEADERS}
        signed = AWSRequest(method=request.method, url=request.url, data=request.body or b"", headers=headers)
        signer = S3SigV4Auth if self.service == "s3" else SigV4Auth
        credentials = Credentials(keys.access_key, keys.secret_key, keys.session_token)
        signer(credentials, self.service, self.region).add_auth(signed)
        return request.with_headers({str(name): str(text) for name, text in signed.headers.items()})

    def renew(self, refused: Request) -> bool:
        return self.source.renew(refused)

    def secrets(self) -> tuple[str, ...]:
        return self.source.secrets()

    def for_service(self, service: str) -> SigV4:
        """The same keys for another service."""
        return replace(self, service=service)
