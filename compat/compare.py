"""Two answers to one call, brought to one form: random ids, clocks and the order of a set do not count."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(
    r"(?<![0-9])20(?:2[3-9]|3[0-9])-?[0-9]{2}-?[0-9]{2}[T ][0-9]{2}:?[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)*)?Z?"
)
_EPOCH = re.compile(
    r"(?<![0-9])1[78](?:[0-9]{8}|[0-9]{11}|[0-9]{17})(?:\.[0-9]+)?(?![0-9])"
    r"|[0-9]{2} [A-Z][a-z]{2} 20(?:2[3-9]|3[0-9]) [0-9:]{8}"
)
_LIST = re.compile(r"\['.*'\]|Operators: \[[^\[\]]*\]")
REFERENCE = "<reference>"
"""What stands for a reference in a property that holds none."""
_RANDOM = ("id", "created", "modified")


def failed(answer: Any) -> bool:
    """Whether an answer says that something went wrong."""
    return (
        isinstance(answer, Mapping) and ("error" in answer or "raised" in answer) and "queries" not in answer
    )


def normal(kind: str, answer: Any) -> Any:
    """The form in which answers are compared."""
    if failed(answer):
        text = _masked(str(answer.get("error", answer.get("raised"))))
        return {"error": _LIST.sub(_sorted_list, text), "code": answer.get("code")}
    if kind == "query":
        return {"queries": sorted(_masked(_text(query)) for query in answer["queries"])}
    if kind == "results":
        return _bundle(answer)
    if kind == "parse":
        return {**answer, "start_time": _clock(answer["start_time"]), "end_time": _clock(answer["end_time"])}
    return answer


def _sorted_list(found: re.Match[str]) -> str:
    """A list in a text, sorted: the published core makes some of sets."""
    return ", ".join(sorted(re.split(r", |\[(?=')|(?<=')\]", found.group())))


def _clock(moment: Any) -> Any:
    return _masked(str(moment))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _masked(text: str) -> str:
    return _EPOCH.sub("<now>", _MOMENT.sub("<now>", _UUID.sub("<id>", text)))


def _bundle(bundle: Mapping[str, Any]) -> Any:
    """Per observed-data, in order: its own properties and its objects, with references written out."""
    objects = bundle.get("objects", [])
    by_id = {str(one.get("id")): one for one in objects if isinstance(one, Mapping)}
    rows, others = [], []
    for one in objects:
        if one.get("type") == "observed-data":
            rows.append(_observed(one, by_id))
        elif not any(str(one.get("id")) in map(str, row.get("object_refs", ())) for row in objects):
            others.append(_masked(_text({k: v for k, v in one.items() if k not in _RANDOM})))
    return {"rows": rows, "others": sorted(others), "version": bundle.get("spec_version")}


def _observed(row: Mapping[str, Any], by_id: Mapping[str, Any]) -> Any:
    inner = row.get("objects")
    known = inner if isinstance(inner, Mapping) else by_id
    names = list(known) if known is inner else [str(ref) for ref in row.get("object_refs", ())]
    written = sorted(_masked(json.dumps(_object(name, known, 0), sort_keys=True)) for name in names)
    own = {
        key: _masked(_text(value))
        for key, value in row.items()
        if key not in {"id", "created", "modified", "objects", "object_refs"}
    }
    return {"own": own, "objects": written}


def _object(name: str, known: Mapping[str, Any], depth: int) -> Any:
    found = known.get(name)
    if not isinstance(found, Mapping) or depth > 3:  # noqa: PLR2004 -- deep enough to tell objects apart
        return f"<{'known' if found else 'missing'}>"
    return {key: _property(key, value, known, depth) for key, value in found.items() if key != "id"}


def _property(key: str, value: Any, known: Mapping[str, Any], depth: int) -> Any:
    if key.endswith("_ref"):
        return _object(str(value), known, depth + 1)
    if key.endswith("_refs"):
        several = value if isinstance(value, list) else [value]
        return sorted((_object(str(one), known, depth + 1) for one in several), key=_text)
    if isinstance(value, str) and value in known:
        return REFERENCE
    if isinstance(value, Mapping):
        return {inner: _property(inner, item, known, depth) for inner, item in value.items()}
    return value
