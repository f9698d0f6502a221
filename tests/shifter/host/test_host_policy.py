"""What the settings file says, where a connection leads, and who may ask: without a network."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stix_shifter.host.access import caller_of
from stix_shifter.host.places import UNREADABLE, allowed, places_of
from stix_shifter.host.policy import Policy, is_loopback, read_policy
from stix_shifter.host.refusals import RefusalError
from stix_shifter.host.searches import Search, Searches
from stix_shifter.host.target import Target
from stix_shifter_utils.errors import ConfigurationError

if TYPE_CHECKING:
    import ipaddress
    from pathlib import Path

TOKEN = "t" * 20
LOCAL = {"REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http", "HTTP_HOST": "127.0.0.1:5000"}
REMOTE = {"REMOTE_ADDR": "192.0.2.7", "wsgi.url_scheme": "https", "HTTP_HOST": "hunt.example.com"}
SHOWN = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        ({"host": "DB.example.com.", "port": 3306}, ["db.example.com:3306"]),
        ({"host": "https://db.example.com/x", "port": 1}, ["db.example.com:443"]),
        ({"host": "::1", "port": 1}, ["[::1]:1"]),
        ({"host": "[2001:DB8::0:1]", "port": 1}, ["[2001:db8::1]:1"]),
        ({"host": "db", "options": {"proxy": "http://u:secret@p.example:80/?k"}}, ["db", "p.example:80"]),
        ({"url": "https://taxii.example.com/collections/x/?token=secret"}, ["taxii.example.com:443"]),
        ({"url": "s3://Bucket/key"}, ["s3://bucket"]),
        ({"path": ["/var/log", "s3://b/x"]}, ["file:/var/log", "s3://b"]),
        ({"path": "/var/../etc/./passwd"}, ["file:/etc/passwd"]),
        ({"path": {"zeek": "/logs/zeek"}}, ["file:/logs/zeek"]),
        ({"host": "db", "options": {"client_key": "/root/key.pem"}}, ["db", "file:/root/key.pem"]),
        ({"host": "db", "options": {"client_cert": "-----BEGIN CERTIFICATE-----\nx"}}, ["db"]),
        ({"host": "db", "selfSignedCert": "-----BEGIN CERTIFICATE-----", "security_level": "high"}, ["db"]),
        ({"host": "db", "options": {"server_hostname": "other", "mapping": {"file": {"path": "x"}}}}, ["db"]),
        ({"options": {"proxy_host": "h", "proxy_port": 5, "destination": {"host": "in"}}}, ["h:5", "in:5"]),
        ({"options": {"proxy_host": "h", "destination": '{"connection": {"host": "in"}}'}}, ["h", "in"]),
        ({"options": {"proxy_host": "h", "destination": "{broken"}}, ["h", UNREADABLE]),
        ({"host": "good.example\\@evil.example"}, [UNREADABLE]),
        ({"host": "good.example#evil"}, [UNREADABLE]),
        ({"host": "good example"}, [UNREADABLE]),
        ({"url": "http://good.example\\@evil.example/"}, [UNREADABLE]),
        ({"url": "http://[::1/"}, [UNREADABLE]),
        ({"host": 2130706433}, [UNREADABLE]),
        ({"region": "eu-west-1"}, ["connector:c"]),
    ],
)  # fmt: skip
def test_every_place_that_a_connection_names_is_found(
    connection: dict[str, Any], expected: list[str]
) -> None:
    assert places_of("c", connection, {"auth": {"password": "a.host.of.its.own"}}) == expected


def test_a_url_among_the_credentials_is_a_place_and_shows_no_secret() -> None:
    places = places_of(
        "c", {"host": "db"}, {"auth": {"token_url": "https://u:secret@login.example/t?k=secret"}}
    )
    assert places == ["db", "login.example:443"]


@pytest.mark.parametrize(
    ("place", "entry", "fits"),
    [
        ("db:3306", "db", True),
        ("db:3306", "DB:3306", True),
        ("db:3306", "db:3307", False),
        ("db", "db:3306", False),
        ("a.example.com:1", "*.example.com", True),
        ("example.com:1", "*.example.com", False),
        ("badexample.com", "*.example.com", False),
        ("10.1.2.3:1", "10.0.0.0/8", True),
        ("[::ffff:10.1.2.3]:1", "10.0.0.0/8", False),
        ("[2001:db8::1]:1", "2001:db8::/32", True),
        ("ten.example", "10.0.0.0/8", False),
        ("10.1.2.3:1", "10.1.2.3", True),
        ("10.1.2.3:1", "no/net", False),
        ("file:/data/a.json", "file:/data/*", True),
        ("file:/etc/passwd", "file:/data/*", False),
        ("file:/data/a.json", "*.json", False),
        ("s3://b", "s3://b", True),
        ("s3://b", "b", False),
        ("connector:c", "connector:c", True),
        ("connector:c", "c", False),
        (UNREADABLE, UNREADABLE, False),
        ("?", "*.example.com", False),
        (UNREADABLE, "*.example.com", False),
        ("anything", "*", True),
    ],
)
def test_an_entry_allows_what_it_says(place: str, entry: str, fits: bool) -> None:
    assert allowed(place, (entry,)) is fits
    assert allowed(place, ()) is False


@given(st.text(max_size=40))
def test_no_host_slips_through_a_list_of_another_one(text: str) -> None:
    places = places_of("c", {"host": text}, {})
    listed = all(allowed(place, ("good.example",)) for place in places)
    assert listed == (text.strip().lower().rstrip(".") == "good.example" or _is_url_of_good(text))


def _is_url_of_good(text: str) -> bool:
    return "://" in text and "good.example" in text.lower()


@given(st.ip_addresses(), st.integers(1, 65535))
def test_an_address_is_listed_by_value(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int
) -> None:
    (place,) = places_of("c", {"host": address.exploded, "port": port}, {})
    assert allowed(place, (address.compressed,))
    assert allowed(place, (f"{address}/{address.max_prefixlen}",))
    assert not allowed(place, (str(address + 1 if int(address) < 2**32 - 1 else address - 1),))


def refused(environ: dict[str, Any], policy: Policy) -> HTTPStatus | None:
    try:
        caller_of(environ, policy)
    except RefusalError as error:
        return error.status
    return None


def test_who_may_ask_where_nothing_was_set() -> None:
    policy = Policy()
    assert refused(LOCAL, policy) is None
    assert refused({**LOCAL, "REMOTE_ADDR": "::ffff:127.0.0.1"}, policy) is None
    assert refused(REMOTE, policy) is HTTPStatus.FORBIDDEN
    for browser in ({"HTTP_ORIGIN": "https://evil.example"}, {"HTTP_SEC_FETCH_SITE": "cross-site"},
                    {"HTTP_HOST": "evil.example:5000"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}):  # fmt: skip
        assert refused({**LOCAL, **browser}, policy) is HTTPStatus.FORBIDDEN, browser


def test_a_token_is_asked_for_everywhere_once_there_is_one() -> None:
    policy = Policy().with_token("soc", TOKEN)
    for environ in (LOCAL, REMOTE):
        assert refused(environ, policy) is HTTPStatus.UNAUTHORIZED
        assert refused({**environ, "HTTP_AUTHORIZATION": f"Basic {TOKEN}"}, policy) is HTTPStatus.UNAUTHORIZED
        assert caller_of({**environ, **SHOWN}, policy).name == "soc"
    plain = {**REMOTE, **SHOWN, "wsgi.url_scheme": "http"}
    assert refused(plain, policy) is HTTPStatus.FORBIDDEN


def test_a_certificate_counts_only_where_it_was_verified() -> None:
    policy = Policy(client_certificates=True)
    shown = {**REMOTE, "SSL_CLIENT_S_DN_CN": "alice"}
    assert refused({**shown, "HTTP_SSL_CLIENT_VERIFY": "SUCCESS"}, policy) is HTTPStatus.UNAUTHORIZED
    assert refused({**shown, "SSL_CLIENT_VERIFY": "NONE"}, policy) is HTTPStatus.UNAUTHORIZED
    assert caller_of({**shown, "SSL_CLIENT_VERIFY": "SUCCESS"}, policy).name == "certificate alice"
    assert refused({**shown, "SSL_CLIENT_VERIFY": "SUCCESS"}, Policy().with_token("soc", TOKEN)) is not None


@pytest.mark.parametrize("token", ["short", "with blank in the middle", "línea" * 5, "a" * 20 + "\n"])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    with pytest.raises(ConfigurationError):
        Policy().with_token("soc", token)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("[]", "must be keys and values"),
        ("token: x", "token: is not known"),
        ("connectors: mysql", "connectors: must be a list"),
        ("limits: {bodies: 3}", "limits.bodies: is not known"),
        ("limits: {concurrent: 0}", "limits.concurrent: must be a number above 0"),
        ("limits: {read_s: true}", "limits.read_s: must be"),
        ("tokens: {soc: '${env:NO_SUCH_VARIABLE}'}", "tokens.soc"),
        ("tokens: [a]", "tokens: must be names and tokens"),
        ("profiles: {a: {connector: no_such}}", "profiles.a"),
        ("audit: 3", "audit: must be a text"),
        ("{", "no YAML"),
    ],
)
def test_wrong_settings_are_told_with_their_place(settings: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "host.yaml"
    path.write_text(settings)
    with pytest.raises(ConfigurationError, match=r"host\.yaml") as raised:
        read_policy(path)
    assert says in str(raised.value)


def test_settings_are_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOC_TOKEN", TOKEN)
    path = tmp_path / "host.yaml"
    settings = {
        "tokens": {"soc": "${env:SOC_TOKEN}"},
        "connectors": ["mysql"],
        "destinations": ["db:3306"],
        "profiles": {"bundle": {"connector": "stix_bundle", "connection": {"url": "x.json"}}},
        "limits": {"concurrent": 2, "read_s": 1},
        "audit": str(tmp_path / "a.jsonl"),
        "plain_http": True,
    }
    path.write_text(json.dumps(settings))
    policy = read_policy(path)
    assert (policy.connectors, policy.destinations) == (frozenset({"mysql"}), ("db:3306",))
    assert (policy.limits.concurrent, policy.limits.read_s, policy.limits.request_s) == (2, 1.0, 120.0)
    assert (list(policy.profiles), policy.plain_http, policy.has_lists) == (["bundle"], True, True)
    assert TOKEN not in repr(policy)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True),
     ("::ffff:127.0.0.1", True), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False),
     ("localhost.evil.example", False), ("", False)],
)  # fmt: skip
def test_loopback_is_known(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_searches_are_forgotten_when_nobody_asks() -> None:
    now = [0.0]
    searches = Searches(10.0, clock=lambda: now[0])
    first, second = (Search(Target("c", "p", {"host": "h"}), number) for number in (1, 2))
    searches.started(first)
    searches.started(second)
    now[0] = 8.0
    searches.asked(second)
    now[0] = 11.0
    assert searches.take_forgotten() == [first]
    searches.ended(second)
    assert searches.take_all() == []
