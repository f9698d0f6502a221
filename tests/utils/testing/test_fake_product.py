"""The tools under the suite: routes, faults, tables, certificates, cases, literals and grades."""

from __future__ import annotations

import json
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import requests

from stix_shifter_utils.testing import (
    Answer,
    Authority,
    FakeProduct,
    Fault,
    Level,
    Received,
    Refusal,
    SqlTables,
    route,
)
from stix_shifter_utils.testing.cases import Found, read_cases
from stix_shifter_utils.testing.grade import Grade, grade, main
from stix_shifter_utils.testing.hostile import MARKER, hostile_values, outside_literals

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 5


class Small(FakeProduct):
    @route("GET", "/things/{name}/parts/{part}")
    def part(self, request: Received, name: str, part: str) -> Answer:
        return Answer({"name": name, "part": part, "query": dict(request.query)})

    @route("POST", "/things")
    def make(self, request: Received) -> Answer:
        return Answer(request.json(), 201, {"X-Made": "yes"})

    @route("GET", "/fails")
    def fails(self, request: Received) -> Answer:
        message = "a bug in the product"
        raise ZeroDivisionError(message)


def test_routes_give_parts_and_statuses() -> None:
    with Small() as product:
        got = requests.get(f"{product.url}/things/a%2Fb/parts/2", params={"x": "ü"}, timeout=TIMEOUT_S)
        assert got.json() == {"name": "a/b", "part": "2", "query": {"x": "ü"}}
        made = requests.post(f"{product.url}/things", json=[1], timeout=TIMEOUT_S)
        assert (made.status_code, made.json(), made.headers["X-Made"]) == (201, [1], "yes")
        assert requests.post(f"{product.url}/things", data="{", timeout=TIMEOUT_S).status_code == 400
        assert requests.get(f"{product.url}/things", timeout=TIMEOUT_S).status_code == 405
        assert requests.get(f"{product.url}/nothing", timeout=TIMEOUT_S).status_code == 404
        assert [r.method for r in product.seen(path="/things")] == ["GET", "POST", "POST", "GET"]


def test_a_route_that_fails_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="a bug in the product"), Small() as product:
        assert requests.get(f"{product.url}/fails", timeout=TIMEOUT_S).status_code == 500


def test_faults_are_counted_aimed_and_healed() -> None:
    with Small() as product:
        url = f"{product.url}/things/a/parts/1"
        product.fail(Fault.answer(503), times=1, on="GET /things")
        product.fail(Fault.answer(429), on="POST")
        assert [requests.get(url, timeout=TIMEOUT_S).status_code for _ in range(2)] == [503, 200]
        assert requests.post(f"{product.url}/things", json=1, timeout=TIMEOUT_S).status_code == 429
        product.heal()
        assert requests.post(f"{product.url}/things", json=1, timeout=TIMEOUT_S).status_code == 201


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.close(), requests.ConnectionError),
        (Fault.reset(), requests.ConnectionError),
        (Fault.close(after=3), requests.exceptions.ChunkedEncodingError),
        (Fault.half_json(), requests.exceptions.JSONDecodeError),
        (Fault.stall(), requests.Timeout),
        (Fault.stall(after=3), requests.ConnectionError),
    ],
)
def test_every_break_is_a_real_one(fault: Fault, error: type[Exception]) -> None:
    with Small() as product:
        product.fail(fault)
        with pytest.raises(error):
            requests.get(f"{product.url}/things/a/parts/1", timeout=0.2).json()


def test_a_product_that_is_stopped_frees_its_port() -> None:
    product = Small()
    with product:
        port = product.port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    with pytest.raises(RuntimeError, match="not running"):
        _ = product.url


def test_tables_answer_select_and_nothing_else() -> None:
    tables = SqlTables({"t": [{"a": 1, "b": "x"}, {"a": 2, "b": None}]})
    assert tables.select("SELECT a, b FROM t WHERE a > 1") == [{"a": 2, "b": None}]
    for query in (
        "DELETE FROM t",
        "SELECT * FROM nothing",
        "",
        "ATTACH 'x' AS y",
        "SELECT 1; SELECT 2",
        "PRAGMA user_version",
    ):
        with pytest.raises(Refusal):
            tables.select(query)
    with pytest.raises(Refusal):
        tables.select(None)  # type: ignore[arg-type]  # what a client may send
    assert len(tables.select("SELECT * FROM t")) == 2


def test_an_authority_signs_for_the_names_it_is_asked_for() -> None:
    authority = Authority()
    certificate = authority.certificate("siem.example", "10.0.0.1")
    context = ssl.create_default_context(cadata=authority.pem)
    assert context.cert_store_stats()["x509_ca"] >= 1
    assert len(certificate.fingerprint()) == 64
    assert "BEGIN PRIVATE KEY" not in repr(certificate)


def test_literals_are_read_away() -> None:
    query = f"SELECT * FROM \"t\" WHERE a = 'it''s {MARKER}' AND b = 'x\\' -- {MARKER}"
    assert outside_literals(query) == f'SELECT * FROM "t" WHERE a =  AND b =  -- {MARKER}'
    with pytest.raises(ValueError, match="does not end"):
        outside_literals(query, backslash=True)
    assert MARKER not in outside_literals({"term": {"field": f"'{MARKER}", "list": [MARKER]}})
    assert MARKER in outside_literals({MARKER: 1})
    assert len(set(hostile_values())) == len(hostile_values()) > 60


BUNDLE_20 = {
    "objects": [
        {"type": "identity", "id": "identity--1"},
        {
            "type": "observed-data", "id": "observed-data--1", "number_observed": 1,
            "objects": {
                "0": {"type": "ipv4-addr", "value": "192.0.2.1"},
                "1": {"type": "network-traffic", "src_ref": "0", "protocols": ["tcp"], "src_port": 5},
            },
        },
    ]
}  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "is_there"),
    [
        ({"type": "network-traffic", "src_ref": {"value": "192.0.2.1"}}, True),
        ({"type": "network-traffic", "src_ref": {"value": "192.0.2.2"}}, False),
        ({"type": "network-traffic", "protocols": ["tcp"]}, True),
        ({"type": "network-traffic", "protocols": ["tcp", "udp"]}, False),
        ({"type": "network-traffic", "src_port": "5"}, False),
        ({"type": "network-traffic", "dst_port": None}, False),
        ({"type": "observed-data", "number_observed": 1}, True),
        ({"type": "observed-data", "number_observed": True}, False),
    ],
)
def test_objects_are_found_by_some_of_their_properties(wanted: dict[str, Any], is_there: bool) -> None:
    assert Found(BUNDLE_20).has(wanted) is is_there


def test_references_are_followed_in_2_1_too() -> None:
    objects = [
        {"type": "ipv4-addr", "id": "ipv4-addr--1", "value": "192.0.2.1"},
        {"type": "network-traffic", "id": "network-traffic--1", "src_ref": "ipv4-addr--1"},
    ]
    assert Found({"objects": objects}).has({"type": "network-traffic", "src_ref": {"type": "ipv4-addr"}})
    assert Found({"objects": objects}).types() == {"ipv4-addr", "network-traffic"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "non-empty"),
        ('[{"pattern": "[a:b = 1]"}]', r"\$\[0\]"),
        ('[{"pattern": "x", "query": "y", "querries": []}]', "querries"),
        ('[{"rows": [], "query": "x"}]', r"\$\[0\]"),
    ],
)
def test_a_wrong_case_file_is_named(content: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(ValueError, match=rf"bad\.json.*{says}"):
        read_cases(tmp_path)


def test_cases_keep_their_order_and_options(tmp_path: Path) -> None:
    cases = [{"pattern": "p", "queries": []}, {"name": "n", "rows": [1], "raises": "x", "options": {"a": 1}}]
    (tmp_path / "b.json").write_text(json.dumps(cases))
    (tmp_path / "a.json").write_text(json.dumps([{"pattern": "q", "query": "Q"}]))
    read = read_cases(tmp_path)
    assert [case.source for case in read] == ["a[0] q", "b[0] p", "b[1] n"]
    assert [case.queries() for case in read] == [["Q"], [], None]
    assert [case.is_translation for case in read] == [True, True, False]
    assert read[2].options == {"a": 1}


TESTS = """
import pytest
from stix_shifter_utils.testing.levels import bronze, silver, gold
@bronze
def test_one(): pass
@bronze
@pytest.mark.parametrize("n", [1, 2])
def test_two(n): pass
@silver
def test_three():
    {silver}
@gold
def test_four(): pass
def test_own(): assert {own}
"""


@pytest.mark.parametrize(
    ("silver", "own", "earned"),
    [
        ("pass", True, Level.GOLD),
        ("pytest.skip('this product keeps no searches')", True, Level.BRONZE),
        ("pytest.skip('no product to search here')", True, Level.BRONZE),
        ("assert False", True, None),
        ("pass", False, None),
    ],
)
def test_a_grade_needs_every_test_of_its_level_and_below(
    silver: str, own: bool, earned: Level | None, tmp_path: Path
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / f"test_{tmp_path.name}.py").write_text(TESTS.format(silver=silver, own=own))
    found = grade(tmp_path)
    assert found.earned is earned
    assert found.outcomes[Level.BRONZE]["passed"] == 3
    assert found.as_json()["grade"] == (earned.value if earned else None)
    assert bool(found.failed) == (earned is None)


def test_who_fails_is_told_how_to_see_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "stix_shifter_modules" / "failing_one"
    (folder / "tests").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "tests" / "test_failing_one.py").write_text("def test_it(): assert not 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert main(["failing_one"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["failing_one"]["grade"] is None
    assert f"python -m pytest {folder}" in told.err


def test_no_tests_earn_nothing(tmp_path: Path) -> None:
    assert grade(tmp_path).earned is None
    assert Grade().as_json()["bronze"] == {}
