"""The words of SQL: names, literals and expressions, as hooks for what databases write differently.

What is here is standard SQL as SQLite, DuckDB, PostgreSQL and Trino read it; how conditions are put
together from the words is in `sql`. Every value is an escaped literal: nothing that a pattern holds is
pasted.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar, Final

from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.query.clause import AND, OR, Binds, Clause
from stix_shifter_utils.query.conditions import Wild
from stix_shifter_utils.query.families.plain_values import is_writable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern.addresses import Block
    from stix_shifter_utils.query.regex import Flavour

_PLAIN_DIGITS: Final = 30
_SIMPLE: Final = re.compile(r"[ -&(-\[\]-~]*").fullmatch
"""ASCII text without quotes, backslashes and control characters: its own literal in any SQL."""

ESCAPE: Final = "!"
"""The sign that escapes wildcards: not the backslash, which databases treat each in its own way."""


def is_simple(value: str) -> bool:
    """Whether text is its own literal between quotes, in any SQL."""
    return _SIMPLE(value) is not None


_QUAD: Final = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
DOTTED: Final = f"^{_QUAD}([.]{_QUAD}){{3}}$"
"""A regular expression for an IPv4 address, in words that all databases share."""


def octet_number(field: str) -> str:
    """The number of a dotted IPv4 address, where there is `split_part`."""
    octets = [f"CAST(split_part({field}, '.', {place}) AS BIGINT)" for place in range(1, 5)]
    return f"(({octets[0]} * 256 + {octets[1]}) * 256 + {octets[2]}) * 256 + {octets[3]}"


class SqlWords:
    """Hooks. A database overrides what it writes differently; a connector, perhaps `formats`."""

    formats: ClassVar[Mapping[Comparator, str]] = {
        Comparator.EQUAL: "{field} = {value}",
        Comparator.NOT_EQUAL: "{field} <> {value}",
        Comparator.GREATER_THAN: "{field} > {value}",
        Comparator.GREATER_THAN_OR_EQUAL: "{field} >= {value}",
        Comparator.LESS_THAN: "{field} < {value}",
        Comparator.LESS_THAN_OR_EQUAL: "{field} <= {value}",
        Comparator.IN: "{field} IN ({value})",
        Comparator.LIKE: "{field} LIKE {value}",
        Comparator.ISSUBSET: "{field}",
        Comparator.EXISTS: "{field} IS NOT NULL",
    }
    """How comparators are written; one that is not here, the database lacks."""

    words_and: ClassVar[str] = AND
    words_or: ClassVar[str] = OR
    """What stands between conditions, with blanks."""

    never: ClassVar[str] = "1 = 0"
    """A condition that no row satisfies."""

    empty: ClassVar[str] = "''"
    """The literal of empty text."""

    flavour: ClassVar[Flavour | None] = None
    """How the database's regular expressions are written; None where it has none."""

    equal_is_exact: ClassVar[bool] = True
    """Whether `=` compares text by code points: no padding, no case, no accents."""

    like_ends_at_nul: ClassVar[bool] = False
    """Whether LIKE sees text only up to U+0000."""

    # Names and literals.

    def quote(self, name: str) -> str:
        """A name as an identifier."""
        return '"' + name.replace('"', '""') + '"'

    def nested(self, names: Sequence[str]) -> str | None:
        """A value inside a structured column; None where the database has no structures."""
        return ".".join(map(self.quote, names))

    def in_list(self, names: Sequence[str], inner: Sequence[str]) -> str | None:
        """The list of values `inner` of the objects in a list; None where the database has no such thing."""
        return None

    def text(self, value: str) -> str | None:
        """A text literal; None for text that no column of the database can hold."""
        return f"'{value}'" if is_simple(value) else self.odd_text(value)

    def odd_text(self, value: str) -> str | None:
        """A literal of text with quotes, backslashes, control characters or letters that are not ASCII."""
        if not is_writable(value):
            return None
        return "'" + value.replace("'", "''") + "'"

    def boolean(self, *, value: bool) -> str:
        """A boolean literal."""
        return "TRUE" if value else "FALSE"

    def timestamp(self, moment: datetime) -> str:
        """A literal for columns of the database's own time type; `moment` is aware."""
        utc = moment.astimezone(timezone.utc).replace(tzinfo=None)
        return f"TIMESTAMP '{utc.isoformat(sep=' ', timespec='microseconds')}'"

    def number(self, value: float | Decimal) -> str:
        """A number literal."""
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float):
            return repr(value)
        value = value.normalize()
        digits = value.as_tuple()
        exponent = digits.exponent if isinstance(digits.exponent, int) else 0
        if len(digits.digits) + abs(exponent) > _PLAIN_DIGITS:
            return repr(float(value))
        return format(value, "f")

    # Expressions.

    def opposite(self, condition: str) -> Clause:
        """NOT, before a condition that is an operand of it without brackets."""
        return Clause(f"NOT {condition}", Binds.NOT)

    def true_or_false(self, condition: str) -> str:
        """The condition, false where SQL would not know."""
        return f"COALESCE({condition}, FALSE)"

    def not_null(self, field: str) -> str:
        """A condition that there is a value, be it empty text."""
        return f"{field} IS NOT NULL"

    def not_empty(self, field: str) -> str:
        """A condition that text is neither null nor empty."""
        return f"{field} <> ''"

    def none_of(self, field: str, listed: str) -> str:
        """A condition that there is a value and that it is none of some literals, given with commas."""
        return f"{field} NOT IN ({listed})"

    def lower(self, field: str) -> str:
        """Text in lower case."""
        return f"LOWER({field})"

    def by_code_points(self, field: str) -> str:
        """The field so that `=` and `<` compare code points; needed where they do not by themselves."""
        return field

    def is_not_ascii(self, field: str) -> str:
        """A condition that holds for text with other characters than ASCII's."""
        return f"OCTET_LENGTH({field}) <> CHAR_LENGTH({field})"

    def as_text(self, field: str) -> str:
        """A number or address as text."""
        return f"CAST({field} AS VARCHAR)"

    def as_number(self, field: str) -> str | None:
        """The number that text spells, NULL for other text; None when that cannot be had without errors."""
        return None

    def file_name(self, field: str) -> str | None:
        r"""What stands behind the last `/` or `\`."""
        return None

    def folder(self, field: str) -> str | None:
        r"""What stands up to the last `/` or `\`, with it."""
        return None

    def like(self, field: str, parts: Sequence[str | Wild], *, fold: bool) -> str | None:
        """A LIKE by code points, or with `fold` by lower case."""
        pattern = self.like_text(parts)
        literal = self.text(pattern.lower() if fold else pattern)
        if literal is None:
            return None
        ending = f" ESCAPE '{ESCAPE}'" if ESCAPE in pattern or "\\" in pattern else ""
        return f"{self.lower(field) if fold else field} LIKE {literal}{ending}"

    def regex(self, field: str, literal: str) -> str | None:
        """A search by a regular expression, which is a literal in the database's flavour."""
        return None

    def in_block(self, field: str, block: Block, binding: FieldBinding) -> str | None:
        """A condition that the address in the field lies in a block; NULL or false for what is no address."""
        return None

    def any_item(self, field: str, condition: Callable[[str], str]) -> str | None:
        """A condition that some item of a list satisfies a condition; None where there are no lists."""
        return None

    def like_text(self, parts: Sequence[str | Wild]) -> str:
        """The text of a LIKE pattern; what is no wildcard stands for itself."""
        return "".join(part.value if isinstance(part, Wild) else self.escaped(part) for part in parts)

    @staticmethod
    def escaped(text: str) -> str:
        """Text for a LIKE pattern, standing for itself."""
        return re.sub(f"[%_{ESCAPE}]", lambda match: ESCAPE + match[0], text)
