"""What references, the two readings, versions, case and trust mean in observations of several objects."""

from __future__ import annotations

from typing import Any

import pytest

from stix_shifter_utils.pattern import (
    Comparison,
    ComparisonAnd,
    Matcher,
    Observation,
    Observed,
    matches_observation,
    observed_from_objects,
    parse_pattern,
)

Json = dict[str, Any]
TIME = "2024-01-01T00:00:00Z"


def observed_data(objects: Json, **more: object) -> Json:
    basic = {"type": "observed-data", "id": "observed-data--1", "number_observed": 1}
    return {**basic, "first_observed": TIME, "last_observed": TIME, "objects": objects, **more}


def one(objects: Json) -> Observed:
    (observed,) = observed_from_objects([observed_data(objects)])
    return observed


def holds(expression: str, objects: Json, **options: Any) -> bool:
    return Matcher(parse_pattern(f"[{expression}]"), **options).candidates(one(objects))


FLOW: Json = {
    "0": {"type": "ipv4-addr", "value": "10.0.0.1", "resolves_to_refs": ["2", "9", "3"]},
    "1": {"type": "domain-name", "value": "Evil.Example"},
    "2": {"type": "mac-addr", "value": "AA:bb:00:11:22:33"},
    "3": {"type": "mac-addr", "value": "00:00:00:00:00:01"},
    "4": {
        "type": "network-traffic",
        "src_ref": "0",
        "dst_ref": "1",
        "protocols": ["ipv4", "tcp"],
        "extensions": {"http-request-ext": {"request_value": "/x"}},
    },
    "5": {
        "type": "file",
        "name": "a.EXE",
        "hashes": {"SHA-256": "ABCDEF", "md5": "0A"},
        "parent_directory_ref": "6",
        "x_raw_ref": "nowhere",
    },
    "6": {"type": "directory", "path": "C:\\Temp", "contains_refs": ["5", "7", "missing"]},
    "7": {
        "type": "file",
        "name": "b.dll",
        "extensions": {
            "windows-pebinary-ext": {
                "file_header_hashes": {"MD5": "fF"},
                "sections": [{"entropy": 1.5}, {"entropy": 7.25}],
            }
        },
    },
    "8": {"type": "ipv6-addr", "value": "2001:DB8:0::1"},
    "10": {"type": "ipv4-addr", "value": "198.51.100.7/32"},
    "11": {"type": "thing", "self_ref": "11", "loop_refs": ["11"], "odd_ref": 5, "odd_refs": "11", "n": 1},
}


@pytest.mark.parametrize(
    ("expression", "default", "same_object"),
    [
        ("network-traffic:src_ref.value = '10.0.0.1'", True, True),
        ("network-traffic:src_ref.type = 'ipv4-addr'", True, True),
        ("network-traffic:src_ref = '0'", False, False),
        ("network-traffic:src_ref != '0'", True, True),
        ("network-traffic:extensions.'http-request-ext'.request_value = '/x'", True, True),
        ("network-traffic:protocols[*] = 'tcp' AND network-traffic:protocols[*] = 'ipv4'", True, True),
        ("file:parent_directory_ref.contains_refs[*].name = 'b.dll'", True, True),
        ("directory:contains_refs[1].name = 'b.dll'", True, True),
        ("directory:contains_refs[2].name = 'b.dll'", False, False),
        ("directory:contains_refs.name = 'b.dll'", False, False),
        ("ipv4-addr:resolves_to_refs[2].value = '00:00:00:00:00:01'", True, True),
        ("ipv4-addr:resolves_to_refs[1].value = '00:00:00:00:00:01'", False, False),
        ("EXISTS file:x_raw_ref", True, True),
        ("file:x_raw_ref != 'x'", False, False),
        ("EXISTS file:x_raw_ref.name", False, False),
        ("EXISTS directory:contains_refs[2]", True, True),
        ("thing:self_ref.self_ref.self_ref.loop_refs[*].loop_refs[0].n = 1", True, True),
        ("thing:odd_ref.n = 1", False, False),
        ("thing:odd_refs[*].n = 1", False, False),
        ("file:extensions.'windows-pebinary-ext'.sections[*].entropy > 7.0", True, True),
        # without case: hashes, MAC addresses, domain names, also behind a reference
        ("file:hashes.'SHA-256' = 'abcdef'", True, True),
        ("file:hashes.sha256 IN ('x', 'AbCdEf')", True, True),
        ("file:hashes.MD5 = '0a'", True, True),
        ("file:hashes.'SHA-256' LIKE 'abc%'", True, True),
        ("file:hashes.'SHA-256' MATCHES '^abc'", True, True),
        ("file:extensions.'windows-pebinary-ext'.file_header_hashes.MD5 = 'Ff'", True, True),
        ("domain-name:value = 'evil.EXAMPLE'", True, True),
        ("domain-name:value != 'evil.EXAMPLE'", False, False),
        ("network-traffic:dst_ref.value = 'EVIL.example'", True, True),
        ("network-traffic:dst_ref.value NOT LIKE 'evil%'", False, False),
        ("mac-addr:value = 'aa:BB:00:11:22:33'", True, True),
        ("ipv4-addr:resolves_to_refs[*].value = 'aa:bb:00:11:22:33'", True, True),
        ("file:name = 'A.exe'", False, False),
        # addresses are equal when they are the same block
        ("ipv4-addr:value = '10.0.0.1/32'", True, True),
        ("network-traffic:src_ref.value IN ('10.0.0.1/32')", True, True),
        ("ipv4-addr:value = '198.51.100.7'", True, True),
        ("ipv6-addr:value = '2001:0db8:0000:0000:0000:0000:0000:0001/128'", True, True),
        ("ipv6-addr:value != '2001:db8::1'", False, False),
        # the two readings
        ("ipv4-addr:value = '10.0.0.1' AND ipv4-addr:value = '198.51.100.7'", True, False),
        ("file:name = 'a.EXE' AND file:parent_directory_ref.path = 'C:\\\\Temp'", True, True),
        ("file:name = 'b.dll' AND file:parent_directory_ref.path = 'C:\\\\Temp'", True, False),
        ("file:name = 'b.dll' AND domain-name:value = 'evil.example'", True, False),
        ("file:name = 'b.dll' OR domain-name:value = 'nobody'", True, True),
        ("(file:name = 'b.dll' OR file:name = 'a.EXE') AND EXISTS file:hashes", True, True),
        ("file:name = 'b.dll' AND EXISTS file:hashes", True, False),
        ("file:name = 'a.EXE' AND NOT EXISTS file:hashes", True, False),
        ("file:name = 'b.dll' AND NOT EXISTS file:hashes", True, True),
        ("file:name = 'b.dll' AND NOT EXISTS process:pid", True, False),
        ("file:name != 'a.EXE' AND file:name != 'b.dll'", True, False),
        (
            "directory:path LIKE '%Temp' AND (file:name LIKE 'a%' AND network-traffic:protocols[1] = 'tcp')",
            True,
            False,
        ),
    ],
)
@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_an_observation_of_several_objects(
    expression: str, default: bool, same_object: bool, version: str
) -> None:
    bundle = [observed_data(FLOW)] if version == "2.0" else in_version_21(FLOW)
    (observed,) = observed_from_objects(bundle)
    pattern = parse_pattern(f"[{expression}]")
    assert Matcher(pattern).candidates(observed) is default
    assert Matcher(pattern, same_object=True).candidates(observed) is same_object


def in_version_21(objects: Json) -> list[Json]:
    ids = {name: f"{each['type']}--{name}" for name, each in objects.items()}

    def renamed(key: str, value: Any) -> Any:
        if key.endswith("_refs") and isinstance(value, list):
            return [ids.get(each, each) for each in value]
        return ids.get(value, value) if key.endswith("_ref") and isinstance(value, str) else value

    moved = [
        {"id": ids[name], **{key: renamed(key, value) for key, value in each.items()}}
        for name, each in objects.items()
    ]
    observed = observed_data({}, object_refs=[*ids.values()], spec_version="2.1")
    del observed["objects"]
    return [observed, *moved]


def test_only_what_object_refs_lists_belongs_to_the_observation() -> None:
    bundle = in_version_21(
        {
            "0": {"type": "file", "name": "a", "parent_directory_ref": "1"},
            "1": {"type": "directory", "path": "p"},
        }
    )
    bundle[0]["object_refs"] = ["file--0"]
    (observed,) = observed_from_objects(bundle)
    assert not Matcher(parse_pattern("[directory:path = 'p']")).candidates(observed)
    assert not Matcher(parse_pattern("[file:parent_directory_ref.path = 'p']")).candidates(observed)
    assert Matcher(parse_pattern("[EXISTS file:parent_directory_ref]")).candidates(observed)


def test_relationships_and_domain_objects_among_object_refs_are_no_observables() -> None:
    bundle = in_version_21(
        {
            "0": {"type": "file", "name": "a"},
            "1": {"type": "relationship", "relationship_type": "uses"},
            "2": {"type": "identity", "name": "a"},
        }
    )
    (observed,) = observed_from_objects(bundle)
    for same_object in (False, True):
        for text in (
            "[relationship:relationship_type = 'uses']",
            "[identity:name = 'a']",
            "[observed-data:number_observed = 1]",
        ):
            assert not Matcher(parse_pattern(text), same_object=same_object).candidates(observed)
        assert Matcher(parse_pattern("[file:name = 'a']"), same_object=same_object).candidates(observed)
    assert Matcher(parse_pattern("[NOT EXISTS identity:name]")).candidates(observed)


@pytest.mark.parametrize(
    ("expression", "exact", "ignore"),
    [
        ("file:name = 'A.exe'", False, True),
        ("file:name != 'A.exe'", True, True),
        ("file:name IN ('A.exe')", False, True),
        ("file:name LIKE '%.exe'", False, True),
        ("file:name MATCHES 'exe$'", False, True),
        ("directory:path < 'c:\\\\temp'", True, False),
        ("thing:a_hex = 'A'", False, False),
        ("thing:a_hex = 'a'", True, True),
    ],
)
def test_the_case_of_plain_text_is_an_option(expression: str, exact: bool, ignore: bool) -> None:
    objects = {**FLOW, "12": {"type": "thing", "a_hex": "61"}}
    assert holds(expression, objects) is exact
    assert holds(expression, objects, case="ignore") is ignore


@pytest.mark.parametrize(
    ("path", "objects"),
    [
        ("file:created", {"type": "file", "ctime": TIME}),
        ("file:ctime", {"type": "file", "created": TIME}),
        ("process:binary_ref.name", {"type": "process", "image_ref": "1"}),
        ("process:image_ref.name", {"type": "process", "binary_ref": "1"}),
        ("windows-registry-key:modified", {"type": "windows-registry-key", "modified_time": TIME}),
        ("x-oca-event:action", {"type": "x-oca-event", "x_action": TIME}),
        ("x-oca-event:x_action", {"type": "x-oca-event", "action": TIME}),
        ("network-traffic:src_ref.created", {"type": "network-traffic", "src_ref": "2"}),
    ],
)
def test_a_property_is_found_under_its_name_in_the_other_version(path: str, objects: Json) -> None:
    all_objects = {
        "0": objects,
        "1": {"type": "file", "name": TIME},
        "2": {"type": "file", "mtime": "x", "ctime": TIME},
    }
    assert holds(f"{path} = '{TIME}'", all_objects)
    assert holds(f"{path} = t'{TIME}'", all_objects, same_object=True)
    assert holds(f"EXISTS {path}", all_objects)


def test_an_absent_value_is_true_of_trusted_comparisons_alone() -> None:
    name, pid = (parse_pattern(text).expression for text in ("[process:name = 'x']", "[process:pid != 4]"))
    assert isinstance(name, Observation) and isinstance(pid, Observation)  # noqa: PT018  for the types
    both = ComparisonAnd((name.expression, pid.expression))
    assert isinstance(name.expression, Comparison)
    here, elsewhere, other = (
        one({"0": {"type": "process", "pid": 7}}),
        one({"0": {"type": "file"}}),
        one({"0": {"type": "process", "name": "y", "pid": 7}}),
    )
    for same_object in (False, True):
        assert not matches_observation(both, here, same_object=same_object)
        assert matches_observation(both, here, same_object=same_object, trusted=[name.expression])
        assert not matches_observation(both, elsewhere, same_object=same_object, trusted=[name.expression])
        assert not matches_observation(both, other, same_object=same_object, trusted=[name.expression]), (
            "a present value is judged"
        )
        assert matches_observation(
            name.expression, elsewhere, same_object=same_object, trusted=[name.expression]
        )
        assert matches_observation(
            name.expression, one({}), same_object=same_object, trusted=[name.expression]
        )


def test_trusting_one_comparison_does_not_trust_its_like() -> None:
    pattern = parse_pattern("[process:pid = 1 OR process:pid = true OR process:pid = 1.0]")
    first, *_ = pattern.comparisons()
    assert Matcher(pattern, trusted=[first]).candidates(one({}))
    assert not Matcher(
        parse_pattern("[process:pid = true OR process:pid = 1.0]"), trusted=[first]
    ).candidates(one({}))
