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
_SHORT_TIMES = "Times without a fraction are times"
_BACKWARDS = "A window that ends before it begins is refused"
_NOT_SUPERSET = "NOT ISSUPERSET is negated"
_HEX = "Hex literals are written in lower case"
_PARSED = "`parse` tells times as text and every window"
_OPTIONS = "`configs` lists the options of this core too"
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


def switched(entry: str, call: Call, maps: Mapping[str, Any]) -> dict[str, Any] | None:
    """The call with the switch of an entry set, under which ours is to answer as before; None without one."""
    if entry not in SWITCHES:
        return None
    former_maps = {"mapping": dict(maps)} if call["options"].get("stix_2.1") else {}
    return {**call, "options": {**call["options"], **SWITCHES[entry], **former_maps}}


def _is_error(answer: Answer, *words: str) -> bool:
    return "error" in answer and all(word in str(answer["error"]) for word in words)


def _broken(call: Call, theirs: Answer, ours: Answer) -> bool:
    return (
        _is_error(ours, "found ", "expected") and re.search(r"line \d+:\d+", str(ours["error"])) is not None
    )


def _backwards(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(ours, "is not after START")


def _not_superset(call: Call, theirs: Answer, ours: Answer) -> bool:
    return "NOT ISSUPERSET" in str(call.get("data")) and not _is_error(ours)


def _hex(call: Call, theirs: Answer, ours: Answer) -> bool:
    return "h'" in str(call.get("data")) and str(theirs).lower() == str(ours).lower()


def _parsed(call: Call, theirs: Answer, ours: Answer) -> bool:
    """Times and windows differ, nothing else."""
    if call["kind"] != "parse" or _is_error(theirs) or _is_error(ours):
        return False
    is_time = re.search(r"[=<>] t'", str(call["data"])) is not None
    is_nested = ") START" in str(call["data"])
    same_items = theirs["parsed_stix"] == ours["parsed_stix"]
    return (is_time and _without_values(theirs) == _without_values(ours)) or (is_nested and same_items)


def _without_values(answer: Answer) -> Any:
    items = [{**item, "value": None} for item in answer["parsed_stix"]]
    return {**answer, "parsed_stix": items}


def _more_options(call: Call, theirs: Answer, ours: Answer) -> bool:
    return call["kind"] == "configs" and _holds(ours, theirs)


def _holds(whole: Any, part: Any) -> bool:
    if isinstance(whole, Mapping) and isinstance(part, Mapping):
        return all(key in whole and _holds(whole[key], value) for key, value in part.items())
    return bool(whole == part)


def _no_time(call: Call, theirs: Answer, ours: Answer) -> bool:
    """Theirs says None where a time without a fraction stands in the pattern, and ours does not."""
    return "queries" in ours and str(theirs).count("None") > str(ours).count("None")


def _same_error(call: Call, theirs: Answer, ours: Answer) -> bool:
    if not _is_error(theirs) or not _is_error(ours):
        return False
    return ours["code"] in {theirs["code"], "invalid_parameter", "not_implemented"}


def _both_fail(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(theirs) and _is_error(ours)


def _other_dialects(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(theirs) and "error" not in ours and bool(ours.get("queries"))


def _maps_21(call: Call, theirs: Answer, ours: Answer) -> bool:
    return _is_error(theirs, "stix_2_1", "is not found for dialect")


QUERIES: tuple[tuple[str, Callable[[Call, Answer, Answer], bool]], ...] = (
    (_REFUSED, _broken),
    (_BACKWARDS, _backwards),
    (_NOT_SUPERSET, _not_superset),
    (_HEX, _hex),
    (_PARSED, _parsed),
    (_OPTIONS, _more_options),
    (_SHORT_TIMES, _no_time),
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
        value in mine | _UNHELD or place.rpartition(".")[2] in _TYPED or _DANGLING.fullmatch(value)
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


_UNHELD = frozenset({
    "", "none", "true", "-1", "-1.5", "odd 1", "odd 2", "1969-12-31t23:59:59.999z",
    "1969-12-31t23:59:59.000z", "1970-01-01t00:00:00.001z", "1970-01-01t00:00:01.000z",
})  # fmt: skip
"""What no port, count, name or time can be, in the odd rows (the times are theirs of -1.5 and of true)."""


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

SWITCHES: dict[str, dict[str, Any]] = {
    _MAPS_21: {},
    _REFUSED: {"broken_patterns": "repair"},
    _BACKWARDS: {"broken_patterns": "repair"},
    **{entry: {"results_engine": "classic"} for entry in (_EMPTY, _TIMES, _VALID)},
}
"""The options under which calls are answered as before; in 2.1 the wheel's 2.0 maps come with them."""
