"""The file of sources: what it may say, and messages that name line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from stix_shifter.hunt.sources import Source, Sources, default_file, load_sources
from stix_shifter.hunt.yaml_file import SourcesFileError

GOOD = """\
profiles:
  edr:
    connector: postgresql
    connection:
      host: db.example.com
      port: 5432
      database: events
      options: {table: events, timeout: 60}
    config:
      auth: {username: hunter, password: "${env:EDR_PASSWORD}"}
    time_limit: 120
  partner:
    connector: stix_bundle
    connection: {url: bundle.json}
groups:
  inside: [edr]
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EDR_PASSWORD", "pa55-word-of-edr")
    path = tmp_path / "sources.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def problems(path: Path, text: str, *names: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourcesFileError) as caught:
        load_sources(path, names)
    return [one.removeprefix(f"{path}:") for one in caught.value.problems]


def test_sources_come_in_the_order_of_the_file_with_their_references_resolved(file: Path) -> None:
    found = load_sources(file)
    assert list(found.every) == ["edr", "partner"]
    edr = found.every["edr"]
    assert edr.configuration["auth"]["password"] == "pa55-word-of-edr"
    assert (edr.time_limit_s, edr.searches_at_once) == (120, 2)
    assert "pa55-word-of-edr" in edr.secrets
    assert "pa55-word-of-edr" not in repr(found)


def test_a_group_stands_for_its_sources_and_a_name_given_twice_counts_once(file: Path) -> None:
    assert list(load_sources(file, ["inside", "edr"]).every) == ["edr"]


def test_what_is_not_chosen_is_not_resolved(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDR_PASSWORD")
    assert list(load_sources(file, ["partner"]).every) == ["partner"]
    assert problems(file, GOOD) == [
        "10: profiles.edr.config.auth: the environment variable EDR_PASSWORD is not set"
    ]


def test_a_name_that_is_not_there_is_told_with_the_nearest_one(file: Path) -> None:
    assert problems(file, GOOD, "partnr") == [" there is no source or group partnr; did you mean partner?"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("port: 5432", "port: many", '6: profiles.edr.connection.port: port "many" type must be a number'),
        ("host: db", "hots: db", "5: profiles.edr.connection.hots: is not known to the connector"),
        ("connector: stix_bundle", "connector: stix_bandle",
         "13: profiles.partner.connector: stix_bandle is an unsupported data source."),
        ("connector: stix_bundle", "conector: stix_bundle",
         "13: profiles.partner.conector: is not known; did you mean connector?"),
        ("time_limit: 120", "time_limit: soon", "11: profiles.edr.time_limit: must be a number above 0"),
        ("[edr]", "[edr, nobody]", "16: groups.inside.1: there is no source nobody"),
        ("[edr]", "edr", "16: groups.inside: must be a list of names of sources"),
        ("{url: bundle.json}", "bundle.json",
         "14: profiles.partner.connection: must be keys and values, not a text"),
        ("partner:", "edr:", "12: profiles.edr: is given twice"),
    ],
)  # fmt: skip
def test_a_problem_names_line_and_key(file: Path, old: str, new: str, expected: str) -> None:
    assert expected in problems(file, GOOD.replace(old, new))


def test_all_problems_are_told_at_once(file: Path) -> None:
    assert len(problems(file, GOOD.replace("5432", "x").replace("url:", "uri:"))) >= 3


def test_text_that_is_no_yaml_is_told_with_its_line_and_without_its_content(file: Path) -> None:
    (problem,) = problems(file, "profiles:\n  a: {password: hunter2-secret\n  b: ]\n")
    assert problem.startswith("3: no YAML")
    assert "hunter2" not in problem


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourcesFileError, match="cannot be read: No such file"):
        load_sources(tmp_path / "none.yaml")


def test_a_file_of_kestrel_works(file: Path) -> None:
    text = """\
profiles:
  host101:
    connector: postgresql
    connection:
      host: db.example.com
      port: 5432
      database: events
      verify_cert: false
      options:
        table: events
        retrieval_batch_size: 512
        single_batch_timeout: 120
        cool_down_after_transmission: 2
        allow_dev_connector: true
    config: {auth: {username: me, password: "${file:%s}"}}
options: {fast_translate: [postgresql]}
"""
    secret = file.parent / "secret"
    secret.write_text("pa55-of-the-file\n", encoding="utf-8")
    file.write_text(text % secret, encoding="utf-8")
    found: Sources = load_sources(file)
    source: Source = found.every["host101"]
    assert source.connection["options"] == {
        "table": "events", "verify_cert": False, "batch_size": 512, "timeout": 120
    }  # fmt: skip
    assert source.pause_s == 2
    assert source.configuration["auth"]["password"] == "pa55-of-the-file"
    assert len(found.notes) == 2


def test_the_identity_follows_from_the_name_and_the_connector(file: Path) -> None:
    one, other = load_sources(file).every.values()
    assert one.identity == load_sources(file).every["edr"].identity
    assert one.identity["id"] != other.identity["id"]
    assert one.identity["name"] == "edr"


def test_the_default_file_is_ours_and_else_that_of_kestrel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STIX_SHIFTER_SOURCES", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    ours, theirs = tmp_path / "stix-shifter" / "sources.yaml", tmp_path / "kestrel" / "stixshifter.yaml"
    assert default_file() == ours
    theirs.parent.mkdir()
    theirs.write_text(GOOD, encoding="utf-8")
    assert default_file() == theirs
    monkeypatch.setenv("STIX_SHIFTER_SOURCES", "elsewhere.yaml")
    assert default_file() == Path("elsewhere.yaml")
