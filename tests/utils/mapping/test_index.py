"""From object paths to native fields: direct, by other names, behind references, filled in; and doubts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_utils.errors import MappingFileError
from stix_shifter_utils.mapping import DialectMapping, FieldBinding, FieldIndex, Kind, Relation
from stix_shifter_utils.pattern import parse_path

if TYPE_CHECKING:
    from stix_shifter_utils.mapping.versions import Version

FLOW: dict[str, Any] = {
    "src": [
        {"key": "ipv4-addr.value", "object": "source"},
        {"key": "ipv6-addr.value", "object": "source"},
        {"key": "network-traffic.src_ref", "object": "flow", "references": "source"},
    ],
    "dst": [
        {"key": "ipv4-addr.value", "object": "target"},
        {"key": "network-traffic.dst_ref", "object": "flow", "references": "target"},
    ],
    "sport": {"key": "network-traffic.src_port", "object": "flow", "transformer": "ToInteger"},
    "proto": {"key": "network-traffic.protocols", "object": "flow", "transformer": "ToLowercaseArray"},
    "proc": {
        "name": [
            {"key": "file.name", "object": "image", "transformer": "ToFileName"},
            {"key": "process.binary_ref", "object": "process", "references": "image"},
        ],
        "sha": {"key": "file.hashes.SHA-256", "object": "image"},
        "pid": {"key": "process.pid", "object": "process"},
        "parent": [
            {"key": "process.command_line", "object": "parent"},
            {"key": "process.parent_ref", "object": "process", "references": "parent"},
        ],
    },
    "at": [{"key": "first_observed"}, {"key": "last_observed"}],
}
RELATIONS = {
    "ToInteger": Relation.INTEGER,
    "ToLowercaseArray": Relation.LOWERCASE_LIST,
    "ToFileName": Relation.FILE_NAME,
}


def index(to_stix: dict[str, Any] | None = None, **more: Any) -> FieldIndex:
    return DialectMapping.of(to_stix=FLOW if to_stix is None else to_stix, relations=RELATIONS, **more).index


def look(path: str, *args: Any, **more: Any) -> tuple[FieldBinding, ...]:
    return index(*args, **more).lookup(parse_path(path))


def fields(path: str, *args: Any, **more: Any) -> list[str]:
    return list(dict.fromkeys(one.field for one in look(path, *args, **more)))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("ipv4-addr:value", ["src", "dst"]),
        ("ipv6-addr:value", ["src"]),
        ("network-traffic:src_ref.value", ["src"]),
        ("network-traffic:dst_ref.value", ["dst"]),
        ("network-traffic:src_port", ["sport"]),
        ("file:hashes.'SHA-256'", ["proc.sha"]),
        ("file:hashes.sha256", ["proc.sha"]),
        ("process:binary_ref.name", ["proc.name"]),
        ("process:image_ref.name", ["proc.name"]),
        ("process:image_ref.hashes.'SHA-256'", ["proc.sha"]),
        ("process:parent_ref.command_line", ["proc.parent"]),
        ("process:command_line", ["proc.parent"]),
        ("process:parent_ref.pid", []),
        ("file:size", []),
        ("x-none:at_all", []),
    ],
)
def test_a_path_finds_the_fields_that_feed_it(path: str, found: list[str]) -> None:
    assert fields(path) == found
    assert index().returns(parse_path(path)) is bool(found)


def test_a_binding_says_how_the_value_follows() -> None:
    (binding,) = look("file:name", fields={"fields": {"proc.name": "text"}})
    assert (binding.path, binding.kind.kind, binding.relation) == (
        ("proc", "name"),
        Kind.TEXT,
        Relation.FILE_NAME,
    )
    assert binding.doubts == ()
    (binding,) = look("network-traffic:protocols[*]")[:1]
    assert binding.is_listed
    assert binding.has_index
    (binding,) = look("process:pid")
    assert binding.kind.kind is Kind.UNKNOWN


def test_an_unknown_transformer_is_opaque() -> None:
    (binding,) = look("x-t:main", {"f": {"key": "x-t.main", "transformer": "Nobody"}})
    assert binding.relation is Relation.OPAQUE


def test_a_constant_is_known() -> None:
    (binding,) = look("x-t:main", {"f": {"key": "x-t.main", "value": "alert"}})
    assert (binding.relation, binding.constant) == (Relation.CONSTANT, "alert")


@pytest.mark.parametrize(
    ("path", "to_stix", "doubt"),
    [
        ("network-traffic:src_ref.value", FLOW, "nothing but references"),
        ("network-traffic:src_port", FLOW, "too little else"),
        ("network-traffic:protocols[0]", FLOW, "any item"),
        ("network-traffic:protocols", FLOW, "names the list itself"),
        ("network-traffic:src_port[*]", FLOW, "no list"),
        (
            "x-t:name",
            {"a": {"key": "x-t.name", "object": "t"}, "b": {"key": "x-t.name", "object": "t"}},
            "another field may fill",
        ),
        (
            "x-t:name",
            {"a": {"key": "x-t.name", "object": "t"}, "b": {"key": "x-u.other", "object": "t"}},
            "one of another type",
        ),
        ("x-t:name", {"a": {"key": "x-t.name", "ds_key": "b"}}, "its own field"),
        ("file:x_name", {"a": {"key": "file.name"}}, "do not fit"),
        ("x-t:name", {"a": {"key": "x-t.name", "transformer": "First"}}, "first item"),
    ],
)
def test_what_may_hide_a_value_is_a_doubt(path: str, to_stix: dict[str, Any], doubt: str) -> None:
    relations = {**RELATIONS, "First": Relation.FIRST_OF_LIST}
    mapping = DialectMapping.of(to_stix=to_stix, relations=relations)
    doubts = [text for one in mapping.index.lookup(parse_path(path)) for text in one.doubts]
    assert any(doubt in text for text in doubts), doubts


@pytest.mark.parametrize(
    ("path", "to_stix"),
    [
        ("x-t:name", {"a": {"key": "x-t.name", "object": "t"}, "b": {"key": "x-t.name", "object": "u"}}),
        ("ipv4-addr:value", {"a": [{"key": f"ipv{kind}-addr.value", "object": "ip"} for kind in (4, 6)]}),
        ("x-t:names[*]", {name: {"key": "x-t.names", "object": "t", "group": True} for name in "ab"}),
    ],
)  # fmt: skip
def test_fields_that_never_compete_raise_no_doubt(path: str, to_stix: dict[str, Any]) -> None:
    assert all(one.doubts == () for one in look(path, to_stix))


def test_values_that_results_fill_in_are_bound_to_what_triggers_them() -> None:
    found = look("network-traffic:protocols[*]")
    filled = [one for one in found if one.relation is Relation.CONSTANT]
    assert {one.field for one in filled} == {"src", "dst"}
    assert {one.constant for one in filled} == {"ipv4", "ipv6", "ethernet", "ip"}


@pytest.mark.parametrize(
    ("version", "path", "found"),
    [
        ("2.1", "user-account:x_domain", ["user.domain", "target.domain"]),
        ("2.1", "x-event:user_ref.x_domain", ["user.domain", "target.domain"]),
        ("2.1", "x-event:user_ref.user_id", ["user.id"]),
        ("2.0", "x-event:user_ref.x_domain", ["user.domain"]),
    ],
)
def test_objects_of_one_id_share_what_their_id_is_not_made_of(
    version: Version, path: str, found: list[str]
) -> None:
    users = {
        f"{name}.{part}": {"key": f"user-account.{key}", "object": name}
        for name in ("user", "target")
        for part, key in (("id", "user_id"), ("domain", "x_domain"))
    }
    event = {"ref": {"key": "x-event.user_ref", "object": "event", "references": "user"}}
    assert fields(path, users | event, version=version) == found


def test_references_that_lead_in_a_circle_end() -> None:
    circle = {
        "a": [
            {"key": "process.pid", "object": "p"},
            {"key": "process.parent_ref", "object": "p", "references": "p"},
        ]
    }
    deep = "process:" + "parent_ref." * 20 + "pid"
    assert fields(deep, circle) == []
    assert fields("process:parent_ref.parent_ref.pid", circle) == ["a"]


def test_a_value_taken_whole_may_hold_the_property() -> None:
    whole = {"a": {"key": "x-t.parts", "object": "t"}}
    assert index(whole).returns(parse_path("x-t:parts[*].name"))
    (binding,) = look("x-t:parts[*].name", whole)
    assert binding.relation is Relation.OPAQUE


FROM = {
    "ipv4-addr": {"fields": {"value": ["src"]}},
    "file": {"fields": {"hashes.'SHA-256'": ["proc.sha", "other"], "hidden": "secret.field"}},
    "network-traffic": {"fields": {"protocols[*]": ["proto"]}},
}


def test_from_stix_decides_and_to_stix_still_says_how() -> None:
    (binding,) = look("ipv4-addr:value", from_stix=FROM)
    assert (binding.field, binding.comes_back) == ("src", True)
    found = look("file:hashes.sha256", from_stix=FROM)
    assert [(one.field, one.comes_back) for one in found] == [("proc.sha", True), ("other", False)]
    (binding,) = look("file:hidden", from_stix=FROM)
    assert (binding.path, binding.comes_back) == (("secret", "field"), False)
    assert look("network-traffic:src_port", from_stix=FROM) == ()
    assert index(from_stix=FROM).returns(parse_path("network-traffic:src_port"))
    (binding,) = look("network-traffic:protocols[*]", from_stix=FROM)
    assert binding.relation is Relation.LOWERCASE_LIST


def test_list_indexes_need_not_be_spelled_alike() -> None:
    assert fields("network-traffic:protocols", from_stix=FROM) == ["proto"]
    assert fields("network-traffic:protocols[1]", from_stix=FROM) == ["proto"]


def test_fields_that_come_back_unasked_are_known() -> None:
    assert index(from_stix=FROM).unasked(parse_path("ipv4-addr:value")) == ("dst",)
    assert index().unasked(parse_path("ipv4-addr:value")) == ()


def test_paths_are_listed_in_file_order() -> None:
    assert [str(path) for path in index(from_stix=FROM).paths()][:2] == [
        "ipv4-addr:value",
        "file:hashes.'SHA-256'",
    ]
    assert str(index().paths()[0]) == "ipv4-addr:value"


def test_unmapped_fields_may_come_back_in_an_object_of_their_own() -> None:
    assert not index().returns(parse_path("x-source:anything"))
    assert index(fallback=True).returns(parse_path("x-source:anything"))
    assert not index(fallback=True).returns(parse_path("process:cwd"))


def test_the_time_field_is_stated_or_derived() -> None:
    assert index().time_field == "at"
    assert index(fields={"time": "when"}).time_field == "when"
    assert index({}).time_field is None
    assert [one.field for one in index().time_bindings("last_observed")] == ["at"]


def test_fields_inside_lists_of_objects_are_lists() -> None:
    nested = {"res": {"arn": {"key": "x-t.arn", "object": "t"}}}
    (binding,) = look("x-t:arn", nested, fields={"fields": {"res[].arn": "text"}})
    assert (binding.field, binding.list_at, binding.kind.is_list) == ("res.arn", 1, True)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"from_stix": {"file": {"name": ["a"]}}}, 'file must be an object with "fields"'),
        ({"from_stix": {"file": {"fields": {"name": [1]}}}}, "file:name must be a list of native fields"),
        ({"from_stix": {"file": {"fields": {"na me": ["a"]}}}}, "file:na me is no object path"),
        ({"fields": {"fields": {"a": "string"}}}, "'a' has the kind 'string'; use one of text"),
        ({"fields": {"tables": "t"}}, 'may hold "table", "time", "closed" and "fields"'),
        ({"fields": {"table": 5}}, "table must be text"),
        ({"to_stix": {"a": 5}}, 'to_stix_map: a must be an object with "key"'),
        ({"to_stix": {"a": [{"k": 1}]}}, "to_stix_map: a is a list"),
        ({"to_stix": {"a": {"b": {"key": "file."}}}}, "file. is no STIX property"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(MappingFileError) as caught:
        DialectMapping.of(**kwargs)
    assert message in str(caught.value)


def test_a_native_field_may_be_called_key() -> None:
    nested = {"reg": {"key": {"key": "windows-registry-key.key", "object": "k"}}}
    assert fields("windows-registry-key:key", nested) == ["reg.key"]


def test_a_dot_inside_a_name_can_be_escaped() -> None:
    assert fields("x-t:parts.'a.b'", {"f": {"key": r"x-t.parts.a\.b"}}) == ["f"]
    assert fields("x-t:parts.'a.b'", {"f": {"key": "x-t.parts.'a.b'"}}) == ["f"]
