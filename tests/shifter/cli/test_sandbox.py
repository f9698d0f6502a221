"""The command `sandbox`: what it prints can be copied and finds the sample rows; it leaves nothing behind."""

import json
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.errors import UnsupportedDataSourceError
from stix_shifter_utils.testing.sandbox import load_sandbox

pytest.importorskip("cryptography", reason="the templates' products speak TLS")
ROOT = Path(__file__).resolve().parents[3]
MOST_S = 60
Run = Callable[..., Any]


@contextmanager
def served(*words: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """The command in a process of its own, and the document that it prints when it serves."""
    command = [sys.executable, str(ROOT / "main.py"), "sandbox", *words, "--for", str(MOST_S)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1].rstrip() != "}":
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended before it said where it is"
        try:
            yield json.loads("".join(lines)), process
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["async_template", "synchronous_template"])
def test_what_it_prints_can_be_copied_and_finds_rows(name: str, run: Run) -> None:
    with served(name) as (said, process):
        program, *words = shlex.split(said["execute"])
        found = run(*words)
        assert program == "stix-shifter"
        assert (found.code, found.err.count("error")) == (0, 0), found.err
        assert sum(each["type"] == "observed-data" for each in found.json["objects"]) == 10
        _, *words = shlex.split(said["hunt"])
        hunted = run(*words)
        assert hunted.code == 0, hunted.err
        assert sum(each["type"] == "observed-data" for each in hunted.json["objects"]) == 32
        folder = Path(said["folder"])
        assert (folder / "connection.json").is_file()
        process.send_signal(signal.SIGINT)
        assert process.wait(MOST_S) == 0
        assert process.stderr is not None
        noted = process.stderr.read()
    assert said["execute"] in noted
    assert said["url"] in noted
    assert not folder.exists()


def test_files_stay_in_a_folder_of_the_user(run: Run, tmp_path: Path) -> None:
    said = run("sandbox", "async_template", "--dir", str(tmp_path), "--for", "0.01")
    assert said.code == 0, said.err
    names = {"identity.json", "connection.json", "configuration.json", "pattern.txt", "sources.yaml"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert json.loads((tmp_path / "connection.json").read_text())["host"] == "127.0.0.1"


def test_a_port_that_is_taken_is_a_wrong_argument(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = run("sandbox", "async_template", "--port", str(taken.getsockname()[1]), "--for", "0.01")
    assert said.code == 2
    assert "--port" in said.err


def test_several_products_share_one_file_of_sources(run: Run, tmp_path: Path) -> None:
    with served("async_template", "synchronous_template", "--dir", str(tmp_path)) as (said, process):
        assert set(said["products"]) == {"async_template", "synchronous_template"}
        listed = run("sources", "list", "--sources", str(tmp_path / "sources.yaml"))
        assert [one["source"] for one in listed.json] == ["async_template", "synchronous_template"]
        _, *words = shlex.split(said["hunt"])
        hunted = run(*words)
        assert hunted.code == 0, hunted.err
        assert sum(each["type"] == "observed-data" for each in hunted.json["objects"]) == 64
        process.send_signal(signal.SIGINT)
        assert process.wait(MOST_S) == 0
    two = run("sandbox", "async_template", "synchronous_template", "--port", "1", "--for", "0.01")
    assert (two.code, "--port" in two.err) == (2, True)


def test_a_connector_without_one_says_so(run: Run) -> None:
    said = run("sandbox", "stix_bundle")
    assert said.code == 1
    assert "no sandbox" in said.json["error"]
    with pytest.raises(UnsupportedDataSourceError):
        load_sandbox("no_such_connector")
