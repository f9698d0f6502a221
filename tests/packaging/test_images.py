"""Images of a connector from its wheel, with real container engines: built offline, run, and looked into.

Needs root, an engine (Docker Engine or Buildah), debootstrap for a base image, and the package index for the
wheels of other projects. What was made once is kept in build/images.
"""

import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from stix_shifter_utils.testing.certificates import Authority

pytestmark = pytest.mark.image
ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "images"
BASE = "localhost/stix-shifter-base:1"
IMAGE = "stix-shifter-mysql:2.3.4"
PATTERN = "[ipv4-addr:value = '198.51.100.7']"
TOKEN = "0123456789abcdef0123456789abcdef"
TRANSLATE = ("translate", "mysql", "query", "{}", PATTERN, '{"table": "events"}')
LEFT_OUT = ("./var/cache/apt/archives/*", "./var/lib/apt/lists/*", "./usr/share/doc/*", "./proc/*", "./sys/*")


def sh(*words: str | Path, timeout: int = 300, check: bool = True, **variables: str) -> Any:
    answer = subprocess.run(
        list(map(str, words)),
        check=False,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert not check or answer.returncode == 0, answer.stdout[-2000:] + answer.stderr[-2000:]
    return answer


@pytest.fixture(scope="module")
def base_archive(request: pytest.FixtureRequest) -> Path:
    """A root file system with Python, as an archive; from debootstrap, once."""
    if "image" not in str(request.config.getoption("-m")):
        pytest.skip("takes minutes; run: make test-images")
    if os.geteuid() != 0:
        pytest.skip("needs root, for debootstrap and the engines")
    archive = KEPT / "base.tar"
    if not archive.exists():
        if shutil.which("debootstrap") is None:
            pytest.skip(
                "needs debootstrap (apt-get install debootstrap), as no base image can be pulled here"
            )
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
            root = Path(place, "root")
            parts = "--include=python3,python3-venv,ca-certificates"
            sh("debootstrap", "--variant=minbase", parts, "bookworm", root, timeout=540)
            excluded = [f"--exclude={pattern}" for pattern in LEFT_OUT]
            sh("tar", "-C", root, *excluded, "-cf", archive.with_suffix(".part"), ".")
        archive.with_suffix(".part").rename(archive)
    return archive


@pytest.fixture(scope="module")
def wheel_folder(wheels: dict[str, Any], base_archive: Path) -> Path:
    """All wheels that the image needs: ours as just built, those of others downloaded once."""
    ours = wheels["stix_shifter"].path
    folder = KEPT / "wheels"
    if not (folder / "complete").exists():
        platforms = [f"--platform=manylinux{kind}_{os.uname().machine}" for kind in ("2014", "_2_28")]
        kind = ("--only-binary=:all:", "--implementation=cp", "--python-version=3.11", *platforms)
        others = [wheels[f"stix_shifter_{name}"].path for name in ("utils", "modules_mysql")]
        wanted = (f"{ours}[host]", *others, "cyclonedx-bom>=4,<8")
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--dest", folder)
        answer = sh(*pip, *kind, *wanted, check=False)
        if answer.returncode != 0:
            pytest.skip(f"needs the package index: {answer.stderr.strip().splitlines()[-1]}")
        for old in folder.glob("stix_shifter*"):
            old.unlink()
        (folder / "complete").touch()
    fresh = Path(tempfile.mkdtemp(prefix="wheels", dir=ours.parent.parent))
    for path in [*folder.glob("*.whl"), *(wheel.path for wheel in wheels.values())]:
        (fresh / path.name).symlink_to(path)
    return fresh


@pytest.fixture(scope="module")
def builder(wheels: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of image_builder with the wheel of a connector in its bundle."""
    copy = tmp_path_factory.mktemp("elsewhere") / "image_builder"
    shutil.copytree(ROOT / "image_builder", copy, ignore=shutil.ignore_patterns("*.whl"))
    shutil.copy(wheels["stix_shifter_modules_mysql"].path, copy / "bundle")
    return copy


@pytest.fixture(scope="module")
def docker_host() -> Iterator[str]:
    """A Docker Engine of our own, without any network."""
    if shutil.which("dockerd") is None or shutil.which("docker") is None:
        pytest.skip("needs the Docker Engine (apt-get install docker.io)")
    place = Path(tempfile.mkdtemp(prefix="dk", dir="/var/tmp"))
    address = f"unix://{place}/d.sock"
    roots = [f"--data-root={place}/data", f"--exec-root={place}/exec", f"--pidfile={place}/pid"]
    command = ["dockerd", "--bridge=none", "--iptables=false", "-H", address, *roots]
    with (place / "log").open("wb") as log:
        engine = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        if not wait_until(lambda: sh("docker", "-H", address, "info", check=False).returncode == 0, 30):
            pytest.skip(f"the Docker Engine does not start here: {(place / 'log').read_text()[-300:]}")
        yield address
    finally:
        engine.terminate()
        engine.wait(60)
        sh("umount", "--lazy", place / "exec" / "netns" / "default", check=False)  # Docker leaves it mounted
        shutil.rmtree(place, ignore_errors=True)


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.2)
    return False


@pytest.fixture(scope="module")
def docker(docker_host: str, base_archive: Path, wheel_folder: Path, builder: Path) -> Callable[..., Any]:
    """Run docker; the image is built."""

    def run(*words: str, check: bool = True) -> Any:
        return sh("docker", *words, check=check, DOCKER_HOST=docker_host, DOCKER_BUILDKIT="0")

    run("import", str(base_archive), BASE)
    words = ("--engine", "docker", "--base", BASE, "--wheels", str(wheel_folder), "--offline")
    sh(builder / "build_local.sh", *words, DOCKER_HOST=docker_host, DOCKER_BUILDKIT="0", timeout=540)
    return run


def test_docker_runs_a_translation_without_network_rights_or_a_writable_disk(docker: Any) -> None:
    hardened = (
        "--network",
        "none",
        "--read-only",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
    )
    answer = json.loads(docker("run", "--rm", *hardened, IMAGE, *TRANSLATE).stdout)
    assert "SELECT" in answer["queries"][0]
    assert docker("run", "--rm", "--entrypoint", "id", IMAGE, "-u").stdout == "10001\n"
    assert docker("run", "--rm", "--network", "none", IMAGE, "nosuch", check=False).returncode == 2


def test_the_image_holds_the_connector_and_no_tool_to_install_more(docker: Any) -> None:
    known = json.loads(docker("run", "--rm", "--network", "none", IMAGE, "modules", "--where").stdout)
    assert list(known) == ["mysql"]
    assert known["mysql"]["version"] == "2.3.4"
    listing = docker("run", "--rm", "--entrypoint", "ls", IMAGE, "/opt/stix-shifter/bin", "/").stdout.split()
    assert "stix-shifter" in listing
    assert not {"pip", "pip3", "wheels", "tools", "cyclonedx-py"} & set(listing)


def test_the_bill_of_materials_names_what_is_installed_and_nothing_else(docker: Any) -> None:
    about = json.loads(
        docker("run", "--rm", "--entrypoint", "cat", IMAGE, "/opt/stix-shifter/sbom.cdx.json").stdout
    )
    assert about["bomFormat"] == "CycloneDX"
    named = {(one["name"].lower().replace("_", "-"), one["version"]) for one in about["components"]}
    code = (
        "import json, importlib.metadata as m;"
        "print(json.dumps([[d.name.lower().replace('_', '-'), d.version] for d in m.distributions()]))"
    )
    python = "/opt/stix-shifter/bin/python"
    installed = json.loads(docker("run", "--rm", "--entrypoint", python, IMAGE, "-I", "-c", code).stdout)
    assert named == {tuple(one) for one in installed}
    assert ("stix-shifter-modules-mysql", "2.3.4") in named


def test_labels_user_and_health_check_are_those_that_were_asked_for(
    docker: Any, record_property: Callable[[str, object], None]
) -> None:
    (about,) = json.loads(docker("image", "inspect", IMAGE).stdout)
    config, labels = about["Config"], about["Config"]["Labels"]
    assert config["User"] == "10001:10001"
    assert config["Healthcheck"]["Test"][-1] == "/opt/stix-shifter/health.py"
    assert labels["org.opencontainers.image.title"] == "stix-shifter-mysql"
    assert labels["org.opencontainers.image.version"] == "2.3.4"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.base.name"] == BASE
    (base,) = json.loads(docker("image", "inspect", BASE).stdout)
    grown = about["Size"] - base["Size"]
    record_property("image_bytes", about["Size"])
    record_property("image_bytes_over_base", grown)
    sys.stderr.write(f"image {about['Size'] / 1e6:.0f} MB, {grown / 1e6:.0f} MB of it over the base\n")
    assert grown < 100_000_000


@pytest.fixture
def secrets() -> Iterator[Path]:
    """A folder that the image's user can read: a token, a certificate of 127.0.0.1 and its authority."""
    place = Path(tempfile.mkdtemp(prefix="secrets", dir="/var/tmp"))
    authority = Authority()
    certificate = authority.certificate("127.0.0.1")
    (place / "token").write_text(TOKEN)
    (place / "host.pem").write_text(certificate.cert_pem + certificate.key_pem)
    (place / "authority.pem").write_text(authority.pem)
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_it_serves_the_connector_as_one_that_is_healthy(docker: Any, secrets: Path, scheme: str) -> None:
    port = str(free_port())
    options = ["-e", f"STIX_SHIFTER_PORT={port}", "--health-interval=1s", "--network", "host", "--read-only"]
    serve = ["serve", "--token-file", "/secrets/token", "--allow-destination", "127.0.0.1"]
    if scheme == "https":
        options += ["-e", "STIX_SHIFTER_CERTIFICATE=/secrets/host.pem"]
    else:
        serve.append("--plain-http")
    name = docker("run", "-d", *options, "-v", f"{secrets}:/secrets:ro", IMAGE, *serve).stdout.strip()
    try:
        state = ("inspect", name, "-f", "{{.State.Health.Status}} {{.State.Running}}")
        healthy = wait_until(lambda: docker(*state).stdout == "healthy true\n", 60)
        assert healthy, docker("logs", name).stderr
        body = {"module": "mysql", "data": PATTERN, "options": {"table": "events"}}
        address = f"{scheme}://127.0.0.1:{port}/transform_query"
        trusted = ssl.create_default_context(cafile=str(secrets / "authority.pem"))
        assert "SELECT" in post(address, body, TOKEN, trusted)["queries"][0]
        with pytest.raises(urllib.request.HTTPError) as refused:
            post(address, body, "f" * 32, trusted)
        assert refused.value.code == HTTPStatus.UNAUTHORIZED
        refused.value.close()
        docker("stop", "-t", "30", name)
        assert docker("inspect", name, "-f", "{{.State.ExitCode}}").stdout == "0\n"
    finally:
        docker("rm", "-f", name)


def test_without_a_certificate_it_serves_nobody_unless_told_so(docker: Any) -> None:
    answer = docker("run", "--rm", "--network", "none", IMAGE, "serve", check=False)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert len(answer.stderr.strip().splitlines()) == 1


def post(address: str, body: Any, token: str, trusted: ssl.SSLContext) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20, context=trusted) as answer:
        return json.load(answer)


def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_buildah_builds_and_runs_the_same_image(
    base_archive: Path, wheel_folder: Path, builder: Path, tmp_path: Path
) -> None:
    if shutil.which("buildah") is None:
        pytest.skip("needs buildah (apt-get install buildah)")
    storage = tmp_path / "storage.conf"
    storage.write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{tmp_path}/graph"\nrunroot = "{tmp_path}/run"\n'
    )
    variables = {"CONTAINERS_STORAGE_CONF": str(storage), "BUILDAH_ISOLATION": "chroot"}

    def buildah(*words: str | Path) -> str:
        return str(sh("buildah", *words, **variables).stdout).strip()

    try:
        scratch = buildah("from", "scratch")
        buildah("add", "--quiet", scratch, base_archive, "/")
        buildah("commit", "--quiet", scratch, BASE)
        words = ("--engine", "buildah", "--base", BASE, "--wheels", wheel_folder, "--offline")
        sh(builder / "build_local.sh", *words, timeout=540, **variables)
        made = buildah("from", "--pull-never", IMAGE)
        entry = ("/bin/sh", "/opt/stix-shifter/entrypoint.sh")
        assert "SELECT" in json.loads(buildah("run", made, "--", *entry, *TRANSLATE))["queries"][0]
        slowly = ("sh", "-c", "id -u; sleep 1")  # buildah may lose what a command says that ends at once
        assert wait_until(lambda: buildah("run", made, "--", *slowly) == "10001", 20)
        about = json.loads(buildah("inspect", "--type", "image", IMAGE))
        assert about["Docker"]["config"]["Healthcheck"]["Test"][-1] == "/opt/stix-shifter/health.py"
    finally:
        buildah("rm", "--all")
        buildah("rmi", "--all", "--force")
