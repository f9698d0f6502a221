"""`hunt`, `sources` and `diff` as a user runs them: formats, exit codes, the closing table, no secrets."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.testing import Answer, FakeProduct, Fault, Received, Refusal, route

ROOT = Path(__file__).resolve().parents[3]
Run = Callable[..., Any]
USER, SECRET = "hunter", "pa55-of-the-product"
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
PATTERN = f"[ipv4-addr:value LIKE '192.0.2.%'] {WINDOW}"


def bundle(*addresses: str) -> dict[str, Any]:
    from stix_shifter_utils.stix import deterministic_id, own_id

    moment = "2024-01-01T12:00:00.000Z"
    objects: list[dict[str, Any]] = []
    for address in addresses:
        name = deterministic_id("ipv4-addr", {"value": address})
        objects += [
            {"type": "ipv4-addr", "spec_version": "2.1", "id": name, "value": address},
            {
                "type": "observed-data", "spec_version": "2.1", "object_refs": [name], "created": moment,
                "id": own_id("observed-data", "test", address.encode(), ""), "modified": moment,
                "first_observed": moment, "last_observed": moment, "number_observed": 1,
            },
        ]  # fmt: skip
    return {"type": "bundle", "id": "bundle--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "objects": objects}


class Product(FakeProduct):
    """The asynchronous template's product, with searches that never end."""

    def __init__(self) -> None:
        super().__init__()
        self.searches: set[str] = set()
        self.state = "running"
        self.row = {"event_time": 1704110400000, "src_ip": "192.0.2.44", "severity": "low"}

    def authorize(self, request: Received) -> None:
        if request.basic() != (USER, SECRET):
            raise Refusal(401, f"wrong password; you said {request.basic()}")

    @route("GET", "/v1/health")
    def health(self, request: Received) -> Answer:
        return Answer({"status": "up"})

    @route("POST", "/v1/searches")
    def submit(self, request: Received) -> Answer:
        self.searches.add(f"search-{len(self.requests)}")
        return Answer({"id": f"search-{len(self.requests)}"}, 201)

    @route("GET", "/v1/searches/{search_id}")
    def status(self, request: Received, search_id: str) -> Answer:
        return Answer({"state": self.state, "percent": 5})

    @route("GET", "/v1/searches/{search_id}/rows")
    def rows(self, request: Received, search_id: str) -> Answer:
        return Answer({"rows": [self.row] if request.query["from"] == "0" else []})

    @route("DELETE", "/v1/searches/{search_id}")
    def delete(self, request: Received, search_id: str) -> Answer:
        self.searches.discard(search_id)
        return Answer(b"", 204)


@pytest.fixture
def product() -> Iterator[Product]:
    with Product() as running:
        yield running


@pytest.fixture
def sources(tmp_path: Path, product: Product, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two bundles, a dead source, and a product whose password is in the environment."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PRODUCT_PASSWORD", SECRET)
    (tmp_path / "one.json").write_text(json.dumps(bundle("192.0.2.1", "192.0.2.2", "198.51.100.1")))
    (tmp_path / "two.json").write_text(json.dumps(bundle("192.0.2.2", "192.0.2.3")))
    template = {
        "connector": "async_template",
        "connection": {"host": f"http://{product.host}", "port": product.port},
        "config": {"auth": {"username": USER, "password": "${env:PRODUCT_PASSWORD}"}},
    }
    profiles = {
        "one": {"connector": "stix_bundle", "connection": {"url": str(tmp_path / "one.json")}},
        "two": {"connector": "stix_bundle", "connection": {"url": str(tmp_path / "two.json")}},
        "dead": {"connector": "stix_bundle", "connection": {"url": str(tmp_path / "none.json")}},
        "product": template,
    }
    path = tmp_path / "sources.yaml"
    path.write_text(json.dumps({"profiles": profiles, "groups": {"bundles": ["one", "two"]}}, indent=1))
    return path


def test_a_hunt_prints_one_bundle_and_a_table_and_exits_0(run: Run, sources: Path) -> None:
    said = run("hunt", PATTERN, "--sources", str(sources), "--source", "bundles")
    assert said.code == 0
    types = [item["type"] for item in said.json["objects"]]
    assert (types.count("identity"), types.count("note")) == (2, 2)
    assert (types.count("observed-data"), types.count("ipv4-addr")) == (4, 3)
    assert "SOURCE  STATE     VERDICTS" in said.err
    assert "all sources worked" in said.err
    assert "window: 2024-01-01T00:00:00Z to 2024-01-02T00:00:00Z (from the pattern)" in said.err
    assert "\x1b" not in said.err + said.out


def test_some_failed_sources_are_exit_3_and_none_that_worked_exit_1(run: Run, sources: Path) -> None:
    said = run("hunt", PATTERN, "--sources", str(sources), "--source", "bundles", "--source", "dead")
    assert said.code == 3
    assert sum(item["type"] == "observed-data" for item in said.json["objects"]) == 4
    assert "1 of 3 sources failed" in said.err
    assert "none.json" in said.err
    only = run("hunt", PATTERN, "--sources", str(sources), "--source", "dead")
    assert only.code == 1
    assert [item["type"] for item in only.json["objects"]] == ["identity", "note"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--source", "onee"], "did you mean one?"),
        (["--since", "soon"], "is not like 90s"),
        (["--since", "1d", "--start", "2024-01-01"], "exclude each other"),
        (["--budget", "rows=1,cats=2"], "is not like rows=100000"),
        (["--limit", "0"], "--limit"),
        (["--format", "xml"], "--format"),
        (["--out", "/nowhere/x.json"], "cannot write"),
    ],
)
def test_wrong_usage_is_exit_2_and_one_line(run: Run, sources: Path, words: list[str], expected: str) -> None:
    said = run("hunt", PATTERN, "--sources", str(sources), *words)
    assert (said.code, said.out) == (2, "")
    assert expected in said.err
    assert "Traceback" not in said.err


def test_a_wrong_sources_file_is_told_with_line_and_key(run: Run, sources: Path) -> None:
    sources.write_text(sources.read_text().replace('"stix_bundle"', '"stix_bumble"', 1))
    said = run("hunt", PATTERN, "--sources", str(sources))
    assert said.code == 2
    assert f"{sources}:4: profiles.one.connector: stix_bumble is an unsupported data source." in said.err


def test_a_wrong_pattern_is_an_error_answer(run: Run, sources: Path) -> None:
    said = run("hunt", "[oops", "--sources", str(sources), "--source", "one")
    assert (said.code, said.json["success"]) == (1, False)


def test_every_format_holds_what_was_found(run: Run, sources: Path, tmp_path: Path) -> None:
    def hunt(form: str, *words: str) -> Any:
        return run(
            "hunt", PATTERN, "--sources", str(sources), "--source", "bundles", "--format", form, *words
        )

    lines = [json.loads(line) for line in hunt("ndjson").out.splitlines()]
    assert sum(item["type"] == "observed-data" for item in lines) == 4
    rows = list(csv.DictReader(io.StringIO(hunt("csv").out)))
    assert sorted(row["ipv4-addr:value"] for row in rows) == [
        "192.0.2.1",
        "192.0.2.2",
        "192.0.2.2",
        "192.0.2.3",
    ]
    assert {row["source"] for row in rows} == {"one", "two"}
    table = hunt("table").out.splitlines()
    assert table[0].split() == ["source", "first_observed", "ipv4-addr:value"]
    assert len(table) == 5
    duckdb = pytest.importorskip("duckdb")
    file = tmp_path / "found.parquet"
    assert hunt("parquet", "--out", str(file)).code == 0
    with duckdb.connect() as database:
        counted = database.execute(
            f"SELECT count(*), count(DISTINCT \"ipv4-addr:value\") FROM '{file}'"
        ).fetchone()
    assert counted == (4, 3)


def test_stix_20_is_written_where_it_is_wanted(run: Run, sources: Path) -> None:
    said = run("hunt", PATTERN, "--sources", str(sources), "--source", "bundles", "--stix-2.0")
    assert (said.code, said.json["spec_version"]) == (0, "2.0")
    seen = [item["objects"]["0"]["value"] for item in said.json["objects"] if item["type"] == "observed-data"]
    assert sorted(seen) == ["192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.3"]


def test_the_ledger_is_written_where_it_is_wanted(run: Run, sources: Path, tmp_path: Path) -> None:
    file = tmp_path / "ledger.json"
    words = ("--source", "one", "--ledger", str(file), "--out", str(tmp_path / "bundle.json"))
    said = run("hunt", PATTERN, "--sources", str(sources), *words)
    assert (said.code, said.out) == (0, "")
    assert json.loads(file.read_text())["sources"][0]["matched"] == 2
    assert json.loads((tmp_path / "bundle.json").read_text())["type"] == "bundle"


def test_no_secret_of_the_environment_appears_anywhere(
    run: Run, sources: Path, tmp_path: Path, product: Product
) -> None:
    product.fail(Fault.answer(400, body=f'{{"error": "you said {SECRET}"}}'))
    out = tmp_path / "out"
    out.mkdir()
    words = ("--ledger", str(out / "ledger.json"), "--out", str(out / "bundle.json"), "--debug")
    said = run("hunt", PATTERN, "--sources", str(sources), "--source", "product", "--source", "one", *words)
    assert said.code == 3
    checked = run("sources", "check", "--sources", str(sources), "--source", "product")
    listed = run("sources", "list", "--sources", str(sources))
    everything = "".join([said.out, said.err, checked.out, checked.err, listed.out, listed.err])
    everything += "".join(path.read_text() for path in out.iterdir())
    assert SECRET not in everything
    assert "***" in everything


def stored(folder: Path) -> Iterator[bytes]:
    """The bytes of all files below, and what stands compressed in them."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()
            if path.suffix == ".sqlite":
                with contextlib.closing(sqlite3.connect(path)) as database:
                    for (rows,) in database.execute("SELECT rows FROM page").fetchall():
                        yield zlib.decompress(rows)


@pytest.mark.parametrize("kept", ["journal", "recording"])
def test_no_secret_that_a_product_sends_back_is_kept_in_any_file(
    run: Run, sources: Path, tmp_path: Path, product: Product, kept: str
) -> None:
    product.state = "done"
    product.row |= {"url": f"https://h.example.com/?token={SECRET}", "host_name": SECRET}
    out = tmp_path / "out"
    files = {name: out / f"{name}.out" for name in ("report", "ledger", "out")}
    out.mkdir()
    words = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    words += ["--source", "product", "--source", "one", "--debug"]
    words += ["--record", str(tmp_path / "recording")] if kept == "recording" else ["--source", "dead"]
    said = run("hunt", PATTERN, "--sources", str(sources), *words)
    assert said.code == (0 if kept == "recording" else 3)  # a journal stays where something failed
    everything = [said.out.encode(), said.err.encode(), *stored(tmp_path)]
    assert [text for text in everything if SECRET.encode() in text] == []
    assert all(b"192.0.2.44" in path.read_bytes() for path in (files["report"], files["out"]))
    assert sum(b"***" in text and b"192.0.2.44" in text for text in everything) >= 3


def test_a_report_to_look_at_is_written_beside_the_bundle(run: Run, sources: Path, tmp_path: Path) -> None:
    page = tmp_path / "hunt.html"
    words = ("--source", "bundles", "--report", str(page))
    said = run("hunt", PATTERN, "--sources", str(sources), *words)
    assert said.code == 0
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert all(f'"{item["id"]}"' in text for item in said.json["objects"] if item["type"] != "note")
    assert run("hunt", PATTERN, "--sources", str(sources), "--report", "/nowhere/x.html").code == 2


def test_ctrl_c_deletes_the_searches_on_the_products(sources: Path, product: Product) -> None:
    command = [sys.executable, str(ROOT / "main.py"), "hunt", PATTERN, "--sources", str(sources)]
    process = subprocess.Popen(
        [*command, "--source", "product"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PRODUCT_PASSWORD": SECRET},
    )
    deadline = time.monotonic() + 30
    while not product.seen("GET", "/v1/searches") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert product.searches
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert not product.searches
    assert b"Traceback" not in err


def test_sources_list_names_sources_and_groups(run: Run, sources: Path) -> None:
    said = run("sources", "list", "--sources", str(sources))
    assert [(one["source"], one["groups"]) for one in said.json] == [
        ("one", ["bundles"]), ("two", ["bundles"]), ("dead", []), ("product", []),
    ]  # fmt: skip


def test_sources_check_pings_all_and_tells_which_work(run: Run, sources: Path) -> None:
    said = run("sources", "check", "--sources", str(sources))
    assert said.code == 3
    assert {one["source"]: one["works"] for one in said.json} == {
        "one": True, "two": True, "dead": False, "product": True
    }  # fmt: skip


def test_sources_add_writes_what_reads_back_and_no_secret(run: Run, sources: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "sources.yaml"
    connection = json.dumps({"url": str(tmp_path / "one.json")})
    assert run("sources", "add", "one", "stix_bundle", connection, "--sources", str(file)).code == 0
    auth = '{"auth": {"username": "me", "password": "%s"}}'
    words = ("sources", "add", "two", "async_template", '{"host": "h.example.com"}')
    plain = run(*words, auth % SECRET, "--sources", str(file))
    assert plain.code == 2
    assert "holds a secret as it is" in plain.err
    assert SECRET not in file.read_text() + plain.err
    assert run(*words, auth % "${env:NOT_SET_YET}", "--sources", str(file)).code == 0
    again = run("sources", "add", "one", "stix_bundle", connection, "--sources", str(file))
    assert (again.code, "is given twice" in again.err) == (2, True)
    assert run("hunt", PATTERN, "--sources", str(file), "--source", "one").code == 0


def test_diff_tells_what_differs_between_two_runs(run: Run, sources: Path, tmp_path: Path) -> None:
    files = []
    for number in range(3):
        if number == 2:
            (tmp_path / "one.json").write_text(json.dumps(bundle("192.0.2.1", "192.0.2.9")))
        file = tmp_path / f"run{number}.json"
        run("hunt", PATTERN, "--sources", str(sources), "--source", "one", "--out", str(file))
        files.append(f"@{file}")
    same = run("diff", files[0], files[1])
    assert (same.code, same.json["same"]) == (0, True)
    other = run("diff", files[0], files[2])
    assert other.code == 1
    assert other.json["counts"] == {
        "only_first": {"observed-data": 1, "ipv4-addr": 1},
        "only_second": {"observed-data": 1, "ipv4-addr": 1},
        "changed": {},
    }


def test_diff_reads_files_by_their_name_and_objects_by_lines(run: Run, sources: Path, tmp_path: Path) -> None:
    words = ("hunt", PATTERN, "--sources", str(sources), "--source", "one")
    lines, whole, one = tmp_path / "lines.ndjson", tmp_path / "whole.json", tmp_path / "one.ndjson"
    assert run(*words, "--format", "ndjson", "--out", str(lines)).code == 0
    assert run(*words, "--out", str(whole)).code == 0
    same = run("diff", str(lines), str(whole))
    assert (same.code, same.json["same"]) == (0, True)
    address = next(line for line in lines.read_text().splitlines() if '"ipv4-addr"' in line)
    one.write_text(address + "\n")
    less = run("diff", f"@{one}", str(whole))
    assert less.json["counts"]["only_first"] == {}
    assert less.json["counts"]["only_second"] == {"observed-data": 2, "ipv4-addr": 1}
    broken = run("diff", str(lines), '{"objects": 1}')
    assert broken.code == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([PATTERN], "argument pattern: is kept with the hunt; leave it out with --resume"),
        (["--since", "3d"], "argument --since: is kept"),
        (["--same-object"], "argument --same-object: is kept"),
        (["--on-unmapped", "prune"], "argument --on-unmapped: is kept"),
        (["--replay", "somewhere"], "exclude each other"),
    ],
)
def test_what_is_kept_with_a_hunt_cannot_be_given_with_resume(
    run: Run, sources: Path, words: list[str], expected: str
) -> None:
    said = run("hunt", "--resume", "any", "--sources", str(sources), *words)
    assert (said.code, said.out) == (2, "")
    assert expected in said.err


def test_a_hunt_that_is_not_kept_is_told_with_those_that_are(run: Run, sources: Path, tmp_path: Path) -> None:
    none = run("hunt", "--resume", "../evil", "--sources", str(sources))
    assert (none.code, "no unfinished hunt ../evil; none is kept" in none.err) == (2, True)
    words = ("--sources", str(sources), "--source", "one", "--source", "dead")
    first = run("hunt", PATTERN, *words)
    (journal,) = journals(tmp_path)
    assert f"hunt --resume {journal.stem} --sources {sources} --source one --source dead" in first.err
    some = run("hunt", "--resume", "nope", *words)
    assert (some.code, f"newest first: {journal.stem}" in some.err) == (2, True)


def test_what_a_recording_never_held_is_told(run: Run, sources: Path, tmp_path: Path) -> None:
    words = ("hunt", "--sources", str(sources), "--source", "one")
    assert run(*words, PATTERN, "--record", str(tmp_path / "kept")).code == 0
    again = run(*words, PATTERN, "--record", str(tmp_path / "kept"))
    assert "is there already; choose another folder" in again.err
    replayed = run(*words, "--source", "two", "--replay", str(tmp_path / "kept"), "--format", "table")
    assert replayed.code == 3
    assert "holds nothing of this query" in " ".join(replayed.err.split())


def test_a_hunt_that_was_cut_does_not_say_only_that_all_worked(run: Run, sources: Path) -> None:
    said = run("hunt", PATTERN, "--sources", str(sources), "--source", "bundles", "--limit", "1")
    assert said.code == 0
    assert "all sources worked, 2 cut by a limit: there may be more" in said.err


def test_a_spent_budget_of_time_is_told_as_such(run: Run, sources: Path) -> None:
    said = run("hunt", PATTERN, "--sources", str(sources), "--source", "product", "--budget", "seconds=1")
    assert said.code == 1
    assert "not done within the hunt's budget of 1 s" in " ".join(said.err.split())


def test_requests_that_are_sent_again_make_no_lines_but_for_debug(run: Run, sources: Path) -> None:
    text = sources.read_text().replace(str(sources.parent / "none.json"), "http://127.0.0.1:9/none.json")
    sources.write_text(text)
    words = ("hunt", PATTERN, "--sources", str(sources), "--source", "dead")
    said, debug = run(*words), run(*words, "--debug")
    assert "tried 3 times" in " ".join(said.err.split())
    assert "attempt 2 follows" not in said.err
    assert "attempt 2 follows" in debug.err
    assert "attempt 2 follows" not in run("sources", "check", *words[2:]).err


def test_without_any_file_of_sources_the_command_that_makes_one_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("STIX_SHIFTER_SOURCES", raising=False)
    said = run("hunt", PATTERN)
    assert (said.code, "`stix-shifter sources add` makes it" in said.err) == (2, True)
    for text in ("[1, 2]", "hello"):
        (tmp_path / "odd.yaml").write_text(text)
        odd = run("hunt", PATTERN, "--sources", str(tmp_path / "odd.yaml"))
        assert (odd.code, odd.err.count("odd.yaml:1:")) == (2, 1)


def test_a_source_is_added_to_a_file_without_any_and_a_wrong_key_is_no_secret(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("# ours\nprofiles: {}  # none yet\ngroups: {}\n")
    words = ("sources", "add", "one", "stix_bundle")
    wrong = run(*words, '{"uri": "one.json"}', "--sources", str(file))
    assert (wrong.code, "profiles.one.connection.uri: is not known" in wrong.err) == (2, True)
    assert run(*words, '{"url": "one.json"}', "--sources", str(file)).code == 0
    assert [one["source"] for one in run("sources", "list", "--sources", str(file)).json] == ["one"]
    assert file.read_text().startswith("# ours\nprofiles:\n")


def test_a_hunt_over_log_files_leaves_nothing_else_on_the_terminal(tmp_path: Path) -> None:
    """In a process of its own: libraries may complain when it ends."""
    pytest.importorskip("duckdb", reason="log files need duckdb")
    row = {"_path": "conn", "ts": 1704110400.5, "id.orig_h": "192.0.2.7", "id.resp_h": "198.51.100.9"}
    (tmp_path / "conn.ndjson").write_text(json.dumps(row) + "\n")
    profile = {"connector": "local_files:zeek", "connection": {"path": str(tmp_path / "conn.ndjson")}}
    file = tmp_path / "sources.yaml"
    file.write_text(json.dumps({"profiles": {"zeek": profile}}))
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "hunt", PATTERN, "--sources", str(file), "--format", "table"],
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 6, done.stderr
    assert lines[-1].startswith("1 observation of 1 row in ")


def journals(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "state" / "stix-shifter" / "hunts").glob("*.sqlite"))


def found(said: Any) -> list[str]:
    return sorted(item["id"] for item in said.json["objects"])


def test_a_hunt_with_failures_can_be_resumed_and_asks_only_what_is_missing(
    run: Run, sources: Path, tmp_path: Path
) -> None:
    words = ("--sources", str(sources), "--source", "bundles", "--source", "dead")
    first = run("hunt", PATTERN, *words)
    (journal,) = journals(tmp_path)
    assert f"--resume {journal.stem}" in first.err
    (tmp_path / "none.json").write_text(json.dumps(bundle("192.0.2.77")))
    for name in ("one.json", "two.json"):
        (tmp_path / name).unlink()  # asking again would fail
    second = run("hunt", "--resume", journal.stem, *words)
    assert second.code == 0
    assert set(found(first)) < set(found(second))
    assert sum(item["type"] == "observed-data" for item in second.json["objects"]) == 5
    assert journals(tmp_path) == []


def test_a_hunt_that_worked_leaves_no_journal(run: Run, sources: Path, tmp_path: Path) -> None:
    assert run("hunt", PATTERN, "--sources", str(sources), "--source", "one").code == 0
    assert journals(tmp_path) == []


def test_a_killed_hunt_gives_the_same_bundle_when_resumed(
    run: Run, sources: Path, tmp_path: Path, product: Product
) -> None:
    words = ["--sources", str(sources), "--source", "bundles", "--source", "product"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "main.py"), "hunt", PATTERN, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PRODUCT_PASSWORD": SECRET},
    )
    deadline = time.monotonic() + 30
    while (len(product.seen("GET", "/v1/searches")) < 4 or len(done(tmp_path)) < 2) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.05)
    process.kill()
    process.wait()
    (journal,) = journals(tmp_path)
    product.state = "done"
    for name in ("one.json", "two.json"):
        (tmp_path / name).rename(tmp_path / f"{name}.away")  # what is done is not asked again
    resumed = run("hunt", "--resume", journal.stem, *words)
    assert resumed.code == 0, resumed.err
    for name in ("one.json", "two.json"):
        (tmp_path / f"{name}.away").rename(tmp_path / name)
    undisturbed = run("hunt", PATTERN, *words)
    without_notes = [
        [item for item in said.json["objects"] if item["type"] != "note"] for said in (resumed, undisturbed)
    ]
    assert without_notes[0] == without_notes[1]
    observed = [item for item in without_notes[0] if item["type"] == "observed-data"]
    assert len({item["created_by_ref"] for item in observed}) == 3


def done(tmp_path: Path) -> list[Any]:
    import contextlib
    import sqlite3

    for journal in journals(tmp_path):
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(journal)) as database:
            return database.execute("SELECT * FROM done").fetchall()
    return []


def test_a_recording_replays_without_sources_and_without_secrets(
    run: Run, sources: Path, tmp_path: Path, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    product.state = "done"
    words = ("--sources", str(sources), "--source", "bundles", "--source", "product")
    recorded = run("hunt", PATTERN, *words, "--record", str(tmp_path / "kept"))
    assert recorded.code == 0, recorded.err
    monkeypatch.delenv("PRODUCT_PASSWORD")
    (tmp_path / "one.json").unlink()
    asked = len(product.requests)
    replayed = run("hunt", *words, "--replay", str(tmp_path / "kept"))
    assert replayed.code == 0, replayed.err
    assert found(replayed) == found(recorded)
    assert len(product.requests) == asked
    assert not [path for path in (tmp_path / "kept").iterdir() if SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["--resume", "no-such-id"], 2, "there is no unfinished hunt no-such-id"),
        (["--resume", "../../etc/passwd"], 2, "there is no unfinished hunt"),
        (["--replay", "nowhere"], 1, "there is no journal"),
        (["--replay", "a", "--record", "b"], 2, "exclude each other"),
        ([], 2, "argument pattern: is missing"),
    ],
)
def test_what_cannot_be_resumed_is_told(
    run: Run, sources: Path, words: list[str], code: int, expected: str
) -> None:
    said = run("hunt", "--sources", str(sources), "--source", "one", *words)
    assert said.code == code
    assert expected in said.err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_person_sees_the_sources_at_work_and_then_the_closing_table(sources: Path, tmp_path: Path) -> None:
    import pty

    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [
            sys.executable,
            str(ROOT / "main.py"),
            "hunt",
            PATTERN,
            "--sources",
            str(sources),
            "--source",
            "bundles",
        ],
        stdout=subprocess.PIPE,
        stderr=end,
        env={**os.environ, "TERM": "xterm", "PRODUCT_PASSWORD": SECRET},
    )
    os.close(end)
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as reader:
        while chunk := _read(reader):
            shown += chunk
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(out)["type"] == "bundle"
    assert b"candidates" in shown
    assert shown.rstrip().endswith(b"all sources worked")


def _read(reader: Any) -> bytes:
    try:
        found: bytes = reader.read(4096)
    except OSError:  # the other end is closed
        return b""
    return found
