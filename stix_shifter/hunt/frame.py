"""Observations as a pandas DataFrame. Nothing else here needs pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stix_shifter.hunt.columns import kind_of, read_time
from stix_shifter.hunt.table import columns
from stix_shifter_utils.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stix_shifter.hunt.columns import Kind

DTYPES: Final[dict[Kind, str]] = {
    "time": "datetime64[us, UTC]",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "text": "string",
    "mixed": "object",
}


def data_frame(rows: Iterable[Mapping[str, Any]]) -> Any:
    """The rows in their order, a column for each name, typed by DTYPES; lists stay lists.

    What a row does not have is missing (`NaT`, `NA`, `nan`; None in a column of objects). Raises
    ConfigurationError where pandas is not installed.
    """
    try:
        import pandas as pd  # type: ignore[import-untyped,unused-ignore]  # stubs are not asked of users
    except ModuleNotFoundError as error:
        message = "a data frame needs pandas: pip install 'stix-shifter[dataframe]'"
        raise ConfigurationError(message) from error
    table = list(rows)
    made = {}
    for name in columns(table):
        values = [row.get(name) for row in table]
        kind = kind_of(name, values)
        if kind == "time":
            moments = [None if value is None else read_time(value) for value in values]
            naive = [moment and moment.replace(tzinfo=None) for moment in moments]
            made[name] = pd.Series(naive, dtype="datetime64[us]").dt.tz_localize("UTC")
        else:
            made[name] = pd.Series(values, dtype=DTYPES[kind])
    return pd.DataFrame(made)
