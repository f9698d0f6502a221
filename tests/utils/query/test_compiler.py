"""The walk: groups, what cannot be asked, windows, limits, folding, splitting, verdicts."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from stix_shifter_utils.errors import UnmappedError, UnsupportedFeatureError
from stix_shifter_utils.mapping import DialectMapping, Relation
from stix_shifter_utils.pattern import (
    Comparator,
    Comparison,
    Observation,
    Pattern,
    TimeWindow,
    parse_path,
    parse_pattern,
)
from stix_shifter_utils.query import (
    Capabilities,
    CompilerOptions,
    DuckDbCompiler,
    MySqlCompiler,
    Policy,
    PostgresCompiler,
    QueryPlan,
    SqliteCompiler,
    Verdict,
)

NOW = datetime(2024, 1, 1, 12, tzinfo=timezone.utc)
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
TO_STIX: Mapping[str, Any] = {
    "at": [
        {"key": "first_observed", "transformer": "Epoch"},
        {"key": "last_observed", "transformer": "Epoch"},
    ],
    "m": {"key": "x-t.main", "object": "t"},
    "m2": {"key": "x-t.second", "object": "t"},
    "number": {"key": "x-t.number", "object": "t"},
    "deep": {"key": "x-t.deep", "object": "t", "transformer": "Unheard"},
    "one": {"key": "x-t.either", "object": "t"},
    "other": {"key": "x-t.either", "object": "o"},
}
FIELDS: Mapping[str, Any] = {
    "table": "t",
    "time": "at",
    "fields": {
        "at": "epoch_ms", "m": "text", "m2": "text", "number": "integer", "deep": "text", "one": "text",
        "other": "text",
    },
}  # fmt: skip
ALL_TIME = CompilerOptions(time_range_min=None, result_limit=None)


def mapping(**more: Any) -> DialectMapping:
    return DialectMapping.of(
        **{"to_stix": TO_STIX, "fields": FIELDS, "relations": {"Epoch": Relation.EPOCH_MS}, **more}
    )


def plan(
    text: str, *, policy: Policy = "prune", options: CompilerOptions = ALL_TIME, **more: Any
) -> QueryPlan:
    capabilities = more.pop("capabilities", None)
    return DuckDbCompiler(mapping(**more), options, capabilities).compile(
        parse_pattern(text), now=NOW, policy=policy
    )


def where(found: QueryPlan) -> str:
    """What stands behind WHERE in the only query; empty when every row is asked for."""
    (query,) = found.queries
    return str(query.body).partition(" WHERE ")[2]


# --- what cannot be asked


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("[x-t:main = '1' OR u:u = '1']", "\"m\" = '1'"),
        ("[u:u = '1' OR x-t:main = '1']", "\"m\" = '1'"),
        ("[x-t:main = '1' AND (x-t:second = '2' OR u:u = '1')]", "\"m\" = '1' AND \"m2\" = '2'"),
        ("[(x-t:main = '1' AND u:u = '1') OR x-t:second = '2']", "\"m2\" = '2'"),
        ("[x-t:main = '1'] OR [u:u = '1']", "\"m\" = '1'"),
        ("[x-t:main = '1'] AND [u:u = '1']", "\"m\" = '1'"),
        ("[x-t:main = '1'] FOLLOWEDBY [u:u = '1']", "\"m\" = '1'"),
        (f"[u:u = '1'] {WINDOW} OR [x-t:main = '1']", "\"m\" = '1'"),
        ("[x-t:main NOT = 'x' OR u:u = '1']", "\"m\" NOT IN ('', 'x')"),
        ("[x-t:main = '1' OR u:u NOT = '1']", "\"m\" = '1'"),
    ],
)
def test_the_classic_rule_leaves_what_it_always_left(pattern: str, left: str) -> None:
    found = plan(pattern)
    assert where(found) == left
    assert found.unmapped_attributes == ("u:u",)


def test_a_window_stays_on_what_is_left() -> None:
    found = plan(f"([x-t:main = '1'] OR [u:u = '1']) {WINDOW}")
    assert where(found) == '"m" = \'1\' AND "at" >= 1704067200000 AND "at" < 1704153600000'


@pytest.mark.parametrize(
    "pattern", ["[x-t:main = '1' AND u:u = '1']", "[u:u = '1']", "[u:u = '1'] AND [u:v = '1']"]
)
def test_nothing_left_is_no_query(pattern: str) -> None:
    found = plan(pattern)
    assert found.queries == ()
    assert found.unmapped_attributes[0] == "u:u"
    assert not found.is_answerable


def test_comparators_that_are_missing_are_reported_as_such() -> None:
    found = plan("[x-t:main LIKE 'a%' OR x-t:main = '1']", operators={"ComparisonComparators.Like": None})
    assert where(found) == "\"m\" = '1'"
    assert found.unmapped_comparators == (Comparator.LIKE,)
    assert found.unmapped_attributes == ()


def test_every_unmapped_path_is_named_once() -> None:
    found = plan("[u:b = 1 OR u:a = 1 OR u:b = 2 OR x-t:main = '1']")
    assert found.unmapped_attributes == ("u:b", "u:a")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("[x-t:main = '1' OR u:u = '1']", "objects and properties: ['u:u']"),
        ("[x-t:main ISSUPERSET '10.0.0.0/8' OR x-t:main = '1']", "Operators: [IsSuperSet]"),
        (
            "[x-t:main ISSUPERSET '10.0.0.0/8' OR u:u = '1']",
            "objects and properties: ['u:u'] and Operators: [IsSuperSet]",
        ),
    ],
)
def test_refuse_says_what_in_the_classic_words(pattern: str, message: str) -> None:
    with pytest.raises(UnmappedError) as caught:
        plan(pattern, policy="refuse")
    assert str(caught.value) == f"Unable to map the following STIX {message} to data source fields"


def test_refuse_lets_a_whole_pattern_pass() -> None:
    assert where(plan("[x-t:main = '1']", policy="refuse")) == "\"m\" = '1'"


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("[x-t:main = '1' AND x-t:deep = 'a']", '"m" = \'1\' AND "deep" IS NOT NULL'),
        ("[x-t:main = '1' OR x-t:deep = 'a']", '"m" = \'1\' OR "deep" IS NOT NULL'),
        ("[x-t:main = '1' AND u:u = '1']", None),
        ("[x-t:main = '1' OR u:u = '1']", "\"m\" = '1'"),
        ("[x-t:main = '1' AND NOT EXISTS x-t:second]", "\"m\" = '1'"),
        ("[x-t:main = '1' OR x-t:second NOT EXISTS]", None),
    ],
)
def test_a_hunt_leaves_local_parts_out_and_unsearchable_ones_fail(pattern: str, left: str | None) -> None:
    if "NOT EXISTS]" in pattern:
        pattern = "[x-t:main = '1' OR NOT EXISTS x-t:second]"
        assert where(plan(pattern, policy="widen")) == ""
        return
    found = plan(pattern, policy="widen")
    if left is None:
        assert found.queries == ()
    else:
        assert where(found) == left


def test_not_exists_of_what_never_comes_back_holds_for_every_row() -> None:
    found = plan("[x-t:main = '1' AND NOT EXISTS u:u]", policy="widen")
    assert where(found) == "\"m\" = '1'"
    assert [one.verdict for one in found.verdicts] == [Verdict.EXACT, Verdict.EXACT]
    assert plan("[x-t:main = '1' AND NOT EXISTS u:u]").queries == ()


def test_a_comparison_that_no_row_can_satisfy_asks_for_nothing() -> None:
    assert where(plan("[x-t:number = '80']")) == "1 = 0"
    assert plan("[x-t:number = '80']", policy="widen").queries == ()
    assert where(plan("[x-t:number = '80' OR x-t:number = 80]")) == '"number" = 80'
    assert where(plan("[x-t:number != '80']")) == '"number" IS NOT NULL'


def test_a_block_that_is_no_address_is_refused() -> None:
    with pytest.raises(UnsupportedFeatureError, match="ISSUBSET 'here' for x-t:main"):
        plan("[x-t:main ISSUBSET 'here']")


# --- windows and limits


def test_a_pattern_without_window_gets_the_minutes_before_now() -> None:
    found = plan("[x-t:main = '1']", options=CompilerOptions(time_range_min=5))
    assert found.window == TimeWindow(NOW - timedelta(minutes=5), NOW)
    assert where(found) == '"m" = \'1\' AND "at" >= 1704110100000 AND "at" < 1704110400000 LIMIT 10000'
    assert found.queries[0].limit == 10000


def test_the_default_window_is_in_whole_milliseconds() -> None:
    made = DuckDbCompiler(mapping(), CompilerOptions(time_range_min=0.5))
    window = made.default_window(NOW + timedelta(microseconds=1999))
    assert window == TimeWindow(NOW - timedelta(seconds=30, milliseconds=-1), NOW + timedelta(milliseconds=1))


def test_no_time_range_searches_all_time() -> None:
    found = plan("[x-t:main = '1']")
    assert found.window == TimeWindow.ALL
    assert where(found) == "\"m\" = '1'"


def test_each_observation_keeps_its_own_window() -> None:
    found = plan(f"[x-t:main = '1'] {WINDOW} OR [x-t:main = '2']", options=CompilerOptions(result_limit=None))
    assert where(found) == (
        '"m" = \'1\' AND "at" >= 1704067200000 AND "at" < 1704153600000'
        ' OR "m" = \'2\' AND "at" >= 1704110100000 AND "at" < 1704110400000'
    )
    assert found.window == TimeWindow(
        datetime(2024, 1, 1, tzinfo=timezone.utc), datetime(2024, 1, 2, tzinfo=timezone.utc)
    )


def test_a_top_level_or_is_bracketed_before_its_window() -> None:
    found = plan(f"[x-t:main = '1' OR x-t:number > 5] {WINDOW}")
    assert where(found).startswith('("number" > 5 OR "m" = \'1\') AND "at" >=')


def test_observations_with_one_window_share_it_and_fold() -> None:
    found = plan(f"([x-t:main = '1'] OR [x-t:main = '2'] OR [x-t:number = 3]) {WINDOW}")
    assert where(found) == (
        '("m" IN (\'1\', \'2\') OR "number" = 3) AND "at" >= 1704067200000 AND "at" < 1704153600000'
    )


def test_windows_without_a_common_instant_ask_for_nothing() -> None:
    later = "START t'2025-01-01T00:00:00Z' STOP t'2025-01-02T00:00:00Z'"
    assert (
        plan(f"([x-t:main = '1'] {WINDOW} OR [x-t:main = '2'] {WINDOW}) {later}", policy="widen").queries
        == ()
    )


def test_fractions_of_any_length_are_exact_for_milliseconds() -> None:
    found = plan("[x-t:main = '1'] START t'2024-01-01T00:00:00.0001Z' STOP t'2024-01-01T00:00:01.5Z'")
    assert where(found) == '"m" = \'1\' AND "at" >= 1704067200000.1 AND "at" < 1704067201500'


def test_combinations_are_settled_here() -> None:
    assert not plan("[x-t:main = '1'] OR [x-t:main = '2']").combination_local
    for text in (
        "[x-t:main = '1'] AND [x-t:main = '2']",
        "[x-t:main = '1'] FOLLOWEDBY [x-t:main = '2']",
        "[x-t:main = '1'] REPEATS 2 TIMES",
        "([x-t:main = '1'] OR [x-t:main = '2']) WITHIN 5 SECONDS",
    ):
        found = plan(text)
        assert found.combination_local
        assert not found.is_exact


def test_a_source_without_time_is_asked_for_all_and_says_so() -> None:
    found = plan(
        f"[x-t:main = '1'] {WINDOW}",
        to_stix={"m": TO_STIX["m"]},
        fields={"table": "t", "fields": {"m": "text"}},
    )
    assert where(found) == "\"m\" = '1'"
    assert not found.window_exact
    assert not found.is_exact


def test_first_and_last_may_be_two_fields() -> None:
    to_stix = {
        "a": {"key": "first_observed", "transformer": "Epoch"},
        "b": {"key": "last_observed", "transformer": "Epoch"},
        "m": TO_STIX["m"],
    }
    found = plan(
        f"[x-t:main = '1'] {WINDOW}",
        to_stix=to_stix,
        fields={"fields": {"a": "epoch_ms", "b": "epoch_ms", "m": "text"}},
    )
    assert where(found) == (
        '"m" = \'1\' AND ("a" >= 1704067200000 OR "b" >= 1704067200000)'
        ' AND ("a" < 1704153600000 OR "b" < 1704153600000)'
    )


# --- folding and splitting


def test_equals_under_or_folds_into_one_list() -> None:
    found = plan(
        "[x-t:main = 'a' OR x-t:number = 1 OR x-t:main IN ('b', 'a') OR x-t:main = 'c' OR x-t:second = 'a']"
    )
    assert where(found) == "\"m\" IN ('a', 'b', 'c') OR \"number\" = 1 OR \"m2\" = 'a'"


def test_negated_equals_do_not_fold() -> None:
    assert (
        where(plan("[x-t:main != 'a' OR x-t:main != 'b']"))
        == "\"m\" NOT IN ('', 'a') OR \"m\" NOT IN ('', 'b')"
    )


def test_several_fields_are_asked_for_one_path() -> None:
    assert where(plan("[x-t:either = 'a' AND x-t:main = 'b']")) == (
        "(\"one\" = 'a' OR \"other\" = 'a') AND \"m\" = 'b'"
    )
    assert where(plan("[x-t:either NOT IN ('a', 'b')]")) == (
        "\"one\" NOT IN ('', 'a', 'b') OR \"other\" NOT IN ('', 'a', 'b')"
    )


def test_lists_keep_to_the_most_values() -> None:
    found = plan(
        "[x-t:main IN ('a', 'b', 'c', 'd', 'e') OR x-t:main = 'f']", capabilities=Capabilities(max_values=4)
    )
    assert where(found) == "\"m\" IN ('a', 'b', 'c', 'd') OR \"m\" IN ('e', 'f')"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[x-t:main IN ('a', 'b', 'c')]", "\"m\" IN ('a', 'b') OR \"m\" = 'c'"),
        ("[x-t:main IN ('a', 'b', 'c') AND x-t:either = 'd']", None),
        ("[x-t:main IN ('a', 'b', 'c') OR x-t:main LIKE 'x%']", None),
        ("[x-t:main IN ('a', 'b')]", "\"m\" IN ('a', 'b')"),
        ("[x-t:unknown IN ('a', 'b', 'c') OR x-t:main = 'd']", "\"m\" = 'd'"),
    ],
)
def test_a_list_that_stands_alone_keeps_to_the_most_values_too(pattern: str, expected: str | None) -> None:
    limits = Capabilities(max_values=2)
    found, whole = plan(pattern, capabilities=limits), plan(pattern)
    assert [each.verdict for each in found.verdicts] == [each.verdict for each in whole.verdicts]
    assert expected is None or where(found) == expected
    assert "IN ('a', 'b', 'c')" not in where(found)
    assert found.unmapped_attributes == whole.unmapped_attributes


def test_a_long_list_under_not_is_several_lists_of_which_none_may_hold_the_value() -> None:
    pattern = "[x-t:main NOT IN ('a', 'b', 'c')]"
    found, whole = plan(pattern, capabilities=Capabilities(max_values=3)), plan(pattern)
    assert [each.verdict for each in found.verdicts] == [each.verdict for each in whole.verdicts]
    assert where(found) == "\"m\" NOT IN ('', 'a', 'b') AND \"m\" NOT IN ('', 'c')"
    assert where(whole) == "\"m\" NOT IN ('', 'a', 'b', 'c')"


@pytest.mark.parametrize(
    "pattern",
    [
        "[" + " OR ".join(f"x-t:main = 'value {number}'" for number in range(500)) + "]",
        " OR ".join(f"[x-t:number > {number} AND x-t:main = 'v']" for number in range(300)),
        "[x-t:main IN (" + ", ".join(f"'value {number}'" for number in range(500)) + ") AND x-t:number = 1]",
        "[(" + " OR ".join(f"x-t:main LIKE 'v{number}%'" for number in range(300)) + ") AND x-t:number = 1]",
    ],
)
def test_what_is_too_long_is_split_and_nothing_is_lost(pattern: str) -> None:
    whole = plan(pattern)
    found = plan(pattern, capabilities=Capabilities(max_length=2000))
    assert len(found.queries) > 1
    assert all(len(str(query.body)) <= 2000 for query in found.queries)
    assert len(found.queries) <= 2 * len(str(whole.queries[0].body)) / 1800
    assert found.verdicts == whole.verdicts
    stated = sorted(_literals(str(whole.queries[0].body)))
    assert sorted({each for query in found.queries for each in _literals(str(query.body))}) == sorted(
        set(stated)
    )


def _literals(body: str) -> list[str]:
    import re

    return re.findall(r"'[^']*'|> \d+", body)


def test_what_cannot_be_split_stays_whole() -> None:
    found = plan(f"[x-t:main = '{'a' * 500}']", capabilities=Capabilities(max_length=100))
    assert len(found.queries) == 1


# --- verdicts


def verdicts(text: str, **more: Any) -> list[Verdict]:
    return [one.verdict for one in plan(text, policy="widen", **more).verdicts]


def test_verdicts_come_in_text_order_each_with_a_reason_if_it_is_not_exact() -> None:
    found = plan("[x-t:main LIKE 'a%' AND (u:u = 1 OR x-t:main = 'b')] OR [x-t:deep > 'a']")
    assert [one.verdict for one in found.verdicts] == [
        Verdict.SUPERSET, Verdict.UNSEARCHABLE, Verdict.EXACT, Verdict.LOCAL,
    ]  # fmt: skip
    assert [str(one.comparison.path) for one in found.verdicts] == ["x-t:main", "u:u", "x-t:main", "x-t:deep"]
    assert all(one.reason for one in found.verdicts if one.verdict is not Verdict.EXACT)


@pytest.mark.parametrize(
    "text", ["[x-t:main = 'a' OR x-t:main = 'b']", "[x-t:main = 'a' AND x-t:number != 5]"]
)
def test_a_plan_of_exact_comparisons_is_exact(text: str) -> None:
    assert plan(text).is_exact


def test_a_field_of_no_stated_kind_is_never_exact() -> None:
    found = verdicts("[x-t:main = 'a' OR x-t:number = 1 OR x-t:main != 'a']", fields={"table": "t"})
    assert found == [Verdict.SUPERSET, Verdict.SUPERSET, Verdict.LOCAL]


def test_another_spelling_of_a_comparator_is_never_exact() -> None:
    found = plan("[x-t:main = 'a']", operators={"ComparisonComparators.Equal": "=="})
    assert where(found) == "\"m\" == 'a'"
    assert found.verdicts[0].verdict is Verdict.SUPERSET


def test_a_source_may_have_fewer_comparators_for_a_kind() -> None:
    from stix_shifter_utils.mapping import Kind

    can = Capabilities(comparators={Kind.TEXT: frozenset({Comparator.EQUAL})})
    found = plan(
        "[x-t:main LIKE 'a%' AND x-t:number > 1 AND x-t:second = 'b']", policy="widen", capabilities=can
    )
    assert where(found) == '"m" <> \'\' AND "number" > 1 AND "m2" = \'b\''
    assert [one.verdict for one in found.verdicts] == [Verdict.LOCAL, Verdict.EXACT, Verdict.EXACT]


BLIND: Mapping[str, Any] = {
    "to_stix": TO_STIX,
    "from_stix": {"x-t": {"fields": {"main": ["m"], "secret": ["hidden"], "second": ["m2"]}}},
    "fields": {**FIELDS, "fields": {**FIELDS["fields"], "hidden": "text"}},
}


@pytest.mark.parametrize(
    ("pattern", "expected", "trusted"),
    [
        ("[x-t:secret = 'a']", [Verdict.EXACT], 1),
        ("[x-t:secret = 'a' AND x-t:main LIKE 'b%']", [Verdict.EXACT, Verdict.SUPERSET], 1),
        ("[x-t:secret = 'a' OR x-t:main = 'b']", [Verdict.EXACT, Verdict.EXACT], 1),
        ("[x-t:secret = 'a' OR x-t:main LIKE 'b%']", [Verdict.UNSEARCHABLE, Verdict.SUPERSET], 0),
        ("[x-t:secret = 'a'] AND [x-t:main = 'b']", [Verdict.UNSEARCHABLE, Verdict.EXACT], 0),
        ("[x-t:secret LIKE 'a%']", [Verdict.UNSEARCHABLE], 0),
    ],
)
def test_a_source_is_trusted_only_where_the_row_proves_it(
    pattern: str, expected: list[Verdict], trusted: int
) -> None:
    found = plan(pattern, policy="widen", **BLIND)
    assert [one.verdict for one in found.verdicts] == expected
    assert len(found.trusted) == trusted


def test_the_classic_rule_asks_what_only_the_source_knows() -> None:
    assert where(
        plan("[x-t:secret LIKE 'a%' OR x-t:main = 'b']", **BLIND)
    ) == "\"m\" = 'b' OR \"hidden\" LIKE 'a%'" or (
        where(plan("[x-t:secret LIKE 'a%' OR x-t:main = 'b']", **BLIND))
        == "\"hidden\" LIKE 'a%' OR \"m\" = 'b'"
    )


def test_from_stix_decides_what_is_asked() -> None:
    found = plan("[x-t:main = 'a' OR x-t:number = 1]", **BLIND)
    assert where(found) == "\"m\" = 'a'"
    assert found.unmapped_attributes == ("x-t:number",)
    assert found.verdicts[1].verdict is Verdict.LOCAL


def test_the_caller_s_table_stands_before_the_mapping_s() -> None:
    (query,) = plan("[x-t:main = '1']", options=CompilerOptions(table='s.t"x', time_range_min=None)).queries
    assert str(query.body).startswith('SELECT * FROM "s"."t""x" WHERE')


def test_compiling_twice_gives_the_same_and_changes_nothing() -> None:
    made = DuckDbCompiler(mapping(), ALL_TIME)
    pattern = parse_pattern("[x-t:main = '1' OR x-t:main LIKE '2%'] AND [x-t:number > 3]")
    first = made.compile(pattern, now=NOW, policy="widen")
    made.compile(pattern, now=NOW)
    assert made.compile(pattern, now=NOW, policy="widen") == first


def test_names_that_only_results_use_are_asked_but_not_believed() -> None:
    to_stix = {"c": {"key": "x-t.CamelCase", "object": "t"}, "m": TO_STIX["m"]}
    shown = verdicts("[x-t:camelcase = 'a']", to_stix=to_stix, fields={"fields": {"c": "text", "m": "text"}})
    assert shown == [Verdict.EXACT]


# --- dialects


def test_mysql_lets_an_index_work_and_octets_decide() -> None:
    made = MySqlCompiler(mapping(), ALL_TIME)
    (query,) = made.compile(parse_pattern("[x-t:main = 'a' OR x-t:main = 'b']"), now=NOW).queries
    octets = "CAST(CONVERT(`m` USING utf8mb4) AS BINARY)"
    assert query.body == f"SELECT * FROM `t` WHERE `m` IN ('a', 'b') AND {octets} IN ('a', 'b')"


def test_a_caseless_source_compares_as_it_does_unless_told_otherwise() -> None:
    fields = {**FIELDS, "fields": {**FIELDS["fields"], "m": "text_nocase"}}
    made = MySqlCompiler(mapping(fields=fields), ALL_TIME)
    found = made.compile(parse_pattern("[x-t:main = 'a']"), now=NOW)
    assert found.queries[0].body == "SELECT * FROM `t` WHERE `m` = 'a'"
    assert (found.case, found.verdicts[0].verdict) == ("ignore", Verdict.SUPERSET)
    exact = CompilerOptions(time_range_min=None, case="exact")
    found = MySqlCompiler(mapping(fields=fields), exact).compile(parse_pattern("[x-t:main = 'a']"), now=NOW)
    assert (found.case, found.verdicts[0].verdict) == ("exact", Verdict.SUPERSET)


def test_a_source_without_regular_expressions_is_asked_for_the_texts_they_need() -> None:
    made = SqliteCompiler(mapping(), ALL_TIME)
    pattern = parse_pattern(r"[x-t:main MATCHES '^svc(host|x)\\.exe']")
    found = made.compile(pattern, now=NOW, policy="widen")
    assert "GLOB '*.exe*'" in str(found.queries[0].body)
    assert "GLOB '*svc*'" in str(found.queries[0].body)
    classic = made.compile(pattern, now=NOW)
    assert (classic.queries, classic.unmapped_comparators) == ((), (Comparator.MATCHES,))


def test_postgresql_reckons_with_addresses_only_where_text_is_one() -> None:
    made = PostgresCompiler(mapping(), ALL_TIME)
    (query,) = made.compile(parse_pattern("[x-t:main ISSUBSET '10.0.0.0/12']"), now=NOW).queries
    assert str(query.body).endswith("THEN CAST(\"m\" AS INET) <<= INET '10.0.0.0/12' END")


def test_values_of_mixed_kinds_are_told_apart() -> None:
    path = parse_path("x-t:main")
    pattern = Pattern(Observation(Comparison(path, Comparator.IN, ("a", 1, True, "b"))))
    (query,) = DuckDbCompiler(mapping(), ALL_TIME).compile(pattern, now=NOW).queries
    assert str(query.body).endswith("WHERE \"m\" IN ('a', 'b')")
