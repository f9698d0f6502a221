"""Inverters for text: as it is, in lower case, as part of a path or URL, encoded, or as an address.

LIKE and MATCHES compare text in normal form NFC (§9.6.2), which sources do not; so they are never called
exact.
"""

from __future__ import annotations

import base64
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import UnsupportedFeatureError
from stix_shifter_utils.mapping import Check, Relation
from stix_shifter_utils.pattern import Binary, Hex, Timestamp
from stix_shifter_utils.pattern.addresses import Block, read_block
from stix_shifter_utils.query.conditions import (
    PRESENT,
    Choice,
    Condition,
    Demand,
    Fixed,
    Holds,
    InBlock,
    Like,
    OneOf,
    Ordered,
    View,
    Wild,
)
from stix_shifter_utils.query.inversion.base import OPPOSITE, Inverter, Ways
from stix_shifter_utils.query.regex import analyse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern import ObjectPath
    from stix_shifter_utils.query.model import Case

NORMAL_FORM: Final = "the pattern compares text in normal form NFC, the source as it is"
INVALID: Final = "only values that are valid for the property become it"
FOLDED: Final = "capitals are folded as the source folds them"
_SINGLE: Final = {4: 32, 6: 128}
_WILDS: Final = {"%": Wild.ANY, "_": Wild.ONE}


def like_parts(pattern: str) -> tuple[str | Wild, ...]:
    """The parts of a STIX LIKE pattern, in normal form; runs of `%` are one."""
    parts: list[str | Wild] = []
    text = ""
    for letter in unicodedata.normalize("NFC", pattern):
        wild = _WILDS.get(letter)
        if wild is None:
            text += letter
            continue
        if text:
            parts.append(text)
            text = ""
        if wild is not Wild.ANY or parts[-1:] != [Wild.ANY]:
            parts.append(wild)
    return (*parts, text) if text else tuple(parts)


class TextInverter(Inverter):
    """Text, by code points or without case; `lowered` is text that results have in lower case."""

    def __init__(self, binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool) -> None:
        from stix_shifter_utils.pattern.reach import static_kind  # loads the regular expressions
        from stix_shifter_utils.pattern.values import Kind as PropertyKind

        super().__init__(binding, path, case=case, checked=checked)
        property_kind = static_kind(binding.target or path)
        self.caseless = property_kind is PropertyKind.CASELESS or (
            case == "ignore" and property_kind is PropertyKind.PLAIN
        )
        self.is_address = property_kind is PropertyKind.ADDRESS
        self.is_encoded = property_kind in {PropertyKind.BASE64, PropertyKind.HEX}
        self.lowered = binding.relation in {Relation.LOWERCASE, Relation.LOWERCASE_LIST} or (
            binding.check is Check.DOMAIN
        )
        self.fold = self.caseless or self.lowered
        self.view = View.VALUE
        self.vague = INVALID if binding.check else ""

    def exists(self) -> Ways:
        return (self.way(PRESENT, view=self.view, reason=self.vague),)

    def incompatible(self, *, negated: bool) -> Ways:
        return (self.way(PRESENT, view=self.view, reason=self.vague),) if negated else Fixed.NEVER

    def equal(self, values: Sequence[Any], *, negated: bool) -> Ways:
        if self.is_encoded or any(isinstance(value, Timestamp) for value in values):
            return self.present("the text is compared by what it stands for, which the source cannot do")
        texts = tuple(self.literals(values))
        if not texts:
            return self.incompatible(negated=negated)
        if self.is_address:
            return self.equal_addresses(texts, negated=negated)
        return self.equal_texts(texts, negated=negated)

    def literals(self, values: Sequence[Any]) -> Iterable[str]:
        """The texts among the literals that a value can be equal to."""
        for value in values:
            if isinstance(value, (Hex, Binary)):
                value = value.data.decode("latin-1")  # noqa: PLW2901  what it is equal to, by §9.2
            if not isinstance(value, str) or not value:
                continue
            if self.caseless:
                yield value.lower()
            elif not self.lowered or value == value.lower():
                yield value

    def equal_texts(self, texts: tuple[str, ...], *, negated: bool) -> Ways:
        fold = self.fold and any(map(is_cased, texts))
        reason = "" if not fold or all(map(folds_alike, texts)) else FOLDED
        check = self.binding.check
        if check is not None and (negated or not all(passes(check, text) for text in texts)):
            reason = INVALID
        return (self.way(OneOf(texts), view=self.view, fold=fold, negated=negated, reason=reason),)

    def equal_addresses(self, texts: tuple[str, ...], *, negated: bool) -> Ways:
        """Addresses are equal by value: IPv4 has one spelling, IPv6 many, blocks more."""
        if all(is_ipv4(text) for text in texts):
            return self.equal_texts(texts, negated=negated)
        reason = "an address can be spelled in other ways"
        if negated or not self.checked:
            spelled = dict.fromkeys(each for text in texts for each in spellings(text))
            fold = not negated
            return (
                self.way(OneOf(tuple(spelled)), view=self.view, fold=fold, negated=negated, reason=reason),
            )
        blocks = [(text, read_block(text)) for text in texts]
        native = [Condition(self.binding, InBlock(block)) for _, block in blocks if block]
        plain = [Condition(self.binding, OneOf((text,)), fold=True) for text, block in blocks if not block]
        ways = [Choice((*native, *plain), exact=False, reason=reason)]
        if len(texts) == 1:
            ways.append(Choice(self.spelled(texts[0]), exact=False, reason=reason, every=True))
        return (*ways, *self.present(reason))

    def spelled(self, text: str) -> tuple[Condition, ...]:
        """What every spelling of an address or block holds: its groups, its prefix length."""
        address, slash, length = text.partition("/")
        needed = ["%" + group for group in groups(address)] if not slash else [f"/%{int(length)}"]
        parts = [(Wild.ANY, *like_parts(each.strip("%")), Wild.ANY) for each in needed]
        return tuple(Condition(self.binding, Like(each), fold=True) for each in parts)

    def ordered(self, sign: str, value: Any, *, negated: bool) -> Ways:
        if not isinstance(value, str):
            if isinstance(value, (Timestamp, Hex, Binary)):
                return self.present("the text is compared by what it stands for, which the source cannot do")
            return self.incompatible(negated=negated)
        if self.is_encoded:
            return self.present("the text is compared by what it stands for, which the source cannot do")
        if negated:
            sign = OPPOSITE[sign]
        if self.lowered and not self.caseless and value != value.lower():
            return self.present(FOLDED)
        wanted = value.lower() if self.fold else value
        reason = self.vague or (FOLDED if self.fold else "")
        return (self.way(Ordered(sign, wanted), view=self.view, fold=self.fold, reason=reason),)

    def like(self, pattern: str, *, negated: bool) -> Ways:
        if self.is_encoded:
            return self.present("the text is compared by what it stands for, which the source cannot do")
        parts = like_parts(pattern.lower() if self.caseless else pattern)
        if not parts:
            return self.incompatible(negated=negated)
        if parts == (Wild.ANY,):
            return Fixed.NEVER if negated else self.exists()
        if self.lowered and negated and pattern != pattern.lower():
            return self.present(FOLDED)
        return self.like_ways(parts, negated=negated)

    def like_ways(self, parts: tuple[str | Wild, ...], *, negated: bool) -> Ways:
        demand = Like(parts, normal=True)
        way = self.way(demand, view=self.view, fold=self.fold, negated=negated, reason=NORMAL_FORM)
        return (way, *self.present(NORMAL_FORM))

    def matches(self, expression: str, *, negated: bool) -> Ways:
        if self.is_encoded:
            return self.present("the text is compared by what it stands for, which the source cannot do")
        return self.holds(expression, negated=negated)

    def holds(self, expression: str, *, negated: bool) -> Ways:
        regex = analyse(expression, ignore_case=self.fold)
        reason = "regular expressions differ between the source and PCRE"
        if negated:
            if not regex.is_plain or (self.lowered and not self.caseless):
                return self.present("NOT of this regular expression cannot be asked of a source safely")
            way = self.way(Holds(regex), view=self.view, negated=True, reason=reason)
            return (way, *self.present(reason))
        return (self.way(Holds(regex), view=self.view, reason=reason), *self.holding(expression))

    def holding(self, expression: str) -> tuple[Choice, ...]:
        """Weaker than a regular expression: the texts without which it cannot be found."""
        reason = "the source is asked for text that every match holds"
        texts = analyse(expression, ignore_case=self.fold).texts()
        present = self.present("the source cannot search by this regular expression")
        if not texts:
            return present
        fold = self.fold or analyse(expression, ignore_case=self.fold).folds
        conditions = tuple(
            Condition(self.binding, Like((Wild.ANY, text, Wild.ANY), normal=True), fold=fold)
            for text in texts
        )
        return (Choice(conditions, exact=False, reason=reason, every=True), *present)

    def in_block(self, text: str, *, negated: bool, inside: bool) -> Ways:
        block = read_block(text)
        if block is None:
            comparator = "ISSUBSET" if inside else "ISSUPERSET"
            msg = f"{comparator} {text!r} for {self.path}: not an IPv4 or IPv6 address or CIDR block"
            raise UnsupportedFeatureError(msg)
        reason = "addresses are kept as text"
        if not inside:
            return self.present("the source cannot tell which blocks hold an address")
        way = self.way(InBlock(block), view=self.view, negated=negated, reason=reason)
        if negated:
            return (way, *self.present(reason))
        return (way, *self.block_likes(block), *self.present(reason))

    def block_likes(self, block: Block) -> tuple[Choice, ...]:
        """The beginnings of a block's IPv4 addresses, for sources that cannot reckon with addresses."""
        reason = "the source is asked for addresses that begin as those of the block"
        beginnings = block_beginnings(block)
        if not beginnings:
            return ()
        conditions = tuple(Condition(self.binding, Like((each, Wild.ANY))) for each in beginnings)
        return (Choice(conditions, exact=False, reason=reason),)


class FileNameInverter(TextInverter):
    """The last part of a path."""

    def __init__(self, binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool) -> None:
        super().__init__(binding, path, case=case, checked=checked)
        self.view = View.FILE_NAME

    def equal_texts(self, texts: tuple[str, ...], *, negated: bool) -> Ways:
        texts = tuple(text for text in texts if not holds_separator(text))
        if not texts:
            return self.incompatible(negated=negated)
        ways = super().equal_texts(texts, negated=negated)
        if negated or isinstance(ways, Fixed):
            return ways
        demands: list[Demand] = [OneOf(texts)]
        demands += [Like((Wild.ANY, sign + text)) for text in texts for sign in ("/", "\\")]
        conditions = [self.condition(demand, fold=self.fold) for demand in demands]
        spelled = Choice(tuple(conditions), exact=ways[0].exact, reason=ways[0].reason)
        return (*ways, spelled)


class PartInverter(TextInverter):
    """Text that is a part of the native text, found by what it holds: a folder, a host, an item of a list."""

    whole: str = "the value is a part of the native text"

    def equal_texts(self, texts: tuple[str, ...], *, negated: bool) -> Ways:
        if negated:
            return self.present(self.whole)
        fold = self.fold and any(map(is_cased, texts))
        conditions = tuple(self.condition(Like((Wild.ANY, text, Wild.ANY)), fold=fold) for text in texts)
        return (Choice(conditions, exact=False, reason=self.whole),)

    def ordered(self, sign: str, value: Any, *, negated: bool) -> Ways:
        return self.present(self.whole)

    def like_ways(self, parts: tuple[str | Wild, ...], *, negated: bool) -> Ways:
        if negated:
            return self.present(self.whole)
        demand = Like((Wild.ANY, *parts, Wild.ANY), normal=True)
        return (self.way(demand, fold=self.fold, reason=self.whole), *self.present(self.whole))

    def holds(self, expression: str, *, negated: bool) -> Ways:
        return self.present(self.whole) if negated else self.holding(expression)

    def in_block(self, text: str, *, negated: bool, inside: bool) -> Ways:
        return self.present(self.whole)


class FolderInverter(PartInverter):
    """A path without its last part, with or without the separator behind it."""

    def equal_texts(self, texts: tuple[str, ...], *, negated: bool) -> Ways:
        kept = self.binding.relation is Relation.FILE_PATH
        if negated:
            return self.present(self.whole)
        folders = [text for text in texts if text[-1] in "/\\"]
        if not kept:
            folders += [text + sign for text in texts if text[-1] not in "/\\" for sign in ("/", "\\")]
        if not folders:
            return Fixed.NEVER
        one_of = self.way(
            OneOf(tuple(folders)), view=View.FOLDER, fold=self.fold, reason="roots keep their separator"
        )
        begins = tuple(self.condition(Like((text, Wild.ANY)), fold=self.fold) for text in folders)
        return (one_of, Choice(begins, exact=False, reason="folders below it are found too"))


class ListedInverter(PartInverter):
    """An item of a list that may be written as one text with commas."""

    whole = "the value is an item of a list that is kept as text"

    def equal_texts(self, texts: tuple[str, ...], *, negated: bool) -> Ways:
        fold = self.fold and any(map(is_cased, texts))
        alone = self.condition(OneOf(texts), fold=fold, negated=negated)
        if negated or self.binding.kind.is_list:
            return (Choice((alone,), exact=False, reason=self.whole),)
        among = [
            self.condition(Like(parts), fold=fold)
            for text in texts
            for parts in ((text + ",", Wild.ANY), (Wild.ANY, ",", Wild.ANY, text, Wild.ANY))
        ]
        return (Choice((alone, *among), exact=False, reason=self.whole),)


class EncodedInverter(Inverter):
    """The Base64 of a text: what is equal to it is known, all else would need the encoding."""

    def equal(self, values: Sequence[Any], *, negated: bool) -> Ways:
        from stix_shifter_utils.pattern.reach import static_kind  # loads the regular expressions
        from stix_shifter_utils.pattern.values import Kind as PropertyKind

        raw = static_kind(self.binding.target or self.path) is PropertyKind.BASE64
        texts = [text for value in values if (text := decoded(value, raw=raw))]
        if not texts:
            return self.incompatible(negated=negated)
        return (self.way(OneOf(tuple(texts)), negated=negated),)

    def ordered(self, sign: str, value: Any, *, negated: bool) -> Ways:
        return self.present("the source keeps the text that is not encoded")

    def like(self, pattern: str, *, negated: bool) -> Ways:
        return self.present("the source keeps the text that is not encoded")

    def matches(self, expression: str, *, negated: bool) -> Ways:
        return self.present("the source keeps the text that is not encoded")


def decoded(value: Any, *, raw: bool) -> str | None:
    """The text whose Base64 a literal is; `raw` literals stand for the octets themselves.

    None if there is none.
    """
    try:
        if isinstance(value, (Hex, Binary)):
            data = value.data if raw else base64.b64decode(value.data, validate=True)
        elif isinstance(value, str):
            data = value.encode("latin-1") if raw else base64.b64decode(value, validate=True)
        else:
            return None
        return data.decode("utf-8")
    except ValueError:
        return None


def is_cased(text: str) -> bool:
    """Whether lower case can be another text than this, or the lower case of another text."""
    return text.lower() != text.upper()


def folds_alike(text: str) -> bool:
    """Whether all sources fold the same texts to this one: Kelvin's sign folds to k, a dotted I to i."""
    return text.isascii() and not set(text.lower()) & {"i", "k"}


def holds_separator(text: str) -> bool:
    """Whether text is more than one part of a path."""
    return "/" in text or "\\" in text


def is_ipv4(text: str) -> bool:
    """Whether text is one IPv4 address in its only spelling."""
    if "/" in text:
        return False
    block = read_block(text)
    return block is not None and block.bits == _SINGLE[4]


def passes(check: Check, text: str) -> bool:
    """Whether text surely passes a check of the results side."""
    if check is Check.IPV4:
        return is_ipv4(text)
    if check is Check.IPV6:
        block = read_block(text)
        return block is not None and block.bits == _SINGLE[6] and text.isascii() and not set(text) & set("/%")
    labels = text.split(".")
    return (
        len(labels) > 1
        and labels[-1].isalpha()
        and text.isascii()
        and all(len(label) > 1 and label.isalnum() for label in labels)
    )


def spellings(text: str) -> tuple[str, ...]:
    """An address as it is given, and in its usual spelling."""
    block = read_block(text)
    if block is None or "/" in text:
        return (text,)
    import ipaddress

    return (text, str(ipaddress.ip_address(text)))


def groups(address: str) -> tuple[str, ...]:
    """The groups of an IPv6 address that stand in every spelling of it: not zero, and not the last two."""
    import ipaddress

    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return ()
    numbers = [(int(parsed) >> shift) & 0xFFFF for shift in range(112, 31, -16)]
    return tuple(f"{number:x}" for number in numbers if number) or (":",)


def block_beginnings(block: Block) -> tuple[str, ...]:
    """Beginnings, at most 16, one of which each dotted address of an IPv4 block has."""
    if block.bits != _SINGLE[4]:
        return ()
    whole, rest = divmod(block.length, 8)
    start = block.prefix << (32 - block.length)
    octets = [(start >> shift) & 0xFF for shift in (24, 16, 8, 0)]
    head = "".join(f"{octet}." for octet in octets[:whole])
    if not rest or 8 - rest > 4:  # noqa: PLR2004  more than 16 beginnings say little
        return (head.removesuffix(".") if whole == 4 else head,) if head else ()  # noqa: PLR2004  all octets
    end = "." if whole < 3 else ""  # noqa: PLR2004  the last octet ends the address
    return tuple(f"{head}{octet}{end}" for octet in range(octets[whole], octets[whole] + (1 << (8 - rest))))
