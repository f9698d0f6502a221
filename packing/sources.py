"""Which files of the checkout belong into a wheel, and the merged configuration. Imports nothing."""

from __future__ import annotations

import fnmatch
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packing.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator

Files = dict[str, bytes]
"""Content by path, with `/` between its parts."""

MODULES = "stix_shifter_modules"
TEMPLATES = ("async_template", "synchronous_template")  # copied by new-connector, with their tests
COMMON = ("config.json", "lang_en.json")
NEEDED = ("entry_point.py", "configuration/config.json", "stix_translation", "stix_transmission")
_JUNK = ("__pycache__", "*.py[co]", ".*", "*~", "SKIP.ME")
_TESTS = ("test_*.py", "*_test.py", "conftest.py")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def package_files(root: Path, package: str) -> Files:
    """All files of a package."""
    folder = root / package
    if not folder.is_dir():
        message = f"{package} is not in this source distribution, so MODE cannot ask for it"
        raise BuildError(message)
    return {f"{package}/{path}": (folder / path).read_bytes() for path in _walk(folder)}


def connector_names(root: Path) -> list[str]:
    """The connectors that are shipped, sorted: all folders with an entry point and without a file SKIP.ME."""
    folder = root / MODULES
    return sorted(
        path.parent.name for path in folder.glob("*/entry_point.py") if not (path.parent / "SKIP.ME").exists()
    )


def connector_files(root: Path, name: str) -> Files:
    """The files of a connector as shipped: configuration merged, and of the tests only the product they play.

    Raises BuildError for an unknown connector and for one whose files are not complete.
    """
    folder = root / MODULES / name
    if not _NAME.fullmatch(name) or not folder.is_dir():
        message = f"MODE={name} is not known; known: 1, 3, N, or one of {', '.join(connector_names(root))}"
        raise BuildError(message)
    if missing := [need for need in NEEDED if not _is_there(folder / need)]:
        message = f"{MODULES}/{name} cannot be shipped: {', '.join(missing)} missing"
        raise BuildError(message)
    plays = (folder / "tests" / "product.py").is_file()
    paths = [path for path in _walk(folder) if _is_shipped(path, name in TEMPLATES, plays)]
    files = {f"{MODULES}/{name}/{path}": (folder / path).read_bytes() for path in paths}
    marker = {f"{MODULES}/{name}/py.typed": b""}  # the namespace itself has no file of its own
    return {**files, **marker, **_merged_configuration(root, name)}


def common_files(root: Path) -> Files:
    """The parameters that all connectors share: for connectors that a user adds in a folder of their own."""
    return {f"{MODULES}/{name}": (root / MODULES / name).read_bytes() for name in COMMON}


def requirements(root: Path, name: str) -> list[str]:
    """What a connector needs beside the core: the lines of its requirements.txt, without comments."""
    path = root / MODULES / name / "requirements.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    stripped = (line.split("#", 1)[0].strip() for line in lines)
    return [line for line in stripped if line and not line.startswith("-")]


def _is_there(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and bool(_walk(path)))


def _is_shipped(path: str, is_template: bool, plays: bool) -> bool:
    if is_template or not path.startswith(("tests/", "test/")):
        return True
    return plays and not _matches(path.rsplit("/", 1)[-1], _TESTS)


def _walk(folder: Path) -> list[str]:
    """The files below a folder, sorted, without what tools leave behind."""
    return sorted(_found(folder, folder))


def _found(folder: Path, base: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if _matches(path.name, _JUNK):
            continue
        if path.is_dir():
            yield from _found(path, base)
        else:
            yield path.relative_to(base).as_posix()


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _merged_configuration(root: Path, name: str) -> Files:
    """Each configuration file with the common one merged in; the connector's own value wins."""
    folder = root / MODULES / name / "configuration"
    merged = {}
    for file in COMMON:
        own = folder / file
        if own.is_file():
            document = _merge(_read(root / MODULES / file), _read(own))
            text = json.dumps(document, indent=2, ensure_ascii=False)
            merged[f"{MODULES}/{name}/configuration/{file}"] = f"{text}\n".encode()
    return merged


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{Path(*path.parts[-4:])} cannot be read as JSON: {error}"
        raise BuildError(message) from error
    if not isinstance(document, dict):
        message = f"{Path(*path.parts[-4:])} must hold a JSON object"
        raise BuildError(message)
    return document


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        mine = result.get(key)
        result[key] = _merge(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return result
