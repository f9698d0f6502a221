import io
import sys
from pathlib import Path

import pytest

from stix_shifter.cli.arguments import Inputs, UsageError, metadata, parse_json


def give_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_text_stands_for_itself_also_when_it_begins_with_a_bracket() -> None:
    assert Inputs().text("[a:b = 1]", "pattern") == "[a:b = 1]"


def test_an_at_sign_reads_a_file_without_its_byte_order_mark_and_last_newline(tmp_path: Path) -> None:
    path = tmp_path / "pattern.txt"
    path.write_bytes("\ufeff[a:b = 'ü']\r\n".encode())
    assert Inputs().text(f"@{path}", "pattern") == "[a:b = 'ü']"


def test_two_at_signs_are_one_real_at_sign() -> None:
    assert Inputs().text("@@variable", "query") == "@variable"


def test_a_dash_reads_standard_input_once(monkeypatch: pytest.MonkeyPatch) -> None:
    give_stdin(monkeypatch, b'{"a": 1}\n')
    inputs = Inputs()
    assert inputs.object("-", "options") == {"a": 1}
    with pytest.raises(UsageError, match=r"argument data: standard input is already read for options"):
        inputs.text("-", "data")


def test_standard_input_that_is_not_utf8_is_said_with_the_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    give_stdin(monkeypatch, b"\xff\xfe")
    with pytest.raises(UsageError, match=r"^argument data: standard input is not UTF-8"):
        Inputs().text("-", "data")


def test_a_file_that_is_not_there_is_said_with_the_argument() -> None:
    with pytest.raises(UsageError, match=r"^argument options: cannot read nowhere\.json: No such file"):
        Inputs().object("@nowhere.json", "options")


def test_a_file_that_is_not_text_is_said_with_the_argument(tmp_path: Path) -> None:
    path = tmp_path / "binary"
    path.write_bytes(b"\xff\xff")
    with pytest.raises(UsageError, match=r"^argument options: .*binary is not UTF-8"):
        Inputs().object(f"@{path}", "options")


@pytest.mark.parametrize("blank", ["", "  ", "null", None])
def test_a_blank_object_is_empty(blank: str | None) -> None:
    assert Inputs().object(blank, "options") == {}


@pytest.mark.parametrize(
    ("text", "kind"), [("[]", "a list"), ("1", "a number"), ('"a"', "a text"), ("true", "a boolean")]
)
def test_anything_but_an_object_is_refused_where_one_is_needed(text: str, kind: str) -> None:
    with pytest.raises(UsageError, match=f"argument connection: must be a JSON object, not {kind}"):
        Inputs().object(text, "connection")


def test_bad_json_is_placed_and_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        parse_json('{"password": "hunter2",\n oops}', "configuration")
    message = str(caught.value)
    assert message.startswith("argument configuration: not JSON: ")
    assert "line 2 column 2" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("text", ["[" * 200_000, "1" * 5000])
def test_json_that_python_cannot_hold_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="argument data: not "):
        parse_json(text, "data")


@pytest.mark.parametrize(
    ("text", "value"), [('{"page": 2}', {"page": 2}), ("abc==", "abc=="), ("7", 7), (" ", None), (None, None)]
)
def test_metadata_is_json_or_a_bare_token(text: str | None, value: object) -> None:
    assert metadata(Inputs(), text) == value


def test_metadata_that_begins_like_json_must_be_json() -> None:
    with pytest.raises(UsageError, match="argument metadata: not JSON"):
        metadata(Inputs(), '{"page": ')
