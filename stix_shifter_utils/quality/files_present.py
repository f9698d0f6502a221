"""Rule `files-present`: the files that no default can stand in for are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter_utils.quality.finding import Finding
from stix_shifter_utils.quality.folder import JSON_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stix_shifter_utils.quality.folder import ConnectorFolder

NEEDED = {
    "entry_point.py": "with a class EntryPoint; copy it from async_template",
    "configuration/config.json": "with the parameters of the connector; copy it from async_template",
    "configuration/lang_en.json": "with a label and a description for each parameter",
    "README.md": "to say which product and version this searches, and what its user must be allowed to do",
}
TRANSMISSION = (
    "stix_transmission/api_client.py",
    "stix_transmission/api.json",
    "stix_transmission/connector.py",
    "stix_transmission/query_connector.py",
    "stix_transmission/results_connector.py",
)


def check(folder: ConnectorFolder) -> Iterator[Finding]:
    """Missing files, one finding each."""
    for relative, what in NEEDED.items():
        if not folder.has(relative):
            yield Finding(relative, f"is missing; add it {what}")
    if not any(folder.maps("to_stix_map")) and not folder.has("stix_translation/results_translator.py"):
        yield Finding(f"{JSON_FOLDER}/to_stix_map.json", "is missing; add it, or a results_translator.py")
    if not folder.has(*TRANSMISSION):
        yield Finding(
            "stix_transmission", f"cannot reach the source; add one of {', '.join(TRANSMISSION[:3])}"
        )
    if not folder.has("tests", "test"):
        yield Finding("tests", "is missing; add one test class that inherits the standard suite")
