"""Paths from patterns and from mapping files: quotes, indexes and the spelling of hash names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from stix_shifter_utils.errors import PatternSyntaxError
from stix_shifter_utils.pattern import ANY, ObjectPath, make_path, parse_path, parse_pattern, print_path
from stix_shifter_utils.testing.patterns import object_paths


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("value", ("value",)),
        ("src_ref.value", ("src_ref", "value")),
        ("protocols[*]", ("protocols", ANY)),
        ("values[0].name", ("values", 0, "name")),
        ("values[-1]", ("values", -1)),
        ("values[ 2 ][*]", ("values", 2, ANY)),
        ("extensions.'http-request-ext'.request_value", ("extensions", "http-request-ext", "request_value")),
        ("extensions.http-request-ext.request_value", ("extensions", "http-request-ext", "request_value")),
        ("'a.b'.'c[0]'", ("a.b", "c[0]")),
        (r"'it\'s \\'", (r"it's " + "\\",)),
        ("''", ("",)),
        ("hashes.'SHA-256'", ("hashes", "SHA-256")),
        ("hashes.SHA-256", ("hashes", "SHA-256")),
        ("x_oca.y", ("x_oca", "y")),
        ("ünï", ("ünï",)),
    ],
)
def test_property_texts_of_mapping_files(text: str, steps: tuple[object, ...]) -> None:
    assert make_path("x-type", text) == ObjectPath("x-type", steps)  # type: ignore[arg-type]  # steps of a table
    assert parse_path(f"x-type:{text}") == make_path("x-type", text)


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("md5", "MD5"),
        ("MD5", "MD5"),
        ("sha1", "SHA-1"),
        ("SHA1", "SHA-1"),
        ("sha-1", "SHA-1"),
        ("sha_1", "SHA-1"),
        ("sha256", "SHA-256"),
        ("SHA-256", "SHA-256"),
        ("sha512", "SHA-512"),
        ("SHA3-256", "SHA3-256"),
        ("sha3_256", "SHA3-256"),
        ("SHA3256", "SHA3-256"),
        ("sha3512", "SHA3-512"),
        ("ssdeep", "SSDEEP"),
        ("tlsh", "TLSH"),
        ("SHA224", "SHA-224"),
        ("ripemd160", "RIPEMD-160"),
        ("whirlpool", "WHIRLPOOL"),
        ("md6", "MD6"),
        ("authentihash", "authentihash"),
        ("imphash", "imphash"),
        ("x_foo", "x_foo"),
        ("sha", "sha"),
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "file:hashes.{}",
        "file:content_ref.hashes.{}",
        "x509-certificate:hashes.{}",
        "artifact:hashes.{}",
        "file:extensions.'windows-pebinary-ext'.sections[*].hashes.{}",
        "file:extensions.'windows-pebinary-ext'.file_header_hashes.{}",
        "file:extensions.'ntfs-ext'.alternate_data_streams[0].hashes.{}",
        "x-any:hashes.{}",
    ],
)
def test_hash_names_get_the_spelling_of_the_specification(place: str, spelling: str, canonical: str) -> None:
    assert parse_path(place.format(f"'{spelling}'")).steps[-1] == canonical
    assert parse_path(place.format(spelling)) == parse_path(place.format(f"'{canonical}'"))
    (comparison,) = parse_pattern("[{} = 'x']".format(place.format(f"'{spelling}'"))).comparisons()
    assert comparison.path.steps[-1] == canonical


def test_only_keys_of_hashes_are_hash_names() -> None:
    assert parse_path("x:md5.sha256").steps == ("md5", "sha256")
    assert parse_path("x:hashes.x.sha256").steps == ("hashes", "x", "sha256")
    assert parse_path("x:hashes[*]").steps == ("hashes", ANY)


@pytest.mark.parametrize(
    "text",
    [
        "file",
        "file:",
        ":name",
        "file:.name",
        "file:name.",
        "file:[0]",
        "file:a..b",
        "file:a[",
        "file:a[]",
        "file:a[x]",
        "file:'a",
        "file:a b",
        "fi le:a",
        "file:a'b'",
        "file:a['b']",
        "1file:a",
    ],
)
def test_what_is_no_path_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(PatternSyntaxError, match=r"^line 1:\d+: found .+, expected .+"):
        parse_path(text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (ObjectPath("file", ("hashes", "SHA-256")), "file:hashes.'SHA-256'"),
        (ObjectPath("file", ("hashes", "MD5")), "file:hashes.MD5"),
        (ObjectPath("a-b", ("x", 0, ANY, "y")), "a-b:x[0][*].y"),
        (ObjectPath("a", ("true", "AND", "EXISTS")), "a:'true'.'AND'.'EXISTS'"),
        (ObjectPath("a", ("it's", "\\", "")), r"a:'it\'s'.'\\'.''"),
        (ObjectPath("a", ("0",)), "a:'0'"),
    ],
)
def test_paths_print_with_quotes_where_the_grammar_needs_them(path: ObjectPath, text: str) -> None:
    assert print_path(path) == text
    assert parse_path(text) == path


@settings(max_examples=300, deadline=None)
@given(object_paths())
def test_printed_paths_read_the_same_in_patterns_and_mapping_files(path: ObjectPath) -> None:
    text = print_path(path)
    assert parse_path(text) == path
    (comparison,) = parse_pattern(f"[{text} = 1]").comparisons()
    assert comparison.path == path
