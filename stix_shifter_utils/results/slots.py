"""What stands for values and ids while a plan is made: `plan` puts it where those of a row will be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TIME_LENGTH: Final = len("2020-01-01T00:00:00.000Z")


class UnforeseenError(Exception):
    """What a shape alone does not decide: such rows are taken in the general way."""


class InexactError(UnforeseenError):
    """What an exact shape may decide."""


class Slot:
    """The place of a cleaned value. A question that is asked of it becomes a guard in the code.

    `is_text`: it is text, and not empty. `may_be_object`: it may be a dictionary, which others merge with.
    """

    __slots__ = ("guard", "is_text", "may_be_object", "name")

    def __init__(
        self, name: str, guard: Callable[[str], None], *, is_text: bool, may_be_object: bool = False
    ) -> None:
        self.name, self.guard = name, guard
        self.is_text, self.may_be_object = is_text, may_be_object

    def __bool__(self) -> bool:
        if not self.is_text:
            self.guard(f"not {self.name}")
        return True

    def __lt__(self, other: object) -> bool:
        return self._less(other, "<")

    def __gt__(self, other: object) -> bool:
        return self._less(other, ">")

    def _less(self, other: object, sign: str) -> bool:
        if not isinstance(other, Slot):
            raise UnforeseenError
        if other.name != self.name:
            self.guard(f"{self.name} {sign} {other.name}")
        return False

    def __len__(self) -> int:
        if not self.is_text:
            raise UnforeseenError
        self.guard(f"len({self.name}) != {_TIME_LENGTH}")  # only times are asked for their length
        return _TIME_LENGTH

    def __getattr__(self, name: str) -> Any:
        raise UnforeseenError

    def _unforeseen(self, *_: object) -> Any:
        raise UnforeseenError

    __eq__ = __ne__ = __hash__ = __iter__ = __getitem__ = __contains__ = __str__ = _unforeseen


class Mark:
    """The place of an object's id."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Spread:
    """The place of all items of a list, in a list that several values extend."""

    __slots__ = ("slot",)

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
