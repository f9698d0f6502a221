r"""Regular expressions for Lucene, whose engine matches whole terms and knows neither places nor look-around.

From the tree of a PCRE expression, or from LIKE parts and plain texts, to Lucene's syntax with all its
optional operators on, as Elasticsearch and OpenSearch have them ("Regular expression syntax" of both
manuals; `org.apache.lucene.util.automaton.RegExp`). How it is quoted in a query is the families' work.

`^` and `$` are operators here only at the edges of a branch, where they say what `.*` around it would not.
A place elsewhere (`\b`, a `^` in the middle) is left out, so that more texts match than should.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.query.conditions import Wild
from stix_shifter_utils.query.regex_tree import Branches, Letters, Node, Place, Repeated, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST: Final = 1000
"""Most characters of an expression: `index.max_regex_length` of both products, unless somebody raised it."""

_RESERVED: Final = frozenset('.?+*|{}[]()"\\#@&<>~^$-/')
_MOST_REPEATS: Final = 100  # each repeat is a copy in the automaton, which has 10,000 states at the most
_MOST_WIDE: Final = 10
_LAST: Final = 0x10FFFF
NOT_ASCII: Final = f".*[\u0080-{chr(_LAST)}].*"
"""Text with other characters than ASCII's."""

NAME_ONLY: Final = r"(.*[\/\\])?"
"""What may stand before a file name in its path."""

NO_SEPARATOR: Final = r"[^\/\\]"


def escaped(text: str, *, fold: bool = False) -> str:
    """Text standing for itself; with `fold`, for all texts whose lower case is this (lower-case) text."""
    return "".join(_class(letter) if fold else _sign(letter) for letter in text)


def like(parts: Iterable[str | Wild], *, fold: bool = False, one: str = ".") -> str:
    """A LIKE; `one` is what a single character may be."""
    spelled = {Wild.ANY: f"{one}*", Wild.ONE: one}
    return "".join(spelled[part] if isinstance(part, Wild) else escaped(part, fold=fold) for part in parts)


def search(tree: Node, *, fold: bool) -> tuple[str, bool] | None:
    """An expression that matches the whole of a text in which the tree is found, and whether just those.

    None for one that is too long.
    """
    branches = tree.branches if isinstance(tree, Branches) else (tree,)
    written = [_branch(branch, fold=fold) for branch in branches]
    text = "|".join(text for text, _ in written)
    return (text, all(exact for _, exact in written)) if len(text) <= LONGEST else None


def _branch(branch: Node, *, fold: bool) -> tuple[str, bool]:
    parts = list(branch.parts) if isinstance(branch, Sequence) else [branch]
    if len(parts) == 1 and isinstance(parts[0], Branches):  # a group around all of it
        inner = [_branch(each, fold=fold) for each in parts[0].branches]
        return f"({'|'.join(text for text, _ in inner)})", all(exact for _, exact in inner)
    before = behind = ".*"
    while parts and isinstance(parts[0], Place) and parts[0].kind == "start":
        before = ""
        parts = parts[1:]
    while parts and isinstance(parts[-1], Place) and parts[-1].kind in {"end", "last"}:
        behind = "\n?" if parts[-1].kind == "end" and behind != "" else ""
        parts = parts[:-1]
    exact = not any(map(_has_place, parts)) and not any(map(_is_cut, parts))
    body = "".join(
        f"({_write(p, fold=fold)})" if isinstance(p, Branches) else _write(p, fold=fold) for p in parts
    )
    return f"{before}{body}{behind}", exact


def _write(node: Node, *, fold: bool) -> str:
    if isinstance(node, Letters):
        return _letters(node, fold=fold)
    if isinstance(node, Place):
        return ""
    if isinstance(node, Sequence):
        return "".join(
            f"({_write(part, fold=fold)})" if isinstance(part, Branches) else _write(part, fold=fold)
            for part in node.parts
        )
    if isinstance(node, Branches):
        return "|".join(_write(branch, fold=fold) or "()" for branch in node.branches)
    inner = _write(node.part, fold=fold)
    if not inner:
        return ""
    return (inner if isinstance(node.part, Letters) else f"({inner})") + _count(node)


def _count(node: Repeated) -> str:
    simple = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((node.least, node.most))
    if simple:
        return simple
    if _is_cut(node):
        return "+" if node.least else "*"
    if node.most == node.least:
        return f"{{{node.least}}}"
    return f"{{{node.least},{'' if node.most is None else node.most}}}"


def _letters(node: Letters, *, fold: bool) -> str:
    if node.only is not None:
        return _class(node.only) if fold else _sign(node.only)
    if not node.ranges:
        return "." if node.negated else "#"  # any character, and the empty language
    ranges = list(node.ranges)
    if fold:
        ranges += [(ord(other), ord(other)) for low, high in ranges for other in _others(low, high)]
    inner = "".join(
        _sign(chr(low)) if low == high else f"{_sign(chr(low))}-{_sign(chr(high))}"
        for low, high in dict.fromkeys(ranges)
    )
    return f"[{'^' if node.negated else ''}{inner}]"


def _others(low: int, high: int) -> Iterable[str]:
    """The ASCII letters that are the same but for case as some of a range."""
    for code in range(max(low, 65), min(high, 122) + 1):
        if chr(code).isalpha():
            yield chr(code).swapcase()


def _sign(letter: str) -> str:
    return f"\\{letter}" if letter in _RESERVED else letter


def _class(letter: str) -> str:
    """All characters whose lower case is that of this one."""
    low = letter.lower()
    same = sorted({letter, low, *_capitals().get(low, "")} - {""})
    letters = [each for each in same if len(each) == 1]
    return _sign(letter) if len(letters) < 2 else f"[{''.join(map(_sign, letters))}]"  # noqa: PLR2004  a choice


@lru_cache(maxsize=1)
def _capitals() -> dict[str, str]:
    """For a character, the others that become it in lower case; the last sigma of a word counts as any."""
    found: dict[str, str] = {}
    for code in range(min(sys.maxunicode, 0x1FFFF) + 1):
        low = chr(code).lower()
        if len(low) == 1 and low != chr(code):
            found[low] = found.get(low, "") + chr(code)
    found["\u03c2"] = found.get("\u03c2", "") + "\u03a3"
    return found


def _has_place(node: Node) -> bool:
    if isinstance(node, Place):
        return True
    if isinstance(node, Repeated):
        return _has_place(node.part)
    if isinstance(node, Letters):
        return False
    return any(map(_has_place, node.parts if isinstance(node, Sequence) else node.branches))


def _is_wide(node: Letters) -> bool:
    """Whether a class holds so much that what follows can begin in it: each repeat doubles the automaton."""
    return node.negated or sum(high - low + 1 for low, high in node.ranges) > _MOST_WIDE


def _is_cut(node: Node) -> bool:
    """Whether some repeat is written as one without end."""
    if isinstance(node, Repeated):
        most = _MOST_WIDE if isinstance(node.part, Letters) and _is_wide(node.part) else _MOST_REPEATS
        return max(node.least, node.most or 0) > most or _is_cut(node.part)
    if isinstance(node, (Letters, Place)):
        return False
    return any(map(_is_cut, node.parts if isinstance(node, Sequence) else node.branches))
