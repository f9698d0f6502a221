"""How a plan is shown; what it says is the compilers' business."""

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from stix_shifter.cli.explain import page
from stix_shifter_utils.pattern import TimeWindow, parse_pattern
from stix_shifter_utils.query import ComparisonVerdict, NativeQuery, QueryPlan, Verdict

Run = Callable[..., Any]


def plan() -> QueryPlan:
    pattern = parse_pattern("[ipv4-addr:value = '198.51.100.7' OR file:name LIKE 'a%' OR mutex:name = 'm']")
    verdicts = zip(
        pattern.comparisons(), (Verdict.EXACT, Verdict.SUPERSET, Verdict.UNSEARCHABLE), strict=True
    )
    window = TimeWindow(
        datetime(2024, 5, 14, tzinfo=timezone.utc), datetime(2024, 5, 15, tzinfo=timezone.utc)
    )
    return QueryPlan(
        dialect="events",
        queries=(
            NativeQuery("SELECT 1", "events", window, 100),
            NativeQuery({"term": {"ip": "198.51.100.7"}}, "events", TimeWindow.ALL),
        ),
        verdicts=tuple(
            ComparisonVerdict(one, verdict, f"reason {verdict.value}") for one, verdict in verdicts
        ),
    )


EXPECTED = """\
dialect events
==============
COMPARISON                        VERDICT       WHY
ipv4-addr:value = '198.51.100.7'  exact         reason exact
file:name LIKE 'a%'               superset      reason superset
mutex:name = 'm'                  unsearchable  reason unsearchable

  exact: the native query says just this
  superset: the native query asks for more than it says; the rows have to be checked here
  unsearchable: this source cannot answer it

query 1 of 2: from 2024-05-14T00:00:00+00:00 to before 2024-05-15T00:00:00+00:00, at most 100 rows
    SELECT 1

query 2 of 2: any time
    {
      "term": {
        "ip": "198.51.100.7"
      }
    }

"""


def test_a_plan_for_people_is_plain_text_without_a_terminal() -> None:
    assert page([plan()]).plain() == EXPECTED


def test_a_plan_on_a_terminal_says_the_same_in_colours() -> None:
    text = page([plan()]).coloured()
    assert "\x1b[" in text
    for words in ("unsearchable", "SELECT 1", "at most 100 rows"):
        assert words in text


def test_a_plan_without_queries_says_so_and_whether_a_hunt_would_do_more() -> None:
    verdicts = plan().verdicts
    unknown = tuple(each for each in verdicts if each.verdict.value == "unsearchable")
    assert 0 < len(unknown) < len(verdicts)
    assert "A hunt asks for more" in page([QueryPlan("events", (), verdicts)]).plain()
    assert "Nothing is sent: the pattern asks for nothing" in page([QueryPlan("events", (), unknown)]).plain()


@pytest.mark.usefixtures("tiny")
def test_a_source_with_a_language_of_its_own_shows_its_queries(run: Run) -> None:
    said = run("explain", "tiny", "[ipv4-addr:value = '198.51.100.7']", '{"queries": ["find all"]}')
    assert said.code == 0
    assert "    find all\n" in said.out


@pytest.mark.usefixtures("tiny")
def test_json_is_for_programs(run: Run) -> None:
    said = run("explain", "tiny", "[ipv4-addr:value = '198.51.100.7']", "--json")
    assert said.code == 0
    assert [query["query"] for query in said.json["dialects"]["default"]["queries"]] == ["count 30"]


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    ("module", "pattern", "options", "words"),
    [
        ("tiny", "[a:b", "{}", "line 1"),
        ("no_such_thing", "[a:b = 1]", "{}", "no_such_thing"),
        ("tiny:no_such_dialect", "[a:b = 1]", "{}", "no_such_dialect"),
        ("tiny", "[a:b = 1]", json.dumps({"nonsense": 1}), "nonsense"),
    ],
)
def test_what_cannot_be_explained_is_an_error_answer(
    run: Run, module: str, pattern: str, options: str, words: str
) -> None:
    said = run("explain", module, pattern, options)
    assert (said.code, said.json["success"]) == (1, False)
    assert words in said.json["error"]


def test_what_a_hunt_asks_is_shown_too(run: Run) -> None:
    words = ("explain", "async_template", "[url:value MATCHES '/get[0-9]+']", "--json")
    plain, hunt = (run(*words, *more).json["dialects"]["dialect1"] for more in ((), ("--hunt",)))
    assert [each["verdict"] for each in plain["comparisons"]] == ["local"]
    assert plain["queries"] == []
    assert [each["verdict"] for each in hunt["comparisons"]] == ["superset"]
    assert "*/get*" in hunt["queries"][0]["query"]
