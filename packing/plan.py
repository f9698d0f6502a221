"""Which distributions a mode makes, and what each holds and needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packing import sources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packing.request import Request

CORE, UTILS, MODULES = "stix_shifter", "stix_shifter_utils", "stix_shifter_modules"
ROOT_MODULES = ("proxyhost_server_routing.py",)  # single files that are part of the core
SUMMARY = "One STIX pattern asked of all your security products, one STIX bundle back"
SCRIPTS = {"stix-shifter": "stix_shifter.scripts.stix_shifter:main"}
Extras = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Needs:
    """What the distributions need, as `setup.py` states it: requirement lines, extras by name.

    `development` are extras for work on a checkout; wheels that are published by themselves do not have them.
    """

    utils: list[str]
    command_line: list[str]
    extras: Extras
    development: Extras


@dataclass(frozen=True, slots=True)
class Distribution:
    """One wheel to be: its name (with underscores), content, metadata, and the `connectors` it registers."""

    name: str
    version: str
    summary: str
    readme: str
    files: sources.Files
    requires: list[str]
    extras: Extras = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    connectors: tuple[str, ...] = ()


def distributions(request: Request, root: Path, needs: Needs) -> list[Distribution]:
    """What the mode makes, the most important first. Raises BuildError where it cannot be made."""
    if request.mode == "1":
        return [everything(request, root, needs)]
    if request.mode == "3":
        extras = {name: [f"stix-shifter-modules[{name}]=={request.version}"] for name in _extras(root)}
        return [
            _core(request, root, needs, extras),
            _utils(request, root, needs),
            _all_connectors(request, root),
        ]
    if request.mode == "N":
        names = sources.connector_names(root)
        each = {name: [f"{_dashed(_connector(name))}>={request.oldest_utils}"] for name in names}
        every = {"all": sorted(line for lines in each.values() for line in lines)}
        connectors = [_single(request, root, name) for name in names]
        return [_core(request, root, needs, {**each, **every}), _utils(request, root, needs), *connectors]
    return [_single(request, root, request.mode)]


def everything(request: Request, root: Path, needs: Needs) -> Distribution:
    """Mode 1, and what an editable installation of a checkout is called and needs."""
    return Distribution(
        name=CORE,
        version=request.version,
        summary=SUMMARY,
        readme=_readme(root),
        files={
            **_core_files(root),
            **sources.package_files(root, UTILS),
            **sources.common_files(root),
            **_connector_files(root),
        },
        requires=[*needs.utils, *needs.command_line],
        extras={**_extras(root), **needs.extras, **needs.development},
        scripts=SCRIPTS,
        connectors=tuple(sources.connector_names(root)),
    )


def _core(request: Request, root: Path, needs: Needs, extras: Extras) -> Distribution:
    return Distribution(
        name=CORE,
        version=request.version,
        summary=SUMMARY,
        readme=_readme(root),
        files=_core_files(root),
        requires=[f"{_dashed(UTILS)}=={request.version}", *needs.command_line],
        extras={**extras, **needs.extras},
        scripts=SCRIPTS,
    )


def _utils(request: Request, root: Path, needs: Needs) -> Distribution:
    return Distribution(
        name=UTILS,
        version=request.version,
        summary="What stix-shifter and its connectors are built on",
        readme=_readme(root),
        files=sources.package_files(root, UTILS),
        requires=needs.utils,
    )


def _all_connectors(request: Request, root: Path) -> Distribution:
    return Distribution(
        name=MODULES,
        version=request.version,
        summary="The connectors of stix-shifter",
        readme=_readme(root),
        files={**sources.common_files(root), **_connector_files(root)},
        requires=[f"{_dashed(UTILS)}>={request.oldest_utils}"],
        extras=_extras(root),
        connectors=tuple(sources.connector_names(root)),
    )


def _single(request: Request, root: Path, name: str) -> Distribution:
    files = sources.connector_files(root, name)
    readme = files.get(f"{MODULES}/{name}/README.md", b"").decode("utf-8")
    return Distribution(
        name=_connector(name),
        version=request.version,
        summary=f"The connector {name} of stix-shifter",
        readme=readme or _readme(root),
        files=files,
        requires=[f"{_dashed(UTILS)}>={request.oldest_utils}", *sources.requirements(root, name)],
        connectors=(name,),
    )


def _core_files(root: Path) -> sources.Files:
    single = {name: (root / name).read_bytes() for name in ROOT_MODULES if (root / name).is_file()}
    return {**sources.package_files(root, CORE), **single}


def _connector_files(root: Path) -> sources.Files:
    files: sources.Files = {}
    for name in sources.connector_names(root):
        files.update(sources.connector_files(root, name))
    return files


def _extras(root: Path) -> Extras:
    """One extra per connector that needs something of its own, and `all` for the sum of them."""
    needs = {name: sources.requirements(root, name) for name in sources.connector_names(root)}
    needs = {name: lines for name, lines in needs.items() if lines}
    return {**needs, "all": sorted({line for lines in needs.values() for line in lines})}


def _connector(name: str) -> str:
    return f"{MODULES}_{name}"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")
