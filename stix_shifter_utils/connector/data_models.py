"""Translators for sources that speak a common data model (CIM, CAR), for connectors of earlier releases.

Their from_stix maps name the model's object beside the fields:
`{"file": {"cim_type": "flow", "fields": {...}}}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from stix_shifter_utils.connector.discovery import place_of_class
from stix_shifter_utils.connector.query_translator import BaseQueryTranslator
from stix_shifter_utils.connector.results_translator import JSONToStix
from stix_shifter_utils.errors import UnmappedError

if TYPE_CHECKING:
    from pathlib import Path


class _DataModelQueryTranslator(BaseQueryTranslator):
    """A query translator whose map says which object of the data model a STIX object is."""

    type_key: ClassVar[str]

    def __init__(
        self,
        options: dict[str, Any] | None = None,
        dialect: str | None = None,
        basepath: str | Path | None = None,
    ) -> None:
        super().__init__(
            options if options is not None else {}, dialect or "default", basepath or _home(type(self))
        )

    def map_object(self, stix_object_name: str) -> str:
        """The data model's object for a STIX object. Raises UnmappedError."""
        found = (self.map_data.get(stix_object_name) or {}).get(self.type_key)
        if not found:
            message = f"Unable to map object `{stix_object_name}` into {self.type_key}"
            raise UnmappedError(message)
        return str(found)


class CarBaseQueryTranslator(_DataModelQueryTranslator):
    """For the Cyber Analytics Repository's data model (`car_type`)."""

    type_key = "car_type"


class CimBaseQueryTranslator(_DataModelQueryTranslator):
    """For the Common Information Model (`cim_type`)."""

    type_key = "cim_type"


class CarBaseResultsTranslator(JSONToStix):
    """Rows of the Cyber Analytics Repository's data model to STIX."""

    def __init__(
        self,
        options: dict[str, Any],
        dialect: str | None = None,
        base_file_path: str | Path | None = None,
        callback: Any = None,
    ) -> None:
        super().__init__(options, dialect or "default", base_file_path or _home(type(self)), callback)


def _home(kind: type) -> Path:
    """The `stix_translation` folder of the connector that a class belongs to."""
    return place_of_class(kind).folder / "stix_translation"
