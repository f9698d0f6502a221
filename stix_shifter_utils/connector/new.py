"""Starting a connector as a copy of another one: its files under a new name, in paths and in texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stix_shifter_utils.config import module_folder
from stix_shifter_utils.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLDER_NAMES = {"async_dummy": "async_template", "synchronous_dummy": "synchronous_template"}
"""What older guides call the templates."""

_GOOD_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LEFT_OUT = frozenset({"__pycache__", "SKIP.ME", ".pytest_cache", ".mypy_cache", ".ruff_cache"})


def create_connector(name: str, template: str, target_folder: Path) -> list[Path]:
    """Copy a connector into `target_folder/name` and answer the files written, sorted.

    `template` is the name of an installed connector, or an older name of a template. Its own name is
    replaced in every spelling: `async_template`, `async-template`, `AsyncTemplate`, `Async Template`.
    Raises ConfigurationError for a name that cannot be one and for a folder that is there;
    UnsupportedDataSourceError for an unknown template.
    """
    if not _GOOD_NAME.fullmatch(name):
        message = (
            f"{name!r} is no name for a connector; use lower-case letters, digits and single underscores"
        )
        raise ConfigurationError(message)
    source = module_folder(OLDER_NAMES.get(template, template))
    target = target_folder / name
    if target.exists():
        message = f"{target} is there already; choose another name, or remove it"
        raise ConfigurationError(message)
    return [_copied(path, source, target) for path in sorted(_files(source))]


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not _LEFT_OUT & set(path.relative_to(folder).parts):
            yield path


def _copied(path: Path, source: Path, target: Path) -> Path:
    goal = target / _renamed(path.relative_to(source).as_posix(), source.name, target.name)
    goal.parent.mkdir(parents=True, exist_ok=True)
    data = path.read_bytes()
    try:
        goal.write_bytes(_renamed(data.decode("utf-8"), source.name, target.name).encode("utf-8"))
    except UnicodeDecodeError:  # a picture, an archive
        goal.write_bytes(data)
    return goal


def _renamed(text: str, old: str, new: str) -> str:
    """The new name in each spelling. Only `--from async_template` stays: it says where a copy comes from."""
    for before, after in zip(_spellings(old), _spellings(new), strict=True):
        word = rf"(?<![A-Za-z0-9_-])(?<!--from )(Test)?{re.escape(before)}(?![A-Za-z0-9])"
        text = re.sub(word, rf"\g<1>{after}", text)
        text = re.sub(rf"(?<=[_/]){re.escape(before)}(?=\.|/|$)", after, text)
    return text


def _spellings(name: str) -> tuple[str, ...]:
    words = name.split("_")
    capital = [word.capitalize() for word in words]
    sentence = " ".join([capital[0], *words[1:]])
    return name, name.replace("_", "-"), "".join(capital), " ".join(capital), sentence
