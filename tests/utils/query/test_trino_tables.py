"""Flat columns of tables in a lake, over rows: structures, JSON text, lists, and what is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stix_shifter_utils.mapping import NativeFields
from stix_shifter_utils.query import DayPartition, FlatTable
from stix_shifter_utils.testing.languages.trino import Table, Trino, TrinoError, outside_trino, read_trino
from stix_shifter_utils.transmission.records import typed_records

FINGERPRINTS = [
    {"algorithm_id": 1, "value": "aa"},
    {"algorithm_id": 3, "value": "bb"},
]
COLUMNS = {
    "time": "bigint",
    "src": "struct<ip:string,port:int,at:struct<city:string>>",
    "file": "struct<name:string,hashes:array<struct<algorithm_id:int,value:string>>>",
    "items": "array<struct<uid:string,size:bigint>>",
    "tags": "array<string>",
    "body": "string",
    "protocol": "bigint",
    "score": "string",
}
BODY = {
    "a": {"b": "it's", "n": 7, "ok": True},
    "list": [{"x": "1"}, {"y": 2}, {"x": "3"}],
    "words": ["p", "q"],
}
ROW: dict[str, Any] = {
    "time": 5,
    "src": {"ip": "192.0.2.1", "port": 443, "at": {"city": "Łódź"}},
    "file": {"name": "a", "hashes": FINGERPRINTS},
    "items": [{"uid": "u1", "size": 1}, {"uid": None, "size": 2}],
    "tags": ["t1", "t2"],
    "body": json.dumps(BODY),
    "protocol": 6,
    "score": "5.5",
}
FIELDS = {
    "time": "epoch_ms", "src.ip": "text", "src.port": "integer", "src.at.city": "text", "src.at.zip": "text",
    "file.hashes.MD5": "text", "file.hashes.SHA-1": "text", "file.hashes.SHA-256": "text",
    "items[].uid": "text", "items[].size": "integer", "items[].colour": "text", "tags": "text[]",
    "body.a.b": "text", "body.a.n": "integer", "body.a.ok": "boolean", "body.list[].x": "text",
    "body.words": "text[]", "nobody": "text", "nobodies[].x": "text", "src": "text", "protocol": "text",
    "score": "number",
}  # fmt: skip
PREFIXED = NativeFields.read({"fields": {f"d.{name}": kind for name, kind in FIELDS.items()}})
MADE = FlatTable(COLUMNS, ("protocol",))


def asked(where: str, row: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    engine = Trino({"lake.t": Table(COLUMNS, [ROW if row is None else row])})
    sql = MADE.select('"lake"."t"', PREFIXED, where)
    assert sql is not None
    answer = engine.run(sql)
    texts = [[None if each is None else str(each) for each in values] for values in answer.rows]
    names = [PREFIXED.spelled(f"d.{name}") for name, _ in answer.columns]
    return typed_records(names, [kind for _, kind in answer.columns], texts)


def test_everything_that_is_there_comes_back_with_its_type() -> None:
    assert asked("TRUE") == [
        {
            "d": {
                "time": 5,
                "src": {"ip": "192.0.2.1", "port": 443, "at": {"city": "Łódź"}},
                "file": {"hashes": {"MD5": "aa", "SHA-256": "bb"}},
                "items": [{"uid": "u1", "size": 1}, {"size": 2}],
                "tags": ["t1", "t2"],
                "body": {
                    "a": {"b": "it's", "n": 7, "ok": True},
                    "list": [{"x": "1"}, {}, {"x": "3"}],
                    "words": ["p", "q"],
                },
                "protocol": "tcp",
                "score": 5.5,
            }
        }
    ]


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("\"src.ip\" = '192.0.2.1'", 1),
        ('"src.at.city" = \'Łódź\' AND "src.port" = 443', 1),
        ("\"file.hashes.SHA-256\" = 'bb'", 1),
        ("\"file.hashes.MD5\" = 'bb'", 0),
        ("any_match(\"items.uid\", item -> item = 'u1')", 1),
        ('any_match("items.size", item -> item > 2)', 0),
        ("any_match(\"body.list.x\", item -> item = '3')", 1),
        ('"body.a.n" BETWEEN 7 AND 8 AND "body.a.ok" = TRUE', 1),
        ("\"body.a.b\" = 'it''s'", 1),
        ("\"nobody\" = 'a' OR \"src.at.zip\" = 'a' OR any_match(\"nobodies.x\", item -> item = 'a')", 0),
        ('"nobody" IS NULL AND "src" IS NULL AND "items.colour" IS NULL', 1),
        ("\"protocol\" = 'tcp'", 1),
        ('"score" > 5', 1),
    ],
)
def test_conditions_hold_for_flat_names_and_what_is_not_there_is_null(where: str, count: int) -> None:
    assert len(asked(where)) == count


def test_text_that_is_no_json_has_no_members_and_breaks_nothing() -> None:
    assert asked('"body.a.b" IS NULL', {**ROW, "body": None})[0]["d"].get("body") is None


def test_a_table_without_any_field_is_told_by_none() -> None:
    assert FlatTable({"other": "string"}).select('"t"', PREFIXED, "TRUE") is None


def test_an_open_end_of_days_stays_open_and_the_first_layout_that_fits_is_used() -> None:
    layouts = (
        DayPartition({"date": "date"}, '"date"', "DATE '%Y-%m-%d'", margin=1),
        DayPartition({"day": "string"}, '"day"', "'%Y/%m/%d'", or_null=True),
    )
    by_day = FlatTable({"day": "string", "date": "string"}, partitions=layouts)
    assert by_day.within(("2024-02-29", None)) == ['("day" IS NULL OR "day" >= \'2024/02/29\')']
    assert by_day.within((None, "2024-02-29")) == ['("day" IS NULL OR "day" < \'2024/03/01\')']
    assert FlatTable({"date": "date"}, partitions=layouts).within(("2024-03-01", "2024-03-01")) == [
        "(\"date\" >= DATE '2024-02-29')",
        "(\"date\" < DATE '2024-03-03')",
    ]
    assert FlatTable({"x": "date"}, partitions=layouts).within(("2024-03-01", None)) == []


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "a" FROM "d"."t"; SELECT 1',
        'SELECT "a" FROM "d"."t" -- more',
        'SELECT "a" FROM "d"."t" WHERE "a" IN (SELECT "b" FROM "d"."u")',
        'SELECT "a" FROM "d"."t" UNION SELECT "a" FROM "d"."t"',
        'DELETE FROM "d"."t"',
        'SELECT now() FROM "d"."t"',
        'SELECT "a" FROM "d"."t" WHERE',
        "SELECT 'a FROM t",
        "",
    ],
)
def test_the_reader_refuses_whatever_conditions_are_not_made_of(sql: str) -> None:
    with pytest.raises(TrinoError, match="SYNTAX_ERROR"):
        read_trino(sql)


def test_a_comment_is_found_outside_of_literals_only() -> None:
    assert "note" not in outside_trino("\"a\" = 'x -- note'")
    with pytest.raises(TrinoError):
        outside_trino("\"a\" = 'x' -- note")


def test_what_the_engine_lacks_is_told_by_trinos_names() -> None:
    engine = Trino({"lake.t": Table(COLUMNS, [ROW])})
    with pytest.raises(TrinoError) as column:
        engine.run('SELECT "nobody" FROM "lake"."t"')
    with pytest.raises(TrinoError) as table:
        engine.run('SELECT "a" FROM "lake"."nothing"')
    assert (column.value.name, table.value.name) == ("COLUMN_NOT_FOUND", "TABLE_NOT_FOUND")
