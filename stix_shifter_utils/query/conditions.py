"""Conditions on native values, free of any language: what a family of compilers has to be able to write.

A `Condition` speaks of one native field. Its truth for a row is fixed here, in words; how near a language
can come to it is the family's work, and which conditions follow from a STIX comparison is `inversion`'s.
"""

from __future__ import annotations

import enum
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from stix_shifter_utils.frozen import frozen

if TYPE_CHECKING:
    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern.addresses import Block
    from stix_shifter_utils.query.regex import Regex


class View(enum.Enum):
    """What of the native value is compared."""

    __hash__ = object.__hash__  # members are single: hashing them need not leave C

    VALUE = "value"
    """The value itself."""

    ANYTHING = "anything"
    """The value, where empty text is one too."""

    FILE_NAME = "file name"
    """What stands behind the last `/` or `\\`."""

    FOLDER = "folder"
    """What stands before that, with the last `/` or `\\\\`; empty when there is none."""

    NUMBER = "number"
    """A number, or the number that a text spells; other text has none."""

    TEXT = "text"
    """The decimal text of a whole number."""


class Wild(enum.Enum):
    """Wildcards in a `Like`."""

    ANY = "%"
    """Any text, also none."""

    ONE = "_"
    """Any one character."""


@frozen
class Present:
    """There is a value; for text, one that is not empty."""


@frozen
class OneOf:
    """The value is one of these: all text, all numbers or all booleans; never empty."""

    values: tuple[str | int | float | bool, ...]


@frozen
class Ordered:
    """Text that stands before or behind this one by code points; `sign` is `<`, `<=`, `>` or `>=`."""

    sign: str
    value: str


Bound = int | Decimal | datetime | str


@frozen
class Between:
    """A number or time within bounds; `None` is open. The kind of the field says what the bounds are.

    Numbers for numbers and epochs, aware datetimes for timestamps, ISO text for timestamps that are text.
    """

    low: Bound | None
    high: Bound | None
    low_included: bool = True
    high_included: bool = True


@frozen
class Like:
    """The whole text is as the parts say, one after the other.

    `normal`: text is compared in normal form NFC, as the pattern's LIKE demands; else as it is, by code
    points.
    """

    parts: tuple[str | Wild, ...]
    normal: bool = False


@frozen
class Holds:
    """Text in which a regular expression is found."""

    regex: Regex


@frozen
class InBlock:
    """An IPv4 or IPv6 address (or a block) that lies in this block."""

    block: Block


Demand = Present | OneOf | Ordered | Between | Like | Holds | InBlock


@frozen
class Condition:
    """Some value of the field (or item, where it holds a list) is present and satisfies the demand.

    With `negated`, it is present and does not.

    `fold`: text is compared with both sides in lower case (as Python's `str.lower`).
    """

    field: FieldBinding
    demand: Demand
    view: View = View.VALUE
    fold: bool = False
    negated: bool = False


@frozen
class Choice:
    """One way to ask for a comparison: any of the conditions, or with `every` all of them.

    `exact`: just the comparison, if each condition can be written exactly; otherwise a superset, for the
    `reason`. `local`: it only asks for rows that have a value at all.
    """

    conditions: tuple[Condition, ...]
    exact: bool
    reason: str = ""
    every: bool = False
    local: bool = False


class Fixed(enum.Enum):
    """A comparison that no row decides."""

    NEVER = "never"


PRESENT: Final = Present()
