"""`@frozen` makes what a frozen, slotted dataclass is."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import ClassVar, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stix_shifter_utils.frozen import changed, frozen

T = TypeVar("T")


@frozen
class Place:
    """A place."""

    name: str
    size: int | float = 0
    parts: tuple[str, ...] = ()
    HERE: ClassVar[Place]

    @property
    def is_large(self) -> bool:
        return self.size > 10


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    size: int | float = 0
    parts: tuple[str, ...] = ()


@frozen
class Box(Generic[T]):
    content: T


@frozen
class Nothing:
    """No fields."""


class Base:
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Base)

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "own text"


@frozen
class Own(Base):
    value: int


values = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from([0, 1, 1.0, 2]),
    st.lists(st.sampled_from("xy"), max_size=2).map(tuple),
)


@given(values, values)
def test_values_compare_hash_and_read_as_those_of_a_dataclass(
    one: tuple[str, float, tuple[str, ...]], other: tuple[str, float, tuple[str, ...]]
) -> None:
    first, second = Place(*one), Place(*other)
    assert (first == second) is (Model(*one) == Model(*other))
    assert first != second or hash(first) == hash(second)
    assert repr(first) == repr(Model(*one)).replace("Model", "Place")
    model: object = Model(*one)
    assert first != model


@given(values)
def test_copies_and_pickled_values_are_equal(one: tuple[str, float, tuple[str, ...]]) -> None:
    place = Place(*one)
    assert copy.copy(place) == copy.deepcopy(place) == pickle.loads(pickle.dumps(place)) == place
    assert changed(place, size=99) == Place(one[0], 99, one[2])


def test_the_functions_of_dataclasses_know_the_fields() -> None:
    place = Place("a", parts=("x",))
    assert replace(place, size=99) == Place("a", 99, ("x",))
    assert [one.name for one in fields(place)] == ["name", "size", "parts"]
    assert is_dataclass(place)


def test_fields_have_defaults_and_may_be_named() -> None:
    assert Place("a") == Place(parts=(), name="a", size=0)
    assert Place("a", 11).is_large
    assert Place.__doc__ == "A place."
    with pytest.raises(TypeError, match="name"):
        Place()  # type: ignore[call-arg]  # the fault that is asked about
    with pytest.raises(TypeError, match="colour"):
        changed(Place("a"), colour="red")


def test_nothing_can_be_changed_or_added() -> None:
    place = Place("a")
    for name in ("name", "colour"):
        with pytest.raises(AttributeError, match=name):
            setattr(place, name, "b")
    with pytest.raises(AttributeError, match="name"):
        del place.name
    assert not hasattr(place, "__dict__")


def test_values_match_by_position() -> None:
    match Place("a", 3):
        case Place(name, size):
            assert (name, size) == ("a", 3)


def test_methods_of_the_class_and_its_base_stand() -> None:
    assert Own(1) == Own(2)
    assert hash(Own(7)) == 1
    assert repr(Own(1)) == "own text"


def test_generic_classes_and_classes_without_fields_work() -> None:
    assert Box[int](1) == Box(1) != Box(2)
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())
    assert repr(Nothing()) == "Nothing()"


def test_a_value_of_another_class_with_the_same_fields_is_another() -> None:
    @frozen
    class Town:
        name: str
        size: int = 0
        parts: tuple[str, ...] = ()

    town: object = Town("a")
    assert Place("a") != town
