"""What is kept between calls never grows old, and what is judged together is judged as it is alone."""

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from stix_shifter.stix_translation.stix_translation import StixTranslation
from stix_shifter_utils.config.files import listing
from stix_shifter_utils.connector.discovery import load_entry_point
from stix_shifter_utils.connector.maps import mappings_of
from stix_shifter_utils.mapping import DialectMapping
from stix_shifter_utils.pattern import parse_pattern
from stix_shifter_utils.query import CompilerOptions, MySqlCompiler, Verdict

NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)

VALUES = {
    "ipv4-addr:value": ["'10.0.0.1'", "'10.0.0.0/8'", "'nobody'", "5", "'2001:db8::1'"],
    "network-traffic:src_port": ["1", "443", "70000", "1.5", "'text'", "true"],
    "network-traffic:protocols[*]": ["'tcp'", "'TCP'", "6"],
    "file:hashes.MD5": ["'" + "a" * 32 + "'", "'short'", "'" + "B" * 32 + "'"],
    "file:name": ["'a.exe'", "'A.EXE'", "'ß'", "7"],
    "url:value": ["'http://a.example/'", "h'00'"],
    "user-account:user_id": ["'u'", "''"],
    "x-nothing:here": ["1", "2"],
}


def translator_of(module: str) -> Any:
    options = {"table": "t"} if module == "mysql" else {}
    return load_entry_point(module)(options=options).get_query_translator("default")


@pytest.mark.parametrize("policy", ["prune", "widen"])
@pytest.mark.parametrize("module", ["mysql", "elastic_ecs"])
@pytest.mark.parametrize("path", VALUES)
def test_values_that_are_asked_in_one_list_are_judged_as_each_is_alone_or_more_carefully(
    path: str, module: str, policy: Any
) -> None:
    translator = translator_of(module)
    for one in VALUES[path]:
        for two in VALUES[path]:
            plan = translator.plan(f"[{path} = {one} OR {path} = {two}]", policy)
            alone = [translator.plan(f"[{path} = {value}]", policy).verdicts[0] for value in (one, two)]
            found = [each.verdict for each in plan.verdicts]
            wanted = [each.verdict for each in alone]
            if module == "mysql" or one == two:
                assert found == wanted, (path, one, two)
            else:  # of values unlike each other, the list may be written more widely than one would be
                assert all(a in {b, Verdict.SUPERSET} for a, b in zip(found, wanted, strict=True)), path


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_a_property_that_holds_structures_can_be_asked_as_a_whole(version: Any) -> None:
    to_stix = {"reg": {"key": "windows-registry-key.values", "object": "key"}}
    mapping = DialectMapping.of(
        from_stix={"windows-registry-key": {"fields": {"values[*]": ["reg"]}}},
        to_stix=to_stix,
        version=version,
    )
    plan = MySqlCompiler(mapping).compile(parse_pattern("[windows-registry-key:values[*] = 'x']"), now=NOW)
    assert plan.verdicts[0].verdict in {Verdict.LOCAL, Verdict.UNSEARCHABLE, Verdict.SUPERSET}


def write(folder: Path, name: str, content: object) -> None:
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_a_mapping_file_that_is_added_changed_or_removed_is_seen_by_the_next_call(tmp_path: Path) -> None:
    folder = tmp_path / "json"
    folder.mkdir()
    own = {"url": {"fields": {"value": ["own"]}}}
    write(folder, "from_stix_map.json", {"url": {"fields": {"value": ["shared"]}}})
    assert mappings_of(tmp_path, "d", {}).from_stix == {"url": {"fields": {"value": ["shared"]}}}
    write(folder, "d_from_stix_map.json", own)
    assert mappings_of(tmp_path, "d", {}).from_stix == own
    write(folder, "d_from_stix_map.json", {"url": {"fields": {"value": ["other"]}}})
    assert mappings_of(tmp_path, "d", {}).from_stix == {"url": {"fields": {"value": ["other"]}}}
    (folder / "stix_2_1").mkdir()
    write(folder / "stix_2_1", "d_from_stix_map.json", {"url": {"fields": {"value": ["newer"]}}})
    is_21 = {"stix_2.1": True}
    assert mappings_of(tmp_path, "d", is_21).from_stix == {"url": {"fields": {"value": ["newer"]}}}
    (folder / "d_from_stix_map.json").unlink()
    assert mappings_of(tmp_path, "d", {}).from_stix == {"url": {"fields": {"value": ["shared"]}}}


def test_a_file_added_in_the_very_moment_of_a_listing_is_seen(tmp_path: Path) -> None:
    """Two changes so close that the folder carries one time for both."""
    (tmp_path / "a").touch()
    moment = tmp_path.stat()
    assert listing(str(tmp_path)) == {"a"}
    (tmp_path / "b").touch()
    os.utime(tmp_path, ns=(moment.st_atime_ns, moment.st_mtime_ns))
    assert listing(str(tmp_path)) == {"a", "b"}
    assert listing(str(tmp_path / "a")) == listing(str(tmp_path / "missing")) == set()


def test_options_that_are_alike_but_of_another_type_are_told_apart() -> None:
    translation = StixTranslation()
    pattern = "[url:value = 'x']"
    good = translation.translate("mysql", "query", {}, pattern, {"table": "t", "time_range": 1})
    assert good["queries"]
    bad = translation.translate("mysql", "query", {}, pattern, {"table": "t", "time_range": True})
    assert bad["success"] is False
    assert "time_range" in bad["error"]
    assert CompilerOptions.from_options({"time_range": None}).time_range_min is None
    assert CompilerOptions.from_options({}).time_range_min is not None


def test_checked_options_are_copies_of_what_is_kept() -> None:
    first = load_entry_point("mysql")
    from stix_shifter_utils.config.checking import validate

    one = validate("mysql", {"table": "t"}, "connection.options")
    one["table"] = one["time_range"] = "spoilt"
    two = validate("mysql", {"table": "t"}, "connection.options")
    assert two["table"] == "t"
    assert two["time_range"] != "spoilt"
    assert first(options=two).options["table"] == "t"
