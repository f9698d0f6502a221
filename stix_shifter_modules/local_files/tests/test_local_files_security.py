"""A query text may come from anywhere: it reads the files of the connection, and can do nothing else."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from stix_shifter_modules.local_files.stix_transmission.engine import Limits, closed_off
from stix_shifter_modules.local_files.stix_transmission.files import Store
from stix_shifter_modules.local_files.tests.samples import Files, conns
from stix_shifter_utils.errors import QueryRejectedError, StixShifterError

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM read_json('{log}')",
    "SELECT * FROM zeek, read_text('{secret}')",
    "SELECT * FROM zeek WHERE uid IN (SELECT content FROM read_text('{secret}'))",
    "SELECT * FROM zeek WHERE uid = (SELECT content FROM '{secret}')",
    "SELECT * FROM zeek UNION ALL SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('{secret}')",
    "SELECT * FROM glob('/**')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM main.zeek",
    "SHOW TABLES",
    "DESCRIBE zeek",
    "COPY zeek TO '{log}'",
    "COPY (SELECT 1) TO '{log}' (FORMAT json, USE_TMP_FILE false)",
    "WITH x AS (COPY (SELECT 1 AS a) TO '{log}' (FORMAT json, USE_TMP_FILE false)) SELECT * FROM zeek",
    "SELECT * FROM zeek WHERE uid IN (WITH x AS (COPY (SELECT 1 AS a) TO '{log}') SELECT 'a')",
    "WITH x AS (INSERT INTO zeek VALUES (1) RETURNING 1) SELECT * FROM zeek",
    "SELECT 1; DROP VIEW zeek",
    "SELECT * FROM zeek; COPY (SELECT 1) TO '{log}'",
    "ATTACH '{secret}' AS x",
    "INSTALL httpfs",
    "LOAD '{secret}'",
    "SET enable_external_access = true",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "CREATE TABLE t AS SELECT 1",
    "EXPORT DATABASE '{folder}'",
    "SELECT 1",
    "",
    ";",
    "not SQL at all",
    "] this is no query [",
    "SELECT * FROM zeek) UNION ALL (SELECT content FROM read_text('{secret}')",
    "SELECT * FROM zeek -- \n; SELECT 2",
]


@pytest.fixture
def secret(files: Files) -> Path:
    """A file outside the folder that is searched."""
    path = files.folder.parent / "secret.csv"
    path.write_text("password\nhunter2\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_query_is_refused_and_changes_nothing(files: Files, secret: Path, text: str) -> None:
    log = files.write("conn.log", conns(2))
    before = {path: path.read_bytes() for path in files.folder.parent.rglob("*") if path.is_file()}
    query = text.format(secret=secret, log=log, folder=files.folder.parent / "export")
    with pytest.raises(QueryRejectedError) as caught:
        files.page(query)
    assert "hunter2" not in str(caught.value)
    after = {path: path.read_bytes() for path in files.folder.parent.rglob("*") if path.is_file()}
    assert after == before


def test_harmless_queries_of_other_shapes_are_run(files: Files) -> None:
    files.write("conn.log", conns(4))
    for text in (
        "SELECT * FROM zeek",
        "select * from zeek where proto = 'tcp' limit 2;",
        'FROM zeek WHERE "id.resp_p" = 443',
        "SELECT * FROM (SELECT * FROM zeek LIMIT 3) WHERE uid <> ''",
        "SELECT * FROM zeek UNION ALL SELECT * FROM zeek",
        "SELECT z.* FROM zeek z WHERE z.duration > 1 AND z.uid IN (SELECT uid FROM zeek)",
    ):
        assert files.rows(text), text


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM read_text('{folder}/../secret.csv')",
        "SELECT * FROM read_text('{folder}/link')",
        "SELECT * FROM glob('{folder}/../*')",
        "COPY (SELECT 1) TO '{secret}'",
        "COPY (SELECT 1) TO '{folder}/new.csv' (USE_TMP_FILE false)",
        "ATTACH '{folder}/x.db' AS x",
        "SET enable_external_access = true",
        "SET allowed_paths = ['{secret}']",
        "RESET allowed_paths",
        "SET lock_configuration = false",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_csv('https://example.com/x.csv')",
        "SELECT * FROM hidden",
    ],
)
def test_the_database_itself_refuses_what_the_guard_would_not_see(
    files: Files, secret: Path, statement: str
) -> None:
    import duckdb

    log = files.write("conn.log", conns(2))
    (files.folder / "link").symlink_to(secret)
    hidden = [1]
    with closed_off(Store({}), Limits(), [str(log)], []) as database:
        assert database.execute(f"SELECT count(*) FROM read_json_objects('{log}')").fetchone() == (2,)
        with pytest.raises(duckdb.Error):
            database.execute(statement.format(secret=secret, folder=files.folder)).fetchall()
    assert hidden == [1]
    assert secret.read_text(encoding="utf-8") == "password\nhunter2\n"


def test_names_of_files_and_columns_stay_names(files: Files) -> None:
    files.write("a'); DROP VIEW zeek; --.log", conns(1))
    files.write("b.csv", b'ts,uid,"x""; DROP VIEW zeek; --",\'y\n1700000000,C1,1,2\n')
    assert len(files.rows("SELECT * FROM zeek")) == 2
    odd = files.rows('SELECT * FROM zeek WHERE "x""; DROP VIEW zeek; --" = \'1\'')
    assert [row["uid"] for row in odd] == ["C1"]


def test_a_query_nested_thousands_deep_is_refused(files: Files) -> None:
    files.write("conn.log", conns(1))
    with pytest.raises(StixShifterError):
        files.page("SELECT * FROM zeek WHERE " + "(" * 5000 + "1=1" + ")" * 5000)


def test_secrets_are_in_no_message(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [key for key in os.environ if key.startswith("AWS_")]:
        monkeypatch.delenv(name)
    auth = {"key": "AKIASECRET", "secret": "s3cr3t", "storage_secrets": json.dumps({"account_key": "k3y"})}
    with pytest.raises(StixShifterError) as caught:
        files.ping(path="nosuchstore://bucket/x", auth=auth)
    assert not any(word in str(caught.value) for word in ("AKIASECRET", "s3cr3t", "k3y"))
    with pytest.raises(StixShifterError) as caught:
        files.client(auth={"storage_secrets": "not JSON s3cr3t"})
    assert "s3cr3t" not in str(caught.value)
