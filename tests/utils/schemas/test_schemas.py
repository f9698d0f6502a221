import pytest
from jsonschema import Draft202012Validator

from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.pattern import Comparator
from stix_shifter_utils.schemas import load_schema, schema_names


@pytest.mark.parametrize("name", schema_names())
def test_each_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(load_schema(name))
    assert load_schema(name)["title"]


def test_an_unknown_schema_names_the_known_ones() -> None:
    with pytest.raises(MappingFileError, match=r"known: .*to_stix_map"):
        load_schema("nonsense")


def test_the_kinds_of_fields_are_those_of_the_code() -> None:
    kinds = set(load_schema("fields")["properties"]["fields"]["additionalProperties"]["enum"])
    assert kinds == {text for kind in Kind for text in (kind.value, f"{kind.value}[]")}


def test_the_comparators_are_those_of_the_code() -> None:
    comparators = load_schema("capabilities")["properties"]["comparators"]
    assert set(comparators["additionalProperties"]["items"]["enum"]) == {one.value for one in Comparator}
    assert set(comparators["propertyNames"]["enum"]) == {kind.value for kind in Kind}
