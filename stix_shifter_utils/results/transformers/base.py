"""What a transformer is. The shared ones stand in the files beside this, by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from stix_shifter_utils.errors import TransformError
from stix_shifter_utils.mapping import Relation

if TYPE_CHECKING:
    from collections.abc import Callable


class ValueTransformer:
    """Turns a native value into the value of a STIX property.

    A subclass has a static `transform`, which is pure. It returns None, or raises, for a value it cannot
    read; that property is then left out and counted. `relation` tells the query side how the values relate.
    A transformer that chooses among the items of a list may offer a static `each` for one item: under
    `unwrap` the items then keep their places in the list.
    """

    relation: ClassVar[Relation] = Relation.OPAQUE
    each: ClassVar[Callable[[Any], Any] | None] = None

    @staticmethod
    def transform(obj: Any) -> Any:
        raise NotImplementedError


class Transformer(Protocol):
    """Any class with a static `transform`, such as a connector's own that derives from nothing."""

    @staticmethod
    def transform(obj: Any) -> Any: ...


def refuse(name: str, value: object, expected: str) -> TransformError:
    """The error for a value that a transformer cannot read. It does not show the value: it may be secret."""
    return TransformError(f"{name} expects {expected}, not a value of type {type(value).__name__}")
