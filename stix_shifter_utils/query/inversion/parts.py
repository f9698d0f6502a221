"""Inverters for text that is a part of the native text, or its encoding: paths, URLs, lists, Base64."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.pattern import Binary, Hex
from stix_shifter_utils.pattern.property_kinds import Kind as PropertyKind
from stix_shifter_utils.pattern.property_kinds import static_kind
from stix_shifter_utils.query.conditions import PRESENT, Choice, Demand, Fixed, Like, OneOf, View, Wild
from stix_shifter_utils.query.inversion.base import Inverter, Ways
from stix_shifter_utils.query.inversion.spellings import holds_separator, is_cased, spellings
from stix_shifter_utils.query.inversion.texts import TextInverter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stix_shifter_utils.mapping import FieldBinding
    from stix_shifter_utils.pattern import ObjectPath
    from stix_shifter_utils.query.model import Case


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

    def exists(self) -> Ways:
        return (self.way(PRESENT, reason=self.whole),)

    def incompatible(self, *, negated: bool) -> Ways:
        return self.exists() if negated else Fixed.NEVER

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
        kept, fold = self.binding.relation is Relation.FILE_PATH, self.fold or self.is_respelled
        if negated:
            return self.present(self.whole)
        if self.is_respelled:
            texts = tuple(dict.fromkeys(each for text in texts for each in spellings(self.object_type, text)))
        folders = [text for text in texts if text[-1] in "/\\"]
        if not kept:
            folders += [text + sign for text in texts if text[-1] not in "/\\" for sign in ("/", "\\")]
        if not folders:
            return Fixed.NEVER
        one_of = self.way(
            OneOf(tuple(folders)), view=View.FOLDER, fold=fold, reason="roots keep their separator"
        )
        begins = tuple(self.condition(Like((text, Wild.ANY)), fold=fold) for text in folders)
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
        raw = (
            static_kind(self.binding.property.path if self.binding.property else self.path)
            is PropertyKind.BASE64
        )
        texts = [text for value in values if (text := decoded(value, raw=raw))]
        if not texts:
            return self.incompatible(negated=negated)
        return (self.way(OneOf(tuple(texts)), negated=negated),)

    def exists(self) -> Ways:
        return (self.way(PRESENT),)

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
