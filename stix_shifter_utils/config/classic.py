"""Parameter checks under the names that clients and connectors of earlier releases call them by."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from stix_shifter_utils.config.checking import validate
from stix_shifter_utils.config.files import Document, module_config
from stix_shifter_utils.config.legacy_names import modernize
from stix_shifter_utils.errors import ConfigurationError

param_validator = validate
get_merged_config = module_config


def modernize_objects(module: str, params: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Rename parameters of earlier releases, in place as this function always did; the same object."""
    modern = modernize(module, params)
    params.clear()
    params.update(modern)
    return params


def get_dot_path(nested: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    """Whether there is something at a dotted path, and what."""
    here: Any = nested
    for part in path.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return False, None
        here = here[part]
    return True, here


def del_dot_path(nested: MutableMapping[str, Any], path: str) -> None:
    """Delete the value at a dotted path. Raises KeyError where there is none."""
    parent, _, last = path.rpartition(".")
    is_there, here = get_dot_path(nested, parent) if parent else (True, nested)
    if not is_there or not isinstance(here, MutableMapping):
        raise KeyError(last)
    del here[last]


def is_leaf(value: Document) -> bool:
    """Whether an entry of a configuration file is a parameter and not a section."""
    return value.get("type") == "json" or not any(isinstance(item, dict) for item in value.values())


def choose_module_path(module: str, path_list: Sequence[str]) -> str:
    """Of several places with connectors the one of an unpacked single connector, else the first."""
    return next((path for path in path_list if f"stix_shifter_modules_{module}" in path), path_list[0])


def check_min(input_value: Any, min_value: Any, type: str, key: str) -> bool:  # noqa: A002 -- published name
    """Whether a value reaches the minimum; of a text the length counts. Raises ConfigurationError."""
    return bool(_measure(input_value, type, key) >= min_value)


def check_max(input_value: Any, max_value: Any, type: str, key: str) -> bool:  # noqa: A002 -- published name
    """Whether a value stays within the maximum; of a text the length counts. Raises ConfigurationError."""
    return bool(_measure(input_value, type, key) <= max_value)


def _measure(value: Any, kind: str, key: str) -> Any:
    if kind not in {"text", "number"}:
        message = f"Min value property cannot be specified for type {kind} of field {key}"
        raise ConfigurationError(message)
    return len(value) if kind == "text" else value


def check_regex(input_value: str, regex_value: str) -> bool:
    """Whether a regular expression is found in a text."""
    return re.search(regex_value, input_value) is not None


def check_number(input_value: Any) -> bool:
    """Whether a value is a whole number."""
    return isinstance(input_value, int)
