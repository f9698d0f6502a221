"""The query DSL of Elasticsearch: what its `bool`, term-level and `match_phrase` queries find.

After "Query DSL" of the Elasticsearch guide; a query or parameter that is not among these is refused, as an
unknown one is by the product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.testing.languages import lucene
from stix_shifter_utils.testing.languages.terms import Places, QueryRefusedError, TermIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_TERMS: Final = 65_536
_BOUNDS: Final = {"gt", "gte", "lt", "lte", "format"}


def find(query: Any, index: TermIndex) -> Places:
    """The places of the documents that a query finds. Raises QueryRefusedError."""
    name, content = _only(query, "query")
    if name not in _QUERIES:
        message = f"unknown query [{name}]"
        raise QueryRefusedError(message)
    return _QUERIES[name](content, index)


def _only(data: Any, what: str) -> tuple[str, Any]:
    if not isinstance(data, dict) or len(data) != 1:
        message = f"[{what}] malformed query, expected one key"
        raise QueryRefusedError(message)
    return next(iter(data.items()))


def _known(data: Any, known: set[str], what: str) -> Mapping[str, Any]:
    if not isinstance(data, dict) or set(data) - known:
        message = f"[{what}] unknown field [{sorted(set(data) - known) if isinstance(data, dict) else data}]"
        raise QueryRefusedError(message)
    return data


def _bool(data: Any, index: TermIndex) -> Places:
    parts = _known(data, {"filter", "must", "should", "must_not", "minimum_should_match"}, "bool")
    found = index.everything()
    for each in [*parts.get("filter", ()), *parts.get("must", ())]:
        found &= find(each, index)
    should = parts.get("should", ())
    if should and (parts.get("minimum_should_match") or not (parts.get("filter") or parts.get("must"))):
        found &= set().union(*(find(each, index) for each in should))
    for each in parts.get("must_not", ()):
        found -= find(each, index)
    return found


def _term(data: Any, index: TermIndex) -> Places:
    field, value = _only(data, "term")
    if isinstance(value, dict):
        inner = _known(value, {"value", "case_insensitive"}, "term")
        return index.term(field, inner["value"], fold=bool(inner.get("case_insensitive")))
    return index.term(field, value)


def _terms(data: Any, index: TermIndex) -> Places:
    field, values = _only(data, "terms")
    if not isinstance(values, list) or len(values) > MOST_TERMS:
        message = "[terms] query takes a list of at most 65536 values"
        raise QueryRefusedError(message)
    return set().union(*(index.term(field, value) for value in values))


def _phrase(data: Any, index: TermIndex) -> Places:
    return index.term(*_only(data, "match_phrase"))


def _wildcard(data: Any, index: TermIndex) -> Places:
    field, inner = _only(data, "wildcard")
    return index.wildcard(field, str(_known(inner, {"value"}, "wildcard")["value"]))


def _regexp(data: Any, index: TermIndex) -> Places:
    field, inner = _only(data, "regexp")
    return index.regexp(field, str(_known(inner, {"value"}, "regexp")["value"]))


def _range(data: Any, index: TermIndex) -> Places:
    field, inner = _only(data, "range")
    bounds = _known(inner, _BOUNDS, "range")
    return index.range(
        field,
        bounds.get("gte", bounds.get("gt")),
        bounds.get("lte", bounds.get("lt")),
        low_in="gte" in bounds,
        high_in="lte" in bounds,
    )


def _exists(data: Any, index: TermIndex) -> Places:
    return index.exists(str(_known(data, {"field"}, "exists")["field"]))


def _query_string(data: Any, index: TermIndex) -> Places:
    return lucene.find(str(_known(data, {"query"}, "query_string")["query"]), index)


_QUERIES: Final[dict[str, Callable[[Any, TermIndex], Places]]] = {
    "bool": _bool,
    "exists": _exists,
    "match_all": lambda _, index: index.everything(),
    "match_none": lambda _, index: set(),
    "match_phrase": _phrase,
    "query_string": _query_string,
    "range": _range,
    "regexp": _regexp,
    "term": _term,
    "terms": _terms,
    "wildcard": _wildcard,
}
