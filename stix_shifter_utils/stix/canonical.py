"""One spelling per value: the canonical JSON that ids are computed from, and the key of a native row.

Ids themselves are in `ids`; writing bundles is in `bundle`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, Final

import orjson

_ROW: Final = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
_EXACT: Final = 1 << 53
"""From here on a double, which is what a JSON number is to RFC 8785, cannot hold every integer."""


def canonical_json(value: Any) -> str:
    """RFC 8785 text of plain JSON values: sorted keys, no spaces, numbers as ECMAScript writes them.

    Raises TypeError for anything that is not plain JSON, ValueError for NaN and infinities.
    """
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, Mapping):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{encode_basestring(k)}:{canonical_json(v)}" for k, v in pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(canonical_json, value)) + "]"
    msg = f"{type(value).__name__} is not a JSON value"
    raise TypeError(msg)


def _number(value: float) -> str:
    """A number as ECMAScript prints it: `1`, `0.000001`, `1e-7`, `1e+21`."""
    if isinstance(value, int) and -_EXACT < value < _EXACT:
        return str(value)
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    if not isinstance(exponent, int):
        msg = f"{value} is not a JSON number"
        raise ValueError(msg)  # noqa: TRY004  a float is the right type; this one has no JSON form
    text, point = "".join(map(str, digits)), len(digits) + exponent
    if text == "0":
        return "0"
    minus = "-" if sign else ""
    if len(text) <= point <= 21:  # noqa: PLR2004  ECMAScript's own limit
        return minus + text + "0" * (point - len(text))
    if 0 < point <= 21:  # noqa: PLR2004
        return f"{minus}{text[:point]}.{text[point:]}"
    if -6 < point <= 0:  # noqa: PLR2004
        return f"{minus}0.{'0' * -point}{text}"
    mantissa = text[0] + (f".{text[1:]}" if len(text) > 1 else "")
    return f"{minus}{mantissa}e{point - 1:+d}"


def row_key(row: Any) -> bytes:
    """SHA-256 of a native row, the same whatever the order of its keys. Any Python value has one.

    Values that JSON has no form for count by their text. NaN and null count as the same.
    """
    try:
        text = orjson.dumps(row, _as_text, _ROW)
    except TypeError:  # huge integers, lone surrogates, very deep nesting: what orjson has no form for
        return _slow_key(row)
    return hashlib.sha256(text).digest()


def _as_text(value: Any) -> Any:
    """What stands for a value of a type that JSON does not know."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    text = str(value)
    return type(value).__qualname__ if " at 0x" in text else text


def _slow_key(row: Any) -> bytes:
    digest = hashlib.sha256()
    for part in _parts(row):
        digest.update(part.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.digest()


def _parts(row: Any) -> Iterator[str]:
    """The texts of a value in canonical order, without recursion: depth is the row's choice."""
    todo: list[Any] = [row]
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            yield f"{{{len(value)}"
            for key in sorted(value, key=str, reverse=True):
                todo += (value[key], str(key))
        elif isinstance(value, (list, tuple)):
            yield f"[{len(value)}"
            todo += reversed(value)
        elif value is None or isinstance(value, (str, int, float)):
            yield f"{type(value).__name__} {value}"
        else:
            todo.append(_as_text(value))
