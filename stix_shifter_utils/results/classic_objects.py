"""The class that stood behind `convert_to_stix` in earlier releases: one row at a time into one bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.results.compile import Callback, compile_mapping
from stix_shifter_utils.results.options import ResultsOptions
from stix_shifter_utils.results.rows import RowStream, read_rows
from stix_shifter_utils.stix import bundle_of

if TYPE_CHECKING:
    from collections.abc import Mapping


class DataSourceObjToStixObj:
    """Turns rows of one data source into observed-data, one by one.

    `bundle` holds the identity; callers put into it what `transform` gives back. In STIX 2.1 the objects of
    all rows so far stand in `unique_cybox_objects`, by id.
    """

    def __init__(
        self,
        data_source: Mapping[str, Any],
        ds_to_stix_map: Mapping[str, Any],
        transformers: Mapping[str, type],
        options: Mapping[str, Any],
        callback: Callback | None = None,
    ) -> None:
        self.identity_id, self.data_source = data_source["id"], data_source["name"]
        self.ds_to_stix_map, self.transformers = ds_to_stix_map, transformers
        self.options, self.callback = options, callback
        self.spec_version: str = ResultsOptions.of(options).version
        self.bundle: dict[str, Any] = bundle_of([dict(data_source)], ResultsOptions.of(options).version)
        self.unique_cybox_objects: dict[str, dict[str, Any]] = {}
        self._identity = data_source
        self._mapping = compile_mapping(
            ds_to_stix_map, transformers=transformers, options=options, callback=callback
        )

    def transform(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        """The observed-data of a row; empty for a row that yields no object."""
        stream = RowStream(read_rows([obj]), self._identity, self._mapping, ResultsOptions.of(self.options))
        observed: dict[str, Any] = {}
        for item in list(stream)[1:]:
            if item["type"] == "observed-data":
                observed = item
            else:
                self.unique_cybox_objects[item["id"]] = item
        return observed
