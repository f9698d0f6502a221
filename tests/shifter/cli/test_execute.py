"""`execute`, against the connector of tiny_site."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stix_shifter.execution

IDENTITY = '{"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "tiny"}'
PATTERN = "[ipv4-addr:value = '198.51.100.7']"
AUTH = '{"auth": {"token": "s3cret-token"}}'
Run = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("tiny")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def execute(run: Run, journal: Path) -> Run:
    """`execute("count 30", …, flags=["-r", "5"])`: run these native queries."""

    def execute_it(*queries: str, flags: tuple[str, ...] = (), pattern: str = PATTERN, **options: Any) -> Any:
        connection = {"host": "up", "options": {"queries": list(queries), "journal": str(journal), **options}}
        return run("execute", "tiny", "tiny", IDENTITY, json.dumps(connection), AUTH, pattern, *flags)

    return execute_it


def ports(bundle: dict[str, Any]) -> list[int]:
    """The numbers of the rows that came back, by the flows made of them."""
    flows = [item for item in bundle["objects"] if item["type"] == "network-traffic"]
    for item in bundle["objects"]:
        flows += [each for each in item.get("objects", {}).values() if each["type"] == "network-traffic"]
    return sorted(flow["src_port"] for flow in flows)


@pytest.mark.parametrize(
    ("flags", "count"), [((), 10), (("-r", "1"), 1), (("-r", "30"), 30), (("-r", "99"), 30)]
)
def test_n_rows_mean_n_rows(execute: Run, flags: tuple[str, ...], count: int) -> None:
    said = execute("count 30", flags=flags)
    assert said.code == 0
    assert ports(said.json) == list(range(count))


def test_rows_are_paged_by_batch_size(execute: Run, journal: Path) -> None:
    assert len(ports(execute("count 30", flags=("-r", "25"), batch_size=10).json)) == 25
    pages = [line for line in journal.read_text().splitlines() if line.startswith("results")]
    assert [line.split()[3:5] for line in pages] == [["0", "10"], ["10", "10"], ["20", "5"]]


def test_stix_2_1_on_demand(execute: Run) -> None:
    bundle = execute("count 3", flags=("--stix-2.1",)).json
    assert {item.get("spec_version") for item in bundle["objects"] if item["type"] != "identity"} == {"2.1"}


def test_nothing_found_is_a_bundle_with_the_identity_only(execute: Run) -> None:
    said = execute("count 0")
    assert said.code == 0
    assert [item["type"] for item in said.json["objects"]] == ["identity"]


def test_a_failing_query_is_reported_beside_what_the_others_found(execute: Run) -> None:
    said = execute("count 3", "refuse", "break 2", flags=("-r", "50"))
    assert said.code == 1
    assert len(ports(said.json)) == 5
    assert "query 2, query: tiny connector error => no such query: refuse" in said.err
    assert "query 3, results: tiny connector error => the source went away" in said.err


def test_when_all_queries_fail_the_answer_is_an_error(execute: Run) -> None:
    said = execute("refuse", "leak")
    assert said.code == 1
    assert (said.json["success"], said.json["code"], len(said.json["errors"])) == (False, "invalid_query", 2)
    assert "s3cret-token" not in said.out + said.err


def test_the_pattern_is_validated_before_anything_is_sent(execute: Run, journal: Path) -> None:
    said = execute("count 3", pattern="garbage")
    assert (said.code, said.json["code"]) == (1, "invalid_parameter")
    assert not journal.exists()


def test_a_background_search_is_polled_and_deleted(execute: Run, journal: Path) -> None:
    said = execute("count 3", mode="async")
    assert len(ports(said.json)) == 3
    calls = [line.split()[0] for line in journal.read_text().splitlines()]
    assert calls[:3] == ["query", "status", "results"]
    assert calls[-1] == "delete"


def test_a_search_that_never_ends_is_given_up_and_deleted(execute: Run, journal: Path) -> None:
    said = execute("slow", mode="async", flags=("--timeout", "0.3"))
    assert said.code == 1
    assert "not finished within 0.3 seconds (still running at 40 %)" in said.json["error"]
    assert journal.read_text().splitlines()[-1] == "delete slow"


def test_ctrl_c_deletes_the_search_and_exits_130(
    execute: Run, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stix_shifter.execution.time, "sleep", interrupt)
    said = execute("slow", mode="async")
    assert (said.code, said.out) == (130, "")
    assert "interrupted" in said.err
    assert journal.read_text().splitlines()[-1] == "delete slow"


def test_the_translated_queries_are_logged_on_standard_error(execute: Run) -> None:
    said = execute("count 3")
    assert "INFO Translated Queries:" in said.err
    assert '"count 3"' in said.err


def test_logging_is_as_it_was_afterwards(execute: Run) -> None:
    before = list(logging.getLogger().handlers), logging.getLogger("stix_shifter").level
    execute("count 3", flags=("-d",))
    assert (list(logging.getLogger().handlers), logging.getLogger("stix_shifter").level) == before


def test_what_was_cut_short_is_said(execute: Run) -> None:
    assert "stopped at 10 rows; there may be more" in execute("count 30").err
    assert "1 queries were not sent" in execute("count 30", "count 1", flags=("-r", "1")).err


@pytest.mark.parametrize("options", ["[]", '"x"'])
def test_options_of_the_wrong_kind_are_wrong_usage(run: Run, options: str) -> None:
    said = run("execute", "tiny", "tiny", IDENTITY, f'{{"host": "up", "options": {options}}}', AUTH, PATTERN)
    assert said.code == 2
    assert "argument connection: options must be a JSON object" in said.err


@pytest.mark.parametrize("flag", ["--stream", "--ndjson"])
def test_a_search_may_be_streamed_with_the_same_objects(execute: Run, flag: str) -> None:
    whole = execute("count 30", "refuse", flags=("-r", "50", "--stix-2.1"), batch_size=7)
    said = execute("count 30", "refuse", flags=("-r", "50", "--stix-2.1", flag), batch_size=7)
    ndjson = flag == "--ndjson"
    objects = [json.loads(line) for line in said.out.splitlines()] if ndjson else said.json["objects"]
    assert {item["id"] for item in objects} == {item["id"] for item in whole.json["objects"]}
    assert said.code == whole.code == 1
    assert "no such query: refuse" in said.err
