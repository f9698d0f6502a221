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


def choose_module_path(module: str, path_list: Sequence[str]) -> str:
    """Of several places with connectors the one of an unpacked single connector, else the first."""
    return next((path for path in path_list if f"stix_shifter_modules_{module}" in path), path_list[0])


def check_min(input_value: Any, min_value: Any, type: str, key: str) -> None:  # noqa: A002 -- published name
    """Raises ConfigurationError below the minimum; of a text the length counts."""
    if _measure(input_value, type) < min_value:
        message = f'"{key}: {input_value}" value must be more than {min_value}'
        raise ConfigurationError(message)


def check_max(input_value: Any, max_value: Any, type: str, key: str) -> None:  # noqa: A002 -- published name
    """Raises ConfigurationError above the maximum; of a text the length counts."""
    if _measure(input_value, type) > max_value:
        message = f'"{key}: {input_value}" value must be less than {max_value}'
        raise ConfigurationError(message)


def _measure(value: Any, kind: str) -> Any:
    if kind == "text":
        return len(value)
    if kind == "number" and isinstance(value, (int, float)):
        return value
    message = f"a {kind} has neither minimum nor maximum, or {value!r} is none"
    raise ConfigurationError(message)


def check_regex(input_value: str, regex_value: str) -> bool:
    """Whether a regular expression is found in a text."""
    return re.search(regex_value, input_value) is not None


def check_number(input_value: Any) -> bool:
    """Whether a value is a whole number."""
    return isinstance(input_value, int)
