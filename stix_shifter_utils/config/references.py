"""`${env:NAME}`, `${file:PATH}` and `${keyring:SERVICE/USER}`: secrets that a text names and does not hold.

Where such texts come from (an argument, a file of sources) is the caller's matter.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from stix_shifter_utils.errors import ConfigurationError

_OTHER_FAILURES = (RuntimeError, OSError, ValueError, ImportError, AttributeError)
"""What backends of the keyring raise, and the choice of one that is not there."""
REFERENCE = re.compile(r"\$\{(env|file|keyring):([^}]+)\}")


def resolve_references(value: Any) -> tuple[Any, set[str]]:
    """A copy with every reference replaced, at any depth, and the texts that came in.

    Of a file its whole text counts, without line ends at its end. Raises ConfigurationError, which names
    the reference.
    """
    found: set[str] = set()

    def replace(match: re.Match[str]) -> str:
        text = _look_up(match[1], match[2])
        found.add(text)
        return text

    def walk(item: Any) -> Any:
        if isinstance(item, str):
            return REFERENCE.sub(replace, item)
        if isinstance(item, Mapping):
            return {key: walk(each) for key, each in item.items()}
        return [walk(each) for each in item] if isinstance(item, list) else item

    return walk(value), {text for text in found if text}


def _look_up(kind: str, what: str) -> str:
    if kind == "env":
        return _environment(what)
    return _file(what) if kind == "file" else _keyring(what)


def _environment(name: str) -> str:
    if name not in os.environ:
        message = f"the environment variable {name} is not set"
        raise ConfigurationError(message)
    return os.environ[name]


def _file(name: str) -> str:
    try:
        return Path(name).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read ${{file:{name}}}: {error}"
        raise ConfigurationError(message) from error


def _keyring(name: str) -> str:
    """A password of the system's keyring, by the package `keyring`; its errors have no common base."""
    service, _, user = name.rpartition("/")
    if not service or not user:
        message = f"${{keyring:{name}}} must be ${{keyring:SERVICE/USER}}"
        raise ConfigurationError(message)
    try:
        keyring = import_module("keyring")
    except ModuleNotFoundError as error:
        message = f"${{keyring:{name}}} needs the package keyring: pip install 'stix-shifter[keyring]'"
        raise ConfigurationError(message) from error
    try:
        text = keyring.get_password(service, user)
    except keyring.errors.KeyringLocked:
        message = f"the keyring is locked, which holds ${{keyring:{name}}}; unlock it, or name another place"
        raise ConfigurationError(message) from None
    except (keyring.errors.KeyringError, *_OTHER_FAILURES) as error:
        raise _silent(name, error) from None
    if text is None:
        message = f"the keyring has no password of {user} for {service}: keyring set {service} {user}"
        raise ConfigurationError(message)
    return str(text)


def _silent(name: str, error: Exception) -> ConfigurationError:
    """The error for a keyring that gives no answer; its own words may hold anything, so they are left out."""
    problem = f"the keyring did not answer for ${{keyring:{name}}}: {type(error).__name__}"
    return ConfigurationError(f"{problem}; `keyring --list-backends` tells what there is on this machine")
