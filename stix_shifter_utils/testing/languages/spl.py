r"""A strict reader of SPL: the part of it that filters events; anything else is refused, with its place.

Read are the commands `search`, `where`, `regex`, `rex`, `eval`, `head`, `fields` and `table`, as the Search
Reference (10.0) and the Search Manual say: "Boolean expressions" (in `search`, NOT binds before OR, and OR
before AND; in `where`, NOT before AND before OR), "Backslashes", "SPL and regular expressions". Sub-searches,
macros, comments, other commands and other functions are refused. What is read is evaluated by `spl_rows`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS: Final = {
    "isnotnull": (1, 1), "isnull": (1, 1), "mvfind": (2, 2), "match": (2, 2), "like": (2, 2),
    "cidrmatch": (2, 2), "in": (2, None), "tonumber": (1, 1), "lower": (1, 1), "upper": (1, 1),
    "len": (1, 1), "if": (3, 3), "true": (0, 0), "false": (0, 0),
}  # fmt: skip
"""Evaluation functions, and how many arguments each takes."""

SIGNS: Final = ("!=", "<=", ">=", "==", "=", "<", ">")
_BARE: Final = re.compile(r"[^\s\"'`()|,=<>!\[\]\\](?:[^\s\"`()|,=<>!\[\]]|!(?!=))*")
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?![\w.])")
_WORD: Final = re.compile(r"[A-Za-z_][\w.]*")
_SOME_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_BLANKS: Final = frozenset(" \t\r\n")
_NAMES: Final = re.compile(r"[A-Za-z_]\w*(?:, [A-Za-z_]\w*)*(?=\s*(?:\||\Z))")
_DEEPEST: Final = 150


class SplError(ValueError):
    """Text that is no SPL of the part that is read here. The message names the place."""


@dataclass(frozen=True, slots=True)
class Text:
    """A value in quotes, or a bare word."""

    value: str
    is_quoted: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """A field that an evaluation names."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """In `search`: a field and values, any of which; in `where`: two expressions."""

    left: Node
    sign: str
    right: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """AND, OR, XOR or NOT of parts."""

    operator: str
    parts: tuple[Node, ...]


Node: TypeAlias = "Text | Field | Number | Call | Compared | Joined"


@dataclass(frozen=True, slots=True)
class Stage:
    """One command: what it takes depends on its name."""

    command: str
    condition: Node | None = None
    names: tuple[str, ...] = ()
    count: int = 0
    sign: str = "="


def read_spl(query: str) -> tuple[Stage, ...]:
    """The commands of a query, the first always `search`. Raises SplError."""
    reader = _Reader(query)
    stages = [reader.first()]
    while not reader.at_end():
        reader.expect("|")
        stages.append(reader.stage())
    return tuple(stages)


class _Reader:
    """A place in a text, and the grammar; one method for each rule."""

    def __init__(self, text: str) -> None:
        self.text, self.place, self.depth = text, 0, 0

    # -- letters

    def refusal(self, what: str) -> SplError:
        message = f"at {self.place}: {what}, found {self.text[self.place : self.place + 20]!r}"
        return SplError(message)

    def blank(self) -> None:
        if self.text[self.place : self.place + 1] in _BLANKS:
            found = _SOME_BLANKS.match(self.text, self.place)
            self.place = found.end() if found else self.place

    def at_end(self) -> bool:
        self.blank()
        return self.place >= len(self.text)

    def peek(self, text: str) -> bool:
        self.blank()
        return self.text.startswith(text, self.place)

    def take(self, text: str) -> bool:
        if not self.peek(text):
            return False
        self.place += len(text)
        return True

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise self.refusal(what=f"expected {text!r}")

    def word(self, *, upper: bool = True) -> str:
        """The word here, not taken; empty where there is none."""
        self.blank()
        found = _WORD.match(self.text, self.place)
        return (found[0].upper() if upper else found[0]) if found else ""

    def keyword(self, *words: str) -> str:
        """Take a word in capitals, as operators are written."""
        found = self.word(upper=False)
        if found in words:
            self.place += len(found)
            return found
        return ""

    def quoted(self, quote: str = '"') -> Text:
        self.expect(quote)
        start, value = self.place, ""
        while self.place < len(self.text):
            letter = self.text[self.place]
            if letter == quote:
                self.place += 1
                return Text(value)
            if letter == "\\" and self.text[self.place + 1 : self.place + 2] in {"\\", '"'}:
                self.place += 1
                letter = self.text[self.place]
            value += letter
            self.place += 1
        self.place = start - 1
        raise self.refusal(what="a quoted text does not end")

    # -- commands

    def first(self) -> Stage:
        """`search` is implied at the beginning."""
        if self.word(upper=False) == "search":
            self.place += len("search")
        if self.at_end() or self.peek("|"):
            return Stage("search")
        return Stage("search", self.search_and())

    def stage(self) -> Stage:
        command = self.word(upper=False)
        self.place += len(command)
        if command == "search":
            return Stage("search", self.search_and())
        if command == "where":
            return Stage("where", self.where_or())
        if command in {"regex", "rex"}:
            return self.regex_stage(command)
        if command == "eval":
            name = self.name()
            self.expect("=")
            return Stage("eval", self.where_or(), (name,))
        if command == "head":
            return Stage("head", count=self.whole())
        if command in {"fields", "table"}:
            return Stage(command, names=self.names())
        raise self.refusal(what=f"{command!r} is no command that is read here")

    def regex_stage(self, command: str) -> Stage:
        if command == "rex":
            if self.word(upper=False) != "field":
                raise self.refusal(what="rex needs field=")
            self.place += len("field")
            self.expect("=")
            name = self.name()
            return Stage("rex", self.quoted(), (name,))
        name = self.name()
        sign = "!=" if self.take("!=") else "="
        if sign == "=":
            self.expect("=")
        return Stage("regex", self.quoted(), (name,), sign=sign)

    def whole(self) -> int:
        self.blank()
        found = re.compile(r"[0-9]{1,9}(?![\w.])").match(self.text, self.place)
        if found is None:
            raise self.refusal(what="expected a whole number")
        self.place = found.end()
        return int(found[0])

    def names(self) -> tuple[str, ...]:
        self.blank()
        plain = _NAMES.match(self.text, self.place)
        if plain:  # the common case, at once
            self.place = plain.end()
            return tuple(plain[0].split(", "))
        names = [self.name()]
        while self.take(",") or not (self.at_end() or self.peek("|")):
            names.append(self.name())
        return tuple(names)

    def name(self) -> str:
        self.blank()
        if self.peek('"'):
            return self.quoted().value
        return self.bare("a name")

    def bare(self, what: str) -> str:
        found = _BARE.match(self.text, self.place)
        if found is None:
            raise self.refusal(what=f"expected {what}")
        self.place = found.end()
        return found[0]

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.refusal(what=f"brackets more than {_DEEPEST} deep")

    # -- search

    def search_and(self) -> Node:
        parts = [self.search_or()]
        while not (self.at_end() or self.peek("|") or self.peek(")")):
            self.keyword("AND")
            parts.append(self.search_or())
        return parts[0] if len(parts) == 1 else Joined("AND", tuple(parts))

    def search_or(self) -> Node:
        parts = [self.search_not()]
        while self.keyword("OR"):
            parts.append(self.search_not())
        return parts[0] if len(parts) == 1 else Joined("OR", tuple(parts))

    def search_not(self) -> Node:
        if self.keyword("NOT"):
            self.deeper()
            inner = self.search_not()
            self.depth -= 1
            return Joined("NOT", (inner,))
        if self.take("("):
            self.deeper()
            inner = self.search_and()
            self.expect(")")
            self.depth -= 1
            return inner
        return self.search_term()

    def search_term(self) -> Node:
        if self.word(upper=False) in {"AND", "OR"}:
            raise self.refusal(what="an operator without its operand")
        for directive in ("TERM", "CASE"):
            if self.peek(f"{directive}("):
                self.place += len(directive) + 1
                inner = self.bare("a term")
                self.expect(")")
                return Call(directive.lower(), (Text(inner, is_quoted=False),))
        text = self.value()
        sign = self.sign()
        if sign:
            return Compared(Field(text.value), sign, (self.value(),))
        if self.word(upper=False) in {"IN", "in"} and self.text.startswith("(", self._behind_in()):
            self.place = self._behind_in() + 1
            return Compared(Field(text.value), "=", self.listed())
        return text

    def _behind_in(self) -> int:
        place = self.place + 2
        while self.text.startswith(" ", place):
            place += 1
        return place

    def listed(self) -> tuple[Node, ...]:
        values: list[Node] = [self.value()]
        while self.take(","):
            values.append(self.value())
        self.expect(")")
        return tuple(values)

    def value(self) -> Text:
        self.blank()
        if self.peek('"'):
            return self.quoted()
        bare = self.bare("a value")
        return Text(bare, is_quoted=False)

    def sign(self) -> str:
        self.blank()
        for sign in SIGNS:
            if self.text.startswith(sign, self.place) and sign != "==":
                self.place += len(sign)
                return sign
        return ""

    # -- where and eval

    def where_or(self) -> Node:
        return self._row(self.where_and, ("OR", "or", "XOR", "xor"))

    def where_and(self) -> Node:
        return self._row(self.where_not, ("AND", "and"))

    def _row(self, inner: Callable[[], Node], words: tuple[str, ...]) -> Node:
        parts = [inner()]
        operator = ""
        while word := self.keyword(*words).upper():
            if operator and word != operator:
                parts, operator = [Joined(operator, tuple(parts))], ""
            operator = word
            parts.append(inner())
        return parts[0] if not operator else Joined(operator, tuple(parts))

    def where_not(self) -> Node:
        if self.keyword("NOT", "not"):
            self.deeper()
            inner = self.where_not()
            self.depth -= 1
            return Joined("NOT", (inner,))
        return self.comparison()

    def comparison(self) -> Node:
        left = self.operand()
        self.blank()
        for sign in SIGNS:
            if self.text.startswith(sign, self.place):
                self.place += len(sign)
                return Compared(left, "=" if sign == "==" else sign, (self.operand(),))
        if self.keyword("LIKE"):
            return Call("like", (left, self.operand()))
        if self.keyword("IN"):
            self.expect("(")
            return Compared(left, "=", self.arguments())
        return left

    def operand(self) -> Node:
        self.blank()
        if self.take("("):
            self.deeper()
            inner = self.where_or()
            self.expect(")")
            self.depth -= 1
            return inner
        if self.peek('"'):
            return self.quoted()
        if self.peek("'"):
            return Field(self.quoted("'").value)
        found = _NUMBER.match(self.text, self.place)
        if found:
            self.place = found.end()
            return Number(float(found[0]))
        return self.call_or_field()

    def call_or_field(self) -> Node:
        name = self.word(upper=False)
        if not name or name.upper() in {"AND", "OR", "NOT", "XOR", "IN", "LIKE"}:
            raise self.refusal(what="expected a value")
        self.place += len(name)
        if not self.take("("):
            return Field(name)
        if name not in FUNCTIONS:
            raise self.refusal(what=f"{name}() is no function that is read here")
        self.deeper()
        arguments = () if self.take(")") else self.arguments()
        self.depth -= 1
        least, most = FUNCTIONS[name]
        if len(arguments) < least or (most is not None and len(arguments) > most):
            raise self.refusal(what=f"{name}() with {len(arguments)} arguments")
        return Call(name, arguments)

    def arguments(self) -> tuple[Node, ...]:
        found = [self.where_or()]
        while self.take(","):
            found.append(self.where_or())
        self.expect(")")
        return tuple(found)
