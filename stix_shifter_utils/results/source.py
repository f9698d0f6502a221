"""Python source under construction, for `plan`: lines of code, and the values that they name.

The text holds names and operators that are written in this package only. Every value, and every name out of a
map or a row, is bound to a made-up name beside the text and never becomes part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Source:
    """The body of one function, in parts that follow each other."""

    def __init__(self, *parts: str) -> None:
        self.parts: dict[str, list[str]] = {part: [] for part in parts}
        self.names: dict[str, Any] = {}
        self._bound: dict[Any, str] = {}
        self._variables: dict[tuple[str, str], str] = {}

    def bind(self, value: Any) -> str:
        """A name for a value. Equal texts and numbers share one."""
        key = (type(value), value) if isinstance(value, (str, int, float, bytes)) else (object, id(value))
        name = self._bound.get(key)
        if name is None:
            name = self._bound[key] = f"k{len(self.names)}"
            self.names[name] = value
        return name

    def variable(self, part: str, expression: str) -> tuple[str, bool]:
        """A variable with the value of an expression, and whether it is new. Equal ones are made once."""
        name = self._variables.get((part, expression))
        if name is not None:
            return name, False
        name = self._variables[part, expression] = f"v{len(self._variables)}"
        self.add(part, f"{name} = {expression}")
        return name, True

    def add(self, part: str, line: str) -> None:
        self.parts[part].append(line)

    def function(self, arguments: Iterable[str], text: str) -> Callable[..., Any]:
        """The function `bind(arguments)` whose body is `text`, with the bound names known to it."""
        scope = dict(self.names)
        code = f"def bind({', '.join(arguments)}):\n{text}"
        exec(compile(code, "<plan>", "exec"), scope)  # noqa: S102  text of this package only, see above
        made: Callable[..., Any] = scope["bind"]
        return made


def indented(lines: Iterable[str], depth: int) -> str:
    """Lines as a block."""
    return "".join(f"{'    ' * depth}{line}\n" for line in lines)
