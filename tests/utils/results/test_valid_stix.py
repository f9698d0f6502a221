"""Generated rows through the wide map: stix2-validator 3.2.0 finds no error, `stix2` reads every object.

One exception is documented (ADR 0005): property names that STIX 2.1 reserved after extensions had used them.
"""

import json
import random
from typing import Any

import orjson
import pytest

from stix_shifter_utils.stix import bundle_of
from stix_shifter_utils.testing.rows import generate_rows


def errors_of(objects: list[dict[str, Any]], version: Any) -> list[str]:
    from stix2validator import ValidationOptions, validate_instance

    bundle = json.loads(orjson.dumps(bundle_of(objects, version)))
    return [
        str(error)[:300]
        for error in validate_instance(bundle, ValidationOptions(version=version)).errors or []
    ]


def narrow(row: dict[str, Any], seed: int) -> dict[str, Any]:
    """Some fields of a row: the validator takes a fifth of a second for an embedded object."""
    names = random.Random(seed).sample(list(row), min(9, len(row)))
    return {name: row[name] for name in names}


@pytest.mark.parametrize(
    ("version", "count", "odd", "options"),
    [
        ("2.1", 12, 0.0, {}),
        ("2.1", 20, 0.3, {"unmapped_fallback": True}),
        ("2.1", 8, 0.2, {"rename_reserved": True, "id_compat": True}),
        ("2.0", 6, 0.1, {}),
        ("2.0", 6, 0.4, {"unmapped_fallback": True}),
    ],
)
def test_bundles_of_any_rows_are_valid(
    translate: Any, wide_map: Any, version: Any, count: int, odd: float, options: dict[str, Any]
) -> None:
    table = list(generate_rows(wide_map, seed=41, count=count, odd=odd))
    if version == "2.0":
        table = [narrow(row, seed) for seed, row in enumerate(table)]
    objects = list(translate(wide_map, table, version, **options))
    assert len(objects) > count / 2
    assert errors_of(objects, version) == []


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_every_object_is_read_by_the_stix2_library(translate: Any, wide_map: Any, version: str) -> None:
    import stix2

    count = 0
    for item in translate(
        wide_map, generate_rows(wide_map, 7, 120, odd=0.15), version, unmapped_fallback=True
    ):
        read = stix2.parse(item, allow_custom=True, version=version)
        assert read["id"] == item["id"]
        count += 1
    assert count > 100


def test_reserved_names_are_the_only_errors_and_renaming_them_mends_these(translate: Any) -> None:
    to_stix = {
        "action": {"key": "x-oca-event.action", "object": "event"},
        "severity": {"key": "x-ibm-finding.severity", "object": "finding"},
        "name": {"key": "x-ibm-finding.name", "object": "finding"},
        "user": {"key": "user-account.username", "object": "user"},
        "id": {"key": "user-account.user_id", "object": "user"},
    }
    table = [{"action": "login", "severity": 50, "name": "n", "user": "u", "id": "i"}]
    kept = errors_of(list(translate(to_stix, table, "2.1")), "2.1")
    assert len(kept) == 2
    assert all("should not be valid under" in error for error in kept)
    assert errors_of(list(translate(to_stix, table, "2.1", rename_reserved=True)), "2.1") == []
    assert errors_of(list(translate(to_stix, table, "2.0")), "2.0") == []
