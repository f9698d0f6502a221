"""The program as a process: its three names, pipes that close, signals, colours."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TINY_SITE = Path(__file__).parent / "tiny_site"
IDENTITY = '{"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "tiny"}'
PATTERN = "[ipv4-addr:value = '198.51.100.7']"
AUTH = '{"auth": {"token": "s3cret-token"}}'
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(TINY_SITE)]),
    "PYTHONWARNINGS": "error",
}
NAMES = {"module": ["-m", "stix_shifter"], "checkout": [str(ROOT / "main.py")]}
PROGRAM = [sys.executable, *NAMES["module"]]


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_the_same_program(name: str) -> None:
    done = subprocess.run(
        [sys.executable, *NAMES[name], "translate", "tiny", "query", "{}", ""],
        input=PATTERN, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, json.loads(done.stdout), done.stderr) == (0, {"queries": ["count 30"]}, "")


def test_the_console_script_of_a_distribution_is_the_program() -> None:
    code = "import sys; from stix_shifter.scripts.stix_shifter import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: stix-shifter")


def test_a_reader_that_has_enough_ends_the_program_quietly() -> None:
    rows = json.dumps([{"number": number, "source": "198.51.100.7"} for number in range(20_000)])
    running = subprocess.Popen(
        [*PROGRAM, "translate", "tiny", "results", IDENTITY, "-", "--ndjson"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
    )  # fmt: skip
    assert running.stdin
    assert running.stdout
    assert running.stderr
    with running.stdin, running.stdout, running.stderr:
        running.stdin.write(rows.encode())
        running.stdin.close()
        assert running.stdout.readline()
        running.stdout.close()
        said = running.stderr.read()
        assert (running.wait(60), said) == (141, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_deletes_the_search_at_the_source(number: signal.Signals, code: int, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    connection = {"host": "up", "options": {"queries": ["slow"], "mode": "async", "journal": str(journal)}}
    running = subprocess.Popen(
        [*PROGRAM, "execute", "tiny", "tiny", IDENTITY, json.dumps(connection), AUTH, PATTERN],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, text=True,
    )  # fmt: skip
    give_up = time.monotonic() + 60
    while not (journal.exists() and "status slow" in journal.read_text()) and time.monotonic() < give_up:
        time.sleep(0.02)
    running.send_signal(number)
    out, said = running.communicate(timeout=60)
    assert (running.returncode, out) == (code, "")
    assert "Traceback" not in said
    assert journal.read_text().splitlines()[-1] == "delete slow"


def test_nothing_is_coloured_when_piped() -> None:
    done = subprocess.run(
        [*PROGRAM, "execute", "tiny", "tiny", IDENTITY, '{"host": "up"}', AUTH, PATTERN, "-d"],
        env=ENVIRONMENT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "INFO" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert "s3cret-token" not in done.stderr + done.stdout


def test_a_terminal_that_lacks_a_sign_is_no_error() -> None:
    done = subprocess.run(
        [*PROGRAM, "explain", "tiny", "[file:name = '\u00e9\u4e2d']", '{"queries": ["\u00e9\u4e2d"]}'],
        env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"},
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "\\xe9\\u4e2d" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of Unix")
@pytest.mark.parametrize(("no_colour", "coloured"), [("", True), ("1", False)])
def test_logs_are_coloured_on_a_terminal_unless_no_color_is_set(no_colour: str, coloured: bool) -> None:
    import pty

    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*PROGRAM, "execute", "tiny", "tiny", IDENTITY, '{"host": "up"}', AUTH, PATTERN],
        env={**ENVIRONMENT, "NO_COLOR": no_colour, "TERM": "xterm"}, stdout=subprocess.PIPE, stderr=theirs,
        text=True, check=True, timeout=60,
    )  # fmt: skip
    os.close(theirs)
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert ("\x1b[32m" in said) is coloured
    assert "\r\x1b[Kquery 1 of 1: sending" in said  # progress, where a person watches
    assert json.loads(done.stdout)["type"] == "bundle"
