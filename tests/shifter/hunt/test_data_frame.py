"""A hunt as a DataFrame (by pandas itself), as Parquet and as CSV: the same content, with types that fit."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.hunt import HuntReport, hunt
from stix_shifter.hunt.columns import kind_of
from stix_shifter.hunt.formats import write_report
from stix_shifter.hunt.frame import data_frame
from stix_shifter_utils.errors import ConfigurationError

from .conftest import WINDOW, MakeBundle, Tables, host_event, table_source

if TYPE_CHECKING:
    from pathlib import Path

PATTERN = f"[network-traffic:dst_port IN (53, 443) OR file:name = 'cmd.exe'] {WINDOW}"


@pytest.fixture
def report(product: Tables, bundle_source: MakeBundle) -> HuntReport:
    rows = [host_event(number) for number in range(100, 130)]
    return hunt(PATTERN, [table_source("tables", product), bundle_source("partner", rows)])


def parquet(report: HuntReport, folder: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The column types of a Parquet file, and its rows; instants as microseconds."""
    duckdb = pytest.importorskip("duckdb")
    path = folder / "found.parquet"
    with path.open("wb") as out:
        write_report(report, "parquet", out)
    with duckdb.connect() as database:
        kinds = {name: kind for name, kind, *_ in database.execute(f"DESCRIBE FROM '{path}'").fetchall()}
        columns = ", ".join(
            f'epoch_us("{name}")' if "TIME ZONE" in kind else f'"{name}"' for name, kind in kinds.items()
        )
        rows = database.execute(f"SELECT {columns} FROM '{path}'").fetchall()
    return kinds, [dict(zip(kinds, row, strict=True)) for row in rows]


def plain(value: Any) -> Any:
    """A cell of a DataFrame as CSV writes it."""
    import pandas as pd

    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)


def test_times_are_utc_numbers_may_be_missing_and_lists_stay_lists(report: HuntReport) -> None:
    pandas = pytest.importorskip("pandas")
    frame = report.dataframe()
    assert len(frame) == report.ledger.matched > 40
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert (kinds["first_observed"], kinds["number_observed"]) == ("datetime64[us, UTC]", "Int64")
    assert (kinds["network-traffic:dst_port"], kinds["source"]) == ("Int64", "string")
    assert kinds["file:hashes.MD5"] == "string"
    first = frame["first_observed"].min()
    assert first == pandas.Timestamp("2024-01-01T12:00:00Z")
    assert set(frame["source"]) == {"tables", "partner"}
    busy = frame[frame["network-traffic:dst_port"] == 443]  # a filter over rows of which some have no port
    assert 0 < len(busy) < len(frame)
    lists = frame["ipv4-addr:value"].dropna()
    assert all(isinstance(one, list) and len(one) == 2 for one in lists)
    assert len(lists) > 10


def test_data_frame_parquet_and_csv_hold_the_same(report: HuntReport, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    frame = report.dataframe()
    out = io.BytesIO()
    write_report(report, "csv", out)
    lines = list(csv.DictReader(io.StringIO(out.getvalue().decode())))
    cells = [{name: plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
    assert [{name: text.removeprefix("'") for name, text in line.items()} for line in lines] == cells
    kinds, rows = parquet(report, tmp_path)
    assert list(kinds) == list(frame.columns)
    assert kinds["first_observed"] == "TIMESTAMP WITH TIME ZONE"
    assert (kinds["network-traffic:dst_port"], kinds["ipv4-addr:value"]) == ("BIGINT", "VARCHAR")
    for row, cell in zip(rows, cells, strict=True):
        for name in ("first_observed", "last_observed"):
            moment = datetime.fromtimestamp(row[name] // 1000 / 1000, timezone.utc)
            row[name] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert {name: "" if value is None else str(value) for name, value in row.items()} == cell


def test_a_hunt_without_any_match_has_the_fixed_columns_with_their_types(
    product: Tables, tmp_path: Path
) -> None:
    pytest.importorskip("pandas")
    report = hunt(f"[network-traffic:dst_port = 1] {WINDOW}", [table_source("tables", product)])
    frame = report.dataframe()
    assert len(frame) == 0
    assert str(frame.dtypes["last_observed"]) == "datetime64[us, UTC]"
    kinds, rows = parquet(report, tmp_path)
    assert rows == []
    assert kinds["number_observed"] == "BIGINT"


def test_odd_values_keep_their_value() -> None:
    pytest.importorskip("pandas")
    rows: list[dict[str, Any]] = [
        {
            "big": 2**70,
            "some": True,
            "odd": 1,
            "late": "9999-12-31T23:59:59Z",
            "leap": "2016-12-31T23:59:60Z",
        },
        {"big": 1, "odd": "one", "fine": "2024-01-01T00:00:00.123456789Z", "half": 1, "leap": None},
        {"half": 0.5, "odd": [1, "one"]},
    ]
    frame = data_frame(rows)
    assert {name: str(frame.dtypes[name]) for name in ("big", "some", "odd", "half", "leap")} == {
        "big": "object", "some": "boolean", "odd": "object", "half": "float64", "leap": "string",
    }  # fmt: skip
    assert list(frame["big"]) == [2**70, 1, None]
    assert frame["odd"][2] == [1, "one"]
    assert frame["late"][0] == datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    assert frame["fine"][1].microsecond == 123456


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, None], "text"),
        (["2024-01-01T00:00:00Z", None], "time"),
        (["2024-01-01T00:00:00Z", "soon"], "text"),
        (["2024-02-30T00:00:00Z"], "text"),
        ([1, None, 2], "integer"),
        ([1, 2.5], "number"),
        ([1, True], "mixed"),
        ([True, False], "boolean"),
        ([2**63], "mixed"),
        ([["a"], "a"], "mixed"),
    ],
)
def test_a_column_has_the_narrowest_kind_that_holds_all_its_values(values: list[Any], kind: str) -> None:
    assert kind_of("x", values) == kind


@pytest.mark.parametrize("name", ["pandas", "duckdb"])
def test_without_the_package_the_error_says_what_to_install(
    report: HuntReport, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    extra = {"pandas": "dataframe", "duckdb": "parquet"}[name]
    with pytest.raises(ConfigurationError, match=rf"pip install 'stix-shifter\[{extra}\]'"):
        report.dataframe() if name == "pandas" else write_report(report, "parquet", io.BytesIO())
