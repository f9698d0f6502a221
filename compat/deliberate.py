"""Which entry of docs/migrating.md explains a difference; what no entry explains is an error of ours.

A rule is a heading of that page and a test of two answers in their normal form. The first that holds counts.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Call = Mapping[str, Any]
Answer = Mapping[str, Any]
_REFUSED = "A broken pattern is refused"
_NO_TIME = "A value that is no time is refused"
_TEXTS = "Errors name their kind and their place"
_DIALECTS = "One dialect's failure does not hide the others"
_MAPS_21 = "The 2.1 maps of a wheel are used"
_EMPTY = "A row without objects makes no observed-data"
_TIMES = "Missing times of observation come from the other bound"
_VALID = "Objects are what the specification says"
_MERGED = "Objects that share an id are merged"


def entry_of(call: Call, theirs: Answer, ours: Answer, *, only_in_21: bool) -> str | None:
    """The heading of the entry, or None. `only_in_21`: the same call in STIX 2.0 is answered alike."""
    if only_in_21 and call["kind"] == "query" and not _broken(call, theirs, ours):
        return _MAPS_21
    rules = _RESULTS if call["kind"] == "results" else _QUERIES
    return next((entry for entry, holds in rules if holds(call, theirs, ours)), None)


def _is_error(answer: Answer, *words: str) -> bool:
    return "error" in answer and all(word in str(answer["error"]) for word in words)


def _broken(call: Call, theirs: Answer, ours: Answer) -> bool:
    return (
        _is_error(ours, "found ", "expected") and re.search(r"line \d+:\d+", str(ours["error"])) is not None
    )


def _no_time(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(ours, "expects a date and time") and ours["code"] == "results_translation_error"


def _same_error(call: Call, theirs: Answer, ours: Answer) -> bool:
    if not _is_error(theirs) or not _is_error(ours):
        return False
    plain = re.sub(r"\b[A-Z]\w*Error: ", "", str(ours["error"]))
    return plain == theirs["error"] or str(theirs["error"]) in plain.split("; ")


def _other_dialects(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(theirs) and "error" not in ours and bool(ours.get("queries"))


def _maps_21(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(theirs, "stix_2_1", "is not found for dialect")


_QUERIES: tuple[tuple[str, Callable[[Call, Answer, Answer], bool]], ...] = (
    (_REFUSED, _broken),
    (_NO_TIME, _no_time),
    (_TEXTS, _same_error),
    (_MAPS_21, _maps_21),
    (_DIALECTS, _other_dialects),
)


def _rows(answer: Answer) -> list[Any]:
    return [row for row in answer.get("rows", []) if row["objects"]]


def _only_empty(call: Call, theirs: Answer, ours: Answer) -> bool:
    return "rows" in ours and _rows(theirs) == ours["rows"]


def _timeless(row: Mapping[str, Any]) -> Any:
    own = {k: v for k, v in row["own"].items() if k not in {"first_observed", "last_observed"}}
    return own, row["objects"]


def _only_times(call: Call, theirs: Answer, ours: Answer) -> bool:
    return "rows" in ours and [_timeless(row) for row in _rows(theirs)] == [
        _timeless(row) for row in ours["rows"]
    ]


def _only_form(call: Call, theirs: Answer, ours: Answer) -> bool:
    """No value of any row is lost but those that their property cannot hold."""
    if "rows" not in ours or "rows" not in theirs:
        return False
    mine, others = _values(ours), _values(theirs)
    return all(
        mine[value] or place.rpartition(".")[2] in _TYPED for (place, value) in _places(theirs, others)
    )


def _places(answer: Answer, values: Counter[str]) -> Iterator[tuple[str, str]]:
    for row in answer["rows"]:
        for text in row["objects"]:
            yield from _leaves(json.loads(text))


def _values(answer: Answer) -> Counter[str]:
    return Counter(value for _, value in _places(answer, Counter()))


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in {"type", "spec_version", "partial_type"}:
                yield from _leaves(item, f"{place}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, place)
    elif value not in ("<missing>", "<known>"):
        yield place, str(value).lower()


# Properties whose kind the specification fixes; rows that are made up hold other kinds in some of them.
_TYPED = frozenset(  # words
    [
        "created",
        "modified",
        "accessed",
        "created_time",
        "ctime",
        "mtime",
        "atime",
        "date",
        "start",
        "end",
        "validity_not_before",
        "validity_not_after",
        "account_created",
        "account_last_login",
        "account_expires",
        "is_privileged",
        "is_disabled",
        "is_service_account",
        "is_active",
        "is_multipart",
        "is_hidden",
        "severity",
        "confidence",
        "event_count",
        "number",
    ]
)

_RESULTS: tuple[tuple[str, Callable[[Call, Answer, Answer], bool]], ...] = (
    (_EMPTY, _only_empty),
    (_TIMES, _only_times),
    (_MAPS_21, lambda call, theirs, ours: _is_error(theirs, "stix_2_1") and "rows" in ours),
    (_VALID, _only_form),
)
