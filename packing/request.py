"""What is to be built: mode, version and the moment that every entry of an archive bears.

The environment says so (MODE, VERSION, SOURCE_DATE_EPOCH); what it leaves open, the record of a source
distribution says (`origin.json`, in this folder), and else the checkout.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packing.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ORIGIN = "packing/origin.json"
DEFAULT_VERSION = "1.0.0"
EARLIEST = 315_532_800  # 1980-01-01: archives know nothing earlier
_VERSION = re.compile(
    r"(?P<release>[0-9]+\.[0-9]+(\.[0-9]+)*)((a|b|rc)[0-9]+)?(\.post[0-9]+)?(\.dev[0-9]+)?(\+[a-z0-9]+(\.[a-z0-9]+)*)?"
)


@dataclass(frozen=True, slots=True)
class Request:
    """`mode` is 1, 3, N or the name of a connector; `epoch` is in seconds since 1970."""

    mode: str
    version: str
    epoch: int

    @property
    def oldest_utils(self) -> str:
        """The oldest utilities that a connector of this version is promised to work with.

        Releases of one minor number fit each other; before a final release only the same one is known to.
        """
        match = _VERSION.fullmatch(self.version)
        if match is None or match["release"] != self.version:
            return self.version.partition("+")[0]
        return ".".join(self.version.split(".")[:2])


def read_request(root: Path, environment: Mapping[str, str]) -> Request:
    """What to build. Raises BuildError for what is no version, or no number of seconds."""
    origin = _origin(root)
    version = environment.get("VERSION") or origin.get("version", DEFAULT_VERSION)
    if not _VERSION.fullmatch(version):
        message = f"VERSION={version} is no version; write it like 9.0.1 or 9.1.0rc1"
        raise BuildError(message)
    mode = environment.get("MODE") or origin.get("mode", "1")
    return Request(mode, version, _epoch(root, environment, origin))


def _origin(root: Path) -> dict[str, Any]:
    path = root / ORIGIN
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _epoch(root: Path, environment: Mapping[str, str], origin: Mapping[str, Any]) -> int:
    given = environment.get("SOURCE_DATE_EPOCH")
    if given and not given.isdecimal():
        message = f"SOURCE_DATE_EPOCH={given} is no number of seconds"
        raise BuildError(message)
    seconds = int(given) if given else origin.get("epoch") or _commit_time(root) or EARLIEST
    return max(int(seconds), EARLIEST)


def _commit_time(root: Path) -> int | None:
    """When the commit was made; None outside a checkout."""
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return int(answer.stdout)
