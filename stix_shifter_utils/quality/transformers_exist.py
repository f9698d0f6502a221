"""Rule `transformers-exist`: every transformer that a map names is a class that exists."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from stix_shifter_utils.quality.finding import Finding
from stix_shifter_utils.quality.leaves import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stix_shifter_utils.quality.folder import ConnectorFolder


def check(folder: ConnectorFolder) -> Iterator[Finding]:
    """Each unknown name, at each field that uses it."""
    from stix_shifter_utils.results import get_module_transformers

    known = {*get_module_transformers(), *folder.own_transformers}
    for file in folder.maps("to_stix_map"):
        for leaf in leaves_of(file):
            if leaf.transformer is not None and leaf.transformer not in known:
                close = get_close_matches(leaf.transformer, sorted(known), n=1)
                hint = (
                    f"did you mean {close[0]}?" if close else "define it in stix_translation/transformers.py"
                )
                yield Finding(
                    file.relative, f"{leaf.field}: there is no transformer {leaf.transformer}; {hint}"
                )
