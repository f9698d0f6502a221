"""One value against one parameter: its type, its limits, its form. The texts are those that clients match.

Walking a whole configuration is `checking.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.config.masking import MASK
from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.expressions import expression

if TYPE_CHECKING:
    from stix_shifter_utils.config.schema import Leaf

_SHOWN_LENGTH = 80
_USER_IN_URL = expression(r"//[^/@\s]*@")
_NUMBER = expression(r"\s*[+-]?[0-9]{1,18}\s*")


def checked(leaf: Leaf, value: Any) -> Any:
    """The value as the connector gets it; numbers and booleans may come as text, as in a command line.

    Raises ConfigurationError; the text shows the value, masked where it is secret.
    """
    value = _typed(leaf, value)
    _check_limits(leaf, value)
    _check_form(leaf, value)
    return value


def shown(leaf: Leaf, value: Any) -> str:
    """The value for a message."""
    if leaf.is_secret:
        return MASK
    text = _USER_IN_URL.sub(f"//{MASK}@", str(value))
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"


def _typed(leaf: Leaf, value: Any) -> Any:
    if leaf.kind == "number":
        return _number(leaf, value)
    if leaf.kind == "boolean":
        return _boolean(leaf, value)
    if leaf.kind in ("text", "password"):
        return _text(leaf, value)
    if leaf.kind == "array" and not isinstance(value, list):
        raise _wrong_type(leaf, value, "an array")
    return value


def _number(leaf: Leaf, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _wrong_type(
        leaf, value, "a number" if not isinstance(value, float) else "a number, without a fraction"
    )


def _boolean(leaf: Leaf, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise _wrong_type(leaf, value, "a boolean, true or false")


def _text(leaf: Leaf, value: Any) -> Any:
    """Text. A number stands for its digits; `false` in an optional one means none (`selfSignedCert`)."""
    if isinstance(value, str) or (value is False and leaf.optional):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise _wrong_type(leaf, value, "a text")


def _wrong_type(leaf: Leaf, value: Any, wanted: str) -> ConfigurationError:
    return ConfigurationError(f'{leaf.name} "{shown(leaf, value)}" type must be {wanted}')


def _check_limits(leaf: Leaf, value: Any) -> None:
    """Limits are inclusive; of a text they limit its length. The words are the ones clients know."""
    measure = len(value) if isinstance(value, str) else value
    if isinstance(measure, bool) or not isinstance(measure, (int, float)):
        return
    for limit, word, sign in ((leaf.minimum, "more", 1), (leaf.maximum, "less", -1)):
        if isinstance(limit, (int, float)) and sign * measure < sign * limit:
            message = f'"{leaf.name}: {shown(leaf, value)}" value must be {word} than {limit}'
            raise ConfigurationError(message)


def _check_form(leaf: Leaf, value: Any) -> None:
    if not isinstance(value, str):
        return
    if leaf.choices and value not in leaf.choices:
        known = ", ".join(str(choice) for choice in leaf.choices)
        message = f'Invalid {leaf.name} value "{shown(leaf, value)}" specified; known: {known}'
        raise ConfigurationError(message)
    if leaf.regex and (value or not leaf.optional) and not re.search(leaf.regex, value):
        message = f'Invalid {leaf.name} value "{shown(leaf, value)}" specified'
        raise ConfigurationError(message)
