"""`${env:NAME}` and `${file:PATH}` inside JSON texts: secrets that an argument names and does not hold."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stix_shifter.cli.arguments import bad_argument

REFERENCE = re.compile(r"\$\{(env|file):([^}]+)\}")


def resolve(value: Any, name: str) -> tuple[Any, set[str]]:
    """A copy with every reference replaced, and the texts that came in. A UsageError names the argument."""
    found: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        text = _look_up(match[1], match[2], name)
        found.add(text)
        return text

    def walk(item: Any) -> Any:
        if isinstance(item, str):
            return REFERENCE.sub(replace, item)
        if isinstance(item, Mapping):
            return {key: walk(each) for key, each in item.items()}
        return [walk(each) for each in item] if isinstance(item, list) else item

    return walk(value), {text for text in found if text}


def _look_up(kind: str, what: str, name: str) -> str:
    if kind == "env":
        if what not in os.environ:
            raise bad_argument(name, f"the environment variable {what} is not set")
        return os.environ[what]
    try:
        return Path(what).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise bad_argument(name, f"cannot read ${{file:{what}}}: {error}") from error
