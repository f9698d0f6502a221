"""Words of the command line for times and budgets: `7d`, `2024-05-14T08:00:00Z`, `rows=…,seconds=…`."""

from __future__ import annotations

import argparse
import re
from datetime import datetime, timedelta, timezone

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhdw])")
_BUDGET = ("rows", "seconds", "calls")


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `12h`, `7d`, `2w`."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or float(match[1]) <= 0:
        message = f"{text!r} is not like 90s, 30m, 12h, 7d or 2w"
        raise argparse.ArgumentTypeError(message)
    try:
        return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    except OverflowError as error:
        message = f"{text!r} is too long"
        raise argparse.ArgumentTypeError(message) from error


def moment(text: str) -> datetime:
    """ISO 8601; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text.strip()))
    except ValueError as error:
        message = f"{text!r} is not like 2024-05-14T08:00:00Z"
        raise argparse.ArgumentTypeError(message) from error
    return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found.astimezone(timezone.utc)


def budget(text: str) -> dict[str, float]:
    """`rows=100000,seconds=600,calls=500`, each part once, in any order."""
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        if name not in _BUDGET or name in found or not re.fullmatch(r"[0-9]+", number) or not int(number):
            message = f"{text!r} is not like rows=100000,seconds=600,calls=500"
            raise argparse.ArgumentTypeError(message)
        found[name] = int(number)
    return found
