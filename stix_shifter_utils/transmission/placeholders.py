"""Filling the place-holders of `api.json`, such as `{auth.token}`, `{query}`, `{search_id}`. No expressions.

A value never leaves its place: in a path it stays one segment, in JSON one value, in a header one line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.http import url_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stix_shifter_utils.http.message import EncodedPath

_HOLE = re.compile(r"\{([A-Za-z_][\w.]*)\}")


def names_in(template: Any) -> Iterator[str]:
    """Every place-holder in a JSON template, in order."""
    if isinstance(template, str):
        yield from _HOLE.findall(template)
    elif isinstance(template, dict):
        for value in template.values():
            yield from names_in(value)
    elif isinstance(template, list):
        for value in template:
            yield from names_in(value)


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """A JSON template with its place-holders filled.

    A string that is one place-holder becomes the value itself, of whatever type; within a longer string the
    value stands as text. Raises ConfigurationError for a place-holder that nothing fills.
    """
    if isinstance(template, str):
        return _text(template, values)
    if isinstance(template, dict):
        return {key: filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values) for value in template]
    return template


def filled_path(template: str, values: Mapping[str, Any]) -> EncodedPath:
    """A path with its place-holders filled, each of them one segment or a part of one."""
    names = list(dict.fromkeys(_HOLE.findall(template)))
    parts = {f"v{number}": _value(name, values) for number, name in enumerate(names)}
    plain = _HOLE.sub(lambda hole: f"{{v{names.index(hole.group(1))}}}", template)
    return url_path(plain, **parts)


def _text(template: str, values: Mapping[str, Any]) -> Any:
    whole = _HOLE.fullmatch(template)
    if whole is not None:
        return _value(whole.group(1), values)
    return _HOLE.sub(lambda hole: str(_value(hole.group(1), values)), template)


def _value(name: str, values: Mapping[str, Any]) -> Any:
    found: Any = values
    for part in name.split("."):
        if not hasattr(found, "keys") or part not in found:
            message = f"nothing fills the place-holder {{{name}}} of api.json; is it in the configuration?"
            raise ConfigurationError(message)
        found = found[part]
    return found
