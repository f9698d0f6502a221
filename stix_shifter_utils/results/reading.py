"""JSON text to native rows, at orjson's speed and with the standard library's answers."""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

_DIGITS: Final = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))
_LONG: Final = b"0" * 19
"""As many digits as a number of 64 bits may not have; orjson would read one that is longer as a float."""


def loads(data: bytes | str) -> Any:
    """What `json.loads` gives: integers of any size, NaN, lone surrogates too. Raises what it raises."""
    try:
        encoded = data.encode() if isinstance(data, str) else data
        if _LONG not in encoded.translate(_DIGITS):
            return orjson.loads(encoded)
    except ValueError:  # orjson's refusals, and text that is not Unicode: the standard library decides
        pass
    return json.loads(data)
