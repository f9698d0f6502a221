"""The texts of a distribution's `dist-info` folder: core metadata 2.4, entry points, wheel description.

https://packaging.python.org/en/latest/specifications/core-metadata/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packing.plan import Distribution

TAGS = (
    "py2-none-any",
    "py3-none-any",
)  # what users' scripts expect of the names; Requires-Python says the truth
PYTHON = ">=3.10"
HOME = "https://github.com/opencybersecurityalliance/stix-shifter"
CONNECTOR_GROUP = "stix_shifter.connectors"
CLASSIFIERS = (
    "Development Status :: 5 - Production/Stable",
    "Intended Audience :: Information Technology",
    "Operating System :: OS Independent",
    "Programming Language :: Python :: 3",
    "Topic :: Security",
    "Typing :: Typed",
)


def core_metadata(made: Distribution) -> str:
    """METADATA of a wheel, PKG-INFO of a source distribution."""
    return "\n".join([*_headers(made), "", made.readme])


def _headers(made: Distribution) -> Iterator[str]:
    yield "Metadata-Version: 2.4"
    yield f"Name: {made.name.replace('_', '-')}"
    yield f"Version: {made.version}"
    yield f"Summary: {made.summary}"
    yield "License-Expression: Apache-2.0"
    yield "License-File: LICENSE"
    yield from (f"Classifier: {one}" for one in CLASSIFIERS)
    yield f"Project-URL: Source, {HOME}"
    yield f"Requires-Python: {PYTHON}"
    yield from (f"Requires-Dist: {need}" for need in made.requires)
    for extra, needs in made.extras.items():
        yield f"Provides-Extra: {extra}"
        yield from (_conditional(need, extra) for need in needs)
    yield "Description-Content-Type: text/markdown"


def _conditional(need: str, extra: str) -> str:
    line, _, marker = (part.strip() for part in need.partition(";"))
    condition = f'({marker}) and extra == "{extra}"' if marker else f'extra == "{extra}"'
    return f"Requires-Dist: {line}; {condition}"


def entry_points(made: Distribution) -> str:
    """entry_points.txt; empty when there are none."""
    connectors = {name: f"stix_shifter_modules.{name}" for name in made.connectors}
    groups = {"console_scripts": made.scripts, CONNECTOR_GROUP: connectors}
    return "\n".join(_group(name, entries) for name, entries in groups.items() if entries)


def _group(name: str, entries: Mapping[str, str]) -> str:
    return "\n".join([f"[{name}]", *(f"{key} = {value}" for key, value in entries.items()), ""])


def top_level(made: Distribution) -> str:
    """top_level.txt: what can be imported."""
    return "".join(
        f"{name}\n" for name in sorted({path.split("/")[0].removesuffix(".py") for path in made.files})
    )


def wheel_description(tags: tuple[str, ...] = TAGS, build: str | None = None) -> str:
    """The file WHEEL."""
    lines = ["Wheel-Version: 1.0", "Generator: stix-shifter setup.py", "Root-Is-Purelib: true"]
    lines += [f"Tag: {tag}" for tag in tags]
    return "\n".join([*lines, *([f"Build: {build}"] if build else []), ""])
