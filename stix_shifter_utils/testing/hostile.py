"""Values that try to leave their place in a native query, and reading a query without its literals.

A value carries a marker; where the marker shows outside of the literals, the value got out.
"""

from __future__ import annotations

import json
import random
import re
from typing import Any, Final

MARKER: Final = "zqxj7kw"
"""A word that is in no language and no schema."""

_ENDINGS: Final = (
    "'", '"', "`", "\\", "''", "\\'", '\\"', "\\\\'", "'\\", ")", "]", "}", "*/", "%", "_", "!", "?", "*",
    "' OR '1'='1", '" OR "1"="1', "'; DROP TABLE t; --", "' /*", "--", "#", "//", "';\n", "\n", "\r\n",
    "\t", " AND ", " OR ", " NOT ", " | ", " START ", " STOP ", "&a=b", "%27", "%00", "${jndi:x}", "{{7*7}}",
    "$(id)",
    "\u2019", "\uff07", "\u02bc", "\x7f", "é", "😀", "ß", "\u202e", "\ufeff",
)  # fmt: skip


_PIECES: Final = (
    *_ENDINGS,
    *(
        "^",
        "$",
        "|",
        "(",
        "[",
        "{",
        "}",
        ";",
        ",",
        "=",
        "!=",
        "<",
        ">",
        "<!--",
        "```",
        "\\n",
        "\\x22",
        "\\u0022",
    ),
    *(
        "%s",
        ":1",
        "?1",
        "@a",
        "$a$",
        "[search *]",
        "| delete",
        "`m(1)`",
        "TERM(",
        "earliest=0",
        "' LAST 1 DAYS",
    ),
    *("\x00", "\x01", "\x08", "\x1a", "\x1b", "\u00a0", "\u2028", "e\u0301", "\u0130", "\u0131", "\u212a"),
    *("\u017f", "Σ", "ς", "日本", " ", "  ", "a", "A", "b", "0", "10.0.0.0/8", "NULL", "true"),
)


def many_hostile_values(count: int, seed: int) -> list[str]:
    """Values, all different, many alike but for case, a blank, a backslash or a wildcard; none is empty."""
    chance = random.Random(seed)  # noqa: S311  values for tests
    found: dict[str, None] = dict.fromkeys(hostile_values())
    while len(found) < count:
        value = "".join(chance.choice(_PIECES) for _ in range(chance.choice([1, 1, 2, 2, 3, 4, 6])))
        for twin in (
            value,
            value.swapcase(),
            value + " ",
            "\\" + value,
            value + "'",
            value + '"',
            value + "*",
        ):
            found.setdefault(twin)
    return list(found)[:count]


_DOUBLED: Final = re.compile(r"'(?:[^']|'')*'")
_BACKSLASH: Final = re.compile(r"'(?:[^'\\]|''|\\.)*'", re.DOTALL)


def hostile_values() -> list[str]:
    """Values with a marker behind, before and around what could end a literal."""
    return [f"{MARKER}{end}{MARKER}" for end in _ENDINGS] + [f"{end}{MARKER}{end}" for end in _ENDINGS]


def outside_literals(query: Any, *, backslash: bool = False) -> str:
    """What stands in a query outside of its literals, by standard rules.

    JSON-ready data keeps its keys only: a value there cannot leave its place. Text is read as SQL: `'…'`
    with doubled quotes are literals (`backslash`: a backslash hides the next character), comments count as
    outside. A language with other rules has a reader of its own. Raises ValueError for a literal that does
    not end.
    """
    if isinstance(query, str):
        return "".join(_sql_outside(query, _BACKSLASH if backslash else _DOUBLED))
    return json.dumps(_keys(query))


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _keys(inner) for key, inner in value.items()}
    return [_keys(inner) for inner in value] if isinstance(value, (list, tuple)) else None


def _sql_outside(text: str, literal: re.Pattern[str]) -> list[str]:
    outside, place = [], 0
    while (start := text.find("'", place)) >= 0:
        outside.append(text[place:start])
        found = literal.match(text, start)
        if found is None:
            message = f"a literal does not end: {text[start : start + 40]!r}"
            raise ValueError(message)
        place = found.end()
    return [*outside, text[place:]]
