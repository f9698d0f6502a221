"""Athena over published OCSF events, flows and findings: the loop closes, by Trino's own grammar too."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.aws_athena.stix_transmission.api_client import APIClient, table_of
from stix_shifter_modules.aws_athena.tests import real_rows, rows
from stix_shifter_modules.aws_athena.tests.product import shown as as_text
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.testing.dialect_loop import assert_closed, assert_thorough, loop_of
from stix_shifter_utils.testing.hostile import hostile_values
from stix_shifter_utils.testing.languages.trino import Table, Trino, read_trino
from stix_shifter_utils.testing.real_data import missing
from stix_shifter_utils.testing.real_patterns import real_patterns_answered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stix_shifter_utils.query import NativeQuery
    from stix_shifter_utils.testing.loop import LoopReport

ROOT = Path(__file__).resolve().parents[3]
NODE_MODULES = ROOT / "build" / "engines" / "node_modules"
CONNECTION = {"region": "eu-central-1", "catalog": "AwsDataCatalog", "workgroup": "primary", "options": {}}
real = pytest.mark.skipif(bool(missing()), reason=missing())


class Lake:
    """A client that knows its tables, and the engine behind it; nothing is sent."""

    def __init__(self, dialect: str, table: Table) -> None:
        place = {f"{dialect}_database_name": "lake", f"{dialect}_table_name": dialect}
        self.client, self.dialect, self.asked = APIClient({**CONNECTION, **place}, {}), dialect, list[str]()
        columns = [{"Name": name, "Type": kind} for name, kind in table.columns.items()]
        self.client.tables[dialect] = table_of(dialect, {"Columns": columns})
        self.trino = Trino({f"lake.{dialect}": table})

    def sql(self, body: Any) -> str:
        return asyncio.run(self.client.sql(self.dialect, body))

    def run(self, query: NativeQuery) -> list[dict[str, Any]]:
        self.asked.append(self.sql(query.body))
        answer = self.trino.run(self.asked[-1])
        info = [{"Name": name, "Type": kind} for name, kind in answer.columns]
        data = [
            {"Data": [{} if each is None else {"VarCharValue": as_text(each)} for each in row]}
            for row in answer.rows
        ]
        return self.client.records(self.dialect, info, data)


def closed_loop(dialect: str, table: Table, patterns: int, *, audit: bool) -> LoopReport:
    lake = Lake(dialect, table)
    return loop_of("aws_athena", dialect, rows.shown(dialect, table), lake.run).report(
        patterns, seed=33, audit=audit
    )


def different(table: Table) -> Table:
    """The rows that differ."""
    unique = {json.dumps(row, sort_keys=True, default=str): row for row in table.rows}
    return Table(table.columns, list(unique.values()))


@real
def test_the_loop_closes_over_published_events_of_ocsf() -> None:
    assert_closed(closed_loop("ocsf", different(rows.real_events()), 60, audit=False), exact=0)


@real
@pytest.mark.engine
def test_the_loop_closes_over_published_events_for_five_hundred_patterns() -> None:
    assert_thorough(closed_loop("ocsf", different(rows.real_events()), 500, audit=False))


@pytest.mark.engine
@pytest.mark.parametrize(("dialect", "make"), [("vpcflow", rows.flow), ("guardduty", rows.finding)])
def test_the_loop_closes_over_flows_and_findings_for_five_hundred_patterns(dialect: str, make: Any) -> None:
    table = Table(rows.TABLES[dialect].columns, [make(n) for n in range(1, 151)])
    assert_thorough(closed_loop(dialect, table, 500, audit=False))


@real
@pytest.mark.parametrize(
    ("dialect", "make"), [("vpcflow", real_rows.flows), ("guardduty", real_rows.findings)]
)
@pytest.mark.parametrize(("most", "patterns"), [(60, 30), pytest.param(300, 500, marks=pytest.mark.engine)])
def test_the_loop_closes_over_published_connections_and_calls(
    dialect: str, make: Any, most: int, patterns: int
) -> None:
    table = different(make(most))
    assert len(table.rows) >= most * 2 // 3
    report = closed_loop(dialect, table, patterns, audit=False)
    if patterns < 500:
        assert_closed(report, exact=0)
    else:
        assert_thorough(report)


@real
@pytest.mark.parametrize("step", [25, pytest.param(1, marks=pytest.mark.engine)])
def test_every_real_pattern_is_asked_or_refused_with_a_reason(step: int) -> None:
    translator = load_entry_point("aws_athena")(options={}).get_query_translator("ocsf")

    def check(body: dict[str, Any]) -> None:
        read_trino(f'SELECT "a" FROM "d"."t" WHERE {body["ocsf"]}')

    indicators, rules = real_patterns_answered(translator, check, step=step)
    assert indicators["whole"] / indicators.total() > 0.9
    assert rules["whole"] + rules["in part"] > 0


class Grammar:
    """Trino's grammar in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def errors(self, sql: str) -> list[str]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"sql": sql}) + "\n")
        self.process.stdin.flush()
        found: list[str] = json.loads(self.process.stdout.readline())["errors"]
        return found


@pytest.fixture(scope="module")
def grammar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grammar]:
    node, bundler = shutil.which("node"), NODE_MODULES / ".bin" / "esbuild"
    if node is None or not bundler.exists() or not (NODE_MODULES / "dt-sql-parser").is_dir():
        pytest.skip("no node, or no dt-sql-parser and esbuild in build/engines (see .ci/engines)")
    script = tmp_path_factory.mktemp("trino") / "trino.mjs"
    source = ROOT / "tests" / "utils" / "query" / "trino.js"
    subprocess.run(
        [bundler, source, "--bundle", "--platform=node", "--format=esm", f"--outfile={script}"],
        env={"NODE_PATH": str(NODE_MODULES)},
        check=True,
        capture_output=True,
        timeout=60,
    )
    with subprocess.Popen(
        [node, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Grammar(process)
        assert process.stdin
        process.stdin.close()
        process.wait(timeout=20)


@pytest.mark.engine
def test_the_grammar_refuses_what_is_no_query_of_trino(grammar: Grammar) -> None:
    for wrong in ("SELECT a FROM t WHERE a RLIKE 'x'", "SELECT a FROM t WHERE a == 1", "SELECT 1; SELECT 2"):
        assert grammar.errors(wrong), wrong
    assert grammar.errors("SELECT a FROM t WHERE a = 1") == []


@pytest.mark.engine
@pytest.mark.parametrize("dialect", ["ocsf", "vpcflow", "guardduty"])
def test_trinos_grammar_accepts_every_generated_query(grammar: Grammar, dialect: str) -> None:
    lake = Lake(dialect, rows.TABLES[dialect])
    loop_of("aws_athena", dialect, rows.shown(dialect, rows.TABLES[dialect]), lake.run).report(
        60, seed=4, audit=False
    )
    assert len(lake.asked) >= 40
    for sql in lake.asked:
        assert grammar.errors(sql) == [], sql


@pytest.mark.engine
def test_trinos_grammar_reads_hostile_values_as_literals(grammar: Grammar) -> None:
    translator = load_entry_point("aws_athena")(options={"time_range": None}).get_query_translator("ocsf")
    values = [value for value in hostile_values() if value.isprintable() or "\n" in value]
    assert len(values) >= 30
    for value in values:
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        for comparator in ("=", "LIKE"):
            answer: Any = translator.transform_query(f"[process:command_line {comparator} '{escaped}']")
            for body in answer["queries"]:
                sql = f'SELECT "a" FROM "d"."t" WHERE {body["ocsf"]}'
                assert grammar.errors(sql) == [], sql


@pytest.mark.engine
def test_a_service_that_others_wrote_takes_every_call() -> None:
    """moto evaluates no query, but reads the protocol by itself and answers rows that it was given."""
    import urllib.request

    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        told = {"Name": "srcaddr", "Type": "varchar"}
        cells = [{"Data": [{"VarCharValue": text}]} for text in ("srcaddr", "192.0.2.1", "192.0.2.2")]
        answer = {"region": "eu-central-1", "results": [{"rows": cells, "column_info": [told]}]}
        place = f"http://{host}:{port}"
        with urllib.request.urlopen(
            urllib.request.Request(
                f"{place}/moto-api/static/athena/query-results",
                data=json.dumps(answer).encode(),
                headers={"Content-Type": "application/json"},
            )
        ):
            pass
        found, state = asyncio.run(_asked(f"http://{host}", port))
    finally:
        server.stop()
    assert found == [{"vpcflow": {"srcaddr": "192.0.2.1"}}, {"vpcflow": {"srcaddr": "192.0.2.2"}}]
    assert state == "CANCELED"


async def _asked(host: str, port: int) -> tuple[Any, str]:
    names = {"vpcflow_database_name": "lake", "vpcflow_table_name": "flows", "workgroup": "primary"}
    connection = {
        **CONNECTION,
        **names,
        "host": host,
        "port": port,
        "s3_bucket_location": "s3://results/hunts/",
    }
    auth = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
    client = APIClient(connection, {"auth": auth})
    client.tables["vpcflow"] = table_of("vpcflow", {"Columns": [{"Name": "srcaddr", "Type": "string"}]})
    await client.ping_data_source()
    search = await client.create_search({"vpcflow": "TRUE"})
    assert (await client.get_search_status(search.search_id)).status.is_final
    page = await client.get_search_results(search.search_id, 0, 10)
    await client.call("StopQueryExecution", QueryExecutionId=search.search_id.partition(":")[0])
    return page.records, (await client.get_search_status(search.search_id)).status.name
