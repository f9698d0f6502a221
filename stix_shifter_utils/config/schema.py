"""What a configuration file says about its parameters, read once into values: sections and leaves.

Checking a value against a leaf is `checking.py`; reading files is `files.py`.
"""

from __future__ import annotations

import pathlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.config.files import Document, Stamp, config_files, merged, stamp
from stix_shifter_utils.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "password"  # noqa: S105 -- the name of a parameter type
Path = tuple[str, ...]
"""The keys from the root to a parameter. A key may hold dots (`stix_2.1`)."""

_ALWAYS_SECTIONS = {
    ("connection",),
    ("connection", "options"),
    ("configuration",),
    ("configuration", "auth"),
}
_NEVER_REQUIRED = ("connection", "type")  # names the connector for user interfaces; few clients send it


_NONE: Final[Mapping[str, Any]] = {}


@frozen
class Leaf:
    """One parameter. `previous` is the dotted path where earlier releases had it, from the root."""

    path: Path
    kind: str | None = None
    default: Any = None
    optional: bool = False
    nullable: bool = False
    minimum: Any = None
    maximum: Any = None
    regex: str | None = None
    choices: tuple[Any, ...] = ()
    previous: str | None = None

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def is_secret(self) -> bool:
        return self.kind == SECRET


@frozen
class Section:
    """A group of parameters, in the order of the file."""

    path: Path
    optional: bool = False
    members: Mapping[str, Member] = _NONE

    def at(self, path: str | None) -> Section:
        """The section at a dotted path; itself for none, an empty one where the path leads to no section."""
        here: Member = self
        for part in path.split(".") if path else ():
            here = here.members.get(part, Section(())) if isinstance(here, Section) else here
        return here if isinstance(here, Section) else Section(here.path)

    def leaves(self) -> list[Leaf]:
        """All leaves below, in order."""
        found: list[Leaf] = []
        for member in self.members.values():
            found += member.leaves() if isinstance(member, Section) else [member]
        return found


Member = Leaf | Section
Move = tuple[Path, Path]
"""Where a parameter was in earlier releases, and where it is now; both from the root."""


@frozen
class Schema:
    """The parameters of one connector."""

    root: Section
    moves: tuple[Move, ...]
    answers: dict[tuple[Any, ...], Document]
    """Options that were checked already, with what came of them; `checking` keeps it."""


def schema_of(folder: pathlib.Path) -> Schema:
    """The parameters of the connector in a folder; read again after a change of its own file.

    What it shares with all connectors is read once, as the code that it belongs to.
    """
    *shared, own = config_files(folder)
    return _schema(str(folder), tuple(shared), stamp((own,)))


@lru_cache(maxsize=256)
def _schema(folder: str, shared: tuple[str, ...], state: Stamp) -> Schema:
    del shared, state  # the key under which the answer is kept
    return compile_schema(_without_own_maps(merged(config_files(pathlib.Path(folder))), pathlib.Path(folder)))


def _without_own_maps(document: Document, folder: pathlib.Path) -> Document:
    """Forget a packaged default of `options.mapping`: it repeats the mapping files and hides the 2.1 ones."""
    options = document.get("connection", {}).get("options", {})
    if "default" not in options.get("mapping", {}) or not (folder / "stix_translation" / "json").is_dir():
        return document
    mapping = {key: value for key, value in options["mapping"].items() if key != "default"}
    connection = {**document["connection"], "options": {**options, "mapping": {**mapping, "optional": True}}}
    return {**document, "connection": connection}


def compile_schema(document: Document) -> Schema:
    """Read a merged configuration; what is neither section nor leaf (`auth.type: "fields"`) is left out."""
    root = _section((), document)
    leaves = root.leaves()
    known = {leaf.path for leaf in leaves}
    moves = ((tuple(leaf.previous.split(".")), leaf.path) for leaf in leaves if leaf.previous)
    return Schema(root, tuple((old, new) for old, new in moves if old not in known), {})


def _section(path: Path, document: Document) -> Section:
    members: dict[str, Member] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            inner = (*path, key)
            members[key] = _leaf(inner, value) if _is_leaf(inner, value) else _section(inner, value)
    return Section(path, optional=document.get("optional") is True, members=members)


def _is_leaf(path: Path, value: Document) -> bool:
    if path in _ALWAYS_SECTIONS or value.get("type") == "fields":
        return False
    return value.get("type") == "json" or not any(isinstance(item, dict) for item in value.values())


def _leaf(path: Path, value: Document) -> Leaf:
    return Leaf(
        path=path,
        kind=value.get("type"),
        default=value.get("default"),
        optional=_is_true(value.get("optional")) or path == _NEVER_REQUIRED,
        nullable=_is_true(value.get("nullable")),
        minimum=value.get("min"),
        maximum=value.get("max"),
        regex=value.get("regex"),
        choices=tuple(value.get("choices", ())),
        previous=value.get("previous"),
    )


def _is_true(value: Any) -> bool:
    """Published files also write booleans as text."""
    return value is True or str(value).lower() == "true"
