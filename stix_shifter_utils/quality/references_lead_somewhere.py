"""Rule `references-lead-somewhere`: a reference names an object that the same map builds."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from stix_shifter_utils.quality.finding import Finding
from stix_shifter_utils.quality.leaves import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stix_shifter_utils.quality.folder import ConnectorFolder


def check(folder: ConnectorFolder) -> Iterator[Finding]:
    """Each name that no leaf builds."""
    for file in folder.maps("to_stix_map"):
        if "/stix_2_1/" in file.relative:
            continue  # laid over the map beside it, which holds the objects
        found = list(leaves_of(file))
        built = {leaf.object_name for leaf in found if leaf.path is not None and not leaf.references}
        for leaf in found:
            for name in leaf.references:
                if name not in built:
                    close = get_close_matches(name, sorted(built), n=1)
                    hint = f"did you mean {close[0]}?" if close else f'give a leaf "object": "{name}"'
                    yield Finding(file.relative, f"{leaf.field}: no leaf builds the object {name}; {hint}")
