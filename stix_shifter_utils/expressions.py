"""Regular expressions that are compiled when they are first used, for modules that every start loads.

Compiling one takes 0.05 to 1 ms, and a command uses a handful of the eighty that its modules hold.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Later:
    """Stands for a compiled expression; each method is looked up once, then it is the method itself."""

    def __init__(self, text: str, flags: int) -> None:
        self._made_of = text, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copying and pickling ask for what it has not
            raise AttributeError(name)
        found = getattr(re.compile(*self._made_of), name)
        setattr(self, name, found)
        return found


def expression(text: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, as far as its methods go; an expression that is wrong raises when used."""
    return cast("re.Pattern[str]", _Later(text, flags))
