"""Reading what stands on the command line: text and JSON, `@file`, `-` for standard input.

Every text or JSON argument may be given as itself, as `@path` (the file's content) or as `-` (standard input,
for one argument at most); a text that begins with a real `@` is written `@@`. What is wrong is a `UsageError`
naming the argument. How a command is declared lives in `parser.py`, rows in `rows.py`, secrets in
`credentials.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class UsageError(Exception):
    """The command line is wrong: exit 2 and one line, which names the argument."""


def bad_argument(name: str, problem: str) -> UsageError:
    """The error for one argument, to be raised."""
    return UsageError(f"argument {name}: {problem}")


class Inputs:
    """The arguments of one run, and its standard input, which is read at most once."""

    def __init__(self) -> None:
        self._stdin_taken_by: str | None = None

    def text(self, value: str, name: str) -> str:
        """The text that an argument stands for. UsageError for a file that cannot be read as UTF-8."""
        if value.startswith("@@"):
            return value[1:]
        if value == "-":
            return self.standard_input(name).rstrip("\r\n")
        return self._file(value[1:], name).rstrip("\r\n") if value.startswith("@") else value

    def standard_input(self, name: str) -> str:
        """All of standard input, as UTF-8. UsageError when another argument has read it."""
        self.claim_standard_input(name)
        try:
            return sys.stdin.buffer.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise bad_argument(name, f"standard input is not UTF-8: {error.reason}") from error

    def claim_standard_input(self, name: str) -> None:
        """Note that an argument reads standard input, for a reader that streams it."""
        if self._stdin_taken_by is not None:
            problem = f"standard input is already read for {self._stdin_taken_by}; give one of them as @file"
            raise bad_argument(name, problem)
        self._stdin_taken_by = name

    def json(self, value: str, name: str, *, empty: Any = None) -> Any:
        """The JSON that an argument stands for; `empty` where the text is blank."""
        text = self.text(value, name)
        return empty if not text.strip() else parse_json(text, name)

    def object(self, value: str | None, name: str) -> dict[str, Any]:
        """A JSON object; absent, blank and `null` are the empty one."""
        found = self.json(value or "", name)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise bad_argument(name, f"must be a JSON object, not {json_kind(found)}")
        return found

    def _file(self, path: str, name: str) -> str:
        try:
            return Path(path).expanduser().read_text(encoding="utf-8-sig")
        except OSError as error:
            raise bad_argument(name, f"cannot read {path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise bad_argument(name, f"{path} is not UTF-8: {error.reason}") from error


def parse_json(text: str, name: str) -> Any:
    """JSON, or a UsageError that says where it breaks. The text is not shown: it may hold a password."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{error.msg} at line {error.lineno} column {error.colno}"
        raise bad_argument(name, f"not JSON: {place} (@path reads a file, - standard input)") from error
    except ValueError as error:  # an integer of more digits than Python reads
        raise bad_argument(name, f"not usable JSON: {error}") from error
    except RecursionError as error:
        raise bad_argument(name, "not usable JSON: nested too deep") from error


def json_kind(value: Any) -> str:
    """What a JSON value is, in JSON's words."""
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def metadata(inputs: Inputs, value: str | None) -> Any:
    """The metadata of an earlier page or search: JSON, or a bare token as itself."""
    if value is None:
        return None
    text = inputs.text(value, "metadata")
    looks_like_json = text.lstrip()[:1] in ("{", "[", '"')
    try:
        return json.loads(text) if text.strip() else None
    except ValueError:
        return parse_json(text, "metadata") if looks_like_json else text


def with_options(options: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy of options in which those changes that are not None stand."""
    return {**options, **{name: value for name, value in changes.items() if value is not None}}
