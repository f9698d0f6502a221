"""Which release this is, and on what it runs."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The installed release; `0+checkout` where nothing is installed."""
    try:
        return version("stix-shifter")
    except PackageNotFoundError:
        return "0+checkout"


def version_line() -> str:
    """What `--version` prints."""
    return f"stix-shifter {release()} (Python {platform.python_version()})"
