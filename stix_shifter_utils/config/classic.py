"""Parameter checks under the names that clients and connectors of earlier releases call them by."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from stix_shifter_utils.config.checking import validate
from stix_shifter_utils.config.files import Document, module_config
from stix_shifter_utils.config.legacy_names import modernize

param_validator = validate
get_merged_config = module_config


def modernize_objects(module: str, params: MutableMapping[str, Any]) -> None:
    """Rename parameters of earlier releases, in place as this function always did."""
    modern = modernize(module, params)
    params.clear()
    params.update(modern)


def get_dot_path(path: str, nested: Mapping[str, Any], default: Any = None) -> Any:
    """The value at a dotted path."""
    here: Any = nested
    for part in path.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return default
        here = here[part]
    return here


def del_dot_path(path: str, nested: MutableMapping[str, Any]) -> None:
    """Delete the value at a dotted path, where there is one."""
    parent, _, last = path.rpartition(".")
    here = get_dot_path(parent, nested) if parent else nested
    if isinstance(here, MutableMapping):
        here.pop(last, None)


def is_leaf(value: Document) -> bool:
    """Whether an entry of a configuration file is a parameter and not a section."""
    return value.get("type") == "json" or not any(isinstance(item, dict) for item in value.values())
