"""No value ends its own literal: literals, read back by each dialect's rules, are the value again."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.query import (
    DuckDbCompiler,
    MySqlCompiler,
    PostgresCompiler,
    SqlCompiler,
    SqliteCompiler,
    TrinoCompiler,
)

MAPPING = DialectMapping.of(to_stix={"name": {"key": "x-test.name"}})
NASTY = st.text(st.sampled_from("'\"\\`%_-/*#;\n\r\t\0\x1a\x7f! aé\u212a\U0001f600E"), max_size=12)
ANYTHING = st.one_of(NASTY, st.text(max_size=20), st.text(st.characters(codec=None), max_size=6))

Read = Callable[[str], str]


def read_standard(literal: str) -> str:
    """One `'...'` with doubled quotes, and nothing behind it."""
    match = re.fullmatch(r"'((?:[^']|'')*)'", literal, re.DOTALL)
    assert match, literal
    return match[1].replace("''", "'")


def read_mysql(literal: str) -> str:
    """As MySQL reads it by default: a backslash escapes."""
    if literal.startswith("_utf8mb4 X'"):
        return bytes.fromhex(literal.removeprefix("_utf8mb4 X'").removesuffix("'")).decode()
    match = re.fullmatch(r"'((?:[^'\\]|\\.|'')*)'", literal, re.DOTALL)
    assert match, literal
    return re.sub(r"\\(.)|''", lambda found: found[1] or "'", match[1], flags=re.DOTALL)


def read_postgresql(literal: str) -> str:
    if not literal.startswith("E"):
        assert "\\" not in literal  # its meaning hangs on standard_conforming_strings
        return read_standard(literal)
    return read_mysql(literal[1:])


def read_sqlite(literal: str) -> str:
    if literal.startswith("CAST(X'"):
        match = re.fullmatch(r"CAST\(X'([0-9a-f]*)' AS TEXT\)", literal)
        assert match, literal
        return bytes.fromhex(match[1]).decode()
    return read_standard(literal)


def read_trino(literal: str) -> str:
    return "\0".join(map(read_standard, literal.split(" || chr(0) || ")))


DIALECTS: list[tuple[type[SqlCompiler], Read]] = [
    (DuckDbCompiler, read_standard),
    (MySqlCompiler, read_mysql),
    (PostgresCompiler, read_postgresql),
    (SqliteCompiler, read_sqlite),
    (TrinoCompiler, read_trino),
]


@pytest.mark.parametrize(("kind", "read"), DIALECTS)
@given(value=ANYTHING)
@settings(max_examples=300, deadline=None)
def test_a_literal_reads_back_as_its_value(kind: type[SqlCompiler], read: Read, value: str) -> None:
    literal = kind(MAPPING).text(value)
    if literal is None:
        assert "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value)
    else:
        assert read(literal) == value


@given(value=ANYTHING)
@settings(max_examples=300, deadline=None)
def test_no_literal_of_mysql_ends_early_without_backslash_escapes(value: str) -> None:
    literal = MySqlCompiler(MAPPING).text(value)
    if literal is not None and not literal.startswith("_utf8mb4"):
        read_standard(literal)


@given(value=ANYTHING)
@settings(max_examples=300, deadline=None)
def test_no_literal_of_postgresql_ends_early_without_conforming_strings(value: str) -> None:
    literal = PostgresCompiler(MAPPING).text(value)
    if literal is not None:
        read_mysql(literal.removeprefix("E"))


@pytest.mark.parametrize(("kind", "mark"), [(DuckDbCompiler, '"'), (MySqlCompiler, "`")])
@given(name=NASTY)
@settings(max_examples=100, deadline=None)
def test_a_name_reads_back_as_itself(kind: type[SqlCompiler], mark: str, name: str) -> None:
    quoted = kind(MAPPING).quote(name)
    match = re.fullmatch(f"{mark}((?:[^{mark}]|{mark}{mark})*){mark}", quoted, re.DOTALL)
    assert match
    assert match[1].replace(mark * 2, mark) == name
