"""The classes of errors that every product can answer with, the code of each, and what its message advises.

Values only; `suite_errors` proves them for a connector, and docs/errors.md shows them for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.errors import ErrorCode
from stix_shifter_utils.testing.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RENEWED: Final = "renewed"
"""In place of a code: the connector gets a new token, and the search goes on."""
CANCELED: Final = "CANCELED"
"""In place of a code: the answer about the search's state, which is no error."""


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """`advice`: a regular expression for what the message says to do; `fault` breaks an HTTP product so."""

    name: str
    code: str
    advice: str
    fault: Fault | None = None


def _one(name: str, code: ErrorCode, advice: str, fault: Fault | None = None) -> ErrorClass:
    return ErrorClass(name, code.value, advice, fault)


_UNAVAILABLE: Final = ErrorCode.TRANSMISSION_CONNECT
ERROR_CLASSES: Final = (
    _one("bad credentials", ErrorCode.TRANSMISSION_AUTH_CREDENTIALS, "check the credentials"),
    _one("expired token", ErrorCode.TRANSMISSION_AUTH_CREDENTIALS, "check the credentials"),
    _one("forbidden", ErrorCode.TRANSMISSION_FORBIDDEN, "lacks a permission", Fault.answer(403)),
    _one(
        "unknown index or table",
        ErrorCode.TRANSMISSION_INVALID_PARAMETER,
        "(?i)no such|not found|does not accept this query",
    ),
    _one("syntax refused", ErrorCode.TRANSMISSION_QUERY_PARSING_ERROR, "does not accept this query"),
    _one(
        "429 with Retry-After",
        ErrorCode.TRANSMISSION_TOO_MANY_REQUESTS,
        "ask less often",
        Fault.answer(429, retry_after=7),
    ),
    _one("5xx", _UNAVAILABLE, "try again later", Fault.answer(503)),
    _one("cut connection", _UNAVAILABLE, "try again|network|reach", Fault.close(after=1)),
    _one("timeout", _UNAVAILABLE, "raise|narrow|timeout", Fault.stall()),
    _one("malformed JSON", ErrorCode.TRANSMISSION_UNKNOWN, "check host, port and path", Fault.half_json()),
    _one("cancelled job", ErrorCode.TRANSMISSION_UNKNOWN, "again"),
    _one("expired job", ErrorCode.TRANSMISSION_SEARCH_DOES_NOT_EXISTS, "start it again"),
)
BY_NAME: Final = {each.name: each for each in ERROR_CLASSES}


def table(rows: Mapping[str, Mapping[str, str]]) -> str:
    """A Markdown table: a row for each connector, a column for each class; a cell is a code, or a reason."""
    notes: list[str] = []
    lines = [_line(("connector", *BY_NAME)), _line(["---"] * (len(BY_NAME) + 1))]
    for module, cells in rows.items():
        shown = [_cell(cells[name], notes) for name in BY_NAME]
        lines.append(_line((module, *shown)))
    return "\n".join([*lines, "", *(f"{number}. {note}" for number, note in enumerate(notes, 1))]) + "\n"


def _cell(text: str, notes: list[str]) -> str:
    """A code as it is; a reason becomes a note under the table."""
    codes = {code.value for code in ErrorCode} | {RENEWED, CANCELED}
    if text in codes:
        return f"`{text}`"
    if text not in notes:
        notes.append(text)
    return f"— ({notes.index(text) + 1})"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
