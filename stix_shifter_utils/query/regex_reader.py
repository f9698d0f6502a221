r"""Reading a regular expression of a pattern (PCRE) into a tree that other engines can be given.

Assertions and references are weakened on the way: the tree matches at least what the expression does.
"""

from __future__ import annotations

import re
from typing import Final

from stix_shifter_utils.expressions import expression
from stix_shifter_utils.query.regex_tree import (
    ANY_LETTER,
    ANY_TEXT,
    Branches,
    Letters,
    Node,
    Place,
    Ranges,
    Repeated,
    Sequence,
)

_MAX_DEPTH: Final = 60
_HIGHEST: Final = 0x10FFFF
_DIGIT: Final = ((0x30, 0x39),)
_WORD: Final = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Final = ((0x09, 0x0D), (0x20, 0x20))
_BLANK: Final = ((0x09, 0x09), (0x20, 0x20))
_LINES: Final = ((0x0A, 0x0D),)


def _without(ranges: Ranges) -> Ranges:
    """All other characters, but U+0000, which hardly any engine takes in an expression."""
    found, start = [], 1
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, _HIGHEST))


_SHORTHANDS: Final[dict[str, Ranges]] = {"d": _DIGIT, "w": _WORD, "s": _SPACE, "h": _BLANK, "v": _LINES}
_POSIX: Final[dict[str, Ranges]] = {
    "alpha": ((0x41, 0x5A), (0x61, 0x7A)),
    "digit": _DIGIT,
    "alnum": ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    "upper": ((0x41, 0x5A),),
    "lower": ((0x61, 0x7A),),
    "space": _SPACE,
    "blank": _BLANK,
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
    "word": _WORD,
    "cntrl": ((0x00, 0x1F), (0x7F, 0x7F)),
    "graph": ((0x21, 0x7E),),
    "print": ((0x20, 0x7E),),
    "ascii": ((0x00, 0x7F),),
}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_QUANTIFIER: Final = expression(r"([*+?]|\{(\d+)(,?)(\d*)\})([+?]?)")
_FLAGS: Final = expression(r"\(\?([a-zA-Z^]*)(?:-([a-zA-Z]*))?([:)])")
_OPENINGS: Final = expression(
    r"\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)'|(<?[=!])|([:|>])|(#)|(P=|P>|&|R|[-+]?\d|\())"
)
_CODE: Final = expression(
    r"x\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{0,2})|u([0-9A-Fa-f]{4})|o\{([0-7]{1,7})\}|(0[0-7]{0,2})"
)
_REFERENCE: Final = expression(
    r"[1-9]\d*|g(?:\{[-+]?\w+\}|<[-+]?\w+>|'[-+]?\w+'|[-+]?\d+)|k(?:<\w+>|'\w+'|\{\w+\})"
)


class UnreadableError(ValueError):
    """An expression that is not understood here; it may still be good PCRE."""


class Reader:
    """One pass over the text with a stack of open groups."""

    def __init__(self, text: str, *, folds: bool) -> None:
        self.text, self.place = text, 0
        self.folds, self.is_plain = folds, True
        self.extended = self.lines = self.is_mixed = False
        self.open: list[tuple[str, list[Node], list[Node]]] = []
        self.branches: list[Node] = []
        self.parts: list[Node] = []

    def read(self) -> Node:
        while self.place < len(self.text):
            self.step()
        if self.open:
            raise UnreadableError
        return self.closed()

    def closed(self) -> Node:
        last = Sequence(tuple(self.parts))
        return Branches((*self.branches, last)) if self.branches else last

    def step(self) -> None:
        letter = self.text[self.place]
        if letter == "(":
            self.group()
        elif letter == ")":
            self.close()
        elif letter == "|":
            self.branches.append(Sequence(tuple(self.parts)))
            self.parts = []
            self.place += 1
        elif letter in "*+?" or (letter == "{" and _QUANTIFIER.match(self.text, self.place)):
            self.quantifier()
        elif self.extended and (letter.isspace() or letter == "#"):
            end = self.text.find("\n", self.place) if letter == "#" else self.place
            self.place = len(self.text) if end < 0 else end + 1
        else:
            single = self.single(letter)
            self.parts.extend(single.parts if isinstance(single, Sequence) else (single,))

    def single(self, letter: str) -> Node:
        if letter == "\\":
            return self.escape()
        if letter == "[":
            return self.letters()
        self.place += 1
        if letter == ".":
            return ANY_LETTER
        if letter in "^$":
            return self.anchor("start" if letter == "^" else "end")
        return Letters(((ord(letter), ord(letter)),))

    def anchor(self, kind: str) -> Node:
        if self.lines:
            self.is_plain = False
            return Sequence(())
        return Place(kind)

    # Groups.

    def group(self) -> None:
        flags = _FLAGS.match(self.text, self.place)
        if flags is not None:
            self.flags(flags)
            return
        if not self.text.startswith(("(?", "(*"), self.place):
            self.push("group", 1)
            return
        opening = _OPENINGS.match(self.text, self.place)
        if opening is None or opening[4] == "|":
            raise UnreadableError
        if opening[5]:
            end = self.text.find(")", self.place)
            self.place = len(self.text) if end < 0 else end + 1
        elif opening[1] or opening[2]:
            self.push("group", len(opening[0]))
        elif opening[3]:
            self.is_plain = False
            self.push("assertion", len(opening[0]))
        elif opening[4]:
            self.is_plain = self.is_plain and opening[4] == ":"
            self.push("group", len(opening[0]))
        else:
            self.is_plain = False
            self.push("reference", len(opening[0]))
            if opening[6] == "(":
                self.push("condition", 0)

    def push(self, kind: str, length: int) -> None:
        if len(self.open) >= _MAX_DEPTH:
            raise UnreadableError
        self.open.append((kind, self.branches, self.parts))
        self.branches, self.parts = [], []
        self.place += length

    def close(self) -> None:
        if not self.open:
            raise UnreadableError
        inner = self.closed()
        kind, self.branches, self.parts = self.open.pop()
        self.place += 1
        if kind == "group":
            self.parts.append(inner)
        elif kind == "assertion":
            self.parts.append(Sequence(()))
        elif kind == "reference":
            self.parts.append(ANY_TEXT)

    def flags(self, match: re.Match[str]) -> None:
        on, off = match[1], match[2] or ""
        if set(on + off) - set("imsxnU"):
            raise UnreadableError
        self.place = match.end()
        self.folds = self.folds or "i" in on
        self.lines = self.lines or "m" in on
        if "x" in on + off:
            if match.start() or match[3] == ":":
                raise UnreadableError
            self.extended = "x" in on
        whole = match.start() == 0 and match[3] == ")" and not off
        self.is_mixed = self.is_mixed or ("i" in on + off and not whole)
        self.is_plain = self.is_plain and (whole or not set(on + off) - set("s"))
        self.is_plain = self.is_plain and "s" not in off
        if match[3] == ":":
            self.place = match.start()
            self.push("group", len(match[0]))

    def quantifier(self) -> None:
        match = _QUANTIFIER.match(self.text, self.place)
        if match is None or not self.parts:
            raise UnreadableError
        sign, least, comma, most, kind = match.groups()
        self.place = match.end()
        self.is_plain = self.is_plain and kind != "+"
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if sign in simple:
            low, high = simple[sign]
        else:
            low, high = int(least), (int(most) if most else None) if comma else int(least)
        part = self.parts.pop()
        if isinstance(part, Place) or part == Sequence(()):
            self.is_plain = False
            part = Sequence(())
        self.parts.append(Repeated(part, low, high))

    # Escapes and classes.

    def escape(self) -> Node:  # noqa: PLR0911  one return for each kind of escape
        text, place = self.text, self.place + 1
        letter = text[place : place + 1]
        if letter in {"b", "B", "A", "Z", "z"}:
            self.place += 2
            return Place({"b": "word", "B": "inside", "A": "start", "Z": "end", "z": "last"}[letter])
        if letter in {"G", "K"}:
            return self.weakened(2, Sequence(()))
        if letter in {"R", "X", "C"}:
            return self.weakened(2, ANY_TEXT)
        if letter in {"p", "P"}:
            braced = re.compile(r"[pP](?:\{[^{}]*\}|.)").match(text, place)
            return self.weakened(1 + len(braced[0]) if braced else 2, ANY_LETTER)
        reference = _REFERENCE.match(text, place)
        if reference is not None:
            return self.weakened(1 + len(reference[0]), ANY_TEXT)
        if letter == "Q":
            end = text.find(r"\E", place)
            quoted = text[place + 1 :] if end < 0 else text[place + 1 : end]
            self.place = len(text) if end < 0 else end + 2
            return Sequence(tuple(Letters(((ord(each), ord(each)),)) for each in quoted))
        if letter == "E":
            self.place += 2
            return Sequence(())
        return Letters(self.escaped())

    def weakened(self, length: int, node: Node) -> Node:
        self.is_plain = False
        self.place += length
        return node

    def escaped(self) -> Ranges:
        """The characters that an escape stands for, the same inside and outside a class."""
        letter = self.text[self.place + 1 : self.place + 2]
        if not letter:
            raise UnreadableError
        if letter.lower() in _SHORTHANDS and letter in "dDwWsShHvV":
            self.place += 2
            ranges = _SHORTHANDS[letter.lower()]
            return ranges if letter.islower() else _without(ranges)
        if letter == "N" and self.text[self.place + 2 : self.place + 3] != "{":
            self.place += 2
            return _without(((0x0A, 0x0A),))
        code = _CODE.match(self.text, self.place + 1)
        if code is not None:
            self.place = code.end()
            number = (
                int(code[4] or code[5], 8)
                if code[4] or code[5]
                else int(code[1] or code[2] or code[3] or "0", 16)
            )
        elif letter == "c" and self.place + 2 < len(self.text):
            number = ord(self.text[self.place + 2].upper()) ^ 64
            self.place += 3
        elif letter in _CONTROLS:
            number = ord(_CONTROLS[letter])
            self.place += 2
        elif letter.isascii() and letter.isalnum():
            raise UnreadableError
        else:
            number = ord(letter)
            self.place += 2
        if not 0 <= number <= _HIGHEST:
            raise UnreadableError
        return ((number, number),)

    def letters(self) -> Node:
        """A class in brackets."""
        start = re.compile(r"\[(\^?)(\]?)").match(self.text, self.place)
        if start is None:
            raise UnreadableError
        ranges: list[tuple[int, int]] = [(0x5D, 0x5D)] if start[2] else []
        self.place = start.end()
        while self.text[self.place : self.place + 1] != "]":
            if self.place >= len(self.text):
                raise UnreadableError
            low = self.class_part()
            if self.is_range(low):
                self.place += 1
                high = self.class_part()
                if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
                    raise UnreadableError
                low = ((low[0][0], high[0][0]),)
            ranges.extend(low)
        self.place += 1
        return Letters(tuple(sorted(set(ranges))), negated=bool(start[1]))

    def is_range(self, low: Ranges) -> bool:
        single = len(low) == 1 and low[0][0] == low[0][1]
        following = self.text[self.place : self.place + 2]
        return single and len(following) == 2 and following[0] == "-" and following[1] != "]"  # noqa: PLR2004  a sign and its end

    def class_part(self) -> Ranges:
        text, place = self.text, self.place
        letter = text[place : place + 1]
        if letter == "[":
            posix = re.compile(r"\[:(\^?)([a-z]+):\]").match(text, place)
            if posix is not None:
                if posix[2] not in _POSIX:
                    raise UnreadableError
                self.place = posix.end()
                return _without(_POSIX[posix[2]]) if posix[1] else _POSIX[posix[2]]
        if letter == "\\":
            following = text[place + 1 : place + 2]
            if following in set("pPRXCQEbB"):
                if following == "b":
                    self.place += 2
                    return ((8, 8),)
                raise UnreadableError
            return self.escaped()
        if not letter:
            raise UnreadableError
        self.place += 1
        return ((ord(letter), ord(letter)),)
