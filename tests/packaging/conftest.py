"""What the packaging tests share: clones of the tree under test, builds in them, wheels opened as sites."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from packing.sources import connector_names

ROOT = Path(__file__).resolve().parents[2]
COMMIT_DATE = "2026-03-04T05:06:07+00:00"
COMMIT_TIME = (2026, 3, 4, 5, 6, 6)  # as a ZIP archive keeps it: even seconds
PACKAGES = ("stix_shifter", "stix_shifter_utils")
Made = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Clone:
    """A git checkout of its own, with the content of the last commit."""

    path: Path

    def setup(self, *words: str, python: tuple[str, ...] = (), **variables: str) -> Made:
        """Run `python3 setup.py …` with MODE, VERSION and so on, as a shell would."""
        command = [sys.executable, *python, "setup.py", *words]
        return subprocess.run(
            command,
            cwd=self.path,
            env=environment(variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def build(self, mode: str, version: str = "2.3.4", command: str = "bdist_wheel") -> dict[str, Path]:
        """What a build left in dist/, by name; it must have worked."""
        made = self.setup(command, MODE=mode, VERSION=version)
        assert (made.returncode, made.stderr) == (0, "")
        return {path.name: path for path in sorted((self.path / "dist").iterdir())}

    def status(self) -> str:
        """What git thinks has changed, ignored files included."""
        return git(self.path, "status", "--short", "--ignored")


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process without what would steer a build, with these variables instead."""
    left_out = ("MODE", "VERSION", "SOURCE_DATE_EPOCH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    return {key: value for key, value in os.environ.items() if key not in left_out} | dict(variables)


def git(folder: Path, *words: str, **variables: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    answer = subprocess.run(
        ["git", *who, *words],
        check=False,
        cwd=folder,
        env=environment(variables),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit: that of the checkout; what is not committed is not built."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a checkout")
    folder = tmp_path_factory.mktemp("origin")
    archive = folder.with_suffix(".tar")
    git(ROOT, "archive", "--output", str(archive), "HEAD")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return committed(folder)


def committed(folder: Path) -> Path:
    """Make a folder a repository with one commit."""
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "tree", GIT_COMMITTER_DATE=COMMIT_DATE, GIT_AUTHOR_DATE=COMMIT_DATE)
    return folder


@pytest.fixture(scope="session")
def small_origin(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with two connectors and two files each of core and utilities: enough to build every mode."""
    folder = tmp_path_factory.mktemp("small")
    for name in ("packing", "stix_shifter_modules/mysql", "stix_shifter_modules/postgresql"):
        shutil.copytree(origin / name, folder / name)
    single = ("setup.py", "pyproject.toml", ".gitignore", "README.md", "LICENSE", "CHANGELOG.md", "main.py")
    both = [f"{name}/{file}" for name in PACKAGES for file in ("__init__.py", "py.typed")]
    for name in (*single, *both, "stix_shifter_modules/config.json", "stix_shifter_modules/lang_en.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(origin / name, folder / name)
    return committed(folder)


@pytest.fixture
def make_clone(small_origin: Path, tmp_path: Path) -> Callable[[str], Clone]:
    """Clone the small repository under a name."""

    def make(name: str) -> Clone:
        git(tmp_path, "clone", "-q", str(small_origin), name)
        return Clone(tmp_path / name)

    return make


@pytest.fixture
def clone(make_clone: Callable[[str], Clone]) -> Clone:
    """A fresh clone of the small repository."""
    return make_clone("clone")


@pytest.fixture
def full_clone(origin: Path, tmp_path: Path) -> Clone:
    """A fresh clone with everything."""
    git(tmp_path, "clone", "-q", str(origin), "full")
    return Clone(tmp_path / "full")


@pytest.fixture(scope="session")
def wheels(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, "Wheel"]:
    """The wheels of mode N, version 2.3.4, by the name of their distribution. Only to be read."""
    folder = tmp_path_factory.mktemp("wheels")
    git(folder, "clone", "-q", str(origin), "clone")
    return {path.name.split("-")[0]: Wheel(path) for path in Clone(folder / "clone").build("N").values()}


@pytest.fixture(scope="session")
def connectors(origin: Path) -> list[str]:
    """The names of the connectors that are shipped."""
    return connector_names(origin)


@dataclass(frozen=True)
class Wheel:
    """A wheel, opened."""

    path: Path

    def names(self) -> list[str]:
        with zipfile.ZipFile(self.path) as archive:
            return archive.namelist()

    def read(self, name: str) -> bytes:
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(name)

    def json(self, name: str) -> Any:
        return json.loads(self.read(name))

    def about(self, name: str) -> bytes:
        """A file of the folder `dist-info`."""
        parts = self.path.name.split("-")
        return self.read(f"{parts[0]}-{parts[1]}.dist-info/{name}")

    def metadata(self) -> Message:
        return message_from_bytes(self.about("METADATA"))

    def unpack(self, folder: Path) -> Path:
        """Put it where an installer of a pure wheel would, and answer the folder."""
        with zipfile.ZipFile(self.path) as archive:
            archive.extractall(folder)
        return folder


@pytest.fixture
def open_wheel() -> Callable[[Path], Wheel]:
    return Wheel


@pytest.fixture
def shifter() -> Callable[..., Any]:
    """Run the command line with these folders in front of the path, and answer the document it prints."""

    def run(folders: list[Path], *words: str) -> Any:
        path = os.pathsep.join(map(str, folders))
        answer = subprocess.run(
            [sys.executable, "-m", "stix_shifter", *words],
            check=False,
            cwd=folders[0],
            env=environment({"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    return run
