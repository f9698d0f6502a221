"""Pointing into an answer: the small path language of `api.json`, such as `$.data.rows[0]`. No network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from stix_shifter_utils.errors import ConfigurationError, ResponseError

_STEP = re.compile(r"\.([A-Za-z_@][\w@-]*)|\['([^']+)'\]|\[([0-9]{1,9})\]")
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Pointer:
    """A path from the root of a JSON answer: keys and list indexes."""

    text: str
    steps: tuple[str | int, ...]

    @classmethod
    def of(cls, text: str) -> Pointer:
        """Read `$`, `$.key`, `$['odd key']`, `$.list[0]`. Raises ConfigurationError for anything else."""
        place, steps = 1, []
        while text.startswith("$") and place < len(text):
            step = _STEP.match(text, place)
            if step is None:
                break
            name, quoted, index = step.groups()
            steps.append(int(index) if index is not None else name or quoted)
            place = step.end()
        if not text.startswith("$") or place != len(text):
            message = f"{text!r} is not a path like $.data.rows[0]['odd key']"
            raise ConfigurationError(message)
        return cls(text, tuple(steps))

    def find(self, answer: Any) -> Any:
        """What stands there. Raises ResponseError naming the path when nothing does."""
        found = self._walk(answer)
        if found is _MISSING:
            message = f"the answer has no {self.text}"
            raise ResponseError(message)
        return found

    def get(self, answer: Any) -> Any:
        """What stands there, or None."""
        found = self._walk(answer)
        return None if found is _MISSING else found

    def _walk(self, answer: Any) -> Any:
        for step in self.steps:
            if isinstance(step, int):
                fits = isinstance(answer, list) and step < len(answer)
            else:
                fits = isinstance(answer, dict) and step in answer
            if not fits:
                return _MISSING
            answer = answer[step]
        return answer
