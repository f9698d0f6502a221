"""The native queries of all dialects in one answer: what failed or was left out in one never hides another.

Translating for one dialect is the connector's work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector.calls import ask
from stix_shifter_utils.connector.discovery import merged_names
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.errors import UnmappedError

if TYPE_CHECKING:
    from stix_shifter_utils.connector.entry_point import BaseEntryPoint

Answer = dict[str, Any]


class _Collected:
    """What the dialects answered, in their order."""

    def __init__(self) -> None:
        self.queries: list[Any] = []
        self.attributes: dict[str, list[str]] = {}
        self.operators: dict[str, list[Any]] = {}
        self.errors: dict[str, Answer] = {}

    def add(self, dialect: str, answer: Mapping[str, Any]) -> None:
        if "error" in answer or answer.get("success") is False:
            self.errors[dialect] = dict(answer)
        if "async_call" in answer:
            self.queries.append(answer)
            return
        queries = answer.get("queries") or []
        self.queries += [queries] if isinstance(queries, (str, Mapping)) else queries
        for mine, theirs in ((self.attributes, "unmapped_attributes"), (self.operators, "unmapped_operator")):
            if answer.get(theirs):
                mine[dialect] = merged_names(answer[theirs])

    def answer(self) -> Answer:
        """The classic answer; beside queries also what some dialects could not do. Raises UnmappedError."""
        if self.errors and not self.queries:
            return _one_error(list(self.errors.values()))
        if not self.queries and (self.attributes or self.operators):
            raise UnmappedError(_unmapped_text(self.attributes.values(), self.operators.values()))
        answer: Answer = {"queries": self.queries}
        if self.attributes:
            answer["unmapped_attributes"] = self.attributes
        if self.operators:
            answer["unmapped_operators"] = {
                dialect: [_operator_name(one) for one in found] for dialect, found in self.operators.items()
            }
        if self.errors:
            whole = _one_error(list(self.errors.values()))
            answer |= {"error": whole.get("error"), "code": whole.get("code"), "errors": self.errors}
        return answer


async def collect_queries(entry_point: BaseEntryPoint, dialects: Sequence[str], data: Any) -> Answer:
    """Ask each dialect in turn.

    `{"queries": [...]}`; with `unmapped_attributes` and `unmapped_operators`, by dialect, where something was
    left out; with `error`, `code` and `errors`, by dialect, where one failed. An entry point with
    `answers_whole` has gathered all that itself.
    """
    if getattr(entry_point, "answers_whole", False):
        whole: Answer = await ask(entry_point, "transform_query", dialects[0], data)
        return whole
    collected = _Collected()
    for dialect in dialects:
        answer = await answer_of(
            ask(entry_point, "transform_query", dialect, data), entry_point.module, translating=True
        )
        collected.add(dialect, answer)
    return collected.answer()


def _unmapped_text(attributes: Iterable[Iterable[str]], operators: Iterable[Iterable[Any]]) -> str:
    from stix_shifter_utils.query import CLASSIC_NAMES, unmapped_message

    names = {_operator_name(one) for group in operators for one in group}
    return unmapped_message(
        merged_names(*attributes), [one for one, name in CLASSIC_NAMES.items() if name in names]
    )


def _operator_name(operator: Any) -> str:
    """`IsSuperSet`: names are text here, members of an enumeration in connectors of earlier releases."""
    return operator if isinstance(operator, str) else repr(operator)


def _one_error(errors: Sequence[Answer]) -> Answer:
    """One error for several dialects: the first one's code, each text once."""
    texts = merged_names(str(error["error"]) for error in errors if error.get("error"))
    first = {key: value for key, value in errors[0].items() if key != "queries"}
    return first | ({"error": "; ".join(texts)} if texts else {})
