"""`docs/query-languages.md`: what each family of query languages makes of each comparator, tried out.

Every cell is compiled when the page is made, from one made-up table; nothing of it is written by hand.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils import query
from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.pattern import parse_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES: Final = (
    "MySqlCompiler", "PostgresCompiler", "SqliteCompiler", "DuckDbCompiler", "TrinoCompiler", "KqlCompiler",
    "SplCompiler", "AqlCompiler", "LuceneCompiler", "ElasticDslCompiler",
)  # fmt: skip
_FIELDS: Final = {
    "text": ("name", "x-demo.name", "text"),
    "text without case": ("word", "x-demo.word", "text_nocase"),
    "number": ("count", "x-demo.count", "integer"),
    "boolean": ("flag", "x-demo.flag", "boolean"),
    "address": ("address", "ipv4-addr.value", "text"),
    "list": ("tags", "x-demo.tags", "text[]"),
}
"""What a field holds: its name, the property that it feeds, its kind."""

_COMPARISONS: Final = (
    ("text", "x-demo:name = 'It\\'s'"),
    ("text", "x-demo:name != 'a'"),
    ("text", "x-demo:name IN ('a', 'b')"),
    ("text", "x-demo:name NOT IN ('a', 'b')"),
    ("text", "x-demo:name > 'a'"),
    ("text", "x-demo:name LIKE 'a%'"),
    ("text", "x-demo:name LIKE 'a_c%z'"),
    ("text", "x-demo:name NOT LIKE '%a%'"),
    ("text", "x-demo:name MATCHES '^a+[0-9]$'"),
    ("text", "EXISTS x-demo:name"),
    ("text", "NOT EXISTS x-demo:name"),
    ("text without case", "x-demo:word = 'a'"),
    ("text without case", "x-demo:word LIKE '%a'"),
    ("number", "x-demo:count = 5"),
    ("number", "x-demo:count != 5"),
    ("number", "x-demo:count >= 5"),
    ("number", "x-demo:count IN (5, 6)"),
    ("boolean", "x-demo:flag = true"),
    ("address", "ipv4-addr:value ISSUBSET '10.0.0.0/8'"),
    ("address", "ipv4-addr:value ISSUPERSET '10.1.2.3/32'"),
    ("list", "x-demo:tags[*] = 'a'"),
    ("list", "x-demo:tags[*] LIKE 'a%'"),
)
_NOW: Final = datetime(2024, 1, 1, tzinfo=timezone.utc)
_LONGEST: Final = 150
HEAD: Final = """<!-- Made by `make pages`; a test fails when it differs. -->
# Query languages

What each family makes of each comparison, over a made-up table with a text (`name`), a text that the source
compares without case (`word`), a number (`count`), a boolean (`flag`), an address that is kept as text
(`address`) and a list of texts (`tags`). A connector that says nothing else behaves so for its own fields.

*exact*: the query says just this. *superset*: it asks for more, and the rows are checked here. *local*: it
is not sent, and checked here on rows that are asked for by other comparisons. *unsearchable*: the source
cannot answer it. The verdicts are those of a hunt, which checks rows.

What holds for all: several fields for one property are joined by OR; a value that is absent satisfies no
comparison, whatever the operator, so `!=` and NOT ask for a value too; START and STOP become a window of
each observation's own, half-open; long lists and long queries are divided by the source's limits; AND,
FOLLOWEDBY, WITHIN and REPEATS between observations are settled here.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_sections()]) + "\n"


def families() -> Iterator[type[query.QueryCompiler[Any]]]:
    """The families that there are, in the order of the page."""
    for name in FAMILIES:
        if name in query.__all__:
            yield getattr(query, name)


def _sections() -> Iterator[str]:
    for family in families():
        yield f"## {family.dialect}\n"
        yield "| field | comparison | verdict | native condition |"
        yield "|---|---|---|---|"
        for kind, comparison in _COMPARISONS:
            verdict, text = _tried(family, kind, comparison)
            yield f"| {kind} | {_code(comparison)} | {verdict} | {_code(text) if text else ''} |"
        yield ""


def _tried(family: type[query.QueryCompiler[Any]], field: str, comparison: str) -> tuple[str, str]:
    """The verdict for a comparison, and the query that asks for it alone; empty where none does."""
    name, key, kind = _FIELDS[field]
    mapping = DialectMapping.of(
        to_stix={name: {"key": key, "object": "one"}}, fields={"table": "t", "fields": {name: kind}}
    )
    options = query.CompilerOptions(time_range_min=None, result_limit=None)
    plan = family(mapping, options).compile(parse_pattern(f"[{comparison}]"), now=_NOW, policy="widen")
    verdict = plan.verdicts[0].verdict
    sends = verdict in {query.Verdict.EXACT, query.Verdict.SUPERSET}
    bodies = [one.body if isinstance(one.body, str) else json.dumps(one.body) for one in plan.queries]
    text = _shortened(bodies[0]) if sends and bodies else ""
    return verdict.value, text


def _shortened(text: str) -> str:
    for start in (
        "SELECT * FROM t WHERE ",
        'SELECT * FROM "t" WHERE ',
        "SELECT * FROM `t` WHERE ",
        "t | where ",
    ):
        text = text.removeprefix(start)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _code(text: str) -> str:
    """Text in a cell as code; a backtick in it needs two around it."""
    text = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)
    fence = "``" if "`" in text else "`"
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")
