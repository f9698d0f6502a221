"""Which entry of docs/migrating.md explains a difference; what no entry explains is an error of ours.

A rule is a heading of that page and a test of two answers in their normal form. The first that holds counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from compat.compare import REFERENCE

Call = Mapping[str, Any]
Answer = Mapping[str, Any]
_DANGLING = re.compile(r"[0-9]{1,2}|[a-z0-9-]+--<id>")
"""A reference to an object that is not there: by index in STIX 2.0, by id in 2.1."""
_REFUSED = "A broken pattern is refused"
_NO_TIME = "A value that is no time is refused"
_TEXTS = "Errors name their kind and their place"
_DIALECTS = "One dialect's failure does not hide the others"
_MAPS_21 = "The 2.1 maps of a wheel are used"
_EMPTY = "A row without objects makes no observed-data"
_TIMES = "Missing times of observation come from the other bound"
_VALID = "Objects are what the specification says"
_ONE_LEAF = "One value that cannot be read does not fail the bundle"


def entry_of(call: Call, theirs: Answer, ours: Answer, *, only_in_21: bool) -> str | None:
    """The heading of the entry, or None. `only_in_21`: the same call in STIX 2.0 is answered alike."""
    if only_in_21 and call["kind"] == "query" and not _broken(call, theirs, ours):
        return _MAPS_21
    rules = RESULTS if call["kind"] == "results" else QUERIES
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
    return plain.endswith(str(theirs["error"])) or str(theirs["error"]) in plain.split("; ")


def _both_fail(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(theirs) and _is_error(ours)


def _other_dialects(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(theirs) and "error" not in ours and bool(ours.get("queries"))


def _maps_21(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(theirs, "stix_2_1", "is not found for dialect")


QUERIES: tuple[tuple[str, Callable[[Call, Answer, Answer], bool]], ...] = (
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
    mine = {value for _, value in _places(ours)}
    return all(
        value in mine or place.rpartition(".")[2] in _TYPED or _DANGLING.fullmatch(value)
        for place, value in _places(theirs)
    )


def _places(answer: Answer) -> Iterator[tuple[str, str]]:
    for row in answer["rows"]:
        for text in row["objects"]:
            yield from _leaves(json.loads(text))


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in {"type", "spec_version", "partial_type"}:
                yield from _leaves(item, f"{place}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, place)
    elif value not in ("<missing>", "<known>", REFERENCE):
        yield place, str(value).lower()


# Properties whose kind the specification fixes; rows that are made up hold other kinds in some of them.
_TYPED = frozenset({
    "accessed", "account_created", "account_expires", "account_last_login", "atime", "confidence",
    "created", "created_time", "ctime", "date", "end", "event_count", "is_active", "is_disabled",
    "is_hidden", "is_multipart", "is_privileged", "is_service_account", "modified", "mtime", "number",
    "severity", "start", "validity_not_after", "validity_not_before",
})  # fmt: skip


def _only_theirs_fails(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(theirs) and "rows" in ours


RESULTS: tuple[tuple[str, Callable[[Call, Answer, Answer], bool]], ...] = (
    (_TEXTS, _both_fail),
    (_EMPTY, _only_empty),
    (_TIMES, _only_times),
    (_MAPS_21, lambda call, theirs, ours: _is_error(theirs, "stix_2_1") and "rows" in ours),
    (_ONE_LEAF, _only_theirs_fails),
    (_VALID, _only_form),
)
