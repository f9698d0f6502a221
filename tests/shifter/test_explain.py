"""Explaining, and translating with a compiler: plans, verdicts, windows, limits, policies, per dialect."""

import json
import logging
from datetime import datetime, timezone
from typing import Any

import pytest

from stix_shifter.stix_translation.explain import explain
from stix_shifter.stix_translation.stix_translation import StixTranslation
from stix_shifter_utils.errors import (
    PatternSyntaxError,
    UnmappedError,
    UnsupportedDataSourceError,
    UnsupportedDialectError,
)
from stix_shifter_utils.query import Verdict

NOW = datetime(2020, 1, 1, 12, tzinfo=timezone.utc)
WINDOW = "START t'2020-01-01T00:00:00Z' STOP t'2020-01-01T01:00:00Z'"
TRANSLATOR = """
from stix_shifter_utils.connector import BaseQueryTranslator
from stix_shifter_utils.query import SqliteCompiler

class QueryTranslator(BaseQueryTranslator):
    compiler = SqliteCompiler
"""
FLOWS = {
    "stix_translation/json/flows_to_stix_map.json": {
        "ts": [{"key": "first_observed"}, {"key": "last_observed"}],
        "src": [
            {"key": "ipv4-addr.value", "object": "src"},
            {"key": "network-traffic.src_ref", "object": "nt", "references": "src"},
        ],
        "port": {"key": "network-traffic.src_port", "object": "nt"},
    },
    "stix_translation/json/flows_fields.json": {
        "table": "flows",
        "time": "ts",
        "fields": {"ts": "timestamp_text", "src": "ip", "port": "integer"},
    },
}
FILES_DIALECT = {
    "stix_translation/json/files_to_stix_map.json": {
        "ts": [{"key": "first_observed"}, {"key": "last_observed"}],
        "name": {"key": "file.name", "object": "file"},
    },
    "stix_translation/json/files_fields.json": {
        "table": "files",
        "time": "ts",
        "fields": {"ts": "timestamp_text", "name": "text"},
    },
}
BOTH = {"stix_translation/query_translator.py": TRANSLATOR, **FLOWS, **FILES_DIALECT}


@pytest.fixture
def name(make_connector: Any) -> str:
    made: str = make_connector(BOTH, default="flows")
    return made


def translate(name: str, pattern: str, **options: Any) -> dict[str, Any]:
    return StixTranslation().translate(name, "query", {}, pattern, options)


def test_a_connector_with_a_compiler_answers_with_its_queries(name: str) -> None:
    answer = translate(f"{name}:flows", f"[ipv4-addr:value = '192.0.2.1'] {WINDOW}")
    (query,) = answer["queries"]
    assert "flows" in query
    assert "192.0.2.1" in query
    assert "2020-01-01" in query
    assert set(answer) == {"queries"}


def test_a_compiler_file_alone_is_enough(make_connector: Any) -> None:
    constructor = "from stix_shifter_utils.query import SqliteCompiler as QueryConstructor\n"
    files = {**FLOWS, "stix_translation/query_constructor.py": constructor}
    answer = translate(make_connector(files, default="flows"), f"[network-traffic:src_port = 22] {WINDOW}")
    assert "22" in answer["queries"][0]


def test_what_one_dialect_cannot_be_asked_is_told_beside_the_queries_of_the_other(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    answer = translate(name, f"[ipv4-addr:value = '192.0.2.1' OR file:name = 'a'] {WINDOW}")
    assert len(answer["queries"]) == 2
    assert answer["unmapped_attributes"] == {"files": ["ipv4-addr:value"], "flows": ["file:name"]}
    assert "dialect flows: not asked for, unmapped: file:name" in caplog.text


def test_refusing_names_what_cannot_be_asked(name: str) -> None:
    answer = translate(
        f"{name}:flows", f"[ipv4-addr:value = '192.0.2.1' OR file:name = 'a'] {WINDOW}", on_unmapped="refuse"
    )
    assert answer["success"] is False
    assert answer["code"] == "mapping_error"
    assert "['file:name']" in answer["error"]


def test_nothing_mapped_anywhere_is_a_mapping_error(name: str) -> None:
    answer = translate(name, "[x:y = 1]")
    assert answer["code"] == "mapping_error"
    assert (
        "Unable to map the following STIX objects and properties: ['x:y'] to data source fields"
        in answer["error"]
    )


def test_an_explanation_has_a_plan_for_each_dialect(name: str) -> None:
    explanation = explain(name, "[network-traffic:src_port = 22 OR file:name = 'a']", now=NOW)
    assert list(explanation.dialects) == ["files", "flows"]
    flows = explanation.dialects["flows"]
    asked, unknown = (one.verdict for one in flows.verdicts)
    assert asked in (Verdict.EXACT, Verdict.SUPERSET)
    assert unknown is Verdict.UNSEARCHABLE
    assert flows.queries[0].window.stop == NOW
    assert flows.queries[0].limit == 10000


def test_an_explanation_counts_back_from_the_given_moment_by_the_option(name: str) -> None:
    plan = explain(f"{name}:flows", "[network-traffic:src_port = 22]", {"time_range": 60}, now=NOW).dialects[
        "flows"
    ]
    assert plan.queries[0].window.start == datetime(2020, 1, 1, 11, tzinfo=timezone.utc)


def test_an_explanation_is_json_ready(name: str) -> None:
    document = explain(name, "[network-traffic:src_port = 22 OR file:name = 'a']", now=NOW).to_json()
    flows = json.loads(json.dumps(document))["dialects"]["flows"]
    assert flows["queries"][0]["stop"] == "2020-01-01T12:00:00+00:00"
    assert flows["comparisons"][0]["comparison"] == "network-traffic:src_port = 22"
    assert [one["verdict"] for one in flows["comparisons"]][1] == "unsearchable"
    assert all(one["reason"] for one in flows["comparisons"] if one["verdict"] != "exact")
    assert flows["unmapped_attributes"] == ["file:name"]


def test_a_policy_may_be_chosen(name: str) -> None:
    pattern = "[ipv4-addr:value = '192.0.2.1' OR file:name = 'a']"
    with pytest.raises(UnmappedError):
        explain(f"{name}:flows", pattern, policy="refuse", now=NOW)


def test_what_is_wrong_is_raised_as_its_type(name: str) -> None:
    with pytest.raises(PatternSyntaxError):
        explain(name, "[a:b = 1")
    with pytest.raises(UnsupportedDialectError):
        explain(f"{name}:nothing", "[a:b = 1]")
    with pytest.raises(UnsupportedDataSourceError):
        explain("no_such_thing", "[a:b = 1]")


def test_the_caller_of_a_plan_is_told_what_a_pattern_is(name: str) -> None:
    assert "a pattern is a text, not int" in StixTranslation().translate(name, "query", {}, 7)["error"]


def test_an_async_translator_is_explained_too(make_connector: Any) -> None:
    own = (
        "import asyncio\n"
        "from stix_shifter_utils.connector import EmptyQueryTranslator\n"
        "class QueryTranslator(EmptyQueryTranslator):\n"
        "    async def transform_query(self, data):\n"
        "        await asyncio.sleep(0)\n"
        "        return {'queries': data}\n"
    )
    explanation = explain(make_connector({"stix_translation/query_translator.py": own}), "anything")
    assert [query.body for query in explanation.dialects["default"].queries] == ["anything"]


def test_capabilities_of_the_connector_divide_its_queries(make_connector: Any) -> None:
    capabilities = {"max_length": 400}
    files = {
        "stix_translation/query_translator.py": TRANSLATOR,
        **FLOWS,
        "configuration/capabilities.json": capabilities,
    }
    pattern = "[" + " OR ".join(f"ipv4-addr:value = '192.0.2.{n}'" for n in range(100)) + f"] {WINDOW}"
    whole = translate(
        make_connector({"stix_translation/query_translator.py": TRANSLATOR, **FLOWS}, default="flows"),
        pattern,
    )
    divided = translate(make_connector(files, default="flows"), pattern)
    assert len(whole["queries"]) == 1
    assert len(divided["queries"]) > 1
    assert all(len(query) <= 400 for query in divided["queries"])
