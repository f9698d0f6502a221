"""Kinds of properties: what one holds, and how a native value becomes it.

Which property is of which kind is in `observables`; functions for single values are in `values`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Literal

from stix_shifter_utils.expressions import expression
from stix_shifter_utils.frozen import changed, frozen
from stix_shifter_utils.stix import values
from stix_shifter_utils.stix.names import property_name
from stix_shifter_utils.stix.times import timestamp, to_milliseconds

Shape = Literal["scalar", "list", "struct", "structs", "ref", "refs", "any"]
Clean = Callable[[Any], Any]


@frozen
class Kind:
    """What one property holds. `clean` reads one value (of a list: one item) or says None; `reason` says why.

    `members` are the named parts of a struct, `rest` is any other part, whose name `name_of` makes legal.
    `spare`: a value that the property cannot hold is kept beside it, as `x_` and the property's name.
    `is_identity`: the object is this value, so that a list of them is a list of objects.
    """

    shape: Shape
    clean: Clean
    reason: str
    members: Mapping[str, Kind] | None = None
    rest: Kind | None = None
    name_of: Callable[[str], str] = property_name
    targets: frozenset[str] = frozenset()
    spare: bool = False
    is_identity: bool = False

    @property
    def is_list(self) -> bool:
        return self.shape in {"list", "structs", "refs"}

    def member(self, name: str) -> tuple[str, Kind]:
        """The legal name and the kind of a part."""
        if self.members is not None and name in self.members:
            return name, self.members[name]
        name = self.name_of(name)
        return name, (self.members or {}).get(name) or self.rest or ANY

    def reader(self) -> Clean:
        """`read` as a function of its own, short for simple kinds, which take lists of one by `read` only."""
        if self.shape in {"any", "scalar"}:
            return self.clean
        if self.shape != "list":
            return self.read
        clean = self.clean

        def read_list(value: Any) -> list[Any] | None:
            if type(value) is not list:
                value = value if isinstance(value, tuple) else (value,)
            return [found for item in value if (found := clean(item)) is not None] or None

        return read_list

    def read(self, value: Any) -> Any:
        """A native value as this property holds it, or None; parts that do not fit are left out."""
        match self.shape:
            case "list" | "structs":
                items = value if isinstance(value, (list, tuple)) else [value]
                return [item for item in map(self._item, items) if item is not None] or None
            case "scalar" if isinstance(value, (list, tuple)):
                return self.clean(value[0]) if len(value) == 1 else None
            case "struct":
                return self._struct(value)
            case _:
                return self.clean(value)

    def _item(self, value: Any) -> Any:
        return self._struct(value) if self.shape == "structs" else self.clean(value)

    def _struct(self, value: Any) -> dict[str, Any] | None:
        if not isinstance(value, Mapping):
            return None
        found: dict[str, Any] = {}
        for name, part in value.items():
            legal, kind = self.member(str(name))
            clean = None if part is None else kind.read(part)
            if clean is not None:
                found.setdefault(legal, clean)
        return found or None


def anything(value: Any) -> Any:
    """The value of a custom property: plain JSON."""
    return value if type(value) is str and value and value.isascii() else values.plain(value)


def nothing(_value: Any) -> None:
    """No value fits."""
    return


ANY: Final = Kind("any", anything, "empty, or no JSON value", name_of=str)

_CPE_PART: Final = r"(?:(?:\?*|\*?)(?:[a-zA-Z0-9._-]|\\[\\*?!\"#$%&'()+,/:;<=>@\[\]^`{|}~])+(?:\?*|\*?)|[*-])"
_CPE: Final = expression(
    rf"cpe:2\.3:[aho*-](?::{_CPE_PART}){{5}}:(?:[a-zA-Z]{{2,3}}(?:-(?:[a-zA-Z]{{2}}|[0-9]{{3}}))?|[*-])"
    rf"(?::{_CPE_PART}){{4}}"
)
_ARGUMENT: Final = expression(
    r"((-{1,2}|\/)[^\s=]+ (?![-\/]))?"
    r"([^\s\"'=|]+(=([^\s\"'=|]+|\"[^\"]*\"|'[^']*'))?|\"[^\"]*\"|'[^']*')"
)
_TLSH: Final = expression("[a-zA-Z0-9]{70}")
_HIVE: Final = expression(r"(HKLM|HKCC|HKCR|HKCU|HKU)(?=\\|$)", re.IGNORECASE)
_HIVES: Final = {
    "HKLM": "HKEY_LOCAL_MACHINE", "HKCC": "HKEY_CURRENT_CONFIG", "HKCR": "HKEY_CLASSES_ROOT",
    "HKCU": "HKEY_CURRENT_USER", "HKU": "HKEY_USERS",
}  # fmt: skip
_SHORT_HIVE: Final = re.compile("^HKLM|HKCC|HKCR|HKCU|HKU|hklm|hkcc|hkcr|hkcu|hku").search
_MEDIA_TYPES: Final = (
    "application/gzip application/json application/msword application/octet-stream application/pdf"
    " application/rtf application/vnd.microsoft.portable-executable application/xml application/zip"
    " application/zlib application/zstd image/bmp image/gif image/jpeg image/png image/tiff message/rfc822"
    " multipart/mixed text/calendar text/csv text/html text/javascript text/markdown text/plain text/rtf"
    " text/xml video/mp4 audio/mpeg"
)
"""IANA has thousands; another one is kept beside the property, as `x_mime_type`. So with the next two."""
_LANGUAGES: Final = (
    "ara bul cat ces dan deu ell eng est eus fas fin fra gle glg heb hin hrv hun ind isl ita jpn kat kor lav"
    " lit mkd mlt msa nld nor pol por ron rus slk slv spa sqi srp swe tam tha tur ukr urd vie zho"
)
_CHARSETS: Final = (
    "UTF-8 UTF-16 UTF-32 US-ASCII ISO-8859-1 Shift_JIS EUC-JP EUC-KR Big5 GB2312 GBK GB18030 KOI8-R"
    " windows-1251 windows-1252"
)
_CHARSET_OF: Final = {name.lower(): name for name in _CHARSETS.split()}
HEX_LENGTHS: Final = {
    "MD5": 32, "SHA-1": 40, "SHA-224": 56, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128, "SHA3-224": 56,
    "SHA3-256": 64, "SHA3-384": 96, "SHA3-512": 128, "RIPEMD-160": 40, "WHIRLPOOL": 128,
}  # fmt: skip


def one_of(allowed: frozenset[str], value: Any) -> str | None:
    """The text, if it is one of those allowed."""
    word = values.text(value)
    return word if word in allowed else None


def matching(pattern: re.Pattern[str], value: Any) -> str | None:
    """The text, if a pattern matches all of it."""
    word = value if type(value) is str and value.isascii() else values.text(value)
    return word if word and pattern.fullmatch(word) else None


def between(low: int, high: int, value: Any) -> int | None:
    """The whole number, if it lies in a range with both ends."""
    found = values.integer(value)
    return found if found is not None and low <= found <= high else None


def _charset(value: Any) -> str | None:
    return _CHARSET_OF.get((values.text(value) or "").lower())


def _registry_key(value: Any) -> str | None:
    """A key with its hive's name in full; stix2-validator refuses short names anywhere in it."""
    word = values.text(value)
    if word is None:
        return None
    word = _HIVE.sub(lambda match: _HIVES[match[1].upper()], word, count=1) if _HIVE.match(word) else word
    return None if _SHORT_HIVE(word) else word


def _text_or_integer(value: Any) -> str | int | None:
    return value if type(value) is int and values.integer(value) is not None else values.text(value)


def _mail_header(value: Any) -> Any:
    """A header's text, or its texts when it occurs several times."""
    found = [item for item in map(values.text, value) if item] if isinstance(value, list) else []
    return found if len(found) > 1 else found[0] if found else values.text(value)


def tlsh(value: Any) -> str | None:
    """A TLSH hash, without the `T1` that newer tools put before it."""
    word = values.text(value) or ""
    return matching(_TLSH, word[2:] if len(word) == 72 else word)  # noqa: PLR2004  with version "T1"


def _second(value: Any) -> str | None:
    found = timestamp(value)
    return f"{found[:19]}Z" if found else None


def _millisecond(value: Any) -> str | None:
    found = timestamp(value)
    return to_milliseconds(found) if found else None


def scalar(clean: Clean, expected: str, **more: Any) -> Kind:
    """A kind that holds one value; `expected` is what a refused value is not."""
    return Kind("scalar", clean, f"not {expected}", **more)


TEXT: Final = scalar(values.text, "a text")
INTEGER: Final = scalar(values.integer, "a whole number of 64 bits")
_COUNT: Final = scalar(partial(between, 0, (1 << 63) - 1), "a count")
WORDS: Final[Mapping[str, Kind]] = {
    "any": ANY,
    "number_observed": scalar(partial(between, 1, 999_999_999), "a count from 1 to 999999999"),
    "confidence": scalar(partial(between, 0, 100), "a number from 0 to 100"),
    "labels": changed(TEXT, shape="list"),
    "none": Kind("any", nothing, "no part that the specification knows"),
    "text": TEXT,
    "arguments": changed(TEXT, shape="list"),
    "integer": INTEGER,
    "count": _COUNT,
    "port": scalar(partial(between, 0, 65535), "a port from 0 to 65535"),
    "number": scalar(values.number, "a number"),
    "boolean": scalar(values.boolean, "true or false"),
    "timestamp": scalar(timestamp, "a date and time"),
    "second": scalar(_second, "a date and time"),
    "millisecond": scalar(_millisecond, "a date and time"),
    "hex": scalar(values.hexadecimal, "hexadecimal"),
    "binary": scalar(values.binary, "Base64"),
    "ipv4": scalar(values.ipv4, "an IPv4 address", is_identity=True),
    "ipv6": scalar(values.ipv6, "an IPv6 address", is_identity=True),
    "ipv4 2.1": scalar(values.ipv4_block, "an IPv4 address or block", is_identity=True),
    "ipv6 2.1": scalar(values.ipv6_block, "an IPv6 address or block", is_identity=True),
    "domain": scalar(values.domain_name, "a domain name", spare=True, is_identity=True),
    "mac": scalar(values.mac_address, "a MAC address", spare=True, is_identity=True),
    "email": scalar(values.email_address, "an e-mail address", spare=True, is_identity=True),
    "url": scalar(values.url, "a URI", spare=True, is_identity=True),
    "url_text": scalar(values.url, "a URI", spare=True),
    "registry_key": scalar(_registry_key, "a registry key", spare=True),
    "cpe": scalar(partial(matching, _CPE), "a CPE 2.3 name", spare=True),
    "media_type": scalar(
        partial(one_of, frozenset(_MEDIA_TYPES.split())), "a registered media type", spare=True
    ),
    "charset": scalar(_charset, "a registered character set", spare=True),
    "languages": Kind(
        "list", partial(one_of, frozenset(_LANGUAGES.split())), "not ISO 639-2 codes", spare=True
    ),
    "arguments 2.0": Kind("list", partial(matching, _ARGUMENT), "not single arguments", spare=True),
    "language": scalar(
        partial(matching, expression("en|de|fr|es|it|ja|zh|ru")), "a language tag", spare=True
    ),
    "text_or_integer": scalar(_text_or_integer, "a text or whole number"),
    "mail_header": Kind("any", _mail_header, "not a text"),
}
