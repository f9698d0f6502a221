"""What the comparison operators mean for one present value (§9.2, §9.6); finding values is `reach`'s work.

`value_test` turns operator and literal into a function once; the function takes any JSON value and never
raises, but for a regular expression that runs out of time. Operands of incompatible types are unequal and
in no order (§9.6.1). NOT negates the answer for the value, so `NOT <` holds for a value that has no order
to the literal.
"""

from __future__ import annotations

import binascii
import operator
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final
from typing import Literal as Choice

from stix_shifter_utils.errors import UnsupportedFeatureError
from stix_shifter_utils.pattern.addresses import Block, canonical_address, read_block
from stix_shifter_utils.pattern.instants import instant_of, read_instant
from stix_shifter_utils.pattern.like import compile_like
from stix_shifter_utils.pattern.nodes import Binary, Comparator, Comparison, Hex, Scalar, Timestamp
from stix_shifter_utils.pattern.property_kinds import Kind

Test = Callable[[Any], bool]
Case = Choice["exact", "ignore"]


_ORDER: Final[dict[Comparator, Callable[[Any, Any], bool]]] = {
    Comparator.LESS_THAN: operator.lt,
    Comparator.LESS_THAN_OR_EQUAL: operator.le,
    Comparator.GREATER_THAN: operator.gt,
    Comparator.GREATER_THAN_OR_EQUAL: operator.ge,
}


def value_test(comparison: Comparison, kind: Kind, case: Case) -> Test:
    """Whether a present value satisfies the comparison, NOT included.

    `case` is how plain text compares; it applies to LIKE and MATCHES too, and never to binary values.

    Raises UnsupportedFeatureError for a regular expression that is not PCRE or a block that is no address.
    """
    comparator = comparison.comparator
    test = _positive_test(comparison, kind, case)
    if comparison.negated != (comparator is Comparator.NOT_EQUAL):
        return lambda value: not test(value)
    return test


def _positive_test(comparison: Comparison, kind: Kind, case: Case) -> Test:
    comparator, literal = comparison.comparator, comparison.value
    caseless = kind is Kind.CASELESS or (case == "ignore" and kind in {Kind.PLAIN, Kind.ADDRESS})
    if comparator in {Comparator.EQUAL, Comparator.NOT_EQUAL, Comparator.IN}:
        literals = literal if isinstance(literal, tuple) else (literal,)
        return _equal_to_any(literals, kind, caseless=caseless)
    if comparator in _ORDER:
        return _ordered(_ORDER[comparator], literal, kind, caseless=caseless)
    if not isinstance(literal, str):
        return _never
    if comparator is Comparator.LIKE:
        return _like(literal, kind, caseless=caseless)
    if comparator is Comparator.MATCHES:
        return _matches(literal, kind, str(comparison.path), caseless=caseless)
    return _in_block(comparator, literal, str(comparison.path))


def _never(value: Any) -> bool:
    return False


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number: `true` is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def octets(value: Any, kind: Kind) -> bytes | None:
    """The octets of a `_hex` or `_bin` property (§9.6.4); `None` for a value that is not so encoded."""
    if not isinstance(value, str):
        return None
    try:
        return binascii.a2b_hex(value) if kind is Kind.HEX else binascii.a2b_base64(value)
    except ValueError:
        return None


def _literal_octets(literal: Any) -> bytes | None:
    """The octets of a literal: text stands for them while all its characters are below U+0100 (§9.2)."""
    if isinstance(literal, (Hex, Binary)):
        return literal.data
    try:
        return literal.encode("latin-1") if isinstance(literal, str) else None
    except UnicodeEncodeError:
        return None


# --- equality -------------------------------------------------------------------------------------


def _equal_to_any(literals: Iterable[Any], kind: Kind, *, caseless: bool) -> Test:
    literals = tuple(literals)
    if kind in {Kind.HEX, Kind.BASE64}:
        wanted = frozenset(each for each in map(_literal_octets, literals) if each is not None)
        return lambda value: octets(value, kind) in wanted
    fold = canonical_address if kind is Kind.ADDRESS else str.lower if caseless else None
    tests = [test for test in _tests_by_type(literals, fold) if test is not None]
    if len(tests) == 1:
        return tests[0]
    return lambda value: any(test(value) for test in tests)


def _tests_by_type(literals: tuple[Any, ...], fold: Callable[[str], str] | None) -> list[Test | None]:
    texts = [each for each in literals if isinstance(each, str)]
    binary = [each.data.decode("latin-1") for each in literals if isinstance(each, (Hex, Binary))]
    return [
        _equal_texts([*texts, *binary]) if fold is None else _equal_folded(texts, fold),
        _equal_texts(binary) if fold is not None else None,
        _equal_numbers([each for each in literals if is_number(each)]),
        _equal_instants([each for each in literals if isinstance(each, Timestamp)]),
        _equal_booleans([each for each in literals if isinstance(each, bool)]),
    ]


def _equal_texts(wanted: list[str]) -> Test | None:
    """Code points decide, nothing is normalised (§9.6.2)."""
    if len(wanted) == 1:
        return partial(operator.eq, wanted[0])
    many = frozenset(wanted)
    return (lambda value: isinstance(value, str) and value in many) if many else None


def _equal_folded(wanted: list[str], fold: Callable[[str], str]) -> Test | None:
    many = frozenset(map(fold, wanted))
    return (lambda value: isinstance(value, str) and fold(value) in many) if many else None


def _equal_numbers(wanted: list[int | float]) -> Test | None:
    many = frozenset(wanted)
    if len(many) == 1 and many.isdisjoint((0, 1)):  # to Python, these are truth values too
        return partial(operator.eq, wanted[0])
    return (lambda value: is_number(value) and value in many) if many else None


def _equal_instants(wanted: list[Timestamp]) -> Test | None:
    many = frozenset(map(instant_of, wanted))
    return (lambda value: read_instant(value) in many) if many else None


def _equal_booleans(wanted: list[bool]) -> Test | None:
    many = frozenset(wanted)
    return (lambda value: isinstance(value, bool) and value in many) if many else None


# --- order ----------------------------------------------------------------------------------------


def _ordered(compare: Callable[[Any, Any], bool], literal: Any, kind: Kind, *, caseless: bool) -> Test:
    if kind in {Kind.HEX, Kind.BASE64}:
        return _ordered_by(compare, _literal_octets(literal), partial(octets, kind=kind))
    if isinstance(literal, str):
        folded = literal.lower() if caseless else literal
        return _ordered_by(compare, folded, _lower_text if caseless else _text)
    if isinstance(literal, Timestamp):
        return _ordered_by(compare, instant_of(literal), read_instant)
    if isinstance(literal, (Hex, Binary)):
        return _ordered_by(compare, literal.data, _literal_octets)
    return _ordered_numbers(compare, literal) if is_number(literal) else _never


def _ordered_numbers(compare: Callable[[Any, Any], bool], wanted: float) -> Test:
    plain = frozenset((int, float))
    return lambda value: (value.__class__ in plain or is_number(value)) and compare(value, wanted)


def _ordered_by(compare: Callable[[Any, Any], bool], wanted: Any, read: Callable[[Any], Any]) -> Test:
    """`compare` after `read`, which answers `None` for a value that has no order to the literal."""
    if wanted is None:
        return _never

    def test(value: Any) -> bool:
        read_value = read(value)
        return read_value is not None and compare(read_value, wanted)

    return test


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _lower_text(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) else None


# --- text patterns and sets -----------------------------------------------------------------------


def normalized(text: str) -> str:
    """Text in normal form NFC, which LIKE and MATCHES compare (§9.6.2)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _like(pattern: str, kind: Kind, *, caseless: bool) -> Test:
    pattern = normalized(pattern)
    if kind in {Kind.HEX, Kind.BASE64}:
        matches = compile_like(pattern)
        usable = _literal_octets(pattern) is not None
        return lambda value: (
            (data := octets(value, kind)) is not None and usable and matches(data.decode("latin-1"))
        )
    if caseless:
        matches = compile_like(pattern.lower())
        return _of_text(lambda text: matches(text.lower()))
    return _of_text(compile_like(pattern))


def _of_text(holds: Callable[[str], bool]) -> Test:
    """A question about text in normal form, as one about any value."""

    def test(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        return holds(value if value.isascii() else unicodedata.normalize("NFC", value))

    return test


def _matches(expression: str, kind: Kind, path: str, *, caseless: bool) -> Test:
    from stix_shifter_utils.pattern.matches import search_bytes, search_text  # loads the library `regex`

    expression = normalized(expression)
    if kind in {Kind.HEX, Kind.BASE64}:
        found = search_bytes(expression, path)
        if found is None:
            return _never
        return lambda value: (data := octets(value, kind)) is not None and found(data)
    return _of_text(search_text(expression, path, ignore_case=caseless))


def _in_block(comparator: Comparator, literal: str, path: str) -> Test:
    wanted = read_block(literal)
    if wanted is None:
        msg = f"{comparator.value} {literal!r} for {path}: not an IPv4 or IPv6 address or CIDR block"
        raise UnsupportedFeatureError(msg)
    return _inside(wanted) if comparator is Comparator.ISSUBSET else _around(wanted)


def _inside(wanted: Block) -> Test:
    """Whether an address or block lies in the wanted one. Most do not, and their first digits tell."""
    first = wanted.first_text

    def test(value: Any) -> bool:
        if not isinstance(value, str) or not value.startswith(first):
            return False
        block = read_block(value)
        return block is not None and wanted.contains(block)

    return test


def _around(wanted: Block) -> Test:
    """Whether a block, or an address if one is wanted, contains the wanted one."""
    is_address = wanted.length == wanted.bits

    def test(value: Any) -> bool:
        if not isinstance(value, str) or not (is_address or "/" in value):
            return False
        block = read_block(value)
        return block is not None and block.contains(wanted)

    return test


def same_for_all_kinds(literal: Scalar | tuple[Scalar, ...] | None) -> bool:
    """Whether a property's kind cannot matter, because no text is compared."""
    literals = literal if isinstance(literal, tuple) else (literal,)
    return not any(isinstance(each, (str, Hex, Binary)) for each in literals)
