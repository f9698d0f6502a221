"""The standard suite for Amazon Athena, and what is its own: keys and roles, tables, partitions, states."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from stix_shifter_modules.aws_athena.stix_transmission.api_client import table_of
from stix_shifter_modules.aws_athena.tests import product as own
from stix_shifter_modules.aws_athena.tests import rows
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.mapping import NativeFields
from stix_shifter_utils.testing import ConnectorSuite, Fault
from stix_shifter_utils.testing.languages.trino import Table, TrinoError, outside_trino, read_trino
from stix_shifter_utils.testing.levels import silver

if TYPE_CHECKING:
    from stix_shifter_utils.connector import BaseEntryPoint

Auth = dict[str, Any]
EVERYTHING = {"ocsf": "TRUE"}


class TestAwsAthena(ConnectorSuite):
    """Folder, cases, paging, faults and the closed loop: no network."""

    module = "aws_athena"
    pattern = "[ipv4-addr:value LIKE '198.51.100.%']"
    loop_patterns: ClassVar = 12

    def product(self) -> own.Product:
        return own.Product()

    def connection(self, product: Any) -> dict[str, Any]:
        return own.connection(product)

    def configuration(self, product: Any) -> dict[str, Any]:
        return own.CONFIGURATION

    def outside_literals(self, query: Any) -> str:
        where = next(iter(query.values()))
        try:
            return outside_trino(where)
        except TrinoError as error:
            raise ValueError(where) from error

    def broken_query(self, product: Any) -> Any:
        return {"ocsf": '"time" = 1) OR (SELECT 1'}

    def searches_left(self, product: Any) -> int:
        return len(product.bucket)

    def expire(self, product: Any, search_id: Any) -> bool:
        return product.executions.pop(search_id.partition(":")[0]) is not None

    def every_row(self, product: Any) -> dict[str, Any]:
        return {name: rows.shown(name, table) for name, table in product.tables.items()}

    @silver
    def test_deleting_a_search_leaves_nothing_behind(self) -> None:
        """Athena keeps the record of a query for 45 days, whoever asks: its rows are what goes."""
        with self.running() as product:
            entry = self.connected(product)
            search_id = self.finished(entry, self.query(product))
            assert self.searches_left(product) == 2
            assert self.asked(entry, entry.delete_query_connection(search_id))["success"]
            assert self.searches_left(product) == 0
            results = self.asked(entry, entry.create_results_connection(search_id, 0, 5))
            assert results.get("code") == "no_results", results


def connected(product: own.Product, auth: Auth | None = None, **changes: Any) -> BaseEntryPoint:
    """The connector; `changes` are keys of the connection, None takes one away."""
    connection = own.connection(product) | changes
    configuration = {"auth": own.CONFIGURATION["auth"] if auth is None else auth}
    kept = {key: value for key, value in connection.items() if value is not None}
    return load_entry_point("aws_athena")(kept, configuration, {})


def call(entry: BaseEntryPoint, name: str, *arguments: Any) -> dict[str, Any]:
    """The classic answer of one call."""

    async def answered() -> Any:
        return await answer_of(getattr(entry, name)(*arguments), "aws_athena", secrets=entry.secrets())

    answer = asyncio.run(answered())
    assert isinstance(answer, dict)
    return answer


def looked_at(entry: BaseEntryPoint, search_id: str) -> list[dict[str, Any]]:
    """Three looks at the state of a search: queued or running, running, done."""
    return [call(entry, "create_status_connection", search_id) for _ in range(3)]


ROLE: Auth = {
    **own.CONFIGURATION["auth"],
    "aws_iam_role": own.ROLE,
    "aws_assume_role_external_id": own.EXTERNAL_ID,
}


def test_a_role_is_assumed_once_and_again_when_its_keys_have_expired() -> None:
    with own.Product() as product:
        entry = connected(product, ROLE)
        assert call(entry, "ping_connection") == {"success": True}
        assert call(entry, "ping_connection") == {"success": True}
        assert product.keys.roles == 1
        product.keys.expired.add("ASIAROLE1")
        assert call(entry, "ping_connection") == {"success": True}
        assert product.keys.roles == 2


def test_a_role_that_may_not_be_assumed_is_forbidden() -> None:
    with own.Product() as product:
        answer = call(connected(product, {**ROLE, "aws_assume_role_external_id": "guess"}), "ping_connection")
        assert answer["code"] == "forbidden"
        assert "sts:AssumeRole" in answer["error"]


def test_temporary_keys_are_shown_with_their_token_and_their_end_is_told() -> None:
    with own.Product() as product:
        product.keys.secrets["ASIATEMPORARY"] = ("temporary/secret", "session==token")
        keys = {
            "aws_access_key_id": "ASIATEMPORARY",
            "aws_secret_access_key": "temporary/secret",
            "aws_session_token": "session==token",
        }
        assert call(connected(product, keys), "ping_connection") == {"success": True}
        without = {name: keys[name] for name in list(keys)[:2]}
        assert call(connected(product, without), "ping_connection")["code"] == "authentication_fail"
        product.keys.expired.add("ASIATEMPORARY")
        answer = call(connected(product, keys), "ping_connection")
        assert answer["code"] == "authentication_fail"
        assert "ExpiredTokenException" in answer["error"]
        assert "session==token" not in json.dumps(answer)


def test_without_keys_those_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", own.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", own.SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    with own.Product() as product:
        assert call(connected(product, {}), "ping_connection") == {"success": True}


def test_half_a_key_is_told_before_anything_is_sent() -> None:
    with own.Product() as product:
        answer = call(connected(product, {"aws_access_key_id": own.KEY}), "ping_connection")
        assert answer["code"] == "invalid_parameter"
        assert product.requests == []


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.x' does not exist", "invalid_parameter"),
        ("COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", "invalid_query"),
        ("SYNTAX_ERROR: line 1:8: mismatched input", "invalid_query"),
        ("PERMISSION_DENIED: Insufficient Lake Formation permission(s)", "forbidden"),
    ],
)
def test_a_query_that_fails_is_told_by_the_name_of_the_error(failure: str, code: str) -> None:
    with own.Product() as product:
        entry = connected(product)
        product.failures.append(failure)
        started = call(entry, "create_query_connection", EVERYTHING)
        answer = looked_at(entry, started["search_id"])[-1]
        assert answer["code"] == code
        assert failure in answer["error"]


def test_a_query_that_fails_for_a_reason_of_athena_is_an_error_and_one_that_is_stopped_is_cancelled() -> None:
    with own.Product() as product:
        entry = connected(product)
        product.failures.append("HIVE_CURSOR_ERROR: Row is not a valid JSON Object")
        failed = call(entry, "create_query_connection", EVERYTHING)["search_id"]
        assert looked_at(entry, failed)[-1]["status"] == "ERROR"
        stopped = call(entry, "create_query_connection", EVERYTHING)["search_id"]
        product.executions[stopped.partition(":")[0]].stopped = True
        assert looked_at(entry, stopped)[-1]["status"] == "CANCELED"


@pytest.mark.parametrize("query", ["{", "[]", "{}", 5, {"ocsf": 1}, "null"])
def test_what_is_no_query_is_refused_before_anything_is_sent(query: Any) -> None:
    with own.Product() as product:
        assert call(connected(product), "create_query_connection", query)["code"] == "invalid_query"
        assert product.requests == []


def test_a_query_may_be_json_text() -> None:
    with own.Product() as product:
        assert call(connected(product), "create_query_connection", json.dumps(EVERYTHING))["success"]


def test_states_follow_the_query_and_no_progress_is_made_up() -> None:
    with own.Product() as product:
        entry = connected(product)
        search_id = call(entry, "create_query_connection", EVERYTHING)["search_id"]
        assert search_id.endswith(":ocsf")
        assert [(each["status"], each["progress"]) for each in looked_at(entry, search_id)] == [
            ("RUNNING", 0), ("RUNNING", 0), ("COMPLETED", 100),
        ]  # fmt: skip


def test_a_search_that_still_runs_is_stopped_when_it_is_deleted() -> None:
    with own.Product() as product:
        entry = connected(product)
        search_id = call(entry, "create_query_connection", EVERYTHING)["search_id"]
        assert call(entry, "delete_query_connection", search_id) == {"success": True}
        assert product.executions[search_id.partition(":")[0]].state == "CANCELLED"
        assert product.bucket == {}


def test_results_that_may_not_be_removed_stay_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with own.Product() as product:
        entry = connected(product)
        product.keys.denied.add("DeleteObject")
        search_id = call(entry, "create_query_connection", EVERYTHING)["search_id"]
        assert call(entry, "delete_query_connection", search_id) == {"success": True}
        assert "stay in S3" in caplog.text


def test_throttling_is_waited_for_and_a_query_is_started_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from stix_shifter_utils.testing.clock import FakeClock
    from stix_shifter_utils.transmission import HttpSource

    monkeypatch.setattr(HttpSource, "clock", FakeClock())
    with own.Product() as product:
        entry = connected(product)
        product.throttled = 2
        assert call(entry, "create_query_connection", EVERYTHING)["success"]
        product.fail(Fault.close(), times=1)  # the answer is lost, the query runs
        assert call(entry, "create_query_connection", EVERYTHING)["success"]
        assert len(product.executions) == 2
        product.throttled = 50
        answer = call(entry, "create_query_connection", EVERYTHING)
        assert answer["code"] == "too_many_requests"


def test_what_an_account_may_not_do_is_forbidden_and_named() -> None:
    with own.Product() as product:
        product.keys.denied.add("GetTableMetadata")
        answer = call(connected(product), "create_query_connection", EVERYTHING)
        assert answer["code"] == "forbidden"
        assert "athena:GetTableMetadata" in answer["error"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"workgroup": "nobody"}, "nobody"),
        ({"ocsf_table_name": "nothing"}, "nothing"),
        ({"ocsf_database_name": None}, "ocsf_database_name"),
        ({"ocsf_table_name": "guardduty"}, "right table"),
    ],
)
def test_a_connection_that_leads_nowhere_is_told(change: dict[str, Any], word: str) -> None:
    with own.Product() as product:
        product.tables["guardduty"] = Table({"a": "string"}, [])
        entry = connected(product, **change)
        name = "ping_connection" if "workgroup" in change else "create_query_connection"
        answer = call(entry, name, *([] if "workgroup" in change else [EVERYTHING]))
        assert answer["code"] == "invalid_parameter"
        assert word in answer["error"]


def test_rows_beyond_a_page_of_athena_are_fetched_from_any_place() -> None:
    table = Table(rows.VPCFLOW, [rows.flow(n) for n in range(1, 1251)])
    with own.Product({"vpcflow": table}) as product:
        entry = connected(product)
        search_id = call(entry, "create_query_connection", {"vpcflow": "TRUE"})["search_id"]
        looked_at(entry, search_id)
        whole = call(entry, "create_results_connection", search_id, 0, 5000)
        assert whole["data"] == rows.shown("vpcflow", table)
        some = call(entry, "create_results_connection", search_id, 1100, 20)
        assert some["data"] == whole["data"][1100:1120]
        more = call(entry, "create_results_connection", search_id, 1120, 20, some["metadata"])
        assert more["data"] == whole["data"][1120:1140]


def test_only_dialects_whose_tables_are_named_take_part() -> None:
    with own.Product() as product:
        assert connected(product).get_dialects() == ["ocsf", "vpcflow", "guardduty"]
        entry = connected(product, vpcflow_table_name=None, guardduty_table_name=None)
        assert entry.get_dialects() == ["ocsf"]


def test_results_are_reused_only_where_that_is_asked_for() -> None:
    with own.Product() as product:
        entry = connected(product, options={"reuse_minutes": 60})
        search_id = call(entry, "create_query_connection", EVERYTHING)["search_id"]
        sent = json.loads(product.requests[-1].body)
        assert sent["ResultReuseConfiguration"] == {
            "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}
        }
        assert call(entry, "delete_query_connection", search_id) == {"success": True}
        assert len(product.bucket) == 2  # others may take these results


FLOW_FIELDS = NativeFields.read({"fields": {"vpcflow.srcaddr": "text", "vpcflow.start": "epoch_s"}})


@pytest.mark.parametrize(
    ("keys", "columns", "condition"),
    [
        ({"eventday": "string"}, {}, """("eventday" >= '20240105') AND ("eventday" < '20240107')"""),
        (
            {},
            {"time_dt": "timestamp(6)"},
            """("time_dt" IS NULL OR "time_dt" >= TIMESTAMP '2024-01-05 00:00:00') AND """
            """("time_dt" IS NULL OR "time_dt" < TIMESTAMP '2024-01-07 00:00:00')""",
        ),
        ({"date": "date"}, {}, """("date" >= DATE '2024-01-04') AND ("date" < DATE '2024-01-08')"""),
        ({"day": "string"}, {}, """("day" >= '2024/01/04') AND ("day" < '2024/01/08')"""),
        (
            dict.fromkeys(("year", "month", "day", "hour"), "string"),
            {},
            """(year || month || day >= '20240104') AND """
            """(year || month || day < '20240108')""",
        ),
        ({"region": "string"}, {}, ""),
    ],
)
def test_partitions_are_pruned_as_the_table_has_them(
    keys: dict[str, str], columns: dict[str, str], condition: str
) -> None:
    described = {
        "Columns": [{"Name": name, "Type": kind} for name, kind in {"srcaddr": "string", **columns}.items()],
        "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in keys.items()],
    }
    table, days = table_of("vpcflow", described), ("2024-01-05", "2024-01-06")
    sql = table.select('"d"."t"', FLOW_FIELDS, """"start" > 1""", days)
    assert sql is not None
    read_trino(sql)
    where = f" WHERE {condition}" if condition else ""
    assert sql == (
        """SELECT "srcaddr" FROM (SELECT NULLIF("srcaddr", '-') AS "srcaddr", """
        """CAST(NULL AS BIGINT) AS "start" """
        f"""FROM "d"."t"{where}) AS found WHERE "start" > 1"""
    )
