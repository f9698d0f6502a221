"""A to_stix map read as a flat list of leaves: which native field feeds which STIX property, and how.

Read here for searching only; turning rows into objects with the same map is the results package's work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from stix_shifter_utils.errors import MappingFileError, PatternSyntaxError
from stix_shifter_utils.expressions import expression
from stix_shifter_utils.frozen import frozen
from stix_shifter_utils.pattern import ObjectPath, make_path

_DOT: Final = r"\."
_ESCAPED: Final = expression(r"[^.'\[\]\\]*(?:\\\.[^.'\[\]\\]*)+")

Constant = Any
"""What `value` may be in a map: any JSON."""


@frozen
class Leaf:
    """One `{"key": ...}` of a to_stix map.

    `native` are the steps to the value in the row (`ds_key` already followed). `path` is the STIX property,
    or `None` for a property of the observed-data itself, whose name is then `key`. `object_name` groups the
    leaves that build one object. `has_constant` tells `"value": null` from no value.
    """

    native: tuple[str, ...]
    key: str
    path: ObjectPath | None
    object_name: str
    transformer: str | None = None
    references: tuple[str, ...] = ()
    unwrap: bool = False
    group: bool = False
    group_ref: bool = False
    has_constant: bool = False
    constant: Constant = None
    borrowed: bool = False

    @property
    def field(self) -> str:
        return ".".join(self.native)


def leaves(to_stix: Mapping[str, Any], place: str = "to_stix_map") -> Iterator[Leaf]:
    """All leaves in the order of the map. `place` names the file in errors.

    Raises MappingFileError for a map that is not built of levels and leaves.
    """
    yield from _level(to_stix, (), place)


def is_leaf(node: object) -> bool:
    """Whether a node of the map is a leaf: a level may hold a native field that is called `key`."""
    return isinstance(node, Mapping) and isinstance(node.get("key"), str)


def _level(level: Mapping[str, Any], native: tuple[str, ...], place: str) -> Iterator[Leaf]:
    for name, node in level.items():
        where = f"{place}: {'.'.join((*native, name))}"
        if is_leaf(node):
            yield _leaf(node, (*native, name), where)
        elif isinstance(node, list):
            for item in node:
                if not is_leaf(item):
                    msg = f'{where} is a list, so each item must be an object with "key", not {item!r:.60}'
                    raise MappingFileError(msg)
                yield _leaf(item, (*native, name), where)
        elif isinstance(node, Mapping):
            yield from _level(node, (*native, name), where)
        else:
            msg = f'{where} must be an object with "key", a list of such, or a nested level, not {node!r:.60}'
            raise MappingFileError(msg)


def _leaf(node: Mapping[str, Any], native: tuple[str, ...], where: str) -> Leaf:
    key: str = node["key"]
    object_type, dot, property_text = key.partition(".")
    property_text = _ESCAPED.sub(lambda match: f"'{match[0].replace(_DOT, '.')}'", property_text)
    borrowed = isinstance(node.get("ds_key"), str)
    references = node.get("references") or ()
    group = node.get("group")
    return Leaf(
        native=(*native[:-1], node["ds_key"]) if borrowed else native,
        key=key,
        path=_path(object_type, property_text, where) if dot else None,
        object_name=str(node.get("object") or object_type),
        transformer=node.get("transformer"),
        references=(references,) if isinstance(references, str) else tuple(references),
        unwrap="unwrap" in node,
        group=group is True or group == "true",
        group_ref=bool(node.get("group_ref")),
        has_constant="value" in node,
        constant=node.get("value"),
        borrowed=borrowed,
    )


def _path(object_type: str, property_text: str, where: str) -> ObjectPath:
    try:
        return make_path(object_type, property_text)
    except PatternSyntaxError as error:
        msg = f"{where}: the key {object_type}.{property_text} is no STIX property: {error}"
        raise MappingFileError(msg) from error
