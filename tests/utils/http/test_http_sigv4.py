"""Signature Version 4: what is signed, whose keys sign it, and what the services mean by their errors."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from stix_shifter_utils.errors import AuthenticationError
from stix_shifter_utils.http import HttpClient, Reply, Request
from stix_shifter_utils.http.sigv4 import (
    AssumedRole,
    FixedKeys,
    FoundKeys,
    Keys,
    SigV4,
    error_name,
    status_of,
)
from stix_shifter_utils.testing.clock import FakeClock

if TYPE_CHECKING:
    from stix_shifter_utils.http import TlsOptions

SECRET, TOKEN = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "session==token"
KEYS = Keys("AKIDEXAMPLE", SECRET, TOKEN)


@dataclass
class Asking:
    """A client that answers a token service by heart."""

    clock: FakeClock = field(default_factory=FakeClock)
    asked: list[Any] = field(default_factory=list)
    lacks: str = ""

    def beside(self, url: str, tls: TlsOptions | None) -> HttpClient:
        asking = self

        class Client(HttpClient):
            async def post(self, path: str, **call: Any) -> Reply:
                asking.asked.append(call["data"])
                number = len(asking.asked)
                parts = {
                    "AccessKeyId": f"ASIA{number}",
                    "SecretAccessKey": "s/+",
                    "SessionToken": f"t{number}==",
                }
                text = "".join(
                    f"<{name}>{value}</{name}>" for name, value in parts.items() if name != asking.lacks
                )
                return Reply(200, {}, f"<r>{text}</r>".encode(), Request("POST", url))

        return Client(url)


def signed(auth: SigV4, request: Request, asking: Asking | None = None) -> Request:
    return asyncio.run(auth.apply(request, asking or Asking()))


def reply(body: str, status: int = 400, **headers: str) -> Reply:
    return Reply(status, headers, body.encode(), Request("POST", "https://service.example/"))


def test_what_is_sent_carries_the_signature_of_just_that() -> None:
    given = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "A.B",
        "Accept": "*/*",
        "User-Agent": "u",
    }
    request = Request("POST", "https://athena.eu-central-1.amazonaws.com/", given, b'{"a": 1}')
    sent = signed(SigV4("athena", "eu-central-1", FixedKeys(KEYS)), request)
    assert {**sent.headers, **given} == dict(sent.headers), "nothing that was there is lost"
    assert sent.headers["X-Amz-Security-Token"] == TOKEN
    names = sent.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert names == ["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"]
    again = AWSRequest(
        "POST",
        sent.url,
        {name: value for name, value in sent.headers.items() if name.lower() in names},
        sent.body,
    )
    again.context["timestamp"] = sent.headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(KEYS.access_key, SECRET, TOKEN), "athena", "eu-central-1")
    expected = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    assert sent.headers["Authorization"].endswith(f"Signature={expected}")


def test_the_store_signs_the_hash_of_the_body_too() -> None:
    sent = signed(
        SigV4("athena", "r", FixedKeys(KEYS)).for_service("s3"), Request("DELETE", "https://s3.r/b/a%20b")
    )
    assert "/r/s3/aws4_request" in sent.headers["Authorization"]
    assert len(sent.headers["X-Amz-Content-SHA256"]) == 64


def test_secrets_are_named_as_secrets_and_shown_nowhere() -> None:
    auth = SigV4("athena", "r", FixedKeys(KEYS))
    assert set(auth.secrets()) == {SECRET, TOKEN}
    assert SECRET not in repr(auth)
    assert TOKEN not in repr(auth)
    assert not auth.renew(Request("GET", "https://x/")), "keys that were refused stay refused"


def test_a_role_is_assumed_once_until_five_minutes_before_its_end() -> None:
    role = AssumedRole("https://sts.r/", "r", "arn:role", FixedKeys(KEYS), "ext")
    auth, asking = SigV4("athena", "r", role), Asking()

    async def session() -> list[str]:
        tokens = []
        for wait in (0, 3290, 20, 0):
            await asking.clock.sleep(wait)
            sent = await auth.apply(Request("GET", "https://athena.r/"), asking)
            tokens.append(sent.headers["X-Amz-Security-Token"])
        assert auth.renew(sent), "a token that is refused is renewed"
        sent = await auth.apply(Request("GET", "https://athena.r/"), asking)
        return [*tokens, sent.headers["X-Amz-Security-Token"]]

    assert asyncio.run(session()) == ["t1==", "t1==", "t2==", "t2==", "t3=="]
    assert asking.asked[0] == {
        "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:role",
        "RoleSessionName": "stix-shifter",
        "DurationSeconds": 3600, "ExternalId": "ext",
    }  # fmt: skip
    assert {SECRET, TOKEN, "s/+", "t3=="} <= set(auth.secrets())


def test_a_token_service_without_keys_is_told() -> None:
    from stix_shifter_utils.errors import ResponseError

    auth = SigV4("athena", "r", AssumedRole("https://sts.r/", "r", "arn:role", FixedKeys(KEYS)))
    with pytest.raises(ResponseError, match=r"sts\.r answered without keys"):
        signed(auth, Request("GET", "https://athena.r/"), Asking(lacks="SecretAccessKey"))


def test_keys_of_the_environment_are_found_or_missed_with_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
                 "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = filed\n"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    found = FoundKeys()
    sent = signed(SigV4("athena", "r", found), Request("GET", "https://athena.r/"))
    assert "Credential=AKIAFILE/" in sent.headers["Authorization"]
    assert found.secrets() == ("filed",)
    (tmp_path / "credentials").write_text("")
    with pytest.raises(AuthenticationError, match="no access key is configured"):
        signed(SigV4("athena", "r", FoundKeys()), Request("GET", "https://athena.r/"))


@pytest.mark.parametrize(
    ("answer", "name", "status"),
    [
        (reply('{"__type":"com.amazonaws.x#ThrottlingException","message":"m"}'), "ThrottlingException", 429),
        (
            reply("{}", **{"x-amzn-ErrorType": "TooManyRequestsException:http://a/"}),
            "TooManyRequestsException",
            429,
        ),
        (reply('{"__type": "AccessDeniedException"}'), "AccessDeniedException", 403),
        (reply('{"__type": "ExpiredTokenException"}'), "ExpiredTokenException", 401),
        (reply('{"__type": "UnrecognizedClientException"}'), "UnrecognizedClientException", 401),
        (reply('{"__type": "InvalidSignatureException"}'), "InvalidSignatureException", 401),
        (reply("<E><Code>SignatureDoesNotMatch</Code></E>", 403), "SignatureDoesNotMatch", 401),
        (reply("<Error><Code>SlowDown</Code></Error>", 503), "SlowDown", 429),
        (reply('{"__type": "InternalServerException"}', 500), "InternalServerException", 500),
        (reply('{"__type": "InvalidRequestException"}'), "InvalidRequestException", 400),
        (reply("<html>", 502), "", 502),
        (reply('{"__type": "AccessDeniedException"}', 200), "AccessDeniedException", 200),
    ],
)
def test_errors_mean_what_their_names_say(answer: Reply, name: str, status: int) -> None:
    assert error_name(answer) == name
    assert status_of(answer) == status
