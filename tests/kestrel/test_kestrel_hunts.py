"""Kestrel, as its authors publish it, hunts through this core, built as the 7.0.7 that Kestrel pins."""

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stix_shifter_modules.elastic_ecs.tests.product import AUTHORITY, EVENTS, PASSWORD, USER, Product

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "build" / "kestrel"
VERSION = "7.0.7"
KESTREL = ("kestrel-core==1.8.2", "kestrel-datasource-stixshifter==1.8.5")
OURS = (
    "stix_shifter",
    "stix_shifter_utils",
    "stix_shifter_modules_elastic_ecs",
    "stix_shifter_modules_stix_bundle",
)
DAY = "START 2024-01-01T00:00:00Z STOP 2024-01-02T00:00:00Z"
AUTH = {"username": USER, "password": PASSWORD}


def run(*command: Any, cwd: Path = ROOT, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        **more,
    )


def wheels() -> list[Path]:
    """Our distributions with the version that Kestrel wants, built from the last commit."""
    if not (ROOT / ".git").exists():
        pytest.skip("builds from a git checkout")
    source = HOME / "source"
    shutil.rmtree(source, ignore_errors=True)
    assert run("git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", source).returncode == 0
    variables = {**os.environ, "MODE": "N", "VERSION": VERSION}
    built = run(sys.executable, "setup.py", "bdist_wheel", cwd=source, env=variables)
    assert built.returncode == 0, built.stderr
    return [next((source / "dist").glob(f"{name}-{VERSION}-*.whl")) for name in OURS]


@pytest.fixture(scope="module")
def python() -> Path:
    """An environment with Kestrel and our wheels: made once, our wheels anew each time."""
    own = wheels()
    program = HOME / "env" / "bin" / "python"
    pip = (program, "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
    ready = HOME / "ready"
    if not ready.exists():
        venv.create(HOME / "env", with_pip=True, clear=True)
        made = run(*pip, *own, *KESTREL)
        if made.returncode:
            pytest.skip(f"Kestrel cannot be installed here: {made.stderr.strip().splitlines()[-1][:200]}")
        ready.touch()
    again = run(*pip, "--no-deps", "--force-reinstall", *own)
    assert again.returncode == 0, again.stderr
    return program


def hunt(python: Path, folder: Path, flow: str, variables: dict[str, list[str]], **config: Any) -> Any:
    """What Kestrel finds; `config` is its stixshifter.yaml."""
    place = folder / "stixshifter.yaml"
    place.write_text(yaml.safe_dump(config), encoding="utf-8")
    variables_of_process = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "KESTREL_STIXSHIFTER_CONFIG": str(place),
    }
    asked = json.dumps({"flow": flow, "variables": variables})
    child = run(
        python, Path(__file__).with_name("hunter.py"), cwd=folder, input=asked, env=variables_of_process
    )
    assert child.returncode == 0, child.stderr[-2000:]
    return json.loads(child.stdout.strip().splitlines()[-1])


def profile(product: Product, *, trusts: bool, **options: Any) -> dict[str, Any]:
    connection = {"host": product.host, "port": product.port, "indices": "logs-*", "options": options}
    trust = {"selfSignedCert": AUTHORITY.pem} if trusts else {}
    return {"connector": "elastic_ecs", "connection": {**connection, **trust}, "config": {"auth": AUTH}}


def processes(name: str) -> set[tuple[str, int]]:
    """What the right answer is, read off the product's documents."""
    started = [event["process"] for event in EVENTS if "process" in event]
    return {(one["name"], one["pid"]) for one in started if one["name"] == name}


def entities(found: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    return {tuple(one.values()) for one in found}


def test_our_distributions_stand_beside_packages_that_pin_them(python: Path) -> None:
    checked = run(python, "-m", "pip", "--disable-pip-version-check", "check")
    assert (checked.returncode, checked.stdout.strip()) == (0, "No broken requirements found.")
    code = (
        "from importlib.metadata import version\n"
        "names = ('stix_shifter', 'stix-shifter-modules-elastic-ecs', 'stix-shifter-modules-stix-bundle')\n"
        "print({version(name) for name in names})"
    )
    assert run(python, "-c", code, cwd=HOME).stdout.strip() == f"{{'{VERSION}'}}"


@pytest.mark.parametrize("fast", [False, True], ids=["plain", "fast"])
def test_a_hunt_over_elasticsearch_finds_the_right_processes(
    python: Path, tmp_path: Path, fast: bool
) -> None:
    flow = f"p = GET process FROM stixshifter://lab WHERE name = 'cmd.exe' {DAY}"
    with Product() as product:
        answer = hunt(
            python,
            tmp_path,
            flow,
            {"p": ["name", "pid"]},
            profiles={"lab": profile(product, trusts=True)},
            options={"fast_translate": ["elastic_ecs"]} if fast else {},
        )
        assert product.seen("POST", "/_search")
    assert entities(answer["found"]["p"]) == processes("cmd.exe") != set()


def test_switched_off_checks_reach_the_connector_and_others_stay_on(python: Path, tmp_path: Path) -> None:
    flow = f"p = GET process FROM stixshifter://lab WHERE name = 'cmd.exe' {DAY}"
    with Product() as product:
        unchecked = {"lab": profile(product, trusts=False, verify_cert=False)}
        answer = hunt(python, tmp_path, flow, {"p": ["name", "pid"]}, profiles=unchecked)
        assert entities(answer["found"]["p"]) == processes("cmd.exe")
        product.requests.clear()
        strict = {"lab": profile(product, trusts=False)}
        refused = hunt(python, tmp_path, flow, {"p": ["name", "pid"]}, profiles=strict)
        assert not product.requests
    assert "elastic_ecs connector error => " in refused["error"]
    assert "the certificate is refused" in refused["error"]


MORNING = "2024-01-01T10:00:00.000Z"


def observed(n: int) -> dict[str, Any]:
    return {
        "type": "observed-data",
        "id": f"observed-data--00000000-0000-4000-8000-{n:012}",
        "created_by_ref": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
        **dict.fromkeys(("created", "modified", "first_observed", "last_observed"), MORNING),
        "number_observed": 1,
        "objects": {
            "0": {"type": "ipv4-addr", "value": f"192.0.2.{n}"},
            "1": {"type": "ipv4-addr", "value": "198.51.100.1"},
            "2": {
                "type": "network-traffic", "src_ref": "0", "dst_ref": "1", "protocols": ["tcp"],
                "src_port": 1000 + n, "dst_port": 443 if n % 3 else 22,
            },
        },
    }  # fmt: skip


@pytest.fixture
def bundle_url(tmp_path: Path) -> Iterator[str]:
    identity = {
        "type": "identity",
        "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
        "name": "lab",
        "identity_class": "events",
        **dict.fromkeys(("created", "modified"), MORNING),
    }
    bundle = {
        "type": "bundle",
        "id": "bundle--00000000-0000-4000-8000-000000000001",
        "spec_version": "2.0",
        "objects": [identity, *(observed(n) for n in range(1, 31))],
    }
    text = json.dumps(bundle).encode()

    class Bundle(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_HEAD = do_GET  # noqa: N815 -- the server's name

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bundle) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/bundle.json"
        server.shutdown()
        thread.join(10)


def test_a_hunt_over_a_bundle_served_by_http_finds_the_right_traffic(
    python: Path, tmp_path: Path, bundle_url: str
) -> None:
    flow = f"n = GET network-traffic FROM stixshifter://lab WHERE dst_port = 22 {DAY}"
    profiles = {
        "lab": {"connector": "stix_bundle", "connection": {"host": bundle_url}, "config": {"auth": {}}}
    }
    answer = hunt(python, tmp_path, flow, {"n": ["src_ref.value", "dst_port"]}, profiles=profiles)
    assert entities(answer["found"]["n"]) == {(f"192.0.2.{n}", 22) for n in range(3, 31, 3)}
