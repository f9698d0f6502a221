r"""Regular expressions, rewritten for engines: on ASCII text never narrower than PCRE."""

import contextlib
import random
from collections.abc import Callable, Iterable

import duckdb
import pytest

from stix_shifter_utils.errors import UnsupportedFeatureError
from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.pattern.matches import search_text
from stix_shifter_utils.query import DuckDbCompiler, MySqlCompiler, PostgresCompiler, SqlCompiler
from stix_shifter_utils.query.regex import Flavour, analyse
from stix_shifter_utils.testing.servers import DatabaseServer

ATOMS = [
    *("a", "b", "A", "-", " ", "0", "x", ".", r"\.", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", r"\-", r"\\"),
    *(r"\/", "[ab]", "[^ab]", "[a-c0-9]", r"[\w.-]", r"[^\s]", "[]a]", "[^]a]", "[a^]", r"[\]\[]", "[a-]"),
    *("[[:alpha:]]", "[&&a]", "[a|b]", r"\x41", r"\x{62}", r"\t", r"\n", r"\Qa.b\E", "'", '"', "%", "_", "#"),
    *("~", "&", "@", ",", "é"),
]
PLACES = ["^", "$", r"\A", r"\Z", r"\z", r"\b", r"\B"]
ODD = [
    "(?=a)",
    "(?!b)",
    "(?<=a)",
    r"(a)\1",
    "(?>ab?)",
    "a++",
    r"\p{L}",
    r"\R",
    r"\h",
    "(?i:b)",
    r"\X",
    "(?#n)",
]
TEXTS = [
    *(
        "",
        "a",
        "b",
        "A",
        "ab",
        "ba",
        "aa",
        "a b",
        "a.b",
        "a-b",
        "a\nb",
        "a\n",
        "\n",
        "ab\n",
        "\\",
        "a\\b",
        "0",
    ),
    *("a0", "x", " ", "\t", "%", "_", "a_b", "[", "]", "^", "a]", "&&", "|", "AB", "aB", "'", '"', "#~&@,"),
    *("abcabc", "0x41", "-", "--", "foo bar baz", "C:\\Windows\\cmd.exe", "aXb", "b0b", "/", "a/b", "\x0b"),
    "\x0c\r",
]


def make(chance: random.Random, depth: int = 2, *, odd: bool) -> str:
    parts = []
    for _ in range(chance.choice([1, 1, 2, 3])):
        roll = chance.random()
        if roll < 0.15:
            parts.append(chance.choice(PLACES))
            continue
        if odd and roll < 0.25:
            parts.append(chance.choice(ODD))
            continue
        atom = chance.choice(ATOMS)
        if depth and roll > 0.75:
            opening = chance.choice(["(", "(?:", f"(?P<n{chance.randrange(10**6)}>"])
            atom = f"{opening}{make(chance, depth - 1, odd=odd)})"
        parts.append(atom + chance.choice(["", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,}", "*?", "+?"]))
    text = "".join(parts)
    return f"{text}|{make(chance, 0, odd=odd)}" if chance.random() < 0.15 else text


def expressions(count: int, seed: int, *, odd: bool) -> Iterable[tuple[str, Callable[[str], bool]]]:
    """Expressions that are PCRE, each with the function that judges text by it."""
    chance = random.Random(seed)
    while count:
        text = chance.choice(["", "", "", "", "(?i)", "(?s)"]) + make(chance, odd=odd)
        with contextlib.suppress(UnsupportedFeatureError):
            judge = search_text(text, "x:y")
            judge("aaaa")
            yield text, judge
            count -= 1


MAPPING = DialectMapping.of(to_stix={"name": {"key": "x-test.name"}})


def check(kind: type[SqlCompiler], find: Callable[[str], set[int]], count: int) -> None:
    made = kind(MAPPING)
    assert made.flavour is not None
    plain = 0
    for odd in (False, True):
        for text, judge in expressions(count, 20 + odd, odd=odd):
            regex = analyse(text)
            written = regex.write(made.flavour)
            if written is None:
                continue
            literal = made.text(written)
            assert literal is not None
            condition = made.regex("name", literal)
            assert condition is not None
            found = find(condition)
            wanted = {place for place, value in enumerate(TEXTS) if judge(value)}
            assert wanted <= found, (text, written, [TEXTS[place] for place in wanted - found])
            if regex.is_plain and regex.fits(made.flavour):
                plain += 1
                assert found == wanted, (text, written, [TEXTS[place] for place in found - wanted])
    assert plain > count / 2


def test_duckdb_finds_no_less_and_just_this_where_it_is_plain() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT unnest(range(len($1))) AS n, unnest($1) AS name", [TEXTS]
        )

        def find(condition: str) -> set[int]:
            return {row[0] for row in connection.execute(f"SELECT n FROM t WHERE {condition}").fetchall()}

        check(DuckDbCompiler, find, 500)


@pytest.mark.engine
def test_mariadb_finds_no_less_and_just_this_where_it_is_plain(mariadb_server: DatabaseServer) -> None:
    import pymysql

    login = mariadb_server.login()
    with (
        contextlib.closing(pymysql.connect(**login, charset="utf8mb4")) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE OR REPLACE TABLE r (n INT, name TEXT) COLLATE utf8mb4_general_ci")
        cursor.executemany("INSERT INTO r VALUES (%s, %s)", list(enumerate(TEXTS)))

        def find(condition: str) -> set[int]:
            cursor.execute(f"SELECT n FROM r WHERE {condition}")
            return {row[0] for row in cursor.fetchall()}

        check(MySqlCompiler, find, 400)


@pytest.mark.engine
def test_postgresql_finds_no_less_and_just_this_where_it_is_plain(postgresql_server: DatabaseServer) -> None:
    import psycopg

    with psycopg.connect(**postgresql_server.login()) as connection:
        connection.execute("CREATE TEMPORARY TABLE r (n INT, name TEXT)")
        connection.cursor().executemany("INSERT INTO r VALUES (%s, %s)", list(enumerate(TEXTS)))

        def find(condition: str) -> set[int]:
            return {row[0] for row in connection.execute(f"SELECT n FROM r WHERE {condition}").fetchall()}

        check(PostgresCompiler, find, 400)


def test_texts_are_in_every_match() -> None:
    for text, judge in expressions(2000, 30, odd=True):
        regex = analyse(text)
        for needed in regex.texts():
            for value in TEXTS:
                if judge(value):
                    assert needed in (value.lower() if regex.folds else value), (text, needed, value)


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        (r"^cmd\.exe$", ("cmd.exe",)),
        (r"(?i)CMD\.exe", ("cmd.exe",)),
        (r"foo.*bar", ("bar", "foo")),
        (r"(foo|bar)baz", ("baz",)),
        (r"a?b*", ()),
        (r"(ab)+c", ("ab", "c")),
        (r"ab{0,3}", ("a",)),
        (r"(?=hidden)x", ("x",)),
        (r"\Qa.*\E+", ("a.", "*")),
        (r"foo\bbar", ("foobar",)),
        ("(", ()),
    ],
)
def test_the_texts_that_an_expression_needs(expression: str, texts: tuple[str, ...]) -> None:
    assert set(analyse(expression).texts()) == set(texts)


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        (r"^a.*b$", r"(?s)^a.*b\n?\z"),
        (r"(?i)a", r"(?si)a"),
        (r"\d{1,3}", r"(?s)[0-9]{1,3}"),
        (r"a{1,999}", r"(?s)a+"),
        (r"(?:a|b)c", r"(?s)(?:a|b)c"),
        (r"a(?!b)c", r"(?s)ac"),
        (r"(a)\1", r"(?s)a.*"),
        ("", "(?s)"),
    ],
)
def test_expressions_are_written_in_words_that_engines_share(expression: str, written: str) -> None:
    assert analyse(expression).write(Flavour()) == written


@pytest.mark.parametrize(
    "expression",
    ["(", ")", "a)", "[a", "*a", "\\", "(?P<n", "(*ACCEPT)a", "[b-a]", "(?|a)", "(" * 200 + ")" * 200],
)
def test_what_is_not_understood_is_not_written(expression: str) -> None:
    regex = analyse(expression)
    assert regex.write(Flavour()) is None
    assert regex.texts() == ()
    assert not regex.is_plain


@pytest.mark.parametrize(
    "expression",
    [r"a(?=b)", r"(a)\1", "a++", "(?>a)", r"\p{L}", "(?m)^a", r"\R", "é(?i)", "(?i)é", "a(?i)b"],
)
def test_what_engines_may_see_otherwise_is_not_plain(expression: str) -> None:
    assert not analyse(expression).is_plain
