"""Connectors that walk classic trees, as those of earlier releases do: what they get, what is taken out."""

from typing import Any

import pytest

from stix_shifter.stix_translation.explain import explain
from stix_shifter.stix_translation.stix_translation import StixTranslation

# Imports by the old paths; writes a prefix form, so that shape and order show.
TRANSLATOR = """
from stix_shifter_utils.modules.base.stix_translation.base_query_translator import BaseQueryTranslator
from . import query_constructor

class QueryTranslator(BaseQueryTranslator):
    def transform_antlr(self, data, antlr_parsing_object):
        return query_constructor.translate_pattern(antlr_parsing_object, self, self.options)
"""
CONSTRUCTOR = """
from stix_shifter_utils.stix_translation.src.patterns.pattern_objects import (
    ComparisonExpression, CombinedComparisonExpression, ObservationExpression, CombinedObservationExpression,
)

def walk(node, model):
    if isinstance(node, ComparisonExpression):
        kind, name = node.object_path.split(":", 1)
        fields = model.map_field(kind, name)
        operator = model.map_comparator()[str(node.comparator)]
        return f"{'not ' if node.negated else ''}{fields[0]} {operator} {node.value}"
    if isinstance(node, CombinedComparisonExpression):
        return f"({node.operator.name} {walk(node.expr1, model)} | {walk(node.expr2, model)})"
    if isinstance(node, ObservationExpression):
        return walk(node.comparison_expression, model)
    if isinstance(node, CombinedObservationExpression):
        return f"[{node.operator.name} {walk(node.expr1, model)} | {walk(node.expr2, model)}]"
    if hasattr(node, "qualifier") and hasattr(node, "observation_expression"):
        return f"{walk(node.observation_expression, model)} {node.qualifier}"
    raise TypeError(node)

def translate_pattern(pattern, model, options):
    return walk(pattern.expression, model)
"""
FILES = {
    "stix_translation/__init__.py": "",
    "stix_translation/query_translator.py": TRANSLATOR,
    "stix_translation/query_constructor.py": CONSTRUCTOR,
    "stix_translation/json/from_stix_map.json": {
        "file": {"fields": {"name": ["n"], "hashes.'SHA-256'": ["sha"], "size": ["s"]}}
    },
    "stix_translation/json/to_stix_map.json": {"n": {"key": "file.name"}},
    "stix_translation/json/operators.json": {
        "ComparisonExpressionOperators.And": "and",
        "ComparisonExpressionOperators.Or": "or",
        "ComparisonComparators.Equal": "=",
        "ComparisonComparators.GreaterThan": ">",
    },
}


@pytest.fixture
def name(make_connector: Any) -> str:
    made: str = make_connector(FILES)
    return made


def translate(name: str, pattern: str, **options: Any) -> dict[str, Any]:
    return StixTranslation().translate(name, "query", {}, pattern, options)


@pytest.mark.parametrize(
    ("pattern", "query"),
    [
        ("[file:name = 'a']", "n = a"),
        ("[file:name = 'a' AND file:size > 2 AND file:size = 3]", "(And s = 3 | (And s > 2 | n = a))"),
        ("[file:name NOT = 'a']", "not n = a"),
        ("[file:name = 'a'] OR [file:size = 1]", "[Or n = a | s = 1]"),
        (
            "[file:name = 'a'] START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z'",
            "n = a STARTt'2020-01-01T00:00:00Z'STOPt'2020-01-02T00:00:00Z'",
        ),
        ("[file:hashes.'SHA-256' = 'x']", "sha = x"),
        ("[file:hashes.sha256 = 'x']", "sha = x"),
    ],
)
def test_a_connector_that_walks_classic_trees_gets_them(name: str, pattern: str, query: str) -> None:
    assert translate(name, pattern) == {"queries": [query]}


@pytest.mark.parametrize(
    ("pattern", "query"),
    [
        ("[file:name = 'a' OR x:y = 1]", "n = a"),
        ("[file:name = 'a' AND (file:size = 1 OR x:y = 1)]", "(And s = 1 | n = a)"),
        ("[(file:name = 'a' AND x:y = 1) OR file:size = 1]", "s = 1"),
        ("[file:name = 'a'] AND [x:y = 1]", "n = a"),
        (
            "[x:y = 1] START t'2020-01-01T00:00:00Z' STOP t'2020-01-02T00:00:00Z' OR [file:name = 'a']",
            "n = a",
        ),
    ],
)
def test_what_is_not_mapped_is_taken_out_by_the_classic_rule_and_told(
    name: str, pattern: str, query: str
) -> None:
    assert translate(name, pattern) == {"queries": [query], "unmapped_attributes": {"default": ["x:y"]}}


def test_an_operator_that_is_not_mapped_is_taken_out_too(name: str) -> None:
    assert translate(name, "[file:name = 'a' OR file:name LIKE 'b%' OR EXISTS file:name]") == {
        "queries": ["n = a"],
        "unmapped_operators": {"default": ["Like", "Exists"]},
    }


def test_nothing_left_is_a_mapping_error_in_the_known_words(name: str) -> None:
    answer = translate(name, "[file:name ISSUPERSET 'a' AND x:y = 1]")
    assert answer["code"] == "mapping_error"
    assert answer["error"].endswith(
        "Unable to map the following STIX objects and properties: ['x:y'] and Operators: [IsSuperSet] "
        "to data source fields"
    )


def test_a_list_of_queries_is_passed_on(make_connector: Any) -> None:
    constructor = CONSTRUCTOR.replace("return walk(pattern.expression, model)", "return ['one', {'two': 2}]")
    files = {**FILES, "stix_translation/query_constructor.py": constructor}
    assert translate(make_connector(files), "[file:name = 'a']") == {"queries": ["one", {"two": 2}]}


def test_an_exception_of_the_connector_has_its_code_by_class(make_connector: Any) -> None:
    constructor = CONSTRUCTOR.replace(
        "return walk(pattern.expression, model)",
        "raise NotImplementedError('Comparison operator FollowedBy unsupported for Tiny connector')",
    )
    answer = translate(
        make_connector({**FILES, "stix_translation/query_constructor.py": constructor}), "[file:name = 'a']"
    )
    assert answer["code"] == "not_implemented"
    assert answer["error"].endswith(
        "wrong parameter : Comparison operator FollowedBy unsupported for Tiny connector"
    )


def test_each_dialect_gets_a_tree_of_its_own(make_connector: Any) -> None:
    constructor = CONSTRUCTOR.replace(
        "return walk(pattern.expression, model)",
        "node = pattern.expression.comparison_expression; node.value = node.value + '!'; return node.value",
    )
    files = {**FILES, "stix_translation/query_constructor.py": constructor}
    for dialect in ("one", "two"):
        files[f"stix_translation/json/{dialect}_from_stix_map.json"] = {"file": {"fields": {"name": ["n"]}}}
    made = make_connector(files, default="one")
    assert translate(made, "[file:name = 'a']") == {"queries": ["a!", "a!"]}


def test_explaining_shows_the_queries_without_verdicts(name: str) -> None:
    plan = explain(name, "[file:name = 'a' OR x:y = 1]").dialects["default"]
    assert [query.body for query in plan.queries] == ["n = a"]
    assert plan.verdicts == ()
    assert plan.unmapped_attributes == ("x:y",)
