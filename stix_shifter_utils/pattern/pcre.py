r"""PCRE as the `regex` package reads it: what the two spell differently is rewritten, the rest is left alone.

The specification asks for PCRE (§9.6.1). Python's syntax lacks `\Q...\E`, `\x{...}`, `\h` and others, gives
`\Z` another meaning, applies an option in the middle (`foo(?i)bar`) to the whole, and `regex` adds a
meaning of its own to braces (`(?:foo){e<=1}` is fuzzy). Compiling and searching, with the time limit, is
`matches`' work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple


class Translation(NamedTuple):
    """Text for `regex`, and what bounds the time that a search takes.

    `repeats` counts the quantifiers; `explosive` is true where one stands behind a group or a reference is
    used, so that backtracking may take exponential time.
    """

    text: str
    repeats: int
    explosive: bool


class ExpressionError(ValueError):
    """A regular expression that is not PCRE, or uses a part of it that cannot be had here."""


_NEWLINES: Final = r"\n\x0b\f\r\x85"
_BLANKS: Final = r" \t\xa0"
_WIDE_NEWLINES: Final = _NEWLINES + r"\u2028\u2029"
_WIDE_BLANKS: Final = _BLANKS + r"\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"

_QUANTIFIER: Final = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_OPTIONS: Final = re.compile(r"\(\?(\^?[imsxnJU]*)(?:-([imsxnJU]*))?([:)])")
_GROUP: Final = re.compile(r"\(\?(?:[:=!>|(]|<[=!])")
_CALL: Final = re.compile(r"\(\?(?:(R|[-+]?[0-9]+)|(?:&|P>)(\w+))\)")
_NAME_AGAIN: Final = re.compile(r"\(\?P=(\w+)\)")
_NAMED: Final = re.compile(r"\(\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')")
_START_OPTION: Final = re.compile(r"\(\*(?:UTF8?|UTF16|UTF32|UCP|ANYCRLF|ANY|LF|CRLF|CR)\)")
_BRACED: Final = re.compile(r"\{([^{}]*)\}")
_REFERENCE: Final = re.compile(r"\{([-+]?\w+)\}|<(\w+)>|'(\w+)'|([-+]?[0-9]+)")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{0,2}")
_POSIX: Final = re.compile(r"\[:\^?[a-z]+:\]")
_HIGHEST: Final = 0x10FFFF


def translate(expression: str, *, binary: bool = False) -> Translation:
    """`expression` for `regex`, without its enclosing flags (DOTALL is the caller's).

    Raises ExpressionError for syntax that has no counterpart.
    """
    return _Translator(expression, binary=binary).run()


@dataclass(slots=True)
class _Group:
    """An open bracket: whether blanks are free inside, whether it captures, which options were set inside."""

    extended: bool = False
    captures: bool = False
    options: list[str] = field(default_factory=list)


class _Translator:
    """One pass over the text. Nothing recurses, so that deep nesting is `regex`' affair alone."""

    def __init__(self, text: str, *, binary: bool) -> None:
        self.text = text
        self.place = 0
        self.out: list[str] = []
        self.groups = [_Group()]
        self.captures = 0
        self.repeats = 0
        self.explosive = False
        self.newlines = _NEWLINES if binary else _WIDE_NEWLINES
        self.blanks = _BLANKS if binary else _WIDE_BLANKS

    def run(self) -> Translation:
        while match := _START_OPTION.match(self.text, self.place):
            self.place = match.end()
        while self.place < len(self.text):
            self.step()
        if len(self.groups) > 1:
            msg = "a bracket is not closed"
            raise ExpressionError(msg)
        self.out.append(")" * len(self.groups[0].options))
        return Translation("".join(self.out), self.repeats, self.explosive)

    def step(self) -> None:
        letter = self.text[self.place]
        special = self.SPECIAL.get(letter)
        if special is not None:
            special(self)
        elif letter == "#" and self.groups[-1].extended:
            end = self.text.find("\n", self.place)
            self.place = len(self.text) if end < 0 else end + 1
        else:
            self.emit(letter, 1)

    def emit(self, text: str, length: int) -> None:
        self.out.append(text)
        self.place += length

    def quantifier(self) -> None:
        letter = self.text[self.place]
        match = _QUANTIFIER.match(self.text, self.place) if letter == "{" else None
        if letter == "{" and match is None:
            self.emit(r"\{", 1)
            return
        self.repeats += 1
        self.explosive = self.explosive or self.text[self.place - 1 : self.place] == ")"
        text = match[0] if match else letter
        self.emit(text, len(text))

    def alternative(self) -> None:
        # An option set in one branch holds in the branches behind it too.
        options = self.groups[-1].options
        self.emit(f"{')' * len(options)}|{''.join(options)}", 1)

    def close(self) -> None:
        if len(self.groups) == 1:
            msg = f"the bracket at {self.place} closes nothing"
            raise ExpressionError(msg)
        self.emit(")" * (len(self.groups.pop().options) + 1), 1)

    def group(self) -> None:
        rest = self.text[self.place : self.place + 3]
        if rest == "(?#":
            end = self.text.find(")", self.place)
            if end < 0:
                msg = "a comment is not closed"
                raise ExpressionError(msg)
            self.place = end + 1
        elif match := _OPTIONS.match(self.text, self.place):
            self.options(match)
        elif match := _NAMED.match(self.text, self.place):
            self.push(f"(?P<{match[1] or match[2]}>", len(match[0]), captures=True)
        elif match := _CALL.match(self.text, self.place):
            self.call(match[1] or match[2], match.end())
        elif match := _NAME_AGAIN.match(self.text, self.place):
            self.explosive = True
            self.emit(f"\\g<{match[1]}>", len(match[0]))
        elif rest.startswith("(?"):
            self.special_group()
        else:
            self.push("(", 1, captures=rest[1:2] != "*")

    def special_group(self) -> None:
        match = _GROUP.match(self.text, self.place)
        if match is None:
            msg = f"the group {self.text[self.place : self.place + 6]!r} is unknown"
            raise ExpressionError(msg)
        self.push(match[0], len(match[0]))
        if match[0] == "(?(":  # the condition has a bracket of its own
            self.groups.append(_Group())

    def push(self, text: str, length: int, *, captures: bool = False) -> None:
        self.captures += captures
        self.groups.append(_Group(self.groups[-1].extended, captures))
        self.emit(text, length)

    def call(self, name: str, end: int) -> None:
        """A group used again as a subroutine. Calls inside groups may never end: they are refused."""
        if name in {"R", "0"} or any(group.captures for group in self.groups):
            msg = "recursion is not supported"
            raise ExpressionError(msg)
        name = self.absolute(name)
        self.explosive = True
        self.out.append(f"(?{'' if name.isdigit() else '&'}{name})")
        self.place = end

    def absolute(self, name: str) -> str:
        """The number that a relative reference (`-1`, `+1`) means; anything else as it is."""
        if name[0] == "-":
            return str(self.captures + 1 - int(name[1:]))
        return str(self.captures + int(name[1:])) if name[0] == "+" else name

    def options(self, match: re.Match[str]) -> None:
        on, off, end = match[1], match[2] or "", match[3]
        if on.startswith("^"):
            on, off = on[1:], "imsx"
            off = "".join(letter for letter in off if letter not in on)
        extended = "x" in on or (self.groups[-1].extended and "x" not in off)
        kept = "".join(letter for letter in "imsx" if letter in on)
        dropped = "".join(letter for letter in "imsx" if letter in off)
        prefix = f"(?{kept}{'-' if dropped else ''}{dropped}:"
        self.place = match.end()
        self.out.append(prefix)
        if end == ":":
            self.groups.append(_Group(extended))
        else:
            self.groups[-1].options.append(prefix)
            self.groups[-1].extended = extended

    def escape(self) -> None:
        letter = self.text[self.place + 1 : self.place + 2]
        if letter in {"p", "P"}:
            self.property()
        elif letter in {"g", "k"}:
            self.reference(letter)
        elif letter == "Z":
            self.emit(r"(?=\n?\Z)", 2)
        elif letter == "R":
            self.emit(rf"(?>\r\n|[{self.newlines}])", 2)
        elif letter in {"h", "v", "H", "V"}:
            letters = self.blanks if letter in {"h", "H"} else self.newlines
            self.emit(f"[{'^' if letter.isupper() else ''}{letters}]", 2)
        elif letter == "N" and self.text[self.place + 2 : self.place + 3] != "{":
            self.emit(r"[^\n]", 2)
        elif letter == "z":
            self.emit(r"\Z", 2)
        else:
            self.explosive = self.explosive or letter in set("123456789")
            self.character_escape()

    def character_escape(self) -> None:
        """An escape that means the same inside and outside a class."""
        text, place = self.text, self.place
        letter = text[place + 1 : place + 2]
        if letter == "":
            msg = "the text ends with a backslash"
            raise ExpressionError(msg)
        if letter == "Q":
            end = text.find(r"\E", place)
            end = len(text) if end < 0 else end
            self.out.extend(re.escape(each) for each in text[place + 2 : end])
            self.place = end + 2
        elif letter == "E":
            self.place += 2
        elif letter in {"x", "o", "N"}:
            self.code_point(letter)
        elif letter == "e":
            self.emit(r"\x1b", 2)
        elif letter == "c":
            self.emit(re.escape(chr(ord(text[place + 2 : place + 3].upper() or "@") ^ 64)), 3)
        else:
            self.emit(text[place : place + 2], 2)

    def code_point(self, letter: str) -> None:
        braced = _BRACED.match(self.text, self.place + 2)
        if braced:
            digits, end = braced[1].strip().removeprefix("U+" if letter == "N" else ""), braced.end()
        else:
            match = _HEX.match(self.text, self.place + 2)
            digits, end = (match[0] if match else "") or "0", self.place + 2 + (len(match[0]) if match else 0)
        try:
            number = int(digits, 8 if letter == "o" else 16)
        except ValueError:
            number = -1
        if not 0 <= number <= _HIGHEST:
            msg = f"{self.text[self.place : end]!r} is no character"
            raise ExpressionError(msg)
        self.out.append(re.escape(chr(number)))
        self.place = end

    def property(self) -> None:
        braced = _BRACED.match(self.text, self.place + 2)
        kind, name = (
            self.text[self.place + 1],
            braced[1] if braced else self.text[self.place + 2 : self.place + 3],
        )
        if name.startswith("^"):
            kind, name = "p" if kind == "P" else "P", name[1:]
        self.emit(f"\\{kind}{{{name}}}", 2 + (len(braced[0]) if braced else 1))

    def reference(self, letter: str) -> None:
        match = _REFERENCE.match(self.text, self.place + 2)
        if match is None:
            msg = f"{self.text[self.place : self.place + 4]!r} is no reference"
            raise ExpressionError(msg)
        name = next(part for part in match.groups() if part)
        if letter == "g" and (match[2] or match[3]):
            self.call(name, match.end())
            return
        self.explosive = True
        self.emit(f"\\g<{self.absolute(name)}>", match.end() - self.place)

    def character_class(self) -> None:
        start = re.match(r"\[\^?\]?", self.text[self.place : self.place + 3])
        opening = start[0] if start else "["
        self.emit(opening.replace("]", r"\]"), len(opening))
        while self.text[self.place : self.place + 1] != "]":
            if self.place >= len(self.text):
                msg = "a character class is not closed"
                raise ExpressionError(msg)
            self.class_step()
        self.emit("]", 1)

    def class_step(self) -> None:
        letter = self.text[self.place]
        if letter == "\\":
            following = self.text[self.place + 1 : self.place + 2]
            if following in {"p", "P"}:
                self.property()
            elif following in {"h", "v"}:
                self.emit(self.blanks if following == "h" else self.newlines, 2)
            elif following in {"H", "V", "R", "X"}:
                msg = rf"\{following} cannot stand in a character class"
                raise ExpressionError(msg)
            else:
                self.character_escape()
        elif letter == "[":
            match = _POSIX.match(self.text, self.place)
            self.emit(match[0] if match else r"\[", len(match[0]) if match else 1)
        elif letter in "&|~-" and self.text[self.place + 1 : self.place + 2] == letter:
            # `regex` may read a doubled sign as an operation on sets.
            self.emit(f"\\{letter}", 1)
        else:
            self.emit(letter, 1)

    SPECIAL: Final = {
        "\\": escape,
        "[": character_class,
        "(": group,
        ")": close,
        "|": alternative,
        "{": quantifier,
        "*": quantifier,
        "+": quantifier,
        "?": quantifier,
    }
