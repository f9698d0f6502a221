"""JSON Schema for the JSON files that an author writes, one file per kind; readable by any editor.

What the files mean is said by the packages that read them; here is only their shape.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from stix_shifter_utils.errors import MappingFileError

_FOLDER = Path(__file__).parent


def schema_names() -> list[str]:
    """The kinds of files that have a schema, such as `to_stix_map`."""
    return sorted(path.name.removesuffix(".schema.json") for path in _FOLDER.glob("*.schema.json"))


@cache
def load_schema(name: str) -> dict[str, Any]:
    """The schema of one kind of file; shared, read it only. Raises MappingFileError for an unknown name."""
    path = _FOLDER / f"{name}.schema.json"
    if not path.is_file():
        message = f"there is no schema {name}; known: {', '.join(schema_names())}"
        raise MappingFileError(message)
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema
