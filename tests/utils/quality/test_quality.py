"""Each rule against a connector that is right, and against the same one with one thing wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.quality import RULES, check_folder
from stix_shifter_utils.quality.__main__ import main

TO_STIX: dict[str, Any] = {
    "when": {"key": "first_observed", "transformer": "EpochToTimestamp"},
    "src": [
        {"key": "ipv4-addr.value", "object": "source"},
        {"key": "network-traffic.src_ref", "object": "flow", "references": "source"},
    ],
    "port": {"key": "network-traffic.src_port", "object": "flow", "transformer": "ToInteger"},
    "digest": {"key": "file.hashes.SHA-256", "object": "file", "transformer": "Upper"},
    "agent": {"key": "network-traffic.extensions.http-request-ext.request_method", "object": "flow"},
    "nested": {"key": {"key": "x-acme.note", "object": "acme"}},
}
FROM_STIX: dict[str, Any] = {
    "ipv4-addr": {"fields": {"value": ["src"]}},
    "network-traffic": {"fields": {"src_ref.value": ["src"], "src_port": ["port"]}},
    "file": {"fields": {"hashes.'SHA-256'": ["digest"]}},
}
CONFIG: dict[str, Any] = {
    "connection": {
        "type": {"displayName": "Acme Watch", "group": "acme"},
        "host": {"type": "text"},
        "options": {"zone": {"type": "text", "optional": True}, "inner": {"type": "text", "hidden": True}},
        "help": {"type": "link", "default": "https://example.com"},
    },
    "configuration": {"auth": {"type": "fields", "token": {"type": "password"}}},
}
WORDS = {"label": "A label", "description": "What it is."}
LABELS: dict[str, Any] = {
    "connection": {"host": WORDS, "options": {"zone": WORDS}},
    "configuration": {"auth": {"token": WORDS}},
}
FIELDS = {"table": "events", "time": "when", "fields": {"when": "epoch_ms", "tags": "text[]"}}
GOOD: dict[str, Any] = {
    "stix_translation/json/to_stix_map.json": TO_STIX,
    "stix_translation/json/from_stix_map.json": FROM_STIX,
    "stix_translation/json/fields.json": FIELDS,
    "stix_translation/json/operators.json": {"ComparisonComparators.Like": None},
    "stix_translation/json/values_of_our_own.json": {"anything": [1]},
    "configuration/config.json": CONFIG,
    "configuration/lang_en.json": LABELS,
    "stix_transmission/api.json": {
        "ping": {"get": "/health"},
        "results": {"get": "/rows", "records": "$.rows"},
    },
    "configuration/capabilities.json": {"page_size": 100, "comparators": {"text": ["=", "IN"]}},
}
TEXTS = {
    "entry_point.py": "raise RuntimeError('imported')",
    "README.md": "Acme Watch 7",
    "stix_translation/transformers.py": "class Upper:\n    pass\n",
    "tests/test_acme.py": "",
}
Make = Callable[..., Path]


def put(target: Any, path: str, value: Any) -> Any:
    """A copy of JSON in which one place holds another value; `None` takes the place away."""
    head, _, rest = path.partition("/")
    copy = json.loads(json.dumps(target))
    key: Any = int(head) if isinstance(copy, list) else head
    if rest:
        copy[key] = put(copy[key], rest, value)
    elif value is None:
        del copy[key]
    else:
        copy[key] = value
    return copy


@pytest.fixture
def connector(tmp_path: Path) -> Make:
    """A good connector with some files replaced; None leaves one out."""

    def make(changes: dict[str, Any] | None = None) -> Path:
        folder = tmp_path / "acme_watch"
        for name, content in {**GOOD, **TEXTS, **(changes or {})}.items():
            if content is not None:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(
                    content if isinstance(content, str) else json.dumps(content), encoding="utf-8"
                )
        return folder

    return make


def test_a_good_connector_has_no_findings_and_is_not_imported(connector: Make) -> None:
    assert check_folder(connector()) == []


TO, FROM, CONF, LANG = (
    "stix_translation/json/to_stix_map.json",
    "stix_translation/json/from_stix_map.json",
    "configuration/config.json",
    "configuration/lang_en.json",
)
WRONG = [
    # rule, file, where the content changes, its new value, words of the message
    ("files-present", "entry_point.py", "", None, "copy it from async_template"),
    ("files-present", "README.md", "", None, "which product"),
    ("files-present", LANG, "", None, "label"),
    ("files-present", "stix_transmission/api.json", "", None, "cannot reach the source"),
    ("files-present", "tests/test_acme.py", "", None, "standard suite"),
    ("json-schema", TO, "", "{", "is not JSON"),
    ("json-schema", TO, "", "[]", "must hold a JSON object"),
    ("json-schema", TO, "port/transfomer", "ToInteger", "'transfomer' was unexpected"),
    ("json-schema", TO, "src/0", "source", "src.0"),
    ("json-schema", TO, "port/references", [], "port.references"),
    ("json-schema", FROM, "file/fields/name", "filename", "file.fields.name"),
    ("json-schema", "stix_translation/json/fields.json", "fields/when", "epoch", "'epoch' is not one of"),
    ("json-schema", "stix_translation/json/operators.json", "ComparisonComparators.Like2", "x", "Like2"),
    ("json-schema", CONF, "connection/host/mn", 1, "'mn' was unexpected"),
    ("json-schema", CONF, "connection/options/zone/type", "txt", "'txt' is not one of"),
    ("json-schema", LANG, "connection/host/label", {}, "connection.host"),
    ("json-schema", "configuration/capabilities.json", "page_size", 0, "page_size"),
    ("json-schema", "stix_transmission/api.json", "ping", {"got": "/health"}, "got"),
    ("stix-names-exist", TO, "port/key", "network-trafic.src_port", "did you mean network-traffic?"),
    ("stix-names-exist", TO, "port/key", "network-traffic.weather", "begins with x_"),
    ("stix-names-exist", TO, "port/key", "network-traffic.scr_port", "did you mean src_port?"),
    ("stix-names-exist", TO, "digest/key", "file.hashes.SHA-257", "did you mean SHA-256?"),
    (
        "stix-names-exist",
        TO,
        "agent/key",
        "network-traffic.extensions.http-ext.request_method",
        "no extension",
    ),
    (
        "stix-names-exist",
        TO,
        "agent/key",
        "network-traffic.extensions.http-request-ext.method",
        "has no property",
    ),
    ("stix-names-exist", TO, "when/key", "firstobserved", "did you mean first_observed?"),
    ("stix-names-exist", FROM, "ipv4-addr/fields/valeu", ["src"], "did you mean value?"),
    ("stix-names-exist", FROM, "network-traffic/fields/src_ref.nonsense", ["src"], "no object behind"),
    ("transformers-exist", TO, "port/transformer", "ToIntger", "did you mean ToInteger?"),
    (
        "transformers-exist",
        "stix_translation/transformers.py",
        "",
        "class Lower: pass",
        "no transformer Upper",
    ),
    ("references-lead-somewhere", TO, "src/1/references", "sorce", "did you mean source?"),
    ("references-lead-somewhere", TO, "src/1/references", ["nobody"], 'give a leaf "object": "nobody"'),
    ("queried-fields-return", FROM, "file/fields/name", ["filename"], "does not come back as file:name"),
    ("queried-fields-return", FROM, "ipv4-addr/fields/value", ["src", "dst"], "searched in dst"),
    ("config-labels", LANG, "connection/host", None, "connection.host has no label"),
    ("config-labels", LANG, "connection/options/zone", {"label": "Zone"}, "zone has no description"),
    ("config-labels", LANG, "connection/options/gone", WORDS, "connection.options.gone is no parameter"),
    (
        "config-labels",
        CONF,
        "configuration/auth/key",
        {"type": "password"},
        "configuration.auth.key has no label",
    ),
]


SAID_OF = {  # where the message points, when the fault shows in another file than it was made in
    ("transformers-exist", "stix_translation/transformers.py"): TO,
    ("config-labels", CONF): LANG,
}


@pytest.mark.parametrize(("rule", "file", "place", "value", "words"), WRONG)
def test_one_fault_is_found_by_its_rule_with_its_file_and_remedy(
    connector: Make, rule: str, file: str, place: str, value: Any, words: str
) -> None:
    changed = put(GOOD[file], place, value) if place else value
    found = [finding for finding in check_folder(connector({file: changed})) if finding.rule == rule]
    assert found, f"{rule} found nothing"
    assert any(words in finding.message for finding in found), found
    said_of = SAID_OF.get((rule, file), file)
    assert all(said_of.startswith(finding.file) for finding in found)


def test_every_rule_has_a_fault_in_the_table_above() -> None:
    assert {row[0] for row in WRONG} == set(RULES)


def test_a_2_1_override_may_remove_a_field_and_refer_to_objects_of_the_map_below(connector: Make) -> None:
    override = {
        "port": None,
        "other": {"key": "network-traffic.dst_ref", "object": "flow", "references": "source"},
    }
    folder = connector({"stix_translation/json/stix_2_1/to_stix_map.json": override})
    assert check_folder(folder) == []


def test_a_derived_from_stix_map_needs_no_check(connector: Make) -> None:
    assert check_folder(connector({FROM: None})) == []


def test_the_program_prints_a_line_per_finding_and_exits_1(
    connector: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(connector({"README.md": None}))]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("acme_watch/README.md: is missing; add it")
    assert captured.out.endswith("[files-present]\n")


def test_the_program_exits_0_for_a_good_connector(
    connector: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(connector())]) == 0
    assert capsys.readouterr().out == ""


def test_the_program_exits_2_for_a_connector_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no_such_connector"]) == 2
    assert "no_such_connector" in capsys.readouterr().err
