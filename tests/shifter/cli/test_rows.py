import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter.cli import rows
from stix_shifter.cli.arguments import Inputs, UsageError
from stix_shifter.cli.rows import RowReader, open_rows, rows_from_text

ROWS = [{"a": 1, "b": "x]y,[{"}, {"a": None, "c": [{"d": '\u2028\\"'}]}, {}]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
records = st.lists(st.dictionaries(st.text(max_size=4), values, max_size=4), max_size=8)


def read(text: str) -> tuple[list[object], list[str]]:
    reader = RowReader(io.BytesIO(text.encode()))
    return list(reader), reader.summary()


@settings(max_examples=150, deadline=None)
@given(records, st.sampled_from([None, 0, 2]), st.integers(1, 40), st.booleans())
def test_any_rows_in_any_layout_and_chunk_size_are_read_as_written(
    data: list[dict[str, object]], indent: int | None, chunk: int, ascii_only: bool
) -> None:
    whole = rows.CHUNK
    rows.CHUNK = chunk
    try:
        as_list = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
        as_lines = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in data)
        one_after_another = "\n\n".join(json.dumps([row], indent=4)[1:-1] for row in data if row)
        assert read(as_list) == (data, [])
        assert read(as_lines) == (data, [])
        assert read(one_after_another) == ([row for row in data if row], [])
    finally:
        rows.CHUNK = whole


def test_a_broken_line_is_noted_and_the_others_are_read() -> None:
    found, problems = read('{"a": 1}\n{"a": \n\n{"a": 3}\n')
    assert found == [{"a": 1}, {"a": 3}]
    assert problems == ["line 2: not JSON: Expecting value"]


def test_a_broken_first_line_does_not_hide_the_rest() -> None:
    found, problems = read('{"a": \n{"a": 2}\n')
    assert found == [{"a": 2}]
    assert len(problems) == 1


def test_many_broken_lines_are_counted_not_listed() -> None:
    found, problems = read('{"a": 1}\n' + "nope\n" * 100)
    assert found == [{"a": 1}]
    assert len(problems) == rows.SHOWN_PROBLEMS + 1
    assert problems[-1] == "and 95 more lines like these"


@pytest.mark.parametrize("cut", range(1, len(json.dumps(ROWS)) - 1))
def test_a_list_cut_short_gives_its_whole_rows_and_a_problem(cut: int) -> None:
    found, problems = read(json.dumps(ROWS)[:cut])
    assert found == ROWS[: len(found)]
    assert len(problems) == 1


def test_rows_nested_too_deep_end_the_list_with_a_problem() -> None:
    found, problems = read('[{"a": 1}, ' + "[" * 200_000)
    assert found == [{"a": 1}]
    assert problems


@pytest.mark.parametrize("text", ["", " \n "])
def test_nothing_is_no_rows(text: str) -> None:
    assert read(text) == ([], [])


def test_a_compressed_file_is_read_and_a_cut_one_gives_what_it_holds(tmp_path: Path) -> None:
    text = "".join(json.dumps({"number": number, "text": str(number) * 9}) + "\n" for number in range(20_000))
    whole, cut = tmp_path / "rows.ndjson.gz", tmp_path / "cut.ndjson.gz"
    whole.write_bytes(gzip.compress(text.encode()))
    cut.write_bytes(whole.read_bytes()[:-2000])
    with open_rows(Inputs(), f"@{whole}", "data") as stream:
        assert sum(1 for _ in RowReader(stream)) == 20_000
    with open_rows(Inputs(), f"@{cut}", "data") as stream:
        reader = RowReader(stream)
        found = list(reader)
    assert 0 < len(found) < 20_000
    assert any("breaks off" in problem for problem in reader.summary())


def test_standard_input_is_streamed_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO(b'{"a": 1}\n{"a": 2}\n')
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    with open_rows(Inputs(), "-", "data") as stream:
        assert list(RowReader(stream)) == [{"a": 1}, {"a": 2}]
    assert not raw.closed


def test_a_file_of_rows_that_is_not_there_is_wrong_usage() -> None:
    with (
        pytest.raises(UsageError, match="argument data: cannot read nowhere"),
        open_rows(Inputs(), "@nowhere", "data"),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "value"),
    [("[]", []), ('{"a": 1}', {"a": 1}), ('{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]), ('["x"]', ["x"])],
)
def test_a_whole_text_is_a_list_an_object_or_lines(text: str, value: object) -> None:
    assert rows_from_text(text, "data") == value


def test_a_broken_line_of_a_whole_text_is_wrong_usage_and_names_the_row() -> None:
    with pytest.raises(UsageError, match=r"argument data, row 2: not JSON"):
        rows_from_text('{"a": 1}\n{"a": \n', "data")
