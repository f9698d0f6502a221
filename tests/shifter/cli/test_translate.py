"""`translate`, against the connector of tiny_site."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

IDENTITY = '{"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "tiny"}'
PATTERN = "[ipv4-addr:value = '198.51.100.7']"
AUTH = '{"auth": {"token": "s3cret-token"}}'
Run = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("tiny")


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {"number": n, "time": f"2024-05-14T08:00:{n:02d}.000Z", "source": f"198.51.100.{n}"}
        for n in range(count)
    ]


def observed(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in bundle["objects"] if item["type"] == "observed-data"]


@pytest.mark.parametrize("source", ["{}", "", "null", IDENTITY])
def test_a_pattern_becomes_the_queries_of_the_source(run: Run, source: str) -> None:
    said = run("translate", "tiny", "query", source, PATTERN)
    assert (said.code, said.json) == (0, {"queries": ["count 30"]})


def test_options_are_json_and_reach_the_connector(run: Run) -> None:
    said = run("translate", "tiny", "query", "{}", PATTERN, '{"queries": ["a", "b"]}')
    assert said.json["queries"] == ["a", "b"]


@pytest.mark.parametrize("data", ["", "-"])
def test_a_pattern_may_come_from_standard_input_over_several_lines(run: Run, data: str) -> None:
    said = run("translate", "tiny", "query", "{}", data, stdin="[ipv4-addr:value\n = '198.51.100.7']\n")
    assert said.code == 0


def test_a_pattern_may_come_from_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pattern").write_text(PATTERN + "\n")
    assert run("translate", "tiny", "query", "{}", f"@{tmp_path / 'pattern'}").code == 0


@pytest.mark.parametrize("form", ["bare", "json", "stdin"])
def test_parse_takes_the_pattern_bare_and_as_a_json_text(run: Run, form: str) -> None:
    data = {"bare": PATTERN, "json": json.dumps(PATTERN), "stdin": "-"}[form]
    said = run("translate", "tiny", "parse", "{}", data, stdin=PATTERN)
    assert said.code == 0
    assert said.json["parsed_stix"] == [
        {"attribute": "ipv4-addr:value", "comparison_operator": "=", "value": "198.51.100.7"}
    ]


def test_a_pattern_that_is_none_is_an_error_answer_and_exit_1(run: Run) -> None:
    said = run("translate", "tiny", "query", "{}", "[ipv4-addr:value = ")
    assert said.code == 1
    assert said.json["success"] is False
    assert said.json["error"].startswith("tiny connector error => ")
    assert said.err.startswith("stix-shifter: error: tiny connector error => ")
    assert "Traceback" not in said.err


def test_exit_zero_is_for_old_scripts(run: Run) -> None:
    said = run("translate", "tiny", "query", "{}", "[ipv4-addr:value = ", "--exit-zero")
    assert (said.code, said.json["success"]) == (0, False)


def test_an_unknown_connector_is_an_error_answer(run: Run) -> None:
    said = run("translate", "no_such_thing", "query", "{}", PATTERN)
    assert said.code == 1
    assert "no_such_thing" in said.json["error"]


def test_an_unknown_option_is_an_error_answer_that_names_it(run: Run) -> None:
    said = run("translate", "tiny", "query", "{}", PATTERN, '{"querys": []}')
    assert said.code == 1
    assert "querys" in said.json["error"]


@pytest.mark.parametrize("form", ["list", "lines", "file", "stdin", "empty"])
def test_rows_become_a_bundle_however_they_are_given(run: Run, tmp_path: Path, form: str) -> None:
    text = "\n".join(map(json.dumps, rows(3))) if form == "lines" else json.dumps(rows(3))
    (tmp_path / "rows.json").write_text(text)
    data = {"file": f"@{tmp_path / 'rows.json'}", "stdin": "-", "empty": ""}.get(form, text)
    said = run("translate", "tiny", "results", IDENTITY, data, stdin=text)
    assert said.code == 0
    assert said.json["type"] == "bundle"
    assert said.json["objects"][0]["name"] == "tiny"
    assert len(observed(said.json)) == 3


def test_results_are_stix_2_1_on_demand(run: Run) -> None:
    said = run("translate", "tiny", "results", IDENTITY, json.dumps(rows(2)), "--stix-2.1")
    assert all(item["spec_version"] == "2.1" for item in observed(said.json))


@pytest.mark.parametrize("form", ["list", "lines"])
def test_streamed_results_are_the_same_bundle(run: Run, form: str) -> None:
    text = "\n".join(map(json.dumps, rows(40))) if form == "lines" else json.dumps(rows(40))
    whole = run("translate", "tiny", "results", IDENTITY, text, "--stix-2.1")
    streamed = run("translate", "tiny", "results", IDENTITY, "-", "--stix-2.1", "--stream", stdin=text)
    assert streamed.code == 0
    key = lambda item: item["id"]  # noqa: E731  one word for two sorts
    assert sorted(streamed.json["objects"], key=key) == sorted(whole.json["objects"], key=key)


def test_ndjson_is_one_object_per_line(run: Run) -> None:
    said = run("translate", "tiny", "results", IDENTITY, json.dumps(rows(4)), "--ndjson")
    objects = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 0
    assert sum(item["type"] == "observed-data" for item in objects) == 4


def test_every_row_of_a_stream_is_accounted_for(run: Run) -> None:
    text = "\n".join(map(json.dumps, [*rows(3), {}, 5]))
    said = run("translate", "tiny", "results", IDENTITY, "-", "--ndjson", stdin=text)
    assert said.code == 0
    assert "5 rows: 3 observed-data, " in said.err
    assert "rows 1 of which nothing became an object, 1 that are no objects; 0 values left out" in said.err


def test_objects_that_rows_share_are_written_at_once_on_demand(run: Run) -> None:
    same = "\n".join(map(json.dumps, rows(1) * 3))
    words = ("translate", "tiny", "results", IDENTITY, "-", "--ndjson", "--stix-2.1")
    merged, at_once = run(*words, stdin=same), run(*words, "--no-merge", stdin=same)
    ids = [json.loads(line)["id"] for line in merged.out.splitlines()]
    ids_at_once = [json.loads(line)["id"] for line in at_once.out.splitlines()]
    assert len(ids) == len(set(ids)) < len(ids_at_once)
    assert set(ids_at_once) == set(ids)


def test_a_stream_that_breaks_off_keeps_its_rows_and_exits_1(run: Run) -> None:
    text = json.dumps(rows(5))[:-30]
    said = run("translate", "tiny", "results", IDENTITY, "-", "--stream", stdin=text)
    assert said.code == 1
    assert len(observed(said.json)) == 4
    assert "breaks off" in said.err


def test_the_validator_checks_the_bundle_on_demand(run: Run) -> None:
    good = run("translate", "tiny", "results", IDENTITY, json.dumps(rows(2)), "--stix-2.1", "-x")
    assert good.code == 0
    assert "valid STIX 2.1" in good.err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["query", "{", PATTERN], "argument data_source: not JSON"),
        (["query", "[]", PATTERN], "argument data_source: must be a JSON object"),
        (["query", "{}", PATTERN, "{"], "argument options: not JSON"),
        (["results", IDENTITY, "[{]"], "argument data: not JSON"),
        (["results", IDENTITY, "@nowhere.json"], "argument data: cannot read nowhere.json"),
        (["query", "{}"], "argument data: translate query needs data_source and data"),
        (["query", "-", "-"], "argument data: standard input is already read for data_source"),
    ],
)
def test_bad_input_is_one_line_naming_the_argument_and_exit_2(run: Run, words: list[str], named: str) -> None:
    said = run("translate", "tiny", *words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"stix-shifter: error: {named}")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("kind", ["mapping", "configs", "dialects", "supported_attributes"])
def test_questions_about_the_connector_need_no_data(run: Run, kind: str) -> None:
    said = run("translate", "tiny", kind)
    assert said.code == 0
    assert said.json
