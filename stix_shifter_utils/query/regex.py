r"""Regular expressions of patterns (PCRE) read far enough to be written for other engines, or to be weakened.

`analyse` reads an expression into a `Regex`. Written for an engine, it matches at least the ASCII texts
that PCRE matches (assertions and references are left out or become `.*`), and just these when it
`is_plain`; texts with other characters are the caller's to add, since engines differ there. Judging values
with an expression is the pattern package's work.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from stix_shifter_utils.frozen import frozen
from stix_shifter_utils.query.regex_tree import Branches, Letters, Node, Place, Repeated, Sequence

_FEW: Final = 3


@frozen
class Flavour:
    """How an engine spells what differs.

    `max_repeat` bounds the numbers in braces; `None` is a thing it lacks. `backtracks`: it gives up on
    repeats inside repeats, so these are not written.
    """

    prefix: str = "(?s)"
    prefix_fold: str = "(?si)"
    word: str | None = r"\b"
    inside: str | None = r"\B"
    last: str = r"\z"
    max_repeat: int = 250
    backtracks: bool = False


@frozen
class Regex:
    """An expression that was read; `tree` is None for one that was not understood.

    `folds`: capitals and small letters are one, or with `is_mixed` are in some part of it. `is_plain`: on
    ASCII text, what is written matches just what the expression matches.
    """

    source: str
    tree: Node | None
    folds: bool
    is_plain: bool
    is_mixed: bool = False

    def write(self, flavour: Flavour) -> str | None:
        """The expression for an engine that searches (is not anchored); None when it cannot be written."""
        if self.tree is None or self.is_mixed:
            return None
        body = _write(self.tree, flavour)
        return (flavour.prefix_fold if self.folds else flavour.prefix) + body

    def fits(self, flavour: Flavour) -> bool:
        """Whether `write` gives just this expression, if it `is_plain`."""
        return self.tree is not None and not self.is_mixed and _fits(self.tree, flavour)

    def texts(self) -> tuple[str, ...]:
        """Texts that every match holds, the longest first, at most four; empty when none is certain."""
        found: list[str] = []
        if self.tree is not None:
            _needed(self.tree, found)
        unique = {text.lower() if self.folds else text for text in found}
        return tuple(sorted(unique, key=lambda text: (-len(text), text))[:4])


@lru_cache(maxsize=512)
def analyse(expression: str, *, ignore_case: bool = False) -> Regex:
    """Read an expression, in normal form NFC. Never raises: what is not understood has no tree."""
    from stix_shifter_utils.query.regex_reader import Reader, UnreadableError  # few patterns have one

    text = unicodedata.normalize("NFC", expression)
    reader = Reader(text, folds=ignore_case)
    try:
        tree = reader.read()
    except UnreadableError:
        return Regex(text, None, ignore_case, is_plain=False)
    settled = _without_inner_ends(tree, is_last=True)
    plain = reader.is_plain and settled == tree and not (reader.folds and not text.isascii())
    return Regex(text, settled, reader.folds, plain, reader.is_mixed)


def _without_inner_ends(node: Node, *, is_last: bool) -> Node:
    """The tree without each `$` that something may follow.

    `$` is written as what it lets stand behind it, which is right only where nothing else comes.
    """
    if isinstance(node, Place):
        return node if is_last or node.kind != "end" else Sequence(())
    if isinstance(node, Sequence):
        last = len(node.parts) - 1
        return Sequence(
            tuple(
                _without_inner_ends(part, is_last=is_last and place == last)
                for place, part in enumerate(node.parts)
            )
        )
    if isinstance(node, Branches):
        return Branches(tuple(_without_inner_ends(branch, is_last=is_last) for branch in node.branches))
    if isinstance(node, Repeated):
        return Repeated(_without_inner_ends(node.part, is_last=False), node.least, node.most)
    return node


# ----------------------------------------------------------------------------------------------------


def _write(node: Node, flavour: Flavour) -> str:  # noqa: PLR0911  one return for each kind of node
    if isinstance(node, Letters):
        return _write_letters(node)
    if isinstance(node, Place):
        return _write_place(node.kind, flavour)
    if isinstance(node, Sequence):
        return "".join(
            f"(?:{_write(part, flavour)})" if isinstance(part, Branches) else _write(part, flavour)
            for part in node.parts
        )
    if isinstance(node, Branches):
        return "|".join(_write(branch, flavour) for branch in node.branches)
    if flavour.backtracks and _repeats_without_end(node) and _repeats_without_end(node.part):
        return ".*"
    inner = _write(node.part, flavour)
    if not inner:
        return ""
    grouped = inner if isinstance(node.part, Letters) else f"(?:{inner})"
    return grouped + _write_count(node, flavour)


def _repeats_without_end(node: Node) -> bool:
    """Whether some part repeats more often than a few times."""
    if isinstance(node, Repeated):
        return node.most is None or node.most > _FEW or _repeats_without_end(node.part)
    if isinstance(node, (Letters, Place)):
        return False
    return any(map(_repeats_without_end, node.parts if isinstance(node, Sequence) else node.branches))


def _write_count(node: Repeated, flavour: Flavour) -> str:
    simple = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((node.least, node.most))
    if simple:
        return simple
    if max(node.least, node.most or 0) > flavour.max_repeat:
        return "+" if node.least else "*"
    if node.most == node.least:
        return f"{{{node.least}}}"
    return f"{{{node.least},{'' if node.most is None else node.most}}}"


def _write_place(kind: str, flavour: Flavour) -> str:
    spelled = {
        "start": "^",
        "end": rf"\n?{flavour.last}",
        "last": flavour.last,
        "word": flavour.word,
        "inside": flavour.inside,
    }
    return spelled[kind] or ""


def _write_letters(node: Letters) -> str:
    if node.only is not None:
        return _sign(ord(node.only))
    if not node.ranges:
        return "." if node.negated else r"[^\x01-\x{10FFFF}]"
    inner = "".join(_sign(low) if low == high else f"{_sign(low)}-{_sign(high)}" for low, high in node.ranges)
    return f"[{'^' if node.negated else ''}{inner}]"


def _sign(number: int) -> str:
    """One character as all engines take it, inside and outside a class."""
    letter = chr(number)
    return (
        "\\" + letter
        if letter.isascii() and not letter.isalnum() and letter not in " _\t\n\r" and letter.isprintable()
        else letter
    )


def _fits(node: Node, flavour: Flavour) -> bool:
    if isinstance(node, Place):
        return _write_place(node.kind, flavour) != ""
    if isinstance(node, Letters):
        return all(0 not in pair for pair in node.ranges)
    if isinstance(node, Repeated):
        if flavour.backtracks and _repeats_without_end(node) and _repeats_without_end(node.part):
            return False
        return max(node.least, node.most or 0) <= flavour.max_repeat and _fits(node.part, flavour)
    return all(_fits(each, flavour) for each in (node.parts if isinstance(node, Sequence) else node.branches))


def _needed(node: Node, found: list[str]) -> None:
    """Collect the runs of characters without which `node` does not match."""
    if isinstance(node, Letters):
        if node.only is not None:
            found.append(node.only)
    elif isinstance(node, Sequence):
        run = ""
        for part in node.parts:
            letter = part.only if isinstance(part, Letters) else None
            if letter is not None:
                run += letter
                continue
            if run and not isinstance(part, Place):
                found.append(run)
                run = ""
            _needed(part, found)
        if run:
            found.append(run)
    elif isinstance(node, Repeated) and node.least:
        _needed(node.part, found)
