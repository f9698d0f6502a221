"""`translate … results --workers N`: what several processes make is what one makes, byte for byte."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stix_shifter import parallel
from stix_shifter.parallel import stream_in_parallel
from stix_shifter_utils.errors import ResultsTranslationError, StixShifterError
from stix_shifter_utils.stix import write_ndjson

IDENTITY = '{"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "tiny"}'
WORDS = ("translate", "tiny", "results", IDENTITY)
Run = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("tiny")


def lines(count: int) -> list[str]:
    """Rows that share addresses, some equal to earlier ones, among lines that are no rows."""
    table = [
        {"number": n % 31, "time": f"2024-05-14T08:00:{n % 31:02d}.000Z", "source": f"198.51.100.{n % 7}"}
        for n in range(count)
    ]
    found = [json.dumps(row) for row in table]
    found[10:10] = ["", '{"broken": ', "5", "{}", '{"number": 123456789012345678901234567890}']
    return found


@pytest.mark.parametrize(
    "flags",
    [
        ("--ndjson", "--stix-2.1"),
        ("--stream",),
        ("--stream", "--stix-2.1"),
        ("--ndjson", "--stix-2.1", "--no-merge"),
    ],
)
def test_two_processes_write_what_one_writes(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    monkeypatch.setattr(parallel, "BATCH", 7)
    file = tmp_path / "rows.ndjson"
    file.write_text("\n".join(lines(100)))
    one = run(*WORDS, f"@{file}", *flags)
    two = run(*WORDS, f"@{file}", *flags, "--workers", "2")
    assert two.out == one.out
    said = [[line for line in each.err.splitlines() if "WARNING" not in line] for each in (one, two)]
    assert said[0] == said[1]
    assert two.code == one.code == 1
    assert "line 12: not JSON: Expecting value" in two.err
    assert "103 rows: 100 observed-data" in two.err


def test_a_list_of_rows_is_divided_too(run: Run) -> None:
    rows = "[" + ",".join(line for line in lines(40) if line.startswith('{"number')) + "]"
    one, two = (run(*WORDS, rows, "--ndjson", "--workers", count) for count in ("1", "2"))
    assert two.out == one.out
    assert two.code == one.code == 0


def test_several_processes_hand_over_text_and_dictionaries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "BATCH", 20)
    rows = [json.loads(line) for line in lines(90)[20:] if line.startswith('{"number')]
    given = {"stix_2.1": True}
    streams = [
        stream_in_parallel("tiny", json.loads(IDENTITY), rows, given, workers=1, on_problem=print)
        for _ in range(2)
    ]
    out = io.BytesIO()
    count = write_ndjson(streams[0].objects, out)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == list(streams[1].objects)
    reports = [each.report.to_json() for each in streams if each.report]
    assert reports[0] == reports[1]
    assert count > len(rows) + 1


def test_rows_of_which_none_is_an_object_are_refused() -> None:
    stream = stream_in_parallel(
        "tiny", json.loads(IDENTITY), [1, 2], {}, workers=1, on_problem=lambda *_: None
    )
    with pytest.raises(ResultsTranslationError, match="no row is one"):
        list(stream.objects)


def test_an_unknown_connector_is_told_before_any_process_starts() -> None:
    with pytest.raises(StixShifterError):
        stream_in_parallel("nowhere", json.loads(IDENTITY), [], {}, workers=2, on_problem=lambda *_: None)


def test_workers_are_for_streams(run: Run) -> None:
    said = run(*WORDS, "[]", "--workers", "2")
    assert said.code == 2
    assert "goes with --stream or --ndjson" in said.err
