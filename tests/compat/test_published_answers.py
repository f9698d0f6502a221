"""What the published core (8.1.3) answers, asked of ours: `published_answers.json` holds its answers.

Transformers by name and value (null: no value, also where it raises), texts and codes of errors by structure,
path and message, trees by pattern.
"""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.errors import TransformError

ANSWERS = json.loads(Path(__file__).with_name("published_answers.json").read_text(encoding="utf-8"))
SRC = "stix_shifter_utils.stix_translation.src"


def old(path: str) -> Any:
    return importlib.import_module(path)


@pytest.mark.parametrize("name", sorted({name for name, _, _ in ANSWERS["transformers"]}))
def test_a_transformer_gives_what_it_gave(name: str) -> None:
    transformer = old(f"{SRC}.utils.transformer_utils").get_module_transformers()[name]
    asked = [(value, expected) for of, value, expected in ANSWERS["transformers"] if of == name]
    assert [(value, _of(transformer, value)) for value, _ in asked] == asked
    assert len(asked) >= 10


def _of(transformer: Any, value: Any) -> Any:
    try:
        return transformer.transform(value)
    except (TransformError, TypeError, ValueError, AttributeError):
        return None


def test_errors_have_the_texts_and_codes_that_they_had() -> None:
    responder = old("stix_shifter_utils.utils.error_response").ErrorResponder
    for struct, path, message, text, code in ANSWERS["errors"]:
        filled: dict[str, Any] = {}
        responder.fill_error(filled, struct, path, message=message, connector="c")
        assert (filled.get("error"), filled["code"]) == (text, code), (struct, path, message)
        assert (filled["success"], filled["connector"]) == (False, "c")
    assert len(ANSWERS["errors"]) > 250
    assert len({code for *_, code in ANSWERS["errors"]}) >= 7


def shape(node: Any) -> Any:
    objects = old(f"{SRC}.patterns.pattern_objects")
    if hasattr(node, "qualifier") and hasattr(node, "observation_expression"):
        times = [node.qualifier, node.start, node.stop, node.start_iso, node.stop_iso]
        return [*times, shape(node.observation_expression)]
    if isinstance(node, objects.ObservationExpression):
        return [shape(node.comparison_expression)]
    if hasattr(node, "expr1"):
        return [str(node.operator), shape(node.expr1), shape(node.expr2)]
    value = list(node.value.element_iterator()) if isinstance(node.value, objects.SetValue) else node.value
    kind = type(node.value).__name__
    return [node.object_path, str(node.comparator), bool(node.negated), value, kind]


@pytest.mark.parametrize(("pattern", "expected"), ANSWERS["trees"])
def test_a_pattern_becomes_the_tree_that_it_became(pattern: str, expected: Any) -> None:
    tree = old(f"{SRC}.patterns.parser").generate_query(pattern)
    assert shape(tree.expression) == expected
    assert not hasattr(tree, "qualifier")
