"""Transformers of hashes that stand in a longer text, one for each length."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.results.transformers.base import ValueTransformer


class _HashIn(ValueTransformer):
    """A hash of one length in a text such as `MD5=…,SHA256=…`, in lower case; None where there is none."""

    relation: ClassVar = Relation.DOMAIN_OF_URL  # a part of the native text, in lower case
    letters: ClassVar = 0

    @classmethod
    def transform(cls, obj: Any) -> str | None:
        found = re.search(rf"(?<![0-9A-Fa-f])[0-9A-Fa-f]{{{cls.letters}}}(?![0-9A-Fa-f])", str(obj))
        return found[0].lower() if found else None


class Md5In(_HashIn):
    """The MD5 in a text: "MD5=AB…,SHA1=…" -> "ab…"."""

    letters: ClassVar = 32


class Sha1In(_HashIn):
    """The SHA-1."""

    letters: ClassVar = 40


class Sha256In(_HashIn):
    """The SHA-256."""

    letters: ClassVar = 64
