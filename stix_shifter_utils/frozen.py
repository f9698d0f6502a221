"""Frozen value classes: `@frozen` makes what `dataclass(frozen=True, slots=True)` makes, for less.

A translate command makes some forty such classes before it can begin. `dataclasses` takes a third of a
millisecond for each, writing six methods as text, and imports `inspect`; here one method is written and the
others are shared (`docs/performance.md` has the figures). Use it for what every start loads and for what is
made a thousand times in a call; anything else stays a dataclass.

Only plain fields with plain defaults, and no fields in a base class. A method that the class or its base
defines stays as it is: `__eq__` (with `__hash__`), `__repr__`, `__reduce__`. `dataclasses.replace` and
`fields` work with such values too; `changed` does the work of `replace` without that import.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[T], T]:
        """What type checkers read only; `typing` has it from Python 3.11 on."""
        return lambda decorator: decorator


T = TypeVar("T")
_KEPT = {"__dict__", "__weakref__"}


@dataclass_transform(frozen_default=True)
def frozen(kind: type[T]) -> type[T]:
    """The class with a constructor, equality, hash, text and pickling by its annotated fields, in slots."""
    names = tuple(name for name, text in kind.__annotations__.items() if not text.startswith("ClassVar"))
    body = {name: value for name, value in vars(kind).items() if name not in _KEPT}
    defaults = {name: body.pop(name) for name in names if name in body}
    body |= {"__slots__": names, "__match_args__": names, "__dataclass_fields__": _Fields(names)}
    metaclass: Any = type(kind)
    made = metaclass(kind.__name__, kind.__bases__, body)
    made.__init__ = _constructor(made, names, defaults)
    made.__setattr__ = made.__delattr__ = _refuse
    made.__reduce__ = _reduce if kind.__reduce__ is object.__reduce__ else kind.__reduce__
    if kind.__repr__ is object.__repr__:
        made.__repr__ = _text
    if kind.__eq__ is object.__eq__:
        made.__eq__, made.__hash__ = _comparison(made, attrgetter(*names) if names else type)
    return made  # type: ignore[no-any-return]  # made by hand, so unknown to the type checker


def changed(value: T, **changes: Any) -> T:
    """A copy with other values for some fields."""
    kind: Any = type(value)
    return kind(**{name: getattr(value, name) for name in kind.__match_args__} | changes)  # type: ignore[no-any-return]  # of the kind of the value


class _Fields:
    """What the functions of `dataclasses` look at, made when one of them does."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._made: dict[str, Any] | None = None

    def __get__(self, value: object, kind: type) -> dict[str, Any]:
        if self._made is None:
            from dataclasses import make_dataclass

            self._made = vars(make_dataclass(kind.__name__, self._names))["__dataclass_fields__"]
        return self._made


def _constructor(kind: Any, names: tuple[str, ...], defaults: dict[str, Any]) -> Any:
    """`__init__`, which is written when the first object is made: of many classes a command makes none."""

    def __init__(self: Any, *values: Any, **named: Any) -> None:  # noqa: N807  the name that it gets
        kind.__init__ = written = _written(kind, names, defaults)
        written(self, *values, **named)

    return __init__


def _written(kind: Any, names: tuple[str, ...], defaults: dict[str, Any]) -> Any:
    """The constructor proper. It fills the slots directly: `__setattr__` refuses."""
    scope = {f"set_{name}": vars(kind)[name].__set__ for name in names}
    scope |= {f"default_{name}": value for name, value in defaults.items()}
    parameters = [f"{name}=default_{name}" if name in defaults else name for name in names]
    lines = [f"def __init__({', '.join(('self', *parameters))}):", *(f" set_{n}(self, {n})" for n in names)]
    exec("\n".join((*lines, " pass")), scope)  # noqa: S102  the text holds names of fields, nothing from outside
    made: Any = scope["__init__"]
    made.__qualname__, made.__module__ = f"{kind.__qualname__}.__init__", kind.__module__
    return made


def _comparison(kind: Any, fields: Callable[[Any], Any]) -> tuple[Any, Any]:
    """`__eq__` and `__hash__` by the values of the fields."""

    def __eq__(self: Any, other: object) -> bool:  # noqa: N807  the name that it gets
        if self is other:
            return True
        return fields(self) == fields(other) if other.__class__ is kind else NotImplemented

    def __hash__(self: Any) -> int:  # noqa: N807  as above
        return hash(fields(self))

    return __eq__, __hash__


def _text(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__qualname__}({shown})"


def _reduce(self: Any) -> tuple[Any, tuple[Any, ...]]:
    return type(self), tuple(getattr(self, name) for name in self.__match_args__)


def _refuse(self: Any, name: str, *_: object) -> NoReturn:
    message = f"{type(self).__name__} is frozen: cannot change {name}"
    raise AttributeError(message)
