"""Transformers between a value and a list of it."""

from __future__ import annotations

from typing import Any, ClassVar

from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.results.transformers.base import ValueTransformer, refuse


class ValueToList(ValueTransformer):
    """A list of this one value: x -> [x]."""

    relation: ClassVar = Relation.TO_LIST

    @staticmethod
    def transform(obj: Any) -> list[Any]:
        return [obj]


class UnlistIfList(ValueTransformer):
    """The first item of a list; a value that is no list stays."""

    relation: ClassVar = Relation.FIRST_OF_LIST

    @staticmethod
    def transform(obj: Any) -> Any:
        if isinstance(obj, list):
            if not obj:
                msg = "UnlistIfList"
                raise refuse(msg, obj, "a list that has an item")
            return obj[0]
        return obj
