"""Checks over a connector's folder: one rule per file, one message per fault, which says how to mend it.

`python -m stix_shifter_utils.quality [name or folder …]` runs them. Nothing of the connector is imported.
That a connector *works* is the standard suite's business (`stix_shifter_utils.testing`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter_utils.quality import (
    config_labels,
    files_present,
    json_schema,
    queried_fields_return,
    references_lead_somewhere,
    stix_names,
    transformers_exist,
)
from stix_shifter_utils.quality.finding import Finding
from stix_shifter_utils.quality.folder import ConnectorFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["RULES", "ConnectorFolder", "Finding", "check_folder"]

RULES: dict[str, Callable[[ConnectorFolder], Iterator[Finding]]] = {
    "files-present": files_present.check,
    "json-schema": json_schema.check,
    "stix-names-exist": stix_names.check,
    "transformers-exist": transformers_exist.check,
    "references-lead-somewhere": references_lead_somewhere.check,
    "queried-fields-return": queried_fields_return.check,
    "config-labels": config_labels.check,
}


def check_folder(path: Path) -> list[Finding]:
    """All that the rules find in one connector's folder, in the order of the rules."""
    folder = ConnectorFolder(path)
    return [
        Finding(found.file, found.message, rule) for rule, check in RULES.items() for found in check(folder)
    ]
