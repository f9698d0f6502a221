"""The maps against the fields and types that Elastic publishes (npm package `@elastic/ecs`)."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "stix_translation" / "json"
PACKAGE = Path(__file__).resolve().parents[3] / "build" / "engines" / "node_modules" / "@elastic" / "ecs"
LISTED = """
import * as published from "%s";
const of = ([name, field]) => [name, [field.type, (field.normalize ?? []).includes("array")]];
console.log(JSON.stringify(Object.fromEntries(Object.entries(published.EcsFlat).map(of))));
"""
KINDS = {
    "keyword": "text", "wildcard": "text", "match_only_text": "text_nocase", "ip": "ip", "long": "integer",
    "float": "number", "boolean": "boolean", "date": "timestamp",
}  # fmt: skip
BEYOND = ("winlog.", "powershell.", "zeek.", "Target.")
"""Winlogbeat and the integrations Windows, Zeek and Elastic Defend name their own fields so."""
FOUND_IN_LOGS = {
    *(f"{kind}.hash.imphash" for kind in ("process", "process.parent", "file", "dll")),
    "dns.answers[].data",
}
"""`…hash.imphash` as the integration for Sysmon writes it, where ECS has `…pe.imphash`; items of a list."""


@pytest.fixture(scope="module")
def published() -> dict[str, list[Any]]:
    node, listed = shutil.which("node"), PACKAGE / "build" / "esm" / "ecs_flat.js"
    if node is None or not listed.is_file():
        pytest.skip("no node, or no @elastic/ecs in build/engines (see .ci/engines)")
    done = subprocess.run(
        [node, "--input-type=module", "--no-warnings", "-e", LISTED % listed.as_uri()],
        check=True,
        capture_output=True,
        timeout=60,
    )
    found: dict[str, list[Any]] = json.loads(done.stdout)
    return found


@pytest.mark.engine
@pytest.mark.parametrize("name", ["default_fields.json", "fields.json"])
def test_the_fields_are_those_of_ecs_with_their_types(name: str, published: dict[str, list[Any]]) -> None:
    fields = json.loads((FOLDER / name).read_text(encoding="utf-8"))["fields"]
    own = {field for field in fields if field.startswith(BEYOND) or field in FOUND_IN_LOGS}
    of_ecs = [field for field in fields if field not in own]
    assert len(of_ecs) > 240
    assert [field for field in of_ecs if field not in published] == []
    kinds = {field: KINDS[published[field][0]] + "[]" * published[field][1] for field in of_ecs}
    assert {field: fields[field] for field in of_ecs} == kinds
