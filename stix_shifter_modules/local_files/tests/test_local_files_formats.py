"""Formats, compressions and places of files: all give the same rows."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from stix_shifter_modules.local_files.tests.samples import CONN, Files, conns, ndjson
from stix_shifter_utils.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from stix_shifter_modules.local_files.stix_transmission.api_client import APIClient

HTTPS = 'SELECT * FROM zeek WHERE "id.resp_p" = 443'


def pages(client: APIClient, offset: int, length: int) -> list[Any]:
    return list(asyncio.run(client.get_search_results("SELECT * FROM zeek", offset, length)).records)


def table(path: Path, records: list[dict[str, Any]], options: str) -> None:
    """Write records with DuckDB, as a data lake would have them."""
    source = path.with_suffix(".source")
    source.write_text(json.dumps(records), encoding="utf-8")
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT * FROM read_json('{source}')) TO '{path}' ({options})")
    source.unlink()


ZEEK_TABLE = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\ttunnel_parents\n"
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tset[string]\n"
    '1700000000.500000\tC"quoted\t192.0.2.10\t40000\t198.51.100.7\t443\ttcp\tssl\t1.25\ta,b\n'
    "1700000001.500000\tC1\t192.0.2.10\t40001\t198.51.100.7\t443\ttcp\t-\t-\t(empty)\n"
    "#close\t2023-11-14\n"
)


class TestFormats:
    def test_ndjson_gives_the_record_as_it_was_written(self, files: Files) -> None:
        files.write("conn.log", conns(3))
        rows = files.rows(HTTPS)
        assert [row["id"]["orig_p"] for row in rows] == [40000, 40001, 40002]
        assert rows[0]["conn_state"] == "SF"
        assert rows[0]["ts"] == "2023-11-14T22:13:20.500Z"

    @pytest.mark.parametrize(
        "data",
        [
            json.dumps(conns(3)).encode(),
            json.dumps(conns(3), indent=2).encode(),
            "\n".join(json.dumps(one, indent=2) for one in conns(3)).encode(),
            json.dumps({"Records": conns(3)}).encode(),
            b"\n".join(json.dumps({"_index": "i", "_source": one}).encode() for one in conns(3)),
            b"\n\n" + b"\r\n\r\n".join(json.dumps(one).encode() for one in conns(3)),
        ],
        ids=["array", "indented array", "one text after the other", "Records", "_source", "blank lines"],
    )
    def test_json_in_other_shapes_gives_the_same_rows(self, files: Files, data: bytes) -> None:
        files.write("b/conn.json", data)
        files.write("a/conn.json", conns(3))
        plain = files.rows(HTTPS, path=str(files.folder / "a"))
        assert files.rows(HTTPS, path=str(files.folder / "b")) == plain
        assert len(plain) == 3

    def test_one_object_of_megabytes_with_all_records_is_read(self, files: Files) -> None:
        files.write("trail.json", json.dumps({"Records": conns(8000)}).encode())
        files.write("trail.json.gz", gzip.compress(json.dumps({"Records": conns(8000)}).encode()))
        assert len(files.rows(HTTPS)) == 16_000

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_csv_values_get_the_types_of_their_columns(self, files: Files, delimiter: str) -> None:
        names = [name for name in CONN if name != "duration"]
        lines = [delimiter.join(names)]
        lines += [delimiter.join(str(one[name]) for name in names) for one in conns(2)]
        files.write("conn.csv", "\n".join(lines).encode())
        (first, _) = files.rows(HTTPS)
        assert first["id"] == {
            "orig_h": "192.0.2.10",
            "orig_p": 40000,
            "resp_h": "198.51.100.7",
            "resp_p": 443,
        }
        assert (first["ts"], first["orig_bytes"]) == ("2023-11-14T22:13:20.500Z", 120)

    def test_csv_cells_may_hold_quotes_line_breaks_and_lists(self, files: Files) -> None:
        files.write(
            "dns.csv",
            b"ts,uid,query,answers,qtype\n"
            b'1700000000,C1,"a ""b"",\n.example","[""192.0.2.1"",""x.example""]",1\n',
        )
        (row,) = files.rows("SELECT * FROM zeek WHERE list_contains(answers, '192.0.2.1')")
        assert row["query"] == 'a "b",\n.example'
        assert row["answers"] == ["192.0.2.1", "x.example"]

    def test_zeek_tables_are_read_by_their_header(self, files: Files) -> None:
        files.write("conn.log", ZEEK_TABLE.encode())
        first, second = files.rows(HTTPS)
        assert first["uid"] == 'C"quoted'
        assert first["tunnel_parents"] == ["a", "b"]
        assert set(first["protocols"]) == {"tcp", "ssl"}
        assert "service" not in {k for k, v in second.items() if v is not None}

    def test_parquet_columns_may_be_flat_or_nested(self, files: Files) -> None:
        table(files.folder / "flat.parquet", conns(2), "FORMAT parquet")
        nested = [
            {
                "@timestamp": "2024-01-01T00:00:00Z",
                "ecs": {"version": "8.11"},
                "source": {"ip": "192.0.2.1", "port": 5},
                "host": {"ip": ["192.0.2.9", "2001:db8:0:0:0:0:0:1"]},
            }
        ]
        table(files.folder / "nested.parquet", nested, "FORMAT parquet, COMPRESSION zstd")
        assert len(files.rows(HTTPS)) == 2
        (row,) = files.rows('SELECT * FROM ecs WHERE "source.port" = 5')
        assert row["@timestamp"] == "2024-01-01T00:00:00.000Z"
        (again,) = files.rows("SELECT * FROM ecs WHERE list_contains(\"host.ip\", '2001:db8::1')")
        assert again == row

    @pytest.mark.parametrize("ending", ["json", "csv"])
    def test_zstd_is_read_whatever_the_file_is_called(self, files: Files, ending: str) -> None:
        table(files.folder / "x.bin", conns(3), f"FORMAT {ending}, COMPRESSION zstd")
        assert len(files.rows(HTTPS)) == 3

    def test_gzip_is_read_whatever_the_file_is_called(self, files: Files) -> None:
        files.write("conn.log", gzip.compress(ndjson(conns(3))))
        files.write("more.log.gz", conns(2))
        assert len(files.rows(HTTPS)) == 5

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    @pytest.mark.parametrize("shape", ["lines", "array"])
    def test_files_of_windows_encodings_are_read(self, files: Files, encoding: str, shape: str) -> None:
        records = [{**CONN, "uid": "Cé\u4e2d"}]
        text = json.dumps(records, ensure_ascii=False) if shape == "array" else json.dumps(records[0]) + "\n"
        files.write("conn.json", text.encode(encoding))
        (row,) = files.rows(HTTPS)
        assert row["uid"] == "Cé\u4e2d"

    def test_values_of_another_type_are_nothing_and_cost_no_other_row(self, files: Files) -> None:
        odd = [
            {**CONN, "id.resp_p": value}
            for value in ("443", 443.0, "x", None, [443], {"a": 443}, 10**30, True)
        ]
        files.write("conn.log", odd)
        assert len(files.rows(HTTPS)) == 3
        rows = files.rows("SELECT * FROM zeek")
        assert [row["id"].get("resp_p") for row in rows] == ["443", 443.0, "x", None, 443, None, 1e30, True]

    def test_numbers_that_are_no_json_are_null(self, files: Files) -> None:
        files.write("conn.log", b'{"ts": 1700000000, "uid": "C1", "duration": NaN, "orig_bytes": Infinity}\n')
        (row,) = files.rows("SELECT * FROM zeek WHERE uid = 'C1'")
        assert (row["duration"], row["orig_bytes"]) == (None, None)
        assert files.rows("SELECT * FROM zeek WHERE duration > 0") == []


class TestPlaces:
    def test_a_folder_a_glob_a_file_and_lists_of_them(self, files: Files) -> None:
        one = files.write("a/conn.1.log", conns(1))
        files.write("a/b/conn.2.log.gz", conns(2))
        files.write("a/.hidden/conn.3.log", conns(4))
        files.write("a/_SUCCESS", b"")
        root = str(files.folder)
        counts = {
            root: 3,
            f"{root}/a": 3,
            f"{root}/**/*.log": 1,
            f"{root}/**/*.log*": 3,
            str(one): 1,
            f"file://{one}": 1,
        }
        assert {path: len(files.rows(HTTPS, path=path)) for path in counts} == counts
        assert len(files.rows(HTTPS, path=[str(one), f"{root}/a/b/*", str(one)])) == 3

    def test_names_with_glob_signs_and_quotes_are_plain_names(self, files: Files) -> None:
        odd = files.write("we[i]rd 'it*?.log", conns(2))
        assert len(files.rows(HTTPS, path=str(odd))) == 2

    def test_parts_of_paths_become_columns(self, files: Files) -> None:
        record = {key: value for key, value in CONN.items() if key not in ("proto", "service")}
        files.write("proto=udp/service=dns/conn.log", [record])
        files.write("proto=tcp/service=http/conn.log", [record])
        (row,) = files.rows("SELECT * FROM zeek WHERE proto = 'udp'", hive_partitioning=True)
        assert row["proto"] == "udp"
        assert files.rows("SELECT * FROM zeek WHERE proto = 'udp'") == []

    def test_parts_of_paths_of_tables_become_columns(self, files: Files) -> None:
        files.write("proto=udp/conn.csv", b"ts,uid,id.orig_h\n1700000000,C1,192.0.2.1\n")
        (row,) = files.rows("SELECT * FROM zeek WHERE proto = 'udp'", hive_partitioning=True)
        assert row["proto"] == "udp"

    @pytest.mark.parametrize("path", ["nowhere/*.log", "nowhere", ""])
    def test_no_file_is_an_error_that_names_the_place(self, files: Files, path: str) -> None:
        with pytest.raises(ConfigurationError, match=r"no file found; check connection\.path"):
            files.ping(path=f"{files.folder}/{path}")

    @pytest.mark.parametrize("path", [5, [], ["a", 5], {"a": "b"}])
    def test_a_path_is_text_or_a_list_of_texts(self, files: Files, path: Any) -> None:
        with pytest.raises(ConfigurationError, match=r"connection\.path must be"):
            files.client(path=path)


class TestPages:
    def test_pages_follow_each_other_without_gap_or_repeat(self, files: Files) -> None:
        for number in range(4):
            files.write(f"conn.{number}.log", conns(25))
        client = files.client()
        whole = files.rows("SELECT * FROM zeek")
        for length in (7, 40, 1000):
            found: list[Any] = []
            while page := pages(client, len(found), length):
                found += page
            assert [row["zeek"] for row in found] == whole

    def test_a_page_out_of_order_is_the_same_page(self, files: Files) -> None:
        files.write("conn.log", conns(30))
        client = files.client()
        first, third, again = (pages(client, offset, 10) for offset in (0, 20, 0))
        assert first == again
        assert pages(files.client(), 20, 10) == third

    def test_the_last_page_says_so(self, files: Files) -> None:
        files.write("conn.log", conns(3))
        assert [files.page("SELECT * FROM zeek", offset, 2).done for offset in (0, 2, 9)] == [
            False,
            True,
            True,
        ]

    def test_deleting_a_search_closes_its_files(self, files: Files) -> None:
        files.write("conn.log", conns(30))
        client = files.client()
        pages(client, 0, 5)
        asyncio.run(client.delete_search("SELECT * FROM zeek"))
        asyncio.run(client.delete_search("SELECT * FROM zeek"))
        assert len(pages(client, 5, 5)) == 5
