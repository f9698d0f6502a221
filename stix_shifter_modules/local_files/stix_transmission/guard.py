"""Only reading, only the views: what a query text may be, judged on DuckDB's own parse of it.

DuckDB's settings alone (`engine.py`) keep a query from other files, but not from writing over the files that
it may read: `COPY` does that, also inside a WITH.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from stix_shifter_utils.errors import QueryRejectedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from duckdb import DuckDBPyConnection

_NODES: Final = frozenset({"SELECT_NODE", "SET_OPERATION_NODE"})
_TABLES: Final = frozenset({"BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY"})
_REMEDY: Final = "translate a STIX pattern to get a query"


@dataclass(frozen=True, slots=True)
class Reads:
    """What a query reads: its one table, and all columns that it names anywhere."""

    table: str
    columns: frozenset[str]


def reads_of(connection: DuckDBPyConnection, query: str, tables: Collection[str]) -> Reads:
    """What a query reads.

    Raises QueryRejectedError for what is not one SELECT over one of the tables, or is no SQL.
    """
    statements = _parsed(connection, query)
    if len(statements) != 1:
        msg = f"{len(statements)} statements in one query; {_REMEDY}"
        raise QueryRejectedError(msg)
    found: set[str] = set()
    columns: set[str] = set()
    for node in _nodes(statements[0]):
        found.update(_table_in(node, tables))
        if node.get("class") == "COLUMN_REF":
            columns.update(node["column_names"][-1:])
    if len(found) != 1:
        read = " and ".join(sorted(found)) or "no table"
        msg = f"the query reads {read}, not one of {', '.join(sorted(tables))}; {_REMEDY}"
        raise QueryRejectedError(msg)
    return Reads(found.pop(), frozenset(columns))


def _parsed(connection: DuckDBPyConnection, query: str) -> list[Any]:
    row = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchone()
    try:
        answer = orjson.loads(row[0]) if row else {}
    except ValueError as error:
        msg = f"the query is nested too deeply ({error})"
        raise QueryRejectedError(msg) from error
    if answer.get("error"):
        place = f" at character {answer['position']}" if "position" in answer else ""
        msg = f"{answer.get('error_message')}{place}; {_REMEDY}"
        raise QueryRejectedError(msg)
    statements: list[Any] = answer["statements"]
    return statements


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def _table_in(node: dict[str, Any], tables: Collection[str]) -> list[str]:
    kind = node.get("type")
    if "cte_map" in node:
        if kind not in _NODES:
            msg = f"only SELECT is run, no {kind}; {_REMEDY}"
            raise QueryRejectedError(msg)
        return []
    if "sample" not in node:
        return []
    if kind not in _TABLES:
        msg = f"a query reads the tables {', '.join(sorted(tables))} only, no {kind}; {_REMEDY}"
        raise QueryRejectedError(msg)
    if kind != "BASE_TABLE":
        return []
    name = node.get("table_name")
    if name not in tables or node.get("schema_name") or node.get("catalog_name"):
        msg = f"there is no table {name}; known: {', '.join(sorted(tables))}"
        raise QueryRejectedError(msg)
    return [str(name)]
