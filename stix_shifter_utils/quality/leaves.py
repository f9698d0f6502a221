"""The leaves of a map, for checks: a map that cannot be walked is the rule `json-schema`'s business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.mapping import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stix_shifter_utils.mapping import Leaf
    from stix_shifter_utils.quality.folder import JsonFile


def leaves_of(file: JsonFile) -> Iterator[Leaf]:
    """The leaves up to the first place that is not built of levels and leaves."""
    try:
        yield from leaves(file.data or {})
    except MappingFileError:
        return
