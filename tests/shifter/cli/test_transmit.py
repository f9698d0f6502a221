"""`transmit`, against the connector of tiny_site."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

IDENTITY = '{"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "tiny"}'
PATTERN = "[ipv4-addr:value = '198.51.100.7']"
AUTH = '{"auth": {"token": "s3cret-token"}}'
CONNECTION = '{"host": "up"}'
Run = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("tiny")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["ping"], {"success": True}),
        (["is_async"], False),
        (["query", "count 3"], {"success": True, "search_id": "count 3"}),
        (["status", "count 3"], {"success": True, "status": "COMPLETED", "progress": 100}),
        (["delete", "count 3"], {"success": True}),
    ],
)
def test_each_operation_prints_the_answer_of_the_python_api(run: Run, words: list[str], answer: Any) -> None:
    said = run("transmit", "tiny", CONNECTION, AUTH, *words)
    assert (said.code, said.json, said.err) == (0, answer, "")


def test_offset_and_length_are_numbers(run: Run) -> None:
    said = run("transmit", "tiny", CONNECTION, AUTH, "results", "count 30", "2", "5")
    assert [row["number"] for row in said.json["data"]] == [2, 3, 4, 5, 6]


def test_results_as_stix_keep_offset_and_length(run: Run) -> None:
    said = run("transmit", "tiny", CONNECTION, AUTH, "results_stix", "count 30", "2", "5", IDENTITY)
    assert said.code == 0
    assert sum(item["type"] == "observed-data" for item in said.json["objects"]) == 5
    assert [stat["action"] for stat in said.json["stats"]] == ["transmission", "translation"]


@pytest.mark.parametrize("operation", [["status", "slow"], ["results", "count 3", "0", "1"]])
def test_metadata_reaches_the_connector(run: Run, tmp_path: Path, operation: list[str]) -> None:
    journal = tmp_path / "journal"
    connection = json.dumps({"host": "up", "options": {"journal": str(journal)}})
    run("transmit", "tiny", connection, AUTH, *operation, '{"page": 2}')
    run("transmit", "tiny", connection, AUTH, *operation, "token==")
    assert [
        line.partition("{")[1] + line.rpartition(" ")[2] for line in journal.read_text().splitlines()
    ] == [
        "{2}",
        "token==",
    ]


def test_an_error_of_the_source_is_printed_with_its_code_and_exit_1(run: Run) -> None:
    said = run("transmit", "tiny", CONNECTION, AUTH, "query", "refuse")
    assert said.code == 1
    assert said.json == {
        "success": False,
        "connector": "tiny",
        "error": "tiny connector error => no such query: refuse",
        "code": "invalid_query",
    }


def test_a_bug_of_a_connector_is_an_error_answer_without_a_traceback(run: Run) -> None:
    said = run("transmit", "tiny", CONNECTION, AUTH, "results", "crash 0", "0", "1")
    assert (said.code, said.json["code"]) == (1, "unknown")
    assert "Traceback" not in said.err


def test_debug_shows_the_traceback(run: Run) -> None:
    said = run("transmit", "tiny", CONNECTION, AUTH, "results", "crash 0", "0", "1", "--debug")
    assert "Traceback" in said.err
    assert "ZeroDivisionError" in said.err


@pytest.mark.parametrize("debug", [[], ["-d"]])
@pytest.mark.parametrize("query", ["leak", "refuse"])
def test_no_secret_is_printed(run: Run, debug: list[str], query: str) -> None:
    said = run("transmit", "tiny", CONNECTION, AUTH, "results", query, "0", "1", *debug)
    assert said.code == 1
    assert "s3cret-token" not in said.out + said.err


@pytest.mark.parametrize(
    ("connection", "configuration", "named"),
    [
        ("{}", AUTH, "connection.host"),
        ('{"host": "up", "options": {"nonsense": 1}}', AUTH, "nonsense"),
        (CONNECTION, "{}", "configuration.auth.token"),
        (CONNECTION, '{"auth": {"token": "s3cret-token", "tokem": "s3cret-too"}}', "tokem"),
    ],
)
def test_wrong_parameters_are_named_without_their_values(
    run: Run, connection: str, configuration: str, named: str
) -> None:
    said = run("transmit", "tiny", connection, configuration, "ping")
    assert (said.code, said.json["code"]) == (1, "invalid_parameter")
    assert named in said.json["error"]
    assert "s3cret" not in said.out + said.err


def test_is_async_of_a_broken_connection_is_an_error_answer(run: Run) -> None:
    said = run("transmit", "tiny", "{}", AUTH, "is_async")
    assert (said.code, said.json["success"]) == (1, False)


def test_secrets_come_from_the_environment_or_a_file(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TINY_TOKEN", "from-the-environment")
    (tmp_path / "token").write_text("from-a-file\n")
    journal = tmp_path / "journal"
    connection = json.dumps({"host": "up", "options": {"journal": str(journal)}})
    for reference in ("${env:TINY_TOKEN}", f"Bearer ${{file:{tmp_path / 'token'}}}"):
        assert (
            run("transmit", "tiny", connection, json.dumps({"auth": {"token": reference}}), "ping").code == 0
        )
    assert journal.read_text().splitlines() == ["ping from-the-environment", "ping Bearer from-a-file"]


@pytest.mark.parametrize(
    ("reference", "words"),
    [("${env:NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE is not set"), ("${file:/nowhere/at/all}", "cannot read")],
)
def test_a_reference_that_leads_nowhere_is_wrong_usage(run: Run, reference: str, words: str) -> None:
    said = run("transmit", "tiny", CONNECTION, json.dumps({"auth": {"token": reference}}), "ping")
    assert (said.code, said.out) == (2, "")
    assert "argument configuration" in said.err
    assert words in said.err


def test_json_arguments_may_come_from_a_file_and_from_standard_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / "connection.json").write_text(CONNECTION)
    said = run("transmit", "tiny", f"@{tmp_path / 'connection.json'}", "-", "ping", stdin=AUTH)
    assert said.json == {"success": True}


def test_an_unknown_connector_is_an_error_answer(run: Run) -> None:
    said = run("transmit", "no_such_thing", CONNECTION, AUTH, "ping")
    assert said.code == 1
    assert "no_such_thing is an unsupported data source" in said.json["error"]
    assert "no_such_thing" not in sys.modules
