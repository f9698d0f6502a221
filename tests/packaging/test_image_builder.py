"""The scripts of image_builder/, with an engine that only writes down what it is asked."""

import http.server
import json
import os
import runpy
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKE = """#!/bin/sh
if [ "$1" = info ]; then exit {works}; fi
for context; do :; done
{{ echo "{name}"; printf '%s\\n' "$@"; }} > "$SEEN/arguments"
ls "$context" > "$SEEN/context"; ls "$context/bundle" > "$SEEN/bundle"; ls "$context/wheels" > "$SEEN/wheels"
"""
WHEEL = "stix_shifter_modules_mysql-2.3.4-py2.py3-none-any.whl"
Build = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of image_builder, away from the checkout, in a folder with a blank in its name."""
    copy = tmp_path / "a copy"
    shutil.copytree(ROOT / "image_builder", copy, ignore=shutil.ignore_patterns("*.whl"))
    return copy


@pytest.fixture
def build(folder: Path, tmp_path: Path) -> Build:
    """Run build_local.sh with these engines on the path: name -> whether its daemon answers."""

    def run(*words: str, **engines: bool) -> subprocess.CompletedProcess[str]:
        programs = tmp_path / "bin"
        programs.mkdir(exist_ok=True)
        for name, works in engines.items():
            (programs / name).write_text(FAKE.format(name=name, works=int(not works)))
            (programs / name).chmod(0o755)
        for tool in ("bash", "dirname", "basename", "mktemp", "rm", "mkdir", "cp", "ls", "cat"):
            if not (programs / tool).exists():
                (programs / tool).symlink_to(str(shutil.which(tool)))
        return subprocess.run(
            ["bash", str(folder / "build_local.sh"), *words],
            check=False,
            cwd=tmp_path,
            env={"PATH": str(programs), "SEEN": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def seen(tmp_path: Path, name: str) -> list[str]:
    return (tmp_path / name).read_text().splitlines()


def test_a_wheel_in_the_bundle_is_enough(build: Build, folder: Path, tmp_path: Path) -> None:
    (folder / "bundle" / WHEEL).touch()
    answer = build(docker=True)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines()[-1] == "built stix-shifter-mysql:2.3.4 with docker"
    assert (seen(tmp_path, "bundle"), seen(tmp_path, "wheels")) == ([WHEEL], [])
    scripts = ["Dockerfile", "entrypoint.sh", "health.py", "install.sh"]
    assert sorted(seen(tmp_path, "context")) == sorted([*scripts, "bundle", "wheels"])
    arguments = seen(tmp_path, "arguments")
    assert "BASE=docker.io/library/python:3.12-slim" in arguments
    assert "OFFLINE=auto" in arguments
    assert "--network" not in arguments


def test_base_wheels_name_and_tag_are_arguments(build: Build, folder: Path, tmp_path: Path) -> None:
    (folder / "bundle" / WHEEL).touch()
    more = tmp_path / "more wheels"
    more.mkdir()
    others = ["stix_shifter-2.3.4-py2.py3-none-any.whl", WHEEL.replace("mysql", "postgresql")]
    for name in others:
        (more / name).touch()
    words = ("-b", "localhost/base:1", "-w", str(more), "-n", "ours", "-t", "7", "--offline")
    answer = build(*words, podman=True)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines()[-1] == "built ours:7 with podman"
    arguments = seen(tmp_path, "arguments")
    assert {"BASE=localhost/base:1", "OFFLINE=yes", "ours:7"} <= set(arguments)
    assert arguments[arguments.index("--network") + 1] == "none"
    assert (seen(tmp_path, "bundle"), seen(tmp_path, "wheels")) == ([WHEEL], others)


@pytest.mark.parametrize(
    ("engines", "expected"),
    [
        ({"docker": True, "podman": True, "buildah": True}, "docker"),
        ({"docker": False, "podman": True, "buildah": True}, "podman"),
        ({"docker": False, "buildah": True}, "buildah"),
    ],
)
def test_the_first_engine_that_works_is_taken(
    build: Build, folder: Path, tmp_path: Path, engines: dict[str, bool], expected: str
) -> None:
    (folder / "bundle" / WHEEL).touch()
    assert build(**engines).returncode == 0
    assert seen(tmp_path, "arguments")[0] == expected


def test_podman_and_buildah_are_asked_for_the_format_that_keeps_the_health_check(
    build: Build, folder: Path, tmp_path: Path
) -> None:
    (folder / "bundle" / WHEEL).touch()
    for name in ("podman", "buildah"):
        assert build("--engine", name, **{name: True}).returncode == 0
        arguments = seen(tmp_path, "arguments")
        assert arguments[arguments.index("--format") + 1] == "docker"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "no connector in "),
        (("--engine", "nosuch"), "no connector in "),
        (("--frobnicate",), "unknown option --frobnicate"),
        (("--tag",), "--tag needs a value"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(build: Build, words: tuple[str, ...], problem: str) -> None:
    answer = build(*words, docker=True)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"build_local.sh: {problem}")
    assert len(answer.stderr.splitlines()) == 1


def test_several_connectors_need_a_name(build: Build, folder: Path) -> None:
    for name in (WHEEL, WHEEL.replace("mysql", "postgresql")):
        (folder / "bundle" / name).touch()
    assert build(docker=True).returncode == 2
    assert build("--name", "both", docker=True).stdout.splitlines()[-1] == "built both:2.3.4 with docker"


def test_without_any_engine_the_scripts_names_those_that_would_do(build: Build, folder: Path) -> None:
    (folder / "bundle" / WHEEL).touch()
    answer = build()
    assert (answer.returncode, "docker, podman or buildah" in answer.stderr) == (1, True)
    assert build("--engine", "podman").stderr == "build_local.sh: there is no podman here\n"


@pytest.mark.parametrize("name", ["build_local.sh", "install.sh", "entrypoint.sh"])
def test_the_shell_can_read_every_script(name: str) -> None:
    shell = "bash" if name == "build_local.sh" else "sh"
    subprocess.run([shell, "-n", str(ROOT / "image_builder" / name)], check=True, timeout=60)


def entry(tmp_path: Path, *words: str, **variables: str) -> list[str]:
    """What the entry point of the image runs, as a list: in a folder of ours, with a program that tells."""
    home = tmp_path / "opt"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "stix-shifter").write_text(
        "#!/usr/bin/env python3\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n"
    )
    (home / "bin" / "stix-shifter").chmod(0o755)
    (home / "connectors.txt").write_text("mysql\npostgresql\n")
    script = (ROOT / "image_builder" / "entrypoint.sh").read_text().replace("/opt/stix-shifter", str(home))
    (home / "entrypoint.sh").write_text(script)
    answer = subprocess.run(
        ["sh", str(home / "entrypoint.sh"), *words],
        check=True,
        env={"PATH": os.environ["PATH"], "STIX_SHIFTER_PORT": "5000", **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    found: list[str] = json.loads(answer.stdout)
    return found


def test_the_image_passes_every_command_on_word_by_word(tmp_path: Path) -> None:
    words = ["translate", "mysql", "query", "{}", "[url:value LIKE '%a b%']", '{"table": "x"}']
    assert entry(tmp_path, *words) == words


def test_serve_allows_the_connectors_of_the_image_and_nothing_by_itself_beyond(tmp_path: Path) -> None:
    lists = ["--allow-connector", "mysql", "--allow-connector", "postgresql"]
    assert entry(tmp_path, "serve", "--plain-http") == ["host", "{}", "0.0.0.0:5000", "--plain-http", *lists]


def test_serve_takes_certificate_identity_and_port_from_the_environment(tmp_path: Path) -> None:
    variables = {
        "STIX_SHIFTER_CERTIFICATE": "/tls/c.pem",
        "STIX_SHIFTER_KEY": "/tls/k.pem",
        "STIX_SHIFTER_PORT": "7000",
        "STIX_SHIFTER_HOST": "127.0.0.1",
        "STIX_SHIFTER_IDENTITY": '{"name": "a b"}',
    }
    said = entry(tmp_path, "serve", **variables)
    assert said[:5] == ["host", '{"name": "a b"}', "127.0.0.1:7000", "/tls/c.pem", "/tls/k.pem"]


class _Answers(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_the_health_check_tells_a_host_that_answers_from_one_that_does_not(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STIX_SHIFTER_CERTIFICATE", raising=False)
    is_healthy = runpy.run_path(str(ROOT / "image_builder" / "health.py"))["is_healthy"]
    assert is_healthy(port)
    monkeypatch.setattr(_Answers, "status", 503)
    assert not is_healthy(port)
    monkeypatch.setenv("STIX_SHIFTER_CERTIFICATE", "/tls/c.pem")  # speaks TLS to a server that does not
    assert not is_healthy(port)
