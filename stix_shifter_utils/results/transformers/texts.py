"""Transformers of texts and numbers: text, integers, truth, Base64, lower case, severities."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, ClassVar, Final

from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.results.transformers.base import ValueTransformer, refuse

_YES: Final = frozenset({"yes", "true", "t", "1"})


class StringToBool(ValueTransformer):
    """Text to truth: "yes", "true", "t", "1" in any case -> True, any other -> False. A boolean stays."""

    relation: ClassVar = Relation.BOOLEAN

    @staticmethod
    def transform(obj: Any) -> bool:
        if isinstance(obj, bool):
            return obj
        if not isinstance(obj, str):
            msg = "StringToBool"
            raise refuse(msg, obj, "text")
        return obj.lower() in _YES


class ToInteger(ValueTransformer):
    """The whole part of a number or decimal text: "5" -> 5, "5.7" -> 5, True -> 1; None if there is none."""

    relation: ClassVar = Relation.INTEGER

    @staticmethod
    def transform(obj: Any) -> int | None:
        if obj is None or isinstance(obj, (list, dict)):
            msg = "ToInteger"
            raise refuse(msg, obj, "a number or its text")
        try:
            return int(obj)
        except (ValueError, OverflowError, TypeError):
            pass
        text = str(obj).strip()
        whole, _, fraction = text.partition(".")
        digits = whole.lstrip("+-") + fraction
        return int(whole) if digits.isascii() and digits.isdigit() and whole.lstrip("+-") else None


class ToString(ValueTransformer):
    """A number or truth value as text; lists and objects give nothing."""

    relation: ClassVar = Relation.STRING

    @staticmethod
    def transform(obj: Any) -> str | None:
        return None if obj is None or isinstance(obj, (list, dict)) else str(obj)


class ToLowercaseArray(ValueTransformer):
    """Text, divided at ", ", or a list of texts as a list in lower case: "TCP, UDP" -> ["tcp", "udp"]."""

    relation: ClassVar = Relation.LOWERCASE_LIST

    @staticmethod
    def transform(obj: Any) -> list[str]:
        if isinstance(obj, str):
            return obj.lower().split(", ")
        if not isinstance(obj, list) or not all(isinstance(item, str) for item in obj):
            msg = "ToLowercaseArray"
            raise refuse(msg, obj, "text or a list of texts")
        return [item.lower() for item in obj]


class ToBase64(ValueTransformer):
    """Text (its UTF-8) or bytes as Base64: "abc" -> "YWJj"."""

    relation: ClassVar = Relation.BASE64

    @staticmethod
    def transform(obj: Any) -> str:
        if isinstance(obj, str):
            obj = obj.encode("utf-8", "replace")
        if not isinstance(obj, bytes):
            msg = "ToBase64"
            raise refuse(msg, obj, "text")
        return b64encode(obj).decode()


class SetToOne(ValueTransformer):
    """The number 1, whatever the value: the source reports an event, not a count."""

    relation: ClassVar = Relation.CONSTANT

    @staticmethod
    def transform(obj: Any) -> int:
        return 1


class SeverityToScore(ValueTransformer):
    """A word for a severity as a number from 0 to 100: "High" -> 80. A connector may have other `SCORES`."""

    SCORES: ClassVar = {"critical": 100, "high": 80, "medium": 60, "low": 40, "informational": 20}

    @classmethod
    def transform(cls, obj: Any) -> int:
        score: int | None = cls.SCORES.get(str(obj).lower())
        if score is None:
            raise refuse(cls.__name__, obj, f"one of {', '.join(cls.SCORES)}")
        return score


class GraphIDToPID(ValueTransformer):
    """The third part of an id of colon-separated parts: "a:b:12" -> "12"."""

    @staticmethod
    def transform(obj: Any) -> str:
        parts = obj.split(":") if isinstance(obj, str) else []
        if len(parts) < 3:  # noqa: PLR2004  sensor, agent, process
            msg = "GraphIDToPID"
            raise refuse(msg, obj, "text of three parts with colons between")
        return str(parts[2])
