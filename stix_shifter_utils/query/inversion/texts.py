"""The inverter for text: as it is, in lower case, respelled, or as an address. Parts of text are in `parts`.

LIKE and MATCHES compare text in normal form NFC (§9.6.2), which sources do not; so they are never called
exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.errors import UnsupportedFeatureError
from stix_shifter_utils.mapping import Cleaning, Relation
from stix_shifter_utils.pattern import Binary, Hex, Timestamp
from stix_shifter_utils.pattern.addresses import Block, read_block
from stix_shifter_utils.pattern.property_kinds import Kind as PropertyKind
from stix_shifter_utils.pattern.property_kinds import static_kind
from stix_shifter_utils.query.conditions import (
    PRESENT,
    Choice,
    Condition,
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
from stix_shifter_utils.query.inversion.spellings import (
    address_spellings,
    block_beginnings,
    folds_alike,
    groups,
    is_cased,
    is_ipv4,
    like_parts,
    mac_parts,
    spellings,
)
from stix_shifter_utils.query.regex import analyse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern import ObjectPath
    from stix_shifter_utils.query.model import Case

_HOST: Final = "10.0.0.1/32"
_LOWERING: Final = frozenset({Relation.LOWERCASE, Relation.LOWERCASE_LIST, Relation.DOMAIN_OF_URL})
NORMAL_FORM: Final = "the pattern compares text in normal form NFC, the source as it is"
INVALID: Final = "only values that are valid for the property become it"
SPELLED: Final = "the source may spell it in other ways"
STANDS_FOR: Final = "the text is compared by what it stands for, which the source cannot do"
FOLDED: Final = "capitals are folded as the source folds them"


class TextInverter(Inverter):
    """Text, by code points or without case.

    `lowered`: results have it in lower case. `is_strict`: only valid text becomes the property.
    `is_respelled`: results spell it in one way, whatever the source's.
    """

    def __init__(self, binding: FieldBinding, path: ObjectPath, *, case: Case, checked: bool) -> None:
        super().__init__(binding, path, case=case, checked=checked)
        cleaning = binding.property.cleaning if binding.property else Cleaning.AS_IS
        target = binding.property.path if binding.property else path
        kind = static_kind(target)
        self.object_type = target.object_type
        self.caseless = kind is PropertyKind.CASELESS or (case == "ignore" and kind is PropertyKind.PLAIN)
        self.is_address = kind is PropertyKind.ADDRESS
        self.is_encoded = kind in {PropertyKind.BASE64, PropertyKind.HEX}
        self.is_respelled = cleaning is Cleaning.RESPELLED
        only = binding.relation in {Relation.IPV4_ONLY, Relation.IPV6_ONLY}
        self.is_strict = cleaning in {Cleaning.VALID, Cleaning.RESPELLED} or only
        lower = self.object_type in {"domain-name", "mac-addr"} and self.is_respelled
        self.lowered = lower or binding.relation in _LOWERING
        self.fold = self.caseless or self.lowered
        self.view = View.VALUE
        self.vague = INVALID if self.is_strict else ""

    def exists(self) -> Ways:
        return (self.way(PRESENT, view=self.view, reason=self.vague),)

    def incompatible(self, *, negated: bool) -> Ways:
        return (self.way(PRESENT, view=self.view, reason=self.vague),) if negated else Fixed.NEVER

    def equal(self, values: Sequence[Any], *, negated: bool) -> Ways:
        if self.is_encoded or any(isinstance(value, Timestamp) for value in values):
            return self.present(STANDS_FOR)
        texts = tuple(self.literals(values))
        if not texts:
            return self.incompatible(negated=negated)
        if self.is_address:
            return self.equal_addresses(texts, negated=negated)
        return self.equal_texts(texts, negated=negated)

    def literals(self, values: Sequence[Any]) -> Iterable[str]:
        """The texts among the literals that a value can be equal to."""
        if not (self.caseless or self.lowered or self.is_strict) or self.is_address:
            yield from (value for value in map(_text_of, values) if value)
            return
        for value in values:
            given = _text_of(value)
            text = given.lower() if self.caseless else given
            if text and (self.caseless or not self.lowered or text == text.lower()) and self.can_be(text):
                yield text

    def can_be(self, text: str) -> bool:
        """Whether the property can hold this text, addresses in other spellings apart."""
        if not self.is_strict or self.is_address or self.binding.property is None:
            return True
        clean = self.binding.property.clean(text)
        return clean == text or (self.caseless and isinstance(clean, str) and clean.lower() == text)

    def can_hold(self, text: str) -> bool:
        """Whether results ever hold this text under the path."""
        return self.binding.property is None or self.binding.property.clean(text) is not None

    def equal_texts(self, texts: tuple[str, ...], *, negated: bool) -> Ways:
        fold = self.fold and any(map(is_cased, texts))
        reason = "" if not fold or all(map(folds_alike, texts)) else FOLDED
        if self.is_respelled and not negated:
            return self.equal_spellings(texts)
        if negated and self.is_strict:
            reason = INVALID
        return (self.way(OneOf(texts), view=self.view, fold=fold, negated=negated, reason=reason),)

    def equal_spellings(self, texts: tuple[str, ...]) -> Ways:
        """Text that the source may spell in other ways than results do."""
        spelled = tuple(dict.fromkeys(each for text in texts for each in spellings(self.object_type, text)))
        conditions = [self.condition(OneOf(spelled), fold=True)]
        if self.checked and self.object_type == "mac-addr":
            conditions += [self.condition(Like(mac_parts(text)), fold=True) for text in texts]
        return (Choice(tuple(conditions), exact=False, reason=SPELLED),)

    def equal_addresses(self, texts: tuple[str, ...], *, negated: bool) -> Ways:
        """Addresses are equal by value: IPv4 has one spelling (and one as a block of one), IPv6 many."""
        if all(map(is_ipv4, texts)):
            hosts = tuple(f"{text}/32" for text in texts) if self.checked and self.can_hold(_HOST) else ()
            reason = INVALID if negated else ""
            return (self.way(OneOf((*texts, *hosts)), negated=negated, reason=reason),)
        if negated or not self.checked:
            spelled = dict.fromkeys(each for text in texts for each in address_spellings(text))
            return (self.way(OneOf(tuple(spelled)), fold=not negated, negated=negated, reason=SPELLED),)
        blocks = [(text, read_block(text)) for text in texts]
        native = [self.condition(InBlock(block)) for _, block in blocks if block]
        plain = [self.condition(OneOf((text,)), fold=True) for text, block in blocks if not block]
        ways = [Choice((*native, *plain), exact=False, reason=SPELLED)]
        if len(texts) == 1:
            ways.append(Choice(self.spelled(texts[0]), exact=False, reason=SPELLED, every=True))
        return (*ways, *self.present(SPELLED))

    def spelled(self, text: str) -> tuple[Condition, ...]:
        """What every spelling of an address or block holds: its groups, its prefix length."""
        address, slash, _ = text.partition("/")
        needed = groups(address) if not slash else ("/",)
        return tuple(self.condition(Like((Wild.ANY, each, Wild.ANY)), fold=True) for each in needed)

    def ordered(self, sign: str, value: Any, *, negated: bool) -> Ways:
        if not isinstance(value, str):
            if isinstance(value, (Timestamp, Hex, Binary)):
                return self.present(STANDS_FOR)
            return self.incompatible(negated=negated)
        if self.is_encoded:
            return self.present(STANDS_FOR)
        if self.is_respelled and self.checked:
            return self.present(SPELLED)
        if negated:
            sign = OPPOSITE[sign]
        if self.lowered and not self.caseless and value != value.lower():
            return self.present(FOLDED)
        wanted = value.lower() if self.fold else value
        reason = self.vague or (FOLDED if self.fold else "")
        return (self.way(Ordered(sign, wanted), view=self.view, fold=self.fold, reason=reason),)

    def like(self, pattern: str, *, negated: bool) -> Ways:
        if self.is_encoded:
            return self.present(STANDS_FOR)
        parts = like_parts(pattern.lower() if self.caseless else pattern)
        if not parts:
            return self.incompatible(negated=negated)
        if parts == (Wild.ANY,):
            return Fixed.NEVER if negated else self.exists()
        if self.lowered and negated and pattern != pattern.lower():
            return self.present(FOLDED)
        if self.is_respelled and self.checked:
            return self.present(SPELLED)
        return self.like_ways(parts, negated=negated)

    def like_ways(self, parts: tuple[str | Wild, ...], *, negated: bool) -> Ways:
        demand = Like(parts, normal=True)
        way = self.way(demand, view=self.view, fold=self.fold, negated=negated, reason=NORMAL_FORM)
        return (way, *self.present(NORMAL_FORM))

    def matches(self, expression: str, *, negated: bool) -> Ways:
        if self.is_encoded:
            return self.present(STANDS_FOR)
        if self.is_respelled and self.checked:
            return self.present(SPELLED)
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


def _text_of(value: Any) -> str:
    """The text that a literal is equal to; octets stand for characters (§9.2). Empty for other literals."""
    if isinstance(value, str):
        return value
    return value.data.decode("latin-1") if isinstance(value, (Hex, Binary)) else ""
