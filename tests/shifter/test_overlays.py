"""Overlays through whole connectors: the examples of docs/overlays.md, and the loop over renamed rows."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import yaml

from stix_shifter.cli.app import main
from stix_shifter.hunt import SourcesFileError, hunt, load_sources
from stix_shifter.stix_translation.stix_translation import StixTranslation
from stix_shifter_modules.elastic_ecs.tests import product as elastic
from stix_shifter_modules.elastic_ecs.tests.test_elastic_ecs import TestElasticEcs as ElasticSuite
from stix_shifter_modules.splunk.tests import product as splunk
from stix_shifter_modules.splunk.tests.test_splunk import TestSplunk as SplunkSuite
from stix_shifter_utils.mapping import NativeFields
from stix_shifter_utils.testing.languages.terms import TermIndex
from stix_shifter_utils.transmission import nested_record

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "overlays.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def overlay(name: str) -> dict[str, Any]:
    """An overlay of the page."""
    for block in blocks("yaml"):
        if name in block.splitlines()[0]:
            found: dict[str, Any] = yaml.safe_load(block)
            return found
    raise KeyError(name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the page."""
    for name in ("acme-elastic.yaml", "acme-splunk.yaml"):
        (tmp_path / name).write_text(yaml.safe_dump(overlay(name)))
    (sources,) = [block for block in blocks("yaml") if block.startswith("profiles:")]
    (tmp_path / "sources.yaml").write_text(sources)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def queries(module: str, pattern: str, **options: Any) -> str:
    answer = StixTranslation().translate(module, "query", "{}", pattern, options)
    return str(answer["queries"])


# -- the page


@pytest.mark.usefixtures("folder")
def test_the_commands_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    (shell,) = blocks("sh")
    outputs = []
    for line in shell.replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            assert main(shlex.split(line)[1:]) == 0, line
            outputs.append(capsys.readouterr().out)
    explained, translated, mapping = outputs
    assert 'badge="4711"' in explained
    assert '"proc.name"="cmd.exe"' in explained
    assert 'index="acme_win" OR index="acme_net"' in explained
    assert "winlog.image" in translated
    assert " process.executable" not in translated
    assert json.loads(mapping)["to_stix_map"]["acme"]["badge"]["key"] == "user-account.x_badge"


def test_the_python_of_the_page_runs() -> None:
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(code, "docs/overlays.md", "exec"), names)
    assert '"proc.name"="cmd.exe"' in names["answer"]["queries"][0]


def test_every_key_and_kind_of_the_page_is_one() -> None:
    from stix_shifter_utils.mapping.kinds import Kind
    from stix_shifter_utils.mapping.overlays import _READERS

    rows = re.findall(r"^\| `(\w+)` \|(.*)$", PAGE, re.MULTILINE)
    assert [name for name, _ in rows] == list(_READERS)
    kinds = set(re.findall(r"`(\w+)`", dict(rows)["fields"].rpartition("|")[0].rpartition("|")[2]))
    assert kinds == {kind.value for kind in Kind} - {"unknown"}


# -- where it can be said


def test_a_file_of_sources_names_overlays_beside_it_and_the_command_adds_more(folder: Path) -> None:
    (folder / "more.yaml").write_text("remove: [winlog.image]")
    source = load_sources(folder / "sources.yaml", overlays={"edr": ["more.yaml"]}).every["edr"]
    given = source.connection["options"]["overlays"]
    assert [one["name"] for one in given] == ["Acme's Elastic", "overlay 2", "more.yaml"]
    found = queries("elastic_ecs", "[file:name = 'cmd.exe']", overlays=given)
    assert "winlog.image" not in found
    assert " process.executable" not in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "remove: [file.sise]",
            "profiles.edr.connection.options.overlays: acme-elastic.yaml: remove: dialect .*file.size",
        ),
        ("renam: {}", "no key of an overlay; did you mean rename"),
        ("connector: splunk", "it is made for splunk, and this is elastic_ecs"),
        (
            "to_stix: {file: {size: {key: file.size, transformer: ToNumber}}}",
            "no transformer ToNumber .there are .*ToInteger",
        ),
    ],
)
def test_a_file_of_sources_with_a_wrong_overlay_is_refused_with_its_line(
    folder: Path, text: str, message: str
) -> None:
    (folder / "acme-elastic.yaml").write_text(text)
    with pytest.raises(SourcesFileError, match=rf"sources.yaml:\d+: .*{message}"):
        load_sources(folder / "sources.yaml")


def test_a_wrong_overlay_on_the_command_line_is_a_usage_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "splunk", "[file:name = 'a']", "--overlay", "nowhere.yaml"]) == 2
    assert "--overlay: overlay nowhere.yaml: cannot be read" in capsys.readouterr().err
    assert main(["hunt", "[file:name = 'a']", "--sources", "sources.yaml", "--overlay", "acme.yaml"]) == 2
    assert "--overlay: must be SOURCE=FILE" in capsys.readouterr().err
    wrong = ["hunt", "[file:name = 'a']", "--sources", "sources.yaml", "--overlay", "edd=acme-elastic.yaml"]
    assert main(wrong) == 2
    assert "--overlay edd: no such source is asked; did you mean edr?" in capsys.readouterr().err


def test_a_wrong_overlay_is_a_mapping_error_in_python() -> None:
    options = {"overlays": {"name": "acme", "rename": {"proces_name": "x"}}}
    answer = StixTranslation().translate("splunk", "query", "{}", "[file:name = 'a']", options)
    assert answer["code"] == "mapping_error"
    assert (
        "acme: rename: dialect default has no field proces_name; did you mean process_name?"
        in answer["error"]
    )
    rows = StixTranslation().translate(
        "splunk",
        "results",
        '{"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "s"}',
        [],
        options,
    )
    assert rows["code"] == "mapping_error"


def test_qradar_selects_custom_properties_and_no_property_that_is_gone() -> None:
    badge = {
        "fields": {"Badge No": "text"},
        "to_stix": {"Badge No": {"key": "user-account.x_badge", "object": "user"}},
    }
    given = {"dialects": ["events"], "rename": {"image": "Process Path"}, **badge}
    found = queries("qradar:events", "[user-account:x_badge = '4711']", overlays=given)
    assert ', "Badge No", "Process Path" FROM events WHERE "Badge No" = ' in found or (
        ', "Process Path", "Badge No" FROM events WHERE "Badge No" = ' in found
    )
    assert '"Image"' not in found


# -- the loop: rows that are called otherwise, through an overlay


class _Elastic(elastic.Product):
    """An index in which processes are elsewhere, and users carry badges."""

    def __init__(self) -> None:
        super().__init__([renamed(row, n) for n, row in enumerate(map(nested_record, elastic.EVENTS))])
        kinds = dict(elastic.fields().kinds)
        moved = {_ecs(name): kind for name, kind in kinds.items()}
        badge = NativeFields.read({"fields": {"acme.badge": "text"}}).kinds
        self.index = TermIndex(self.rows, {**moved, **badge})


def _ecs(name: str) -> str:
    return f"acme.proc{name.removeprefix('process')}" if name.partition(".")[0] == "process" else name


def renamed(row: dict[str, Any], n: int) -> dict[str, Any]:
    row = json.loads(json.dumps(row))
    acme = {"badge": f"B-{n % 7}"}
    if "process" in row:
        acme["proc"] = row.pop("process")
    return {**row, "acme": acme}


class ElasticWithOverlay(ElasticSuite):
    """The standard loop with an overlay."""

    __test__ = False
    loop_patterns: ClassVar = 40
    given: ClassVar = [
        {"rename": {"process": "acme.process"}},
        {
            "rename": {"acme.process": "acme.proc"},
            "fields": {"acme.badge": "text"},
            "to_stix": {"acme.badge": {"key": "x-acme-badge.number", "object": "badge"}},
        },
    ]

    def product(self) -> elastic.Product:
        return _Elastic()

    def connected(self, product: Any, configuration: Any = None, **options: Any) -> Any:
        return super().connected(product, configuration, overlays=self.given, **options)

    def every_row(self, product: Any) -> dict[str, Any]:
        return {"default": product.rows}


class SplunkWithOverlay(SplunkSuite):
    """The same for an index of one's own, a renamed field and a property."""

    __test__ = False
    loop_patterns: ClassVar = 40
    given: ClassVar = {
        "table": "acme_win",
        "rename": {"process_name": "proc.name", "dest_port": "port"},
        "fields": {"badge": "text_nocase"},
        "to_stix": {"badge": {"key": "x-acme-badge.number", "object": "badge"}},
    }

    def product(self) -> splunk.Product:
        names = {"process_name": "proc.name", "dest_port": "port"}
        rows = [
            {
                **{names.get(name, name): value for name, value in row.items()},
                "index": "acme_win",
                "badge": f"B-{n % 7}",
            }
            for n, row in enumerate(splunk.ROWS)
        ]
        return splunk.Product([*rows, *splunk.ROWS[:20]])  # the last ones lie in another index

    def connected(self, product: Any, configuration: Any = None, **options: Any) -> Any:
        return super().connected(product, configuration, overlays=self.given, **options)

    def every_row(self, product: Any) -> dict[str, Any]:
        return {"default": [splunk.result(row) for row in product.rows if row["index"] == "acme_win"]}


@pytest.mark.parametrize("suite", [ElasticWithOverlay, SplunkWithOverlay])
def test_the_loop_closes_through_an_overlay(suite: Any) -> None:
    made = suite()
    made.test_the_loop_closes()
    with made.product() as product:
        entry = made.connected(product)
        found = entry.get_query_translator("default").plan("[x-acme-badge:number = 'B-3']")
        assert [each.verdict.value for each in found.verdicts] == ["exact"]


FOUND = f"[x-acme-badge:number = 'B-3' AND network-traffic:dst_port = 443] {splunk.WINDOW}"


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[tuple[splunk.Product, Path]]:
    """A running product whose fields are called otherwise, and the folder with its overlay."""
    (tmp_path / "acme.yaml").write_text(yaml.safe_dump(SplunkWithOverlay.given))
    with SplunkWithOverlay().product() as product:
        yield product, tmp_path


def test_a_hunt_searches_and_shows_what_an_overlay_names(deployment: tuple[splunk.Product, Path]) -> None:
    product, folder = deployment
    connection = {**splunk.connection(product), "options": {"overlays": ["acme.yaml"]}}
    auth = {"auth": {"username": splunk.USER, "password": splunk.PASSWORD}}
    profile = {"connector": "splunk", "connection": connection, "config": auth}
    (folder / "sources.yaml").write_text(yaml.safe_dump({"profiles": {"acme": profile}}))
    report = hunt(FOUND, folder / "sources.yaml")
    assert report.worked
    badges = [one for one in report.bundle()["objects"] if one["type"] == "x-acme-badge"]
    assert {one["number"] for one in badges} == {"B-3"}
    searched = [one.form()["search"] for one in product.seen("POST", "/services/search/v2/jobs")]
    assert all('index="acme_win"' in one and "port=443" in one for one in searched)


def test_execute_takes_overlays_from_the_command_line(
    deployment: tuple[splunk.Product, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    product, folder = deployment
    identity = {"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "s"}
    auth = {"auth": {"username": splunk.USER, "password": splunk.PASSWORD}}
    words = [
        "execute",
        "splunk",
        "splunk",
        *map(json.dumps, (identity, splunk.connection(product), auth)),
        FOUND,
    ]
    assert main([*words, "--stix-2.1", "--overlay", str(folder / "acme.yaml")]) == 0
    bundle = json.loads(capsys.readouterr().out)
    assert {one["number"] for one in bundle["objects"] if one["type"] == "x-acme-badge"} == {"B-3"}
