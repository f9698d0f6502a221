"""References to secrets inside the JSON of an argument; what they are is `stix_shifter_utils.config`'s."""

from __future__ import annotations

from typing import Any

from stix_shifter.cli.arguments import bad_argument


def resolve(value: Any, name: str) -> tuple[Any, set[str]]:
    """A copy with every reference replaced, and the texts that came in. A UsageError names the argument."""
    from stix_shifter_utils.config import resolve_references
    from stix_shifter_utils.errors import ConfigurationError

    try:
        return resolve_references(value)
    except ConfigurationError as error:
        raise bad_argument(name, str(error)) from error
