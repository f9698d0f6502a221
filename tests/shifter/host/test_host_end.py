"""How a host ends, and how it is started: the guide's two forms, settings that are not safe, examples."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter.cli.app import main
from stix_shifter.cli.host import HostCommand
from stix_shifter.stix_transmission.stix_transmission import StixTransmission
from stix_shifter_utils.testing.certificates import Authority
from stix_shifter_utils.testing.faults import Fault
from tests.shifter.host.hosting import (
    ROOT,
    TOKEN,
    Destination,
    host_here,
    running_host,
    token_file,
    write_certificate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Json = dict[str, Any]
QUERY = "SELECT * FROM network_events"


def test_a_host_that_is_ended_deletes_its_searches_and_cancels_what_runs(
    tmp_path: Path, async_source: Destination
) -> None:
    with running_host(tmp_path) as host:
        proxied = StixTransmission("proxy", host.through(async_source.behind(), token=None), {})
        ids = [proxied.query(QUERY)["search_id"] for _ in range(3)]
        assert proxied.delete(ids[1]) == {"success": True}
        assert set(async_source.product.searches) == {ids[0], ids[2]}
        async_source.product.fail(Fault.stall(), on="GET")
        answers: list[Json] = []
        waiting = threading.Thread(target=lambda: answers.append(proxied.ping()))
        waiting.start()
        until = time.monotonic() + 20
        while not async_source.product.seen("GET", "/v1/health") and time.monotonic() < until:
            time.sleep(0.02)
        assert host.stop() == 0
        waiting.join(20)
    assert async_source.product.searches == {}
    assert [answer["code"] for answer in answers] == ["service_unavailable"]
    assert "2 of 2 searches" in host.said()


@pytest.mark.engine
def test_ctrl_c_ends_it_too(tmp_path: Path, async_source: Destination) -> None:
    with running_host(tmp_path, tls=False) as host:
        proxied = StixTransmission("proxy", host.through(async_source.behind(), token=None), {})
        assert proxied.query(QUERY)["success"]
        assert host.stop(signal.SIGINT) == 0
    assert async_source.product.searches == {}


def test_searches_that_nobody_asks_about_are_deleted(tmp_path: Path, async_source: Destination) -> None:
    with host_here(tmp_path, {"limits": {"search_s": 0.3}}, tls=False) as host:
        proxied = StixTransmission("proxy", host.through(async_source.behind(), token=None), {})
        assert proxied.query(QUERY)["success"]
        time.sleep(0.4)
        until = time.monotonic() + 20
        while async_source.product.searches and time.monotonic() < until:
            assert proxied.ping()["success"]
            time.sleep(0.1)
    assert async_source.product.searches == {}


def test_a_destination_by_name_keeps_its_secrets_at_the_host(
    tmp_path: Path, async_source: Destination
) -> None:
    password = async_source.configuration["auth"]["password"]
    (tmp_path / "password").write_text(password)
    auth = {
        "username": async_source.configuration["auth"]["username"],
        "password": f"${{file:{tmp_path}/password}}",
    }
    profile = {"connector": "async_template", "connection": async_source.connection, "config": {"auth": auth}}
    settings = {"profiles": {"edr": profile}, "destinations": [], "connectors": []}
    pattern = "[ipv4-addr:value LIKE '192.0.2.%'] START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
    with host_here(tmp_path, settings, tls=False) as host:
        connection = host.through("edr", token=None)
        proxied = StixTransmission("proxy:dialect1", connection, {})
        assert proxied.ping() == {"success": True}
        assert proxied.is_async() is True
        search = proxied.query(f"{QUERY} LIMIT 4")["search_id"]
        assert len(proxied.results(search, 0, 10)["data"]) == 4
        assert proxied.delete(search) == {"success": True}
        from stix_shifter.stix_translation.stix_translation import StixTranslation

        queries = StixTranslation().translate("proxy", "query", {}, pattern, connection["options"])
        assert queries == StixTranslation().translate("async_template", "query", {}, pattern, {})
        refused = StixTransmission("proxy", host.through(async_source.behind(), token=None), {}).ping()
        assert refused["code"] == "forbidden"
        stolen = {"destination": "edr", "options": {"proxy": "http://127.0.0.1:9", "verify_cert": False}}
        request = urllib.request.Request(f"{host.listening}/ping", json.dumps(stolen).encode())
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(request, timeout=20)
        with raised.value as error:
            assert (error.code, json.loads(error.read())["code"]) == (403, "forbidden")
        assert {line["destination"] for line in host.audit if line["status"] == 200} == {"edr"}
    assert password not in host.said()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that examples name."""
    folder = tmp_path_factory.mktemp("files")
    certificate = Authority().certificate("127.0.0.1")
    (folder / "cert.pem").write_text(certificate.cert_pem)
    (folder / "key.pem").write_text(certificate.key_pem)
    identity = {"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "host"}
    (folder / "identity.json").write_text(json.dumps(identity))
    (folder / "host.yaml").write_text(
        json.dumps({"connectors": ["mysql"], "destinations": ["db.example.com"]})
    )
    return folder


def examples() -> list[list[str]]:
    lines = HostCommand.examples.replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.strip().startswith("stix-shifter")]


@pytest.mark.engine
@pytest.mark.parametrize("words", examples(), ids=lambda words: " ".join(words)[:60])
def test_an_example_of_the_help_runs(words: list[str], files: Path) -> None:
    free = [re.sub(r":5000$", ":0", word) for word in words]
    command = [sys.executable, str(ROOT / "main.py"), *free]
    process = subprocess.Popen(command, cwd=files, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(40, process.kill)
    watchdog.start()
    try:
        text = ""
        for line in process.stdout or ():
            text += line
            if line.startswith("}"):
                break
        if "--check" not in words:
            process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=40)
    finally:
        watchdog.cancel()
    assert process.returncode == 0, errors
    printed = json.loads(text)
    assert ("token" in printed) == ("0.0.0.0:0" in free and "--check" not in free)
    assert printed.get("token", "no token") not in errors


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["{}", "0.0.0.0:0"], "give a certificate"),
        (["{}", "0.0.0.0:0", "cert.pem", "key.pem"], "--allow-connector"),
        (["{}", "0.0.0.0:0", "cert.pem", "key.pem", "--allow-connector", "mysql"], "--allow-destination"),
        (["{}", "127.0.0.1:0", "cert.pem", "identity.json"], "PEM"),
        (["{}", "0.0.0.0:0", "nofile.pem"], "no file"),
        (["{}", "127.0.0.1"], "host:port"),
        (["{}", "127.0.0.1:99999"], "host:port"),
        (["[]", "127.0.0.1:0"], "data_source"),
        (["{}", "127.0.0.1:0", "--client-ca", "cert.pem"], "needs a certificate"),
        (["{}", "127.0.0.1:0", "--config", "nofile.yaml"], "cannot be read"),
        (["{}", "127.0.0.1:0", "--token-file", "identity.json"], "must be 16 or more"),
    ],
)
def test_what_is_not_safe_or_not_right_is_one_line_and_exit_2(
    words: list[str], says: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = [str(files / word) if word.endswith((".pem", ".json", ".yaml")) else word for word in words]
    assert main(["host", *placed]) == 2
    said = capsys.readouterr()
    assert says in said.err
    assert said.err.count("stix-shifter: error:") == 1, said.err
    assert said.out == ""


@pytest.mark.engine
def test_a_taken_port_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, str(ROOT / "main.py"), "host", "{}", f"127.0.0.1:{taken.getsockname()[1]}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.engine
def test_elsewhere_than_on_loopback_the_printed_token_is_needed(
    tmp_path: Path, async_source: Destination
) -> None:
    arguments = ["--allow-connector", "async_template", "--allow-destination", "127.0.0.1"]
    with running_host(tmp_path, *arguments, address="0.0.0.0:0") as host:
        token = host.printed["token"]
        assert len(token) >= 32
        ping = StixTransmission("proxy", host.through(async_source.behind(), token=token), {}).ping
        assert ping() == {"success": True}
        without = StixTransmission("proxy", host.through(async_source.behind(), token=None), {}).ping()
        assert without["code"] == "authentication_fail"
    assert token not in host.said()


# -- flask's own server

IDENTITY = {"type": "identity", "id": "identity--6e5f1c2a-6e5c-4f0e-9c50-1f4d6f1d7a11", "name": "Bundle",
            "identity_class": "events"}  # fmt: skip


@pytest.fixture
def flask_port(tmp_path: Path) -> Iterator[int]:
    """The guide's command, on a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    application = f"proxyhost_server_routing:start_proxyhost_flask_server({json.dumps(IDENTITY)})"
    command = [sys.executable, "-m", "flask", "--app", application, "run", "-p", str(port)]
    with (tmp_path / "flask.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            until = time.monotonic() + 40
            while time.monotonic() < until and process.poll() is None:
                with socket.socket() as attempt:
                    if attempt.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield port
            process.terminate()
            assert process.wait(30) == 143
        finally:
            process.kill()
            process.wait(10)


@pytest.mark.engine
def test_the_guide_s_flask_command_serves_and_its_identity_stands_in_results(
    flask_port: int, async_source: Destination
) -> None:
    options = {"proxy_host": "127.0.0.1", "proxy_port": flask_port, "destination": async_source.behind()}
    proxied = StixTransmission("proxy", {"options": options}, {"auth": {"notused": "notused"}})
    assert proxied.ping() == {"success": True}
    search = proxied.query(QUERY)["search_id"]
    bundle = proxied.results_stix(search, 0, 3, {"type": "identity", "id": "identity--x", "name": "mine"})
    assert bundle["objects"][0]["name"] == "Bundle"
    assert bundle["objects"][0]["id"] == IDENTITY["id"]


@pytest.mark.engine
def test_flask_s_debug_mode_is_refused() -> None:
    application = "proxyhost_server_routing:start_proxyhost_flask_server({})"
    command = [sys.executable, "-m", "flask", "--app", application, "--debug", "routes"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "no debug mode" in done.stderr + done.stdout


def test_the_token_of_the_environment_counts_for_both_forms() -> None:
    from stix_shifter.host.policy import digest
    from stix_shifter.host.settings import policy_from

    policy = policy_from(None, {"STIX_SHIFTER_HOST_TOKEN": TOKEN})
    assert policy.tokens == {"environment": digest(TOKEN)}
    assert TOKEN not in repr(policy)


def test_settings_that_hold_are_said_to_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    certificate, key = write_certificate(tmp_path, "host", Authority().certificate("127.0.0.1"))
    words = ["[::1]:0", str(certificate), str(key), "--token-file", token_file(tmp_path), "--check"]
    assert main(["host", "{}", *words]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"success": True, "would_listen": "https://[::1]:0"}
    assert TOKEN not in said.out + said.err
