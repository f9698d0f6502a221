"""Tables of a data lake as flat, typed columns: a SELECT that gives a structure's members names of their own.

A table rarely has every documented field, and its structures are structures or JSON text. What it has is
read from its Hive types; what it lacks is NULL, so that a condition may name it. Partitions that are days are
pruned. Conditions on the flat columns are `trino`'s.

Trino documentation: "Data types", "JSON functions", "Array functions"; Hive: "Complex types"; OCSF: object
`fingerprint`; IANA: Protocol Numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.mapping import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stix_shifter_utils.mapping import NativeFields

_TYPES: Final = {
    Kind.INTEGER: "BIGINT", Kind.EPOCH_S: "BIGINT", Kind.EPOCH_MS: "BIGINT", Kind.NUMBER: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN", Kind.TIMESTAMP: "TIMESTAMP",
}  # fmt: skip
_SAME: Final = {"string": "VARCHAR", "bigint": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN"}
_DEPTH: Final = {"<": 1, "(": 1, ">": -1, ")": -1}
Reached = tuple[str, str, "Sequence[str]"]
"""An expression, its Hive type, and the names that are left inside of it, where it is JSON text."""


_HASHES: Final = {"MD5": 1, "SHA-1": 2, "SHA-256": 3}
_PROTOCOLS: Final = {
    1: "icmp", 2: "igmp", 4: "ipv4", 6: "tcp", 17: "udp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah",
    58: "ipv6-icmp", 88: "eigrp", 89: "ospf", 103: "pim", 112: "vrrp", 132: "sctp",
}  # fmt: skip


@dataclass(frozen=True)
class DayPartition:
    """How a table is partitioned by days.

    `needs`: the columns that it goes by and how their types begin. `column`: the expression that `form` (of
    strftime) makes literals for. `margin`: days by which a partition may differ from its rows' own day.
    `or_null`: rows without a value may lie anywhere.
    """

    needs: Mapping[str, str]
    column: str
    form: str
    margin: int = 0
    or_null: bool = False

    def within(self, days: Sequence[str | None]) -> list[str]:
        """Conditions for the first and the last day (ISO dates, or None for an open end)."""
        either = f"{self.column} IS NULL OR " if self.or_null else ""
        return [
            f"({either}{self.column} {sign} {date.fromisoformat(day) + timedelta(later):{self.form}})"
            for day, sign, later in zip(days, (">=", "<"), (-self.margin, self.margin + 1), strict=True)
            if day
        ]


@dataclass(frozen=True)
class FlatTable:
    """A table with the Hive types of its columns; names compare without case, as there.

    `numbered` are fields that hold numbers of IP protocols: they become names. `absent` is text that stands
    for no value. Of `partitions`, the first one that fits is used.
    """

    columns: Mapping[str, str]
    numbered: tuple[str, ...] = ()
    absent: str | None = None
    partitions: tuple[DayPartition, ...] = field(default=(), repr=False)

    def within(self, days: Sequence[str | None]) -> list[str]:
        """Conditions on the partitions, for the first and the last day of a search; none if none fits."""
        for each in self.partitions:
            if all(self.columns.get(name, "-").startswith(kind) for name, kind in each.needs.items()):
                return each.within(days)
        return []

    def adapted(self, name: str, expression: str, wanted: str) -> str:
        """The expression for a field of this Trino type, with the table's own ways undone."""
        if name in self.numbered:
            expression = expression.removeprefix("TRY_CAST(").removesuffix(" AS VARCHAR)")
            words = " ".join(f"WHEN {number} THEN '{word}'" for number, word in _PROTOCOLS.items())
            return f"CASE TRY_CAST({expression} AS BIGINT) {words} ELSE CAST({expression} AS VARCHAR) END"
        return f"NULLIF({expression}, '{self.absent}')" if self.absent and wanted == "VARCHAR" else expression

    def select(
        self, name: str, fields: NativeFields, where: str, days: Sequence[str | None] = (None, None)
    ) -> str | None:
        """The SELECT over the table of this (quoted) name, or None where it has none of the fields.

        The first name of each field is left out: it says which table is meant. `where` speaks of flat names.
        Lists come back as JSON.
        """
        inner, outer = [], []
        for full, kind in fields.kinds.items():
            field_name, at = full.partition(".")[2], fields.list_at(full)
            single = _TYPES.get(kind.kind, "VARCHAR")
            is_list = kind.is_list or at is not None
            wanted = f"ARRAY({single})" if is_list else single
            found = self.value(field_name.split("."), None if at is None else at - 1, wanted)
            flat = _quoted(field_name)
            if found is not None:
                outer.append(f"CAST({flat} AS JSON) AS {flat}" if is_list else flat)
                inner.append(f"{self.adapted(field_name, found, wanted)} AS {flat}")
            elif flat in where:
                inner.append(f"CAST(NULL AS {wanted}) AS {flat}")
        if not outer:
            return None
        inside = self.within(days)
        condition = f" WHERE {' AND '.join(inside)}" if inside else ""
        subquery = f"SELECT {', '.join(inner)} FROM {name}{condition}"  # noqa: S608  names are quoted
        return f"SELECT {', '.join(outer)} FROM ({subquery}) AS found WHERE {where}"  # noqa: S608

    def value(self, names: Sequence[str], at: int | None, wanted: str) -> str | None:
        """The expression for a field as this type; None where the table has no such field.

        `at`: the number of names that lead to the list of objects in which the field lies.
        """
        top, *rest = names
        hive = self.columns.get(top.lower())
        if hive is None:
            return None
        if at is None:
            return self._single(_quoted(top), hive, rest, wanted)
        reached = self._reach(_quoted(top), hive, rest[: at - 1])
        return reached and self._each(reached, rest[at - 1 :], wanted[len("ARRAY(") : -1])

    def _each(self, reached: Reached, names: Sequence[str], wanted: str) -> str | None:
        """A value of each object of a list."""
        expression, hive, left = reached
        if hive == "string":
            listed = f"TRY_CAST(json_extract({expression}, {_json(left)}) AS ARRAY(JSON))"
            item = self._single("entry", hive, names, wanted)
        elif hive.startswith("array<"):
            listed, item = expression, self._single("entry", hive[6:-1], names, wanted)
        else:
            return None
        return item and f"transform({listed}, entry -> {item})"

    def _single(self, expression: str, hive: str, names: Sequence[str], wanted: str) -> str | None:
        reached = self._reach(expression, hive, names)
        if reached is None:
            return None
        expression, hive, left = reached
        if left and wanted.startswith("ARRAY"):
            return f"TRY_CAST(json_extract({expression}, {_json(left)}) AS {wanted})"
        if left:
            expression, hive = f"json_extract_scalar({expression}, {_json(left)})", "string"
        if hive.startswith(("struct<", "map<")) or hive.startswith("array<") is not wanted.startswith(
            "ARRAY"
        ):
            return None
        same = hive == "array<string>" if wanted == "ARRAY(VARCHAR)" else _SAME.get(hive) == wanted
        return expression if same else f"TRY_CAST({expression} AS {wanted})"

    def _reach(self, expression: str, hive: str, names: Sequence[str]) -> Reached | None:
        """Go down into structures, as far as JSON text at most."""
        for place, name in enumerate(names):
            if hive == "string":
                return expression, hive, names[place:]
            if name in _HASHES and hive.startswith("array<struct<"):
                of_this_kind = f'entry -> entry."algorithm_id" = {_HASHES[name]}'
                expression, hive = f"element_at(filter({expression}, {of_this_kind}), 1)", hive[6:-1]
            member = "value" if name in _HASHES else name
            found = members(hive).get(member.lower())
            if found is None:
                return None
            expression, hive = f"{expression}.{_quoted(member)}", found
        return expression, hive, ()


def members(hive: str) -> dict[str, str]:
    """The names and types of `struct<ip:string,at:struct<city:string>>`; none for any other type."""
    found, depth, part = {}, 0, ""
    for letter in hive[7:-1] + "," if hive.startswith("struct<") else "":
        depth += _DEPTH.get(letter, 0)
        if letter == "," and depth == 0:
            name, _, kind = part.partition(":")
            found[name.strip()], part = kind.strip(), ""
        else:
            part += letter
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _json(names: Sequence[str]) -> str:
    return "'$." + ".".join(names).replace("'", "''") + "'"
