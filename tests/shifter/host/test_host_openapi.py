"""The OpenAPI description: written down, held to by every answer, and by schemathesis' bad requests."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from stix_shifter.host.application import make_app
from stix_shifter.host.openapi import description
from stix_shifter.host.operations import OPERATIONS
from stix_shifter.host.policy import Policy
from tests.shifter.host.hosting import ROOT, TOKEN, Destination, host_here

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
IDENTITY = {"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "sensor"}
QUERY = "SELECT * FROM network_events"
PATTERN = "[ipv4-addr:value LIKE '192.0.2.%'] START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"


def test_the_description_in_the_documentation_is_the_real_one() -> None:
    text = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert json.loads(text) == description(), "python -m stix_shifter.host.openapi > docs/openapi.json"


def test_every_route_of_the_application_is_described_and_the_other_way_round() -> None:
    rules = {(rule.rule, *(rule.methods or ())) for rule in make_app(Policy()).url_map.iter_rules()}
    routes = {(path, "POST") for path in OPERATIONS}
    assert {(rule[0], "POST") for rule in rules if "POST" in rule} == routes
    assert {path for path, item in description()["paths"].items() if "post" in item} == set(OPERATIONS)
    assert {rule[0] for rule in rules if "GET" in rule} == {"/health", "/openapi.json"}


def test_every_example_of_the_description_fits_its_schema() -> None:
    for path, item in description()["paths"].items():
        if "post" in item:
            content = item["post"]["requestBody"]["content"]["application/json"]
            Draft202012Validator(content["schema"]).validate(content["example"])
            Draft202012Validator.check_schema(OPERATIONS[path].body)


def validator(path: str, status: int) -> Any:
    """A validator of one answer's schema, with the description's references resolved inside it."""
    whole = description()
    schema = whole["paths"][path]["post"]["responses"][str(status)]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": whole["components"]})


def test_every_answer_fits_its_schema(async_source: Destination) -> None:
    """Successes and errors of each route; each success is one by more than the schema's word."""
    client = make_app(Policy()).test_client()

    def ask(path: str, **body: Any) -> Any:
        reply = client.post(path, data=json.dumps(body))
        validator(path, reply.status_code).validate(reply.get_json())
        return reply.get_json()

    behind = async_source.behind()
    assert ask("/ping", **behind) == {"success": True}
    assert ask("/is_async", **behind) is True
    search = ask("/create_query_connection", **behind, query=QUERY)["search_id"]
    page = {**behind, "search_id": search}
    assert ask("/create_status_connection", **page)["success"]
    assert len(ask("/create_results_connection", **page, offset=0, length="3")["data"]) == 3
    bundle = ask("/create_results_stix_connection", **page, offset=0, length=3, data_source=IDENTITY)
    assert bundle["type"] == "bundle"
    assert ask("/delete_query_connection", **page)["success"]
    module = {"module": "async_template"}
    assert len(ask("/transform_query", **module, data=PATTERN)["queries"]) == 1
    assert ask("/parse_query", **module, data=PATTERN)["parsed_stix"]
    row = {"event_time": 1704110400000, "src_ip": "192.0.2.7"}
    assert ask("/translate_results", **module, data=[row], data_source=IDENTITY)["type"] == "bundle"
    for about in ("mapping", "dialects", "supported_attributes"):
        assert ask("/describe", **module, about=about)
    for path in OPERATIONS:
        assert ask(path)["code"] == "invalid_parameter"
    assert ask("/create_status_connection", **page)["code"] == "no_results"
    assert ask("/transform_query", **module, data="[")["success"] is False


def schemathesis(tmp_path: Path, source: Destination, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run schemathesis' program against a host over loopback whose connectors lead to one product only."""
    settings: Json = {
        "tokens": {"soc": TOKEN},
        "connectors": ["async_template", "stix_bundle"],
        "destinations": [f"127.0.0.1:{source.product.port}"],
        "profiles": {
            "edr": {
                "connector": "async_template",
                "connection": source.connection,
                "config": source.configuration,
            }
        },
        "limits": {"request_s": 20},
    }
    with host_here(tmp_path, settings, tls=False) as host:
        with urllib.request.urlopen(f"{host.listening}/openapi.json", timeout=20) as reply:
            whole = json.loads(reply.read())
        for item in whole["paths"].values():  # examples that lead somewhere here
            if "post" in item:
                example = item["post"]["requestBody"]["content"]["application/json"]["example"]
                item["post"]["requestBody"]["content"]["application/json"]["example"] = {
                    **{
                        key: value
                        for key, value in example.items()
                        if key not in ("connection", "configuration")
                    },
                    **({"destination": "edr"} if "connection" in example else {}),
                }
        schema = tmp_path / "openapi.json"
        schema.write_text(json.dumps(whole))
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(schema), "--url", host.listening]
        command += ["-H", f"Authorization: Bearer {TOKEN}", "--seed", "7", "--no-color", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=400, check=False)


@pytest.mark.engine
@pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="schemathesis is not installed")
def test_schemathesis_finds_nothing(tmp_path: Path, async_source: Destination) -> None:
    """All its checks: statuses and schemas as described, bad bodies refused, no token no answer."""
    done = schemathesis(
        tmp_path, async_source, "--max-examples", "10", "--phases", "examples,coverage,fuzzing"
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    cases = re.search(r"([0-9,]+) generated", done.stdout)
    assert cases, done.stdout[-3000:]
    assert int(cases[1].replace(",", "")) > 300
