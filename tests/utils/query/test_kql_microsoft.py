"""Microsoft's own parser of KQL accepts what is written, and reads literals as the values they stand for."""

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from stix_shifter_utils.pattern import parse_pattern
from stix_shifter_utils.query import CompilerOptions, KqlCompiler
from stix_shifter_utils.testing import odd_rows
from stix_shifter_utils.testing.loop import ClosedLoop
from stix_shifter_utils.testing.patterns import generate_patterns

pytestmark = pytest.mark.engine
ROOT = Path(__file__).resolve().parents[3]
NODE_MODULES = ROOT / "build" / "engines" / "node_modules"
NOW = datetime(2020, 1, 2, tzinfo=timezone.utc)


def load(name: str) -> ModuleType:
    """A module beside this file: tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Parser:
    """The parser in a process of its own, asked line by line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def ask(self, **question: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    node = shutil.which("node")
    if node is None or not (NODE_MODULES / "@kusto").is_dir():
        pytest.skip("no node, or no @kusto/language-service-next in build/engines (see .ci/engines)")
    script = Path(__file__).with_name("kusto.js")
    with subprocess.Popen(
        [node, str(script), str(NODE_MODULES)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Parser(process)
        assert process.stdin
        process.stdin.close()
        process.wait(timeout=20)


def test_it_finds_what_is_wrong(parser: Parser) -> None:
    parser.ask(tables={"t": {"name": "string"}})
    for wrong in ("t | where nobody == 'a'", "other | take 1", "t | where name == 'a\\q'", "t | where"):
        assert parser.ask(query=wrong)["errors"]
    assert parser.ask(query="t | where name == 'a' | take 1")["errors"] == []


def test_every_generated_query_is_accepted(parser: Parser) -> None:
    kql = load("test_kql")
    searching, results = odd_rows.mappings()
    facts = ClosedLoop(kql.ROWS, results, key=lambda row: row["_row"]).facts()
    made = KqlCompiler(searching, CompilerOptions(result_limit=10))
    parser.ask(tables={"ev": kql.SCHEMA})
    seen = 0
    for pattern in generate_patterns(facts, seed=5, count=500):
        for policy in ("prune", "widen"):
            for query in made.compile(pattern, now=NOW, policy=policy).queries:
                assert parser.ask(query=str(query.body))["errors"] == [], query.body
                seen += 1
    assert seen > 600


def test_ten_thousand_hostile_values_never_leave_their_literal(parser: Parser) -> None:
    kql = load("test_kql")
    parser.ask(tables={"t": {"name": "string"}})
    for value in kql.VALUES:
        literal = kql.written(value)
        assert parser.ask(literal=literal)["text"] == value
    for start in range(0, len(kql.VALUES), 500):
        listed = ", ".join(map(kql.written, kql.VALUES[start : start + 500]))
        assert parser.ask(query=f"t | where name in ({listed})")["errors"] == []


def test_bags_odd_names_and_windows_are_accepted(parser: Parser) -> None:
    mapping = load("test_kql").MAPPING
    parser.ask(tables={"t": {"name": "string"}})
    for comparison in ("ISSUBSET '10.0.0.0/8'", "ISSUBSET '2001:db8::/32'", "MATCHES 'a+(b|c)$'", "< 'x'"):
        plan = KqlCompiler(mapping, CompilerOptions()).compile(
            parse_pattern(f"[ipv4-addr:value {comparison} OR x-test:name {comparison}]"),
            now=NOW,
            policy="widen",
        )
        for query in plan.queries:
            assert parser.ask(query=str(query.body))["errors"] == []
