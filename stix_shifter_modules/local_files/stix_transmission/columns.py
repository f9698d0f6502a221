"""SQL for one column of a view: the value at a place in a record, in the type of its kind.

A record is a JSON text (`JsonRecord`) or the typed columns of a table file (`TableRecord`). What is missing,
or is not of the kind, is NULL. Which columns there are, and what is computed from them, is the packs'
business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from stix_shifter_modules.local_files.stix_transmission.packs import ANY_ITEM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stix_shifter_modules.local_files.stix_transmission.packs import Column, Place

SQL_TYPES: Final = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "epoch_s": "DOUBLE",
    "epoch_ms": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "json": "JSON",
}
"""What is not named here is VARCHAR."""

_READ_AS: Final = {
    "integer": "as_integer",
    "number": "as_number",
    "epoch_s": "as_number",
    "epoch_ms": "as_number",
    "boolean": "as_boolean",
    "timestamp": "as_moment",
    "address": "as_address",
    "mac": "as_mac",
    "given": "as_given",
}
"""Macros from text to the type of a kind."""

MACROS: Final = (
    "filled(l) AS CASE WHEN len(l) > 0 THEN l END",
    # A text that spells a number, its integer part; also hexadecimal, as Windows writes process ids.
    """as_integer(t) AS CASE
         WHEN regexp_full_match(t, '[+-]?[0-9]{1,19}|0[xX][0-9a-fA-F]{1,15}') THEN TRY_CAST(t AS BIGINT)
         WHEN regexp_full_match(t, '[+-]?[0-9]*[.][0-9]+')
           THEN TRY_CAST(trunc(TRY_CAST(t AS DOUBLE)) AS BIGINT)
       END""",
    "as_number(t) AS CASE WHEN isfinite(TRY_CAST(t AS DOUBLE)) THEN TRY_CAST(t AS DOUBLE) END",
    "as_boolean(t) AS CASE lower(t) WHEN 'true' THEN true WHEN 'false' THEN false END",
    # Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size; or ISO 8601.
    """epoch_moment(n) AS make_timestamp(CAST(round(n * CASE
         WHEN abs(n) < 1e11 THEN 1e6 WHEN abs(n) < 1e14 THEN 1e3
         WHEN abs(n) < 1e17 THEN 1 ELSE 1e-3 END) AS BIGINT))""",
    """as_moment(t) AS CASE
         WHEN t[5:5] IN ('-', '/') THEN timezone('UTC', TRY_CAST(replace(t, '/', '-') AS TIMESTAMPTZ))
         WHEN regexp_full_match(t, '[0-9]{1,19}([.][0-9]+)?') THEN epoch_moment(TRY_CAST(t AS DOUBLE))
       END""",
    """moment_text(m) AS CASE WHEN microsecond(m) % 1000 = 0
         THEN strftime(m, '%Y-%m-%dT%H:%M:%S.%gZ') ELSE strftime(m, '%Y-%m-%dT%H:%M:%S.%fZ') END""",
    # Text, unless it is a sign for nothing.
    "as_given(t) AS CASE WHEN t NOT IN ('-', '') THEN t END",
    # Twelve digits in lower case, in pairs with colons between.
    """as_mac(t) AS CASE WHEN regexp_full_match(t, '([0-9a-fA-F]{2}[-:.]?){5}[0-9a-fA-F]{2}')
         THEN regexp_replace(lower(regexp_replace(t, '[-:.]', '', 'g')), '(..)(..)(..)(..)(..)(..)',
                             '\\1:\\2:\\3:\\4:\\5:\\6') ELSE t END""",
    # IPv6 as RFC 5952 spells it, so that one address has one spelling; IPv4 in IPv6 as IPv4.
    """shorten_zeros(t) AS CASE
         WHEN contains(t, ':0:0:0:0:0:0:0:0:') THEN '::'
         WHEN contains(t, ':0:0:0:0:0:0:0:') THEN replace(t, ':0:0:0:0:0:0:0:', '::')
         WHEN contains(t, ':0:0:0:0:0:0:') THEN replace(t, ':0:0:0:0:0:0:', '::')
         WHEN contains(t, ':0:0:0:0:0:') THEN replace(t, ':0:0:0:0:0:', '::')
         WHEN contains(t, ':0:0:0:0:') THEN replace(t, ':0:0:0:0:', '::')
         WHEN contains(t, ':0:0:0:') THEN regexp_replace(t, ':0:0:0:', '::')
         ELSE regexp_replace(t, ':0:0:', '::') END""",
    """as_address(t) AS CASE
         WHEN NOT contains(t, ':') THEN nullif(nullif(t, '-'), '')
         WHEN starts_with(lower(t), '::ffff:') AND contains(t, '.') THEN t[8:]
         WHEN contains(t, '::') THEN lower(t)
         ELSE regexp_replace(
           shorten_zeros(':' || lower(regexp_replace(t, '(^|:)0{1,3}([0-9a-fA-F])', '\\1\\2', 'g')) || ':'),
           '^:([^:])|([^:]):$', '\\1\\2', 'g') END""",
    # The address in `"A Name" <a@example.com>`.
    "address_in(t) AS nullif(regexp_extract(t, '([^<>\\s\",;:]+@[^<>\\s\",;:]+)', 1), '')",
    """addresses_in(l) AS filled(list_filter(list_transform(l, lambda x: address_in(x)),
         lambda x: x IS NOT NULL))""",
    # A date as e-mail spells it (RFC 5322).
    """mail_moment(t) AS timezone('UTC', coalesce(
         try_strptime(regexp_replace(t, ' *[(].*$', ''), '%a, %d %b %Y %H:%M:%S %z'),
         try_strptime(regexp_replace(t, ' *[(].*$', ''), '%d %b %Y %H:%M:%S %z')))""",
    "log_of_path(p) AS lower(regexp_extract(p, '([A-Za-z0-9_]+)([.][^/]*)?$', 1))",
    # The names and values of `year=2024/month=01/` in a path.
    """parts_of_path(p) AS to_json(map(
         regexp_extract_all(p, '([^/=]+)=([^/]*)/', 1), regexp_extract_all(p, '([^/=]+)=([^/]*)/', 2)))""",
)


class DuckDbType(Protocol):
    """A type as DuckDB's Python API describes it; `children` only where there are some."""

    @property
    def id(self) -> str: ...

    @property
    def children(self) -> Sequence[tuple[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class TextType:
    """The type of a column of a text table, as DuckDB would describe it."""

    id: str = "varchar"
    children: tuple[tuple[str, TextType], ...] = ()


_TEXTS: Final = "_texts"
_NESTED: Final = frozenset({"struct", "map", "list", "array"})


class Record(Protocol):
    """How the columns of a pack are found in one group of files."""

    def raw(self) -> str:
        """SQL for the whole record as JSON text."""

    def column(self, column: Column) -> str:
        """SQL for a column's value in the type of its kind, or `NULL`."""


def identifier(name: str) -> str:
    """A quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A quoted SQL string."""
    return "'" + value.replace("'", "''") + "'"


def select(values: str, source: str, rest: str = "") -> str:
    """A SELECT. All names and values in it have been quoted where they were written."""
    return f"SELECT {values} FROM {source}{rest}"  # noqa: S608  see above


def sql_type(kind: str) -> str:
    """The DuckDB type of a kind."""
    item = SQL_TYPES.get(kind.removesuffix("[]"), "VARCHAR")
    return f"{item}[]" if kind.endswith("[]") else item


def typed(value: str, kind: str) -> str:
    """A text expression (for a list: one of a list of texts) in the type of a kind."""
    macro = _READ_AS.get(kind.removesuffix("[]"))
    if not kind.endswith("[]"):
        return f"{macro}({value})" if macro else value
    item = f"{macro}(x)" if macro else "x"
    return f"filled(list_filter(list_transform({value}, lambda x: {item}), lambda x: x IS NOT NULL))"


def first_of(values: list[str], kind: str) -> str:
    """The first expression that is not NULL."""
    if not values:
        return f"CAST(NULL AS {sql_type(kind)})"
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """A record that is JSON text in the column `json`.

    `dotted`: some records write nested names as one (`"source.ip": ...`), so both spellings are read.
    `fitted`: it does not matter that a list or object may stand where the pack has a plain value. With
    `gathered`, the texts of all columns are taken in one go, so that a record is parsed once; `gathering()`
    is what the FROM part has to give for that.
    """

    json: str
    dotted: bool = False
    fitted: bool = False
    gathered: dict[str, int] | None = None

    def raw(self) -> str:
        return self.json

    def gathering(self) -> str:
        """SQL for the gathered texts, once all columns are asked for."""
        if not self.gathered:
            return f"NULL AS {_TEXTS}"
        pointers = ", ".join(text(pointer) for pointer in self.gathered)
        # DuckDB copies a condition on a column down to where it is computed, and would parse the record
        # again for each use of it; but it copies nothing that is volatile.
        return f"CASE WHEN random() < 2 THEN json_extract_string({self.json}, [{pointers}]) END AS {_TEXTS}"

    def column(self, column: Column) -> str:
        found = [self.at(pointer, column.kind) for place in column.paths for pointer in self._pointers(place)]
        return first_of(found, column.kind)

    def at(self, pointer: str, kind: str) -> str:
        """The value at a JSON path, in the type of a kind."""
        if kind == "json":
            return f"({self.json} -> {text(pointer)})"
        return self._list(pointer, kind) if kind.endswith("[]") else typed(self._plain(pointer), kind)

    def _plain(self, pointer: str) -> str:
        """A plain value as text, also the only item of a list; of an object or a longer list, nothing."""
        value, path = self._text(pointer), text(pointer)
        if self.fitted:
            return value
        item = f"json_value({self.json}, {text(pointer + '[0]')}) ->> '$'"
        alone = f"CASE json_array_length({self.json}, {path}) WHEN 1 THEN {item} END"
        nested = (
            f"CASE json_type({self.json}, {path}) WHEN 'VARCHAR' THEN {value} WHEN 'ARRAY' THEN {alone} END"
        )
        return f"CASE WHEN {value}[1:1] IN ('[', '{{') THEN {nested} ELSE {value} END"

    def _text(self, pointer: str) -> str:
        if self.gathered is None or "[*]" in pointer:
            return f"({self.json} ->> {text(pointer)})"
        return f"{_TEXTS}[{self.gathered.setdefault(pointer, len(self.gathered) + 1)}]"

    def _list(self, pointer: str, kind: str) -> str:
        """All items; what is no list, as odd records have it, stands for a list of itself."""
        whole, _, rest = pointer.partition("[*]")
        items = typed(f"({self.json} ->> {text(pointer)})", kind)
        alone = "NULL" if "[*]" in rest else typed(f"[{self._text(whole + rest)}]", kind)
        return f"CASE WHEN {self._text(whole)}[1:1] = '[' THEN {items} ELSE {alone} END"

    def _pointers(self, place: Place) -> list[str]:
        """JSON paths to a place: nested, and with the names before the first list joined by dots."""
        pointers = [_pointer(place)]
        if self.dotted:
            names = place[: place.index(ANY_ITEM)] if ANY_ITEM in place else place
            if len(names) > 1:
                pointers.insert(0, _pointer((".".join(names), *place[len(names) :])))
        return pointers


def _pointer(place: Place) -> str:
    """A JSON path; in the quoted names of DuckDB's paths a backslash escapes."""
    escaped = (step.replace("\\", "\\\\").replace('"', '\\"') for step in place)
    return "$" + "".join("[*]" if step == ANY_ITEM else f'."{step}"' for step in escaped)


@dataclass(frozen=True, slots=True)
class TableRecord:
    """A record that is a row of typed columns: CSV (all text), Parquet."""

    types: Mapping[str, DuckDbType]
    alias: str

    def raw(self) -> str:
        members = (f"{text(name)}, {self._json(name, of)}" for name, of in self.types.items())
        return f"json_object({', '.join(members)})"

    def _json(self, name: str, of: DuckDbType) -> str:
        """A column as JSON; text that is JSON itself, as exports keep lists and objects, is taken apart."""
        value = f"{self.alias}.{identifier(name)}"
        if of.id != "varchar":
            return f"to_json({value})"
        inner = f"coalesce(TRY_CAST({value} AS JSON), to_json({value}))"
        return f"CASE WHEN {value}[1:1] IN ('[', '{{') THEN {inner} ELSE to_json({value}) END"

    def column(self, column: Column) -> str:
        found = (self._at(place, column.kind) for place in column.paths)
        return first_of([value for value in found if value], column.kind)

    def _at(self, place: Place, kind: str) -> str | None:
        """The column whose name is the longest beginning of the place, and the steps into it."""
        names = place[: place.index(ANY_ITEM)] if ANY_ITEM in place else place
        for length in range(len(names), 0, -1):
            name = ".".join(names[:length])
            if name in self.types:
                value = f"{self.alias}.{identifier(name)}"
                return _into(value, self.types[name], place[length:], kind)
        return None


def _into(value: str, of: DuckDbType, steps: Place, kind: str) -> str | None:
    """SQL for the steps into a value of a DuckDB type; None when they lead nowhere."""
    if kind == "json":
        rest = _pointer(steps)
        return f"(to_json({value}) -> {text(rest)})"
    if of.id == "struct" and steps:
        return _member(value, of, steps, kind)
    if kind.endswith("[]") or steps or of.id in _NESTED or str(of) == "JSON":
        return _through_json(value, of, steps, kind)
    return _plain(value, of, kind)


def _member(value: str, of: DuckDbType, steps: Place, kind: str) -> str | None:
    for name, inner in of.children:
        if name == steps[0]:
            return _into(f"struct_extract({value}, {text(name)})", inner, steps[1:], kind)
    return None


def _through_json(value: str, of: DuckDbType, steps: Place, kind: str) -> str:
    """Lists, maps, and JSON kept as text in a column: read as JSON."""
    if of.id != "varchar":
        return JsonRecord(f"to_json({value})").at(_pointer(steps), kind)
    read = JsonRecord(f"TRY_CAST({value} AS JSON)").at(_pointer(steps), kind)
    if steps != (ANY_ITEM,) or str(of) == "JSON":
        return read
    return f"CASE WHEN starts_with({value}, '[') THEN {read} ELSE {typed(f'[{value}]', kind)} END"


def _plain(value: str, of: DuckDbType, kind: str) -> str:
    name = of.id
    if kind == "timestamp" and name.startswith("timestamp"):
        return (
            f"timezone('UTC', {value})"
            if name == "timestamp with time zone"
            else f"CAST({value} AS TIMESTAMP)"
        )
    if SQL_TYPES.get(kind, "") == str(of):
        return value
    return typed(value if name == "varchar" else f"CAST({value} AS VARCHAR)", kind)
