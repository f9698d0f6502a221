"""The section of a version in the changelog: found, or made of what is unreleased."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

from packing.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADING = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_EMPTY = "## Unreleased"


class Section(NamedTuple):
    """A section with its heading, and the changelog that has it; `is_new` when it had to be made."""

    text: str
    changelog: str
    is_new: bool


def section_of(changelog: str, version: str, epoch: int) -> Section:
    """The section of a version. Raises BuildError when there is neither one nor anything unreleased.

    What is unreleased becomes the section, dated by the commit; an empty `Unreleased` takes its place.
    """
    sections = list(_sections(changelog))
    for title, body, _, _ in sections:
        if title.split(" ")[0] == version:
            return Section(f"## {title}\n\n{body}\n", changelog, is_new=False)
    for title, body, start, end in sections:
        if title in ("Unreleased", f"Unreleased ({version})") and body:
            day = datetime.fromtimestamp(epoch, timezone.utc).date().isoformat()
            text = f"## {version} ({day})\n\n{body}\n"
            rest = f"\n{changelog[end:]}" if end < len(changelog) else ""
            return Section(text, f"{changelog[:start]}{_EMPTY}\n\n{text}{rest}", is_new=True)
    message = f"CHANGELOG.md has no section {version}, and nothing unreleased to make one of"
    raise BuildError(message)


def _sections(changelog: str) -> Iterator[tuple[str, str, int, int]]:
    """Title, body, start and end of each section, in order."""
    headings = list(_HEADING.finditer(changelog))
    ends = [heading.start() for heading in headings[1:]] + [len(changelog)]
    for heading, end in zip(headings, ends, strict=True):
        yield heading["title"], changelog[heading.end() : end].strip(), heading.start(), end
