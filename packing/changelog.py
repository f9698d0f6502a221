"""The section of a version in the changelog: found, or made of what is unreleased."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import NamedTuple

from packing.errors import BuildError

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
    headings = list(_HEADING.finditer(changelog))
    for place, heading in enumerate(headings):
        end = headings[place + 1].start() if place + 1 < len(headings) else len(changelog)
        body = changelog[heading.end() : end].strip("\n")
        title = heading["title"]
        if title.split(" ")[0] == version:
            return Section(f"## {title}\n\n{body.strip()}\n", changelog, is_new=False)
        if title.startswith("Unreleased") and body.strip():
            day = datetime.fromtimestamp(epoch, timezone.utc).date().isoformat()
            text = f"## {version} ({day})\n\n{body.strip()}\n"
            rest = changelog[end:]
            changed = f"{changelog[: heading.start()]}{_EMPTY}\n\n{text}{chr(10) if rest else ''}{rest}"
            return Section(text, changed, is_new=True)
    message = f"CHANGELOG.md has no section {version}, and nothing unreleased to make one of"
    raise BuildError(message)
