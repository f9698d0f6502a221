"""What a check says: one thing that is wrong, where, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`file` is relative to the connector's folder; `message` says what is wrong and how to mend it."""

    file: str
    message: str
    rule: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.message} [{self.rule}]"
