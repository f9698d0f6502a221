"""Loggers as earlier releases had them, and JSON files of a connector."""

import io
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.config import RedactingFilter
from stix_shifter_utils.connector.files import all_json, read_json
from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.utils import logger


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def root_logger() -> Any:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize(("no_colour", "coloured"), [("", True), ("1", False)])
def test_colours_are_for_terminals_without_no_color(
    monkeypatch: pytest.MonkeyPatch, root_logger: logging.Logger, no_colour: str, coloured: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setattr(sys, "stderr", stream := Terminal())
    logger.init(logging.INFO)
    logging.getLogger("stix_shifter.x").warning("careful")
    assert ("\x1b[33m" in stream.getvalue()) is coloured
    assert "stix_shifter.x WARNING careful" in stream.getvalue()


def test_a_file_gets_no_colours_and_a_second_call_replaces_the_first(
    monkeypatch: pytest.MonkeyPatch, root_logger: logging.Logger
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    logger.init(logging.DEBUG)
    logger.init(logging.DEBUG).addFilter(RedactingFilter({"hunter22"}))
    logging.getLogger("any").info("once with %s", "hunter22")
    assert stream.getvalue().count("once with ***") == 1
    assert "\x1b" not in stream.getvalue()


def test_the_library_configures_no_handlers() -> None:
    import stix_shifter.stix_translation.stix_translation
    import stix_shifter.stix_transmission.stix_transmission  # noqa: F401 -- loading it must not configure anything

    assert not logging.getLogger("stix_shifter").handlers
    assert not logging.getLogger("stix_shifter_utils").handlers


def test_an_external_logger_is_for_its_thread_only() -> None:
    own, seen = logging.getLogger("own"), []
    logger.set_external_logger(own)
    thread = threading.Thread(target=lambda: seen.append(logger.set_logger("plain")))
    thread.start()
    thread.join()
    assert logger.set_logger("plain") is own
    logger.set_external_logger(None)
    assert logger.set_logger("plain") is seen[0] is logging.getLogger("plain")


def test_exceptions_become_text() -> None:
    try:
        _ = 1 // 0
    except ZeroDivisionError as error:
        whole, last = logger.exception_to_string(error), logger.last_tb_to_string(error)
    assert whole.startswith("Traceback")
    assert "1 // 0" in last
    assert last.endswith("ZeroDivisionError: integer division or modulo by zero\n")


def test_a_file_is_read_as_a_copy_and_again_after_a_change(tmp_path: Path) -> None:
    path = tmp_path / "a_map.json"
    path.write_text('{"a": {"b": 1}}')
    read_json(path, {})["a"].clear()
    assert read_json(str(path), {}) == {"a": {"b": 1}}
    path.write_text('{"a": 2}')
    os.utime(path, ns=(1, 1))
    assert read_json(path, {}) == {"a": 2}


def test_a_custom_mapping_replaces_the_file_by_its_name(tmp_path: Path) -> None:
    custom: dict[str, Any] = {"mapping": {"a_map": {"own": {}}}}
    taken = read_json(tmp_path / "a_map.json", custom)
    taken["own"]["x"] = 1
    assert custom == {"mapping": {"a_map": {"own": {}}}}


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_missing_or_broken_file_is_an_error_that_names_it(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "a_map.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(MappingFileError, match=r"a_map\.json"):
        read_json(path, {})


def test_all_files_of_a_folder_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text("{}")
    (tmp_path / "a.json").write_text('{"x": 1}')
    (tmp_path / "notes.txt").write_text("")
    assert all_json(tmp_path) == {"a": {"x": 1}, "b": {}}
    assert all_json(tmp_path / "nothing") == {}
