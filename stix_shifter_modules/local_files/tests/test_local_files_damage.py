"""Damaged, cut, vanished and strange files: what can be read is read, the rest is told, once."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_modules.local_files.tests.samples import CONN, Files, conns, ndjson
from stix_shifter_utils.errors import ConfigurationError, QueryRejectedError, SourceTimeoutError

if TYPE_CHECKING:
    from stix_shifter_modules.local_files.stix_transmission.api_client import APIClient
    from stix_shifter_utils.transmission import Page

ALL = "SELECT * FROM zeek"


def uids(page: Page) -> list[str]:
    return [row["zeek"]["uid"] for row in page.records]


def warnings(page: Page) -> str:
    return "\n".join((page.metadata or {}).get("warnings", []))


def page_of(client: APIClient, offset: int, length: int) -> Page:
    return asyncio.run(client.get_search_results(ALL, offset, length))


def expected(count: int) -> list[str]:
    return [one["uid"] for one in conns(count)]


class TestMalformedRecords:
    @pytest.mark.parametrize(
        ("line", "count"),
        [
            (b"not JSON", 1),
            (b'{"ts": 1, "uid": "cut', 1),
            (b'[1, 2]\n5\n"text"\nnull', 4),
            (b'{"uid": "\xff\xfe"}', 1),
            (b'{"uid": "\\ud800"}', 1),
            (b"\x00\x00", 1),
        ],
        ids=["text", "cut", "no objects", "no UTF-8", "lone surrogate", "zeros"],
    )
    def test_they_are_skipped_counted_and_told(self, files: Files, line: bytes, count: int) -> None:
        records = conns(6)
        files.write("conn.log", ndjson(records[:3]) + line + b"\n" + ndjson(records[3:]))
        page = files.page(ALL)
        assert uids(page) == expected(6)
        if b"[1, 2]" not in line:
            assert f"conn.log: {count} malformed records skipped" in warnings(page)
        else:
            assert "no JSON objects skipped" in warnings(page)

    def test_pages_go_on_across_a_malformed_record(self, files: Files) -> None:
        records = conns(9)
        files.write("a.log", records[:3])
        files.write("b.log", ndjson(records[3:5]) + b"{\n" + ndjson(records[5:6]))
        files.write("c.log", records[6:])
        client = files.client()
        found = [uid for offset in range(0, 10, 2) for uid in uids(page_of(client, offset, 2))]
        assert found == expected(9)

    def test_a_record_nested_thousands_deep_costs_only_itself(self, files: Files) -> None:
        deep = b'{"ts": 1, "uid": "deep", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
        files.write("conn.log", ndjson(conns(2)) + deep + ndjson(conns(4)[2:]))
        assert [uid for uid in uids(files.page(ALL)) if uid != "deep"] == expected(4)

    @pytest.mark.parametrize("row", [b"1700000000", b"1700000000,a,b,c,d"])
    def test_rows_of_csv_with_other_columns_are_skipped_and_counted(self, files: Files, row: bytes) -> None:
        files.write(
            "conn.csv", b"ts,uid,proto\n1700000000,C000000,tcp\n" + row + b"\n1700000001,C000001,tcp\n"
        )
        page = files.page(ALL)
        assert uids(page) == expected(2)
        assert "1 malformed records skipped" in warnings(page)


class TestDamagedFiles:
    def test_a_cut_gzip_is_read_up_to_the_cut(self, files: Files) -> None:
        padded = [{**one, "pad": number * 7919 % 104729} for number, one in enumerate(conns(5000))]
        whole = gzip.compress(ndjson(padded))
        files.write("a.log.gz", conns(2))
        files.write("b.log.gz", whole[: len(whole) // 2])
        files.write("c.log.gz", conns(3))
        page = files.page(ALL)
        middle = uids(page)[2:-3]
        assert 500 < len(middle) < 5000
        assert middle == expected(5000)[: len(middle)]
        assert "b.log.gz" in warnings(page)
        assert "read up to the damage" in warnings(page)

    def test_pages_go_on_across_a_cut(self, files: Files) -> None:
        files.write("a.log.gz", conns(4))
        whole = gzip.compress(ndjson(conns(3000)))
        files.write("b.log.gz", whole[: len(whole) * 3 // 4])
        files.write("c.log.gz", conns(5))
        client = files.client()
        found: list[str] = []
        while batch := uids(page_of(client, len(found), 700)):
            found += batch
        assert found == uids(files.page(ALL))
        assert found[:4] == expected(4)
        assert found[-5:] == expected(5)

    @pytest.mark.parametrize("indent", [None, 1])
    @pytest.mark.parametrize("wrapped", [False, True])
    @pytest.mark.parametrize("more", [0, 40])
    def test_a_cut_list_is_read_up_to_the_cut(
        self, files: Files, indent: int | None, wrapped: bool, more: int
    ) -> None:
        records = conns(50)
        whole = json.dumps({"Records": records} if wrapped else records, indent=indent).encode()
        files.write("conn.json", whole[: len(whole) // 2 + more])
        page = files.page(ALL)
        assert uids(page) == expected(50)[: len(uids(page))]
        assert len(uids(page)) > 20
        assert "read up to the damage" in warnings(page)

    def test_a_file_that_vanishes_is_told_and_the_others_are_read(self, files: Files) -> None:
        for name in "abc":
            files.write(f"{name}.log", conns(3))
        client = files.client()
        assert len(page_of(client, 0, 1).records) == 1
        asyncio.run(client.delete_search(ALL))
        (files.folder / "b.log").unlink()
        page = page_of(client, 0, 100)
        assert uids(page) == expected(3) * 2
        assert "b.log: it has vanished" in warnings(page)

    def test_a_parquet_file_that_is_cut_is_told_and_the_others_are_read(self, files: Files) -> None:
        files.write("bad.parquet", b"PAR1" + b"\x00" * 50)
        files.write("conn.log", conns(2))
        page = files.page(ALL)
        assert uids(page) == expected(2)
        assert "left out" in warnings(page)
        assert "bad.parquet" in warnings(page)


class TestStrangeFiles:
    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "empty"),
            (b"  \n\n", "empty"),
            (b"\x00\x01\x02binary", "binary data"),
            (b"<html><body>Not found</body></html>", "no header of a CSV table"),
            (b"# A text\n\nwithout columns\n", "no header of a CSV table"),
            (b'{"a": ', "no JSON object at its beginning"),
            (b"[1, 2, 3]", "no JSON object at its beginning"),
            (b'{"some": "other", "record": 1}\n', "are of none of ocsf, cloudtrail, ecs, windows, zeek"),
            (gzip.compress(b"x" * 100, mtime=0)[:8], "empty"),
            (b"\x1f\x8bnot gzip at all", "damaged gzip data"),
            (b"#separator ,\n#fields,ts,uid\n1,C1\n", "another separator"),
        ],
    )
    def test_alone_it_is_an_error_that_says_why(self, files: Files, data: bytes, reason: str) -> None:
        files.write("odd.log", data)
        with pytest.raises(ConfigurationError, match=reason) as caught:
            files.ping()
        assert "odd.log" in str(caught.value)

    def test_among_others_it_is_left_out_and_told(self, files: Files) -> None:
        files.write("README.md", b"# Logs\n")
        files.write("conn.log", conns(2))
        assert files.ping()["left_out"] == 1
        assert "README.md" in warnings(files.page(ALL))

    def test_a_named_dialect_reads_what_is_not_recognised(self, files: Files) -> None:
        files.write("odd.log", [{"proto": "tcp", "note": None}])
        assert len(files.rows(ALL, dialect="zeek")) == 1

    def test_a_named_format_is_taken_at_its_word(self, files: Files) -> None:
        files.write("conn.log", b"[ts],uid,id.orig_h\n1,C1,192.0.2.1\n")
        with pytest.raises(ConfigurationError, match="no JSON object"):
            files.ping()
        assert files.rows(ALL, format="csv", dialect="zeek")[0]["uid"] == "C1"

    def test_a_dialect_without_files_has_no_rows(self, files: Files) -> None:
        files.write("conn.log", conns(2))
        assert files.rows('SELECT * FROM windows WHERE "EventID" = 1') == []

    def test_files_of_other_shapes_are_read_each_in_its_own(self, files: Files) -> None:
        files.write("a.log", conns(2))
        nested = {key: value for key, value in CONN.items() if not key.startswith("id.")}
        files.write("b.json", json.dumps([{**nested, "id": {"orig_h": "192.0.2.77"}}]).encode())
        files.write("c.csv", b"uid,ts,proto\nC9,1700000000,udp\n")
        files.write("d.csv", b"ts;uid;id.orig_h\n1700000000;C8;192.0.2.77\n")
        assert len(files.rows(ALL)) == 5
        assert len(files.rows("SELECT * FROM zeek WHERE \"id.orig_h\" = '192.0.2.77'")) == 2


class TestLimits:
    def test_a_query_that_takes_too_long_is_interrupted(self, files: Files) -> None:
        files.write("conn.log", conns(3000))
        slow = (
            "SELECT * FROM zeek WHERE (SELECT count(*) FROM zeek a, zeek b, zeek c WHERE a.uid < b.uid) = 1"
        )
        with pytest.raises(SourceTimeoutError, match=r"options\.timeout"):
            files.page(slow, options={"timeout": 1})

    def test_a_query_gets_no_more_memory_than_allowed(self, files: Files) -> None:
        files.write("conn.log", conns(3000))
        greedy = (
            "SELECT * FROM zeek WHERE length((SELECT string_agg(repeat(a.uid, 10000), '') FROM zeek a)) > 0"
        )
        with pytest.raises(Exception, match=r"options\.memory_limit"):
            files.page(greedy, options={"memory_limit": "64MB", "threads": 1})

    @pytest.mark.parametrize(
        "query",
        ["SELECT * FROM zeek WHERE nope(uid)", "SELECT uid FROM zeek", "SELECT * FROM zeek WHERE uid +"],
    )
    def test_a_query_that_duckdb_refuses_is_told(self, files: Files, query: str) -> None:
        files.write("conn.log", conns(1))
        with pytest.raises(QueryRejectedError):
            files.page(query)


def test_nothing_of_the_files_changes(files: Files) -> None:
    paths: dict[Any, bytes] = {}
    for name, data in (("a.log", ndjson(conns(3)) + b"{"), ("b.json", json.dumps(conns(3)).encode()[:-9])):
        path = files.write(name, data)
        paths[path] = path.read_bytes()
    files.page(ALL)
    assert {path: path.read_bytes() for path in paths} == paths
    assert sorted(files.folder.iterdir()) == sorted(paths)
