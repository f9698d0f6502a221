"""LIKE patterns as functions: `%` is any text, `_` any one character, all else itself; nothing escapes them.

Time is bounded by the length of the text times the length of the pattern, whatever the pattern: there is no
backtracking. Unicode normalisation and case are the caller's work.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def compile_like(pattern: str) -> Callable[[str], bool]:
    """Whether the whole of a text is as the pattern says (§9.6.1)."""
    parts = pattern.split("%")
    if len(parts) == 1:
        return _whole(pattern)
    head, *middle, tail = parts
    middle = [part for part in middle if part]
    if not middle and "_" not in head + tail:
        if not head or not tail:
            return _at_edge(head, tail)
        shortest = len(head) + len(tail)
        return lambda text: len(text) >= shortest and text.startswith(head) and text.endswith(tail)
    if not head and not tail and len(middle) == 1 and "_" not in middle[0]:
        inner = middle[0]
        return lambda text: inner in text
    return _sequence(head, middle, tail)


def _at_edge(head: str, tail: str) -> Callable[[str], bool]:
    return (lambda text: text.endswith(tail)) if tail else (lambda text: text.startswith(head))


def _whole(pattern: str) -> Callable[[str], bool]:
    if "_" not in pattern:
        return lambda text: text == pattern
    expression = _characters(pattern)
    return lambda text: expression.fullmatch(text) is not None


def _characters(part: str) -> re.Pattern[str]:
    return re.compile("".join("." if letter == "_" else re.escape(letter) for letter in part), re.DOTALL)


def _sequence(head: str, middle: list[str], tail: str) -> Callable[[str], bool]:
    first, last = _characters(head), _characters(tail)
    inner = [_finder(part) for part in middle]
    shortest = len(head) + len(tail) + sum(map(len, middle))

    def matches(text: str) -> bool:
        if len(text) < shortest:
            return False
        end = len(text) - len(tail)
        if first.match(text) is None or last.match(text, end) is None:
            return False
        place = len(head)
        for find in inner:
            # The leftmost place is the best one: it leaves most for the parts behind it.
            place = find(text, place, end)
            if place < 0:
                return False
        return True

    return matches


def _finder(part: str) -> Callable[[str, int, int], int]:
    """A function that says where the part ends when it is searched between two places, or -1."""
    if "_" not in part:

        def find(text: str, start: int, end: int) -> int:
            place = text.find(part, start, end)
            return place + len(part) if place >= 0 else -1

        return find
    expression = _characters(part)

    def search(text: str, start: int, end: int) -> int:
        match = expression.search(text, start, end)
        return match.end() if match else -1

    return search
