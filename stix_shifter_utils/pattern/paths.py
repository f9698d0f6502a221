"""Object paths from text, in the spelling of patterns or of mapping files; and the names of hashes.

Printing a path is `print.print_path`; finding fields for a path is the mapping package's work.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from stix_shifter_utils.errors import PatternSyntaxError
from stix_shifter_utils.expressions import expression
from stix_shifter_utils.pattern.nodes import ANY, ObjectPath, PathStep

HASH_NAMES: Final = {
    re.sub("[-_]", "", name).upper(): name
    for name in (
        *("MD5", "MD6", "RIPEMD-160", "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"),
        *("SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512", "SSDEEP", "TLSH", "WHIRLPOOL"),
    )
}
"""From a name in capitals without hyphens to the specification's spelling (hash-algorithm-ov, and 2.0)."""

_TYPE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PLAIN: Final = re.compile(r"[^.\[\]'\\\s]+(?:\.[^.\[\]'\\\s]+)*")
"""Names with nothing but points between them, as nearly all paths of mapping files are."""
_STEP: Final = expression(
    r"(?P<dot>\.)?(?:'(?P<quoted>(?:[^'\\]|\\['\\])*)'|(?P<plain>[^.\[\]'\\\s]+))"
    r"|\[\s*(?:(?P<any>\*)|(?P<index>[-+]?[0-9]{1,9}))\s*\]"
)


def unescape(text: str) -> str:
    r"""The text between a string's quotes with `\'` and `\\` undone, which are all the escapes there are."""
    return re.sub(r"\\(['\\])", r"\1", text) if "\\" in text else text


def hash_name(name: str) -> str:
    """`sha256`, `SHA256` or `sha-256` as `SHA-256`; a name that is no known algorithm stays as it is."""
    return HASH_NAMES.get(name.replace("-", "").replace("_", "").upper(), name)


def path_of(object_type: str, steps: list[PathStep]) -> ObjectPath:
    """A path from its unquoted steps; keys of `hashes` and of `…_hashes` get the specification's spelling."""
    below_hashes = False
    for place, step in enumerate(steps):
        if below_hashes and isinstance(step, str):
            steps[place] = hash_name(step)
        below_hashes = isinstance(step, str) and (step == "hashes" or step.endswith("_hashes"))
    return ObjectPath(object_type, tuple(steps))


@lru_cache(maxsize=4096)
def make_path(object_type: str, property_text: str) -> ObjectPath:
    """A path from a mapping file's object type and property text.

    Keys may be quoted or not, also those that a pattern would have to quote: `hashes.SHA-256`,
    `extensions.'http-request-ext'.request_value`, `protocols[*]`, `values[0].name`.

    Raises PatternSyntaxError (columns count within the property text) for text that is no path.
    """
    if not _TYPE.fullmatch(object_type):
        raise PatternSyntaxError(1, 0, repr(object_type), "an object type such as 'ipv4-addr'")
    if _PLAIN.fullmatch(property_text):
        return path_of(object_type, [*property_text.split(".")])
    steps: list[PathStep] = []
    place = 0
    while place < len(property_text) or not steps:
        match = _STEP.match(property_text, place)
        is_key = match is not None and match.lastgroup in {"quoted", "plain"}
        if match is None or (is_key and (match["dot"] is None) is bool(steps)) or (not is_key and not steps):
            expected = "'.name' or '[index]'" if steps else "a property name"
            raise PatternSyntaxError(1, place, repr(property_text[place : place + 20]), expected)
        steps.append(_step(match))
        place = match.end()
    return path_of(object_type, steps)


def _step(match: re.Match[str]) -> PathStep:
    if match["quoted"] is not None:
        return unescape(match["quoted"])
    if match["plain"] is not None:
        return match["plain"]
    return ANY if match["any"] else int(match["index"])


def parse_path(text: str) -> ObjectPath:
    """A path such as `file:hashes.'SHA-256'`; unquoted keys are read as in mapping files.

    Raises PatternSyntaxError for text that is no path.
    """
    object_type, colon, property_text = text.partition(":")
    if not colon:
        raise PatternSyntaxError(1, len(text), "the end of the path", "':' and a property name")
    return make_path(object_type, property_text)
