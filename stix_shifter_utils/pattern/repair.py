"""What earlier releases read in a broken pattern: ANTLR's error recovery, written out as a whole pattern.

Only the option `broken_patterns: repair` asks for it. What recovery leaves out (a comparison behind a
lower-case `and`, all behind the end) is left out of the result, so it often means more than was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import PatternSyntaxError, QualifierError
from stix_shifter_utils.pattern import build
from stix_shifter_utils.pattern.nodes import Node, Pattern, Qualified, StartStop, Timestamp
from stix_shifter_utils.pattern.parse import MAX_REFUSED_CHARACTERS, parse_pattern
from stix_shifter_utils.pattern.rewrite import fold, rebuilt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MOST_PARENTHESES: Final = 40
"""ANTLR recurses for each."""
_BRACKETS: Final = {
    "ObservationExpressionSimpleContext": ("[", "ComparisonExpression", "]"),
    "ObservationExpressionCompoundContext": ("(", "ObservationExpressions", ")"),
    "PropTestParenContext": ("(", "ComparisonExpression", ")"),
}


def repair_pattern(text: str) -> tuple[str, Pattern]:
    """The pattern that error recovery finds in a text, as text and tree; a pattern in order is itself.

    The tree may hold a START-STOP that ends before it begins, which finds nothing; the text then has other
    times in that place. Raises PatternSyntaxError or QualifierError, those of the text itself, where
    recovery finds no pattern.
    """
    try:
        return text, parse_pattern(text)
    except (PatternSyntaxError, QualifierError) as refused:
        if len(text) > MAX_REFUSED_CHARACTERS or text.count("(") > _MOST_PARENTHESES:
            raise
        writer = _Writer()
        repaired = writer.written(_recovered(text))
        try:
            pattern = parse_pattern(repaired)
        except (PatternSyntaxError, QualifierError):
            raise refused from None
        return repaired, writer.with_windows(pattern)


def _recovered(text: str) -> Any:
    """The parse tree by the grammar of STIX 2.0, with what ANTLR dropped and put in marked as errors."""
    from antlr4 import CommonTokenStream, InputStream
    from stix2patterns.v20.grammars.STIXPatternLexer import STIXPatternLexer
    from stix2patterns.v20.grammars.STIXPatternParser import STIXPatternParser

    lexer = STIXPatternLexer(InputStream(text))
    lexer.removeErrorListeners()
    parser = STIXPatternParser(CommonTokenStream(lexer))
    parser.removeErrorListeners()
    return parser.pattern()


class _Writer:
    """Writes a recovered tree as text; windows that hold no time get a place-holder each."""

    def __init__(self) -> None:
        self._windows: dict[str, StartStop] = {}
        self._ways: dict[str, Callable[[Any], list[Any]]] = {
            "ObjectPathContext": lambda context: [context.getText()],
            "SetLiteralContext": _set,
            "StartStopQualifierContext": self._start_stop,
            "WithinQualifierContext": _counted,
            "RepeatedQualifierContext": _counted,
        }

    def written(self, root: Any) -> str:
        """The text, without recursion: a long chain is a deep tree."""
        words: list[str] = []
        work = [root]
        while work:
            item = work.pop()
            if isinstance(item, str):
                words.append(item)
            else:
                work.extend(reversed(self._parts(item)))
        return " ".join(words)

    def _parts(self, item: Any) -> list[Any]:
        name = type(item).__name__
        if hasattr(item, "symbol"):
            return [] if name == "ErrorNodeImpl" or item.symbol.text == "<EOF>" else [item.symbol.text]
        if name in _BRACKETS:
            return _bracketed(item, *_BRACKETS[name])
        if name in self._ways:
            return self._ways[name](item)
        inner = list(item.children or ())
        if name.startswith("PropTest") and "NOT" in _error_words(inner):
            inner.insert(inner.index(_path_of(inner)) + 1, "NOT")
        return inner

    def _start_stop(self, context: Any) -> list[Any]:
        words = [word for word in _words(context) if word.startswith("t'")]
        if len(words) != 2:  # noqa: PLR2004 -- START and STOP
            return list(_words(context))
        start, stop = (build.literal("timestamp", word, word, 0) for word in words)
        if not (isinstance(start, Timestamp) and isinstance(stop, Timestamp)):
            return list(_words(context))
        if (start.moment, start.digits) >= (stop.moment, stop.digits):
            held = f"1970-01-01T00:00:00.{len(self._windows) + 1:09}Z"
            self._windows[held] = StartStop(start, stop)
            words = ["t'1970-01-01T00:00:00Z'", f"t'{held}'"]
        return ["START", words[0], "STOP", words[1]]

    def with_windows(self, pattern: Pattern) -> Pattern:
        """The tree with its own windows in place of the place-holders."""
        if not self._windows:
            return pattern

        def combine(node: Node, results: tuple[Any, ...]) -> Any:
            if isinstance(node, Qualified) and isinstance(node.qualifier, StartStop):
                own = self._windows.get(node.qualifier.stop.text, node.qualifier)
                return Qualified(results[0], own)
            return rebuilt(node, list(results)) if results else node

        whole: Pattern = fold(pattern, combine)
        return whole


def _bracketed(context: Any, opening: str, inside: str, closing: str) -> list[Any]:
    found = [one for one in context.children or () if type(one).__name__.startswith(inside)]
    return [opening, *found, closing]


def _set(context: Any) -> list[Any]:
    members = [word for word in _words(context) if word not in {"(", ")", ","}]
    return ["(", ", ".join(members), ")"]


def _counted(context: Any) -> list[Any]:
    """WITHIN and REPEATS; earlier releases never looked at them, so a senseless one is left out."""
    words = list(_words(context))
    if context.exception is not None or len(words) < 2:  # noqa: PLR2004 -- a word and a number
        return []
    return [*words[:2], "SECONDS" if words[0] == "WITHIN" else "TIMES"] if float(words[1]) > 0 else []


def _words(context: Any) -> Iterator[str]:
    """The tokens below that recovery kept."""
    for child in context.children or ():
        if hasattr(child, "symbol"):
            if type(child).__name__ != "ErrorNodeImpl":
                yield child.symbol.text
        else:
            yield from _words(child)


def _error_words(children: list[Any]) -> set[str]:
    return {child.symbol.text for child in children if type(child).__name__ == "ErrorNodeImpl"}


def _path_of(children: list[Any]) -> Any:
    return next((one for one in children if type(one).__name__ == "ObjectPathContext"), children[-1])
