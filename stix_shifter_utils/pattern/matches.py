"""MATCHES: a regular expression as a function that says whether a value holds it, within a time limit.

What PCRE and the `regex` package spell differently is `pcre`'s work; which text is searched is `values`'
work.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import regex  # type: ignore[import-untyped]  # published without type hints

from stix_shifter_utils.errors import UnsupportedFeatureError
from stix_shifter_utils.pattern.pcre import ExpressionError, Translation, translate

if TYPE_CHECKING:
    from collections.abc import Callable

TIME_LIMIT_S: Final = 1.0
"""Seconds that one search of one value may take before the expression is refused."""

_UNTIMED_STEPS: Final = 1_000_000
# Watching the clock costs more than most searches. `q` quantifiers and `n` characters take about n ** (q + 1)
# steps at worst unless quantifiers nest; where that is little, nobody needs to watch.

_REMEMBERED, _SHORT = 256, 128
# Names and paths come again and again, and a look is a quarter of a search: so many answers are kept for each
# expression, for values of at most so many characters.

Text = TypeVar("Text", str, bytes)


def search_text(expression: str, path: str, *, ignore_case: bool = False) -> Callable[[str], bool]:
    """Whether a text holds `expression` anywhere; `.` is any character (§9.6.1). `path` is for messages.

    Raises UnsupportedFeatureError for an expression that is not PCRE; so does the function, when a search
    takes longer than `TIME_LIMIT_S` or more memory than there is.
    """
    flags = regex.DOTALL | regex.VERSION0 | (regex.IGNORECASE if ignore_case else 0)
    translation = _translated(expression, path, binary=False)
    holds = _searcher(_compiled(translation.text, flags, expression, path), translation, expression, path)
    known = lru_cache(_REMEMBERED)(holds)
    return lambda value: known(value) if len(value) <= _SHORT else holds(value)


def search_bytes(expression: str, path: str) -> Callable[[bytes], bool] | None:
    r"""The same for binary properties, without Unicode: `\xd4` is the octet. `None` if no octets are meant.

    That is the case for an expression with characters above U+00FF, which matches no binary value (§9.6.4).
    """
    translation = _translated(expression, path, binary=True)
    try:
        octets = translation.text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    flags = regex.DOTALL | regex.VERSION0
    return _searcher(_compiled(octets, flags, expression, path), translation, expression, path)


def _translated(expression: str, path: str, *, binary: bool) -> Translation:
    try:
        return translate(expression, binary=binary)
    except ExpressionError as error:
        _refuse(expression, path, f"cannot be used: {error}", error)


def _compiled(text: Text, flags: int, expression: str, path: str) -> Any:  # a regex.Pattern of that text
    try:
        return regex.compile(text, flags)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        _refuse(expression, path, f"cannot be used: {error}", error)


def _searcher(pattern: Any, translation: Translation, expression: str, path: str) -> Callable[[Any], bool]:
    search = pattern.search
    quick = 0 if translation.explosive else int(_UNTIMED_STEPS ** (1 / (translation.repeats + 1)))

    def holds(value: str | bytes) -> bool:
        if len(value) <= quick:
            return search(value) is not None
        try:
            return search(value, timeout=TIME_LIMIT_S) is not None
        except TimeoutError as error:
            reason = (
                f"takes longer than {TIME_LIMIT_S:g} s on a value of {len(value)} characters; make it simpler"
            )
            _refuse(expression, path, reason, error)
        except (MemoryError, RecursionError) as error:
            _refuse(expression, path, "needs too much memory; make it simpler", error)

    return holds


def _refuse(expression: str, path: str, reason: str, cause: BaseException) -> NoReturn:
    shown = expression if len(expression) <= 200 else f"{expression[:200]}..."  # noqa: PLR2004  for people
    msg = f"the regular expression {shown!r} for {path} {reason}"
    raise UnsupportedFeatureError(msg) from cause
