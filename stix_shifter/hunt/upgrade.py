"""An observed-data of STIX 2.0, with the objects inside it, as STIX 2.1: its own objects, with ids.

For sources that hand out STIX as they have it. Rows that a map translates are made in 2.1 at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stix_shifter_utils.pattern.spellings import RENAMED, RESERVED
from stix_shifter_utils.stix import deterministic_id, own_id, row_key

Object = dict[str, Any]
_LAST = {"email-message": 1, "file": 1, "network-traffic": 2}
"""Types whose ids are made of references: after what they refer to."""


def upgraded(observed: Mapping[str, Any], source: str) -> list[Object]:
    """The observed-data and its objects in STIX 2.1; one that is 2.1 already gets its `spec_version`.

    `source` goes into the ids of objects that have no id contributing properties.
    """
    made: Object = {**observed, "spec_version": "2.1"}
    embedded = made.pop("objects", None)
    if not isinstance(embedded, Mapping):
        return [made]
    parts = {str(key): _respelled(item) for key, item in embedded.items() if isinstance(item, Mapping)}
    key = row_key({name: value for name, value in observed.items() if name != "created_by_ref"})
    ids: dict[str, str] = {}
    for name in sorted(parts, key=lambda each: _LAST.get(str(parts[each].get("type")), 0)):
        item = _refer(parts[name], ids, "")
        kind = str(item.get("type"))
        ids[name] = deterministic_id(kind, item) or own_id(kind, source, key, name)
    objects: dict[str, Object] = {}
    for name, part in parts.items():
        item = {"type": part.get("type"), "spec_version": "2.1", "id": ids[name]}
        objects.setdefault(ids[name], {**item, **_refer(part, ids, "")})
    made["object_refs"] = list(objects)
    return [made, *objects.values()]


def _respelled(item: Mapping[str, Any]) -> Object:
    names = RENAMED.get(str(item.get("type")), {})
    return {names.get(name, f"x_{name}" if name in RESERVED else name): item[name] for name in item}


def _refer(value: Any, ids: Mapping[str, str], key: str) -> Any:
    """A copy in which references to keys are references to ids, as far as these are known."""
    if isinstance(value, dict):
        return {name: _refer(part, ids, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_refer(part, ids, key) for part in value]
    return ids.get(value, value) if isinstance(value, str) and key.endswith(("_ref", "_refs")) else value
