"""An observation of STIX 2.1 as an observed-data of STIX 2.0, its objects inside: the way back of `upgrade`.

A hunt works in 2.1; who wants 2.0 gets it made of that at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.pattern.spellings import RENAMED
from stix_shifter_utils.stix.names import hash_name
from stix_shifter_utils.stix.objects import make_partial, settle, settle_references

if TYPE_CHECKING:
    from collections.abc import Sequence

Object = dict[str, Any]
_OLD: Final = MappingProxyType({
    kind: {new: old for old, new in names.items()} for kind, names in RENAMED.items()
})  # fmt: skip
_ONLY_21: Final = frozenset({"id", "spec_version", "defanged", "object_marking_refs", "granular_markings"})
_DOMAIN_OBJECT: Final = frozenset({"created", "modified", "spec_version"})
"""What together only domain objects and relationships have, which 2.0 keeps outside observed-data."""


def downgraded(group: Sequence[Object]) -> Object:
    """The observed-data of 2.0; references to what the group does not hold are left out.

    The objects count from "0" in the order of the group, and lose their ids, which 2.0 does not have. The
    group is not changed.
    """
    observed, *rest = group
    parts = [item for item in rest if not item.keys() >= _DOMAIN_OBJECT]
    keys = {item["id"]: str(number) for number, item in enumerate(parts)}
    kept = {name: observed[name] for name in observed if name not in {"spec_version", "object_refs"}}
    types = {keys[item["id"]]: str(item["type"]) for item in parts}
    return {**kept, "objects": {keys[item["id"]]: _part(item, keys, types) for item in parts}}


def _part(item: Object, keys: Mapping[str, str], types: Mapping[str, str]) -> Object:
    old = _OLD.get(str(item.get("type")), {})
    plain = {old.get(name, name): item[name] for name in item if name not in _ONLY_21}
    found: Object = _follow(plain, keys)
    if not settle(found, "2.0") or not settle_references(found, lambda key: types.get(key, "")):
        make_partial(found)  # 2.0 asks for more: the user_id of an account, the key of a registry key
    return found


def _follow(value: Any, keys: Mapping[str, str]) -> Any:
    """A copy with references by key, and hash names as 2.0 writes them."""
    if isinstance(value, list):
        return [_follow(part, keys) for part in value]
    if not isinstance(value, Mapping):
        return value
    made: Object = {}
    for name, part in value.items():
        if name.endswith("_ref") and isinstance(part, str):
            if part in keys:
                made[name] = keys[part]
        elif name.endswith("_refs") and isinstance(part, list):
            refs = [keys[one] for one in part if one in keys]
            if refs:
                made[name] = refs
        elif name == "hashes" and isinstance(part, Mapping):
            made[name] = {hash_name(each, "2.0"): one for each, one in part.items()}
        else:
            made[name] = _follow(part, keys)
    return made
