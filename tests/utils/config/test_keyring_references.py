"""`${keyring:SERVICE/USER}` by the package `keyring` itself: a keyring in a file, and broken ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_utils.config import resolve_references
from stix_shifter_utils.errors import ConfigurationError

keyring = pytest.importorskip("keyring")
pytest.importorskip("keyrings.alt")

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
SECRET = "keyr1ng-s3cret-of-edr"
PLAIN = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"}


@pytest.fixture
def chosen() -> Iterator[Any]:
    """The backend of this test; what stood before comes back."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


@pytest.fixture
def filed(tmp_path: Path, chosen: Any) -> Any:
    """A keyring in a file of its own, with one password."""
    from keyrings.alt.file import PlaintextKeyring

    backend = PlaintextKeyring()
    backend.file_path = str(tmp_path / "keyring.cfg")  # a plain attribute of the instance: its cache
    chosen(backend)
    keyring.set_password("soc/edr", "hunter", SECRET)
    return backend


class Broken(keyring.backend.KeyringBackend):  # type: ignore[misc]  # untyped where the package is not installed
    """A backend that raises what it is given."""

    priority = 1

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error


def test_the_password_stands_in_for_the_reference_and_counts_as_a_secret(filed: Any) -> None:
    found, secrets = resolve_references({"auth": {"password": "${keyring:soc/edr/hunter}", "port": 1}})
    assert found == {"auth": {"password": SECRET, "port": 1}}
    assert secrets == {SECRET}


def test_an_entry_that_is_not_there_is_told_with_the_command_that_makes_it(filed: Any) -> None:
    with pytest.raises(ConfigurationError, match="has no password of nobody for soc/edr: keyring set"):
        resolve_references("${keyring:soc/edr/nobody}")


def test_a_reference_without_a_user_is_told(filed: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"must be .*SERVICE/USER"):
        resolve_references("${keyring:edr}")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (keyring.errors.KeyringLocked(f"wrong {SECRET}"), "the keyring is locked"),
        (keyring.errors.NoKeyringError(SECRET), "did not answer for .*NoKeyringError.*--list-backends"),
        (keyring.errors.InitError(SECRET), "InitError"),
        (ValueError(f"Incorrect Password {SECRET}"), "ValueError"),
        (PermissionError(13, SECRET), "PermissionError"),
    ],
)
def test_a_keyring_that_is_locked_or_missing_is_told_without_its_own_words(
    chosen: Any, error: Exception, expected: str
) -> None:
    chosen(Broken(error))
    with pytest.raises(ConfigurationError, match=expected) as caught:
        resolve_references("${keyring:soc/hunter}")
    assert SECRET not in str(caught.value)


def test_without_the_package_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # as if it were not installed
    with pytest.raises(
        ConfigurationError, match=r"needs the package keyring: pip install 'stix-shifter\[key"
    ):
        resolve_references("${keyring:soc/hunter}")


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process whose home is a temporary folder."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
    homes = {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_STATE_HOME": str(folder / "state"),
    }
    return subprocess.run(
        [sys.executable, *words], env={**kept, **homes, **environment}, cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_hunt_takes_its_password_from_the_keyring_and_nothing_shows_it(tmp_path: Path) -> None:
    from stix_shifter_utils.testing import Answer, FakeProduct, Received, Refusal, route

    class Product(FakeProduct):
        def authorize(self, request: Received) -> None:
            if request.basic() != ("hunter", SECRET):
                raise Refusal(401, f"wrong password {request.basic()}")

        @route("GET", "/v1/health")
        def health(self, request: Received) -> Answer:
            return Answer({"status": "up", "echo": SECRET})

        @route("GET", "/v1/rows")
        def rows(self, request: Received) -> Answer:
            if request.query["from"] != "0":
                return Answer({"rows": []})
            return Answer({"rows": [{"event_time": 1704110400000, "src_ip": "192.0.2.7", "url": SECRET}]})

    stored = run(
        tmp_path, "-c", f"import keyring; keyring.set_password('soc', 'hunter', {SECRET!r})", **PLAIN
    )
    assert stored.returncode == 0, stored.stderr
    out = tmp_path / "out"
    out.mkdir()
    with Product() as product:
        profile = {
            "connector": "synchronous_template",
            "connection": {"host": f"http://{product.host}", "port": product.port},
            "config": {"auth": {"username": "hunter", "password": "${keyring:soc/hunter}"}},
        }
        file = out / "sources.yaml"
        file.write_text(json.dumps({"profiles": {"edr": profile}}))
        pattern = "[ipv4-addr:value = '192.0.2.7'] START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
        files = [
            word for name in ("ledger", "report", "out") for word in (f"--{name}", str(out / f"{name}.txt"))
        ]
        words = ("main.py", "hunt", pattern, "--sources", str(file), *files, "--record", str(out / "kept"))
        hunted = run(tmp_path, *words, "--debug", **PLAIN)
        checked = run(tmp_path, "main.py", "sources", "check", "--sources", str(file), **PLAIN)
        silent = run(tmp_path, *words[:-2], PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
        unknown = run(tmp_path, *words[:-2], PYTHON_KEYRING_BACKEND="no_such_module.Keyring")
    assert (hunted.returncode, checked.returncode) == (0, 0), hunted.stderr
    assert "192.0.2.7" in (out / "out.txt").read_text()
    said = [one.stdout + one.stderr for one in (hunted, checked, silent, unknown)]
    files_text = [path.read_bytes().decode("utf-8", "replace") for path in out.rglob("*") if path.is_file()]
    assert len(files_text) >= 5
    assert [text for text in [*said, *files_text] if SECRET in text] == []
    for one in (silent, unknown):
        assert one.returncode == 2
        assert "sources.yaml:1: profiles.edr.config.auth: the keyring did not answer" in one.stderr
        assert "Traceback" not in one.stderr
