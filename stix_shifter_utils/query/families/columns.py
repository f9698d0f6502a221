"""Saved lists of columns: what a SELECT names in place of `*`, and the expressions behind names.

A list is a user's or a connector's own; values of patterns never get in here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.frozen import changed
from stix_shifter_utils.mapping import read_overlays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.query.model import QueryPlan

_EVERYTHING: Final = "SELECT * "


def saved_columns(name: str, document: Any) -> list[str]:
    """The columns of a list, such as `QIDNAME(qid) AS qidname`. Raises MappingFileError, with its name."""
    columns = document.get("default") if isinstance(document, dict) else None
    if not isinstance(columns, list) or not columns or not all(isinstance(one, str) for one in columns):
        message = f'{name} must be {{"default": ["starttime", …]}}: a list of columns'
        raise MappingFileError(message)
    return columns


def named_columns(columns: Sequence[str]) -> dict[str, str]:
    """Name -> expression, for the columns that are not a field's own name."""
    pairs = (column.rsplit(" AS ", 1) for column in columns)
    return {pair[1]: pair[0] for pair in pairs if len(pair) > 1}


def fit_columns(columns: Sequence[str], overlays: Any, natives: Sequence[str]) -> list[str]:
    """A list as the option `overlays` leaves it: without fields that are gone, with those that are new.

    `natives` are the fields that results know. A new one stands in quotes, under its own name.
    """
    if not overlays:
        return list(columns)
    gone = {name for one in read_overlays(overlays) for name in (*one.rename, *one.remove)} - set(natives)
    kept = [column for column in columns if _name(column) not in gone]
    names = {_name(column) for column in kept}
    return [*kept, *('"{}"'.format(name.replace('"', '""')) for name in natives if name not in names)]


def _name(column: str) -> str:
    """What results call a column."""
    return column.rsplit(" AS ", 1)[-1]


def select_columns(plan: QueryPlan, columns: Sequence[str]) -> QueryPlan:
    """A plan of `SELECT *` with these columns in its place."""
    head = f"SELECT {', '.join(columns)} "
    queries = [changed(one, body=head + str(one.body).removeprefix(_EVERYTHING)) for one in plan.queries]
    return changed(plan, queries=tuple(queries))
