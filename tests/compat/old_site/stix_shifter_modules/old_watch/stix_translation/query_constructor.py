"""Walks the classic tree, and writes to it, as connectors of earlier releases do."""

import re

from stix_shifter_utils.stix_translation.src.json_to_stix import observable
from stix_shifter_utils.stix_translation.src.patterns.pattern_objects import (
    CombinedComparisonExpression,
    CombinedObservationExpression,
    ComparisonComparators,
    ComparisonExpression,
    ObservationExpression,
)
from stix_shifter_utils.stix_translation.src.utils.transformers import TimestampToMilliseconds


class Walker:
    def __init__(self, translator):
        self.translator = translator

    def walk(self, node):
        if hasattr(node, "qualifier") and hasattr(node, "observation_expression"):
            start, stop = (TimestampToMilliseconds.transform(t) for t in node.qualifier.split("'")[1:4:2])
            return f"({self.walk(node.observation_expression)}) between {start} and {stop}"
        if isinstance(node, ObservationExpression):
            return self.walk(node.comparison_expression)
        if isinstance(node, (CombinedObservationExpression, CombinedComparisonExpression)):
            word = self.translator.map_comparator()[str(node.operator)]
            return f"({self.walk(node.expr1)} {word} {self.walk(node.expr2)})"
        assert isinstance(node, ComparisonExpression)
        kind, _, name = node.object_path.partition(":")
        if node.comparator == ComparisonComparators.In:
            node.value = "|".join(node.value.element_iterator())
        if kind == "ipv4-addr" and not re.search(observable.REGEX["ipv4"], str(node.value)):
            raise NotImplementedError("only whole addresses")
        word = self.translator.map_comparator()[str(node.comparator)]
        parts = [f"{field} {word} {node.value}" for field in self.translator.map_field(kind, name)]
        text = " OR ".join(parts)
        return f"NOT ({text})" if node.negated else f"({text})"


def translate_pattern(pattern, data_model_mapping, options):
    fields = ",".join(data_model_mapping.select_fields)
    return [
        f"{fields} | {Walker(data_model_mapping).walk(pattern.expression)} | limit {options['result_limit']}"
    ]
