"""Async Template queries: SQLite's SQL. Here stands only what the product says in another way."""

from stix_shifter_utils.query import SqliteCompiler


class QueryConstructor(SqliteCompiler):
    """Nothing but the name differs. What else could: `formats`, `quote`, `text`, `timestamp`, `finish`."""

    dialect = "Async Template"
