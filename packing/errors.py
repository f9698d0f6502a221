"""What can go wrong before anything is built: one line for the caller, exit 2."""

from __future__ import annotations


class BuildError(Exception):
    """The build that was asked for cannot be made; the text says why, in one line."""
