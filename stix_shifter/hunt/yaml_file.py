"""A YAML file as plain data that remembers the line of every key, for messages that say where.

What the keys mean is `sources.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from stix_shifter_utils.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Keys = tuple[str, ...]
"""The keys from the root to a value; items of a list count from 0, as text."""
MOST_BYTES = 4_000_000


class SourcesFileError(ConfigurationError):
    """What is wrong with a file of sources: one text per problem, each with file, line and key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type[SourcesFileError], tuple[list[str]]]:
        return type(self), (self.problems,)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """`data` is plain; `lines` holds the line (from 1) of each key and item; `doubled` keys given twice."""

    name: str
    data: Any
    lines: Mapping[Keys, int] = field(default_factory=dict)
    doubled: tuple[Keys, ...] = ()

    def problem(self, keys: Keys, text: str) -> str:
        """A message with its place: that of the key, or of the nearest key around it that is there."""
        depth = next((n for n in range(len(keys), 0, -1) if keys[:n] in self.lines), 0)
        line = self.lines.get(keys[:depth], 1)
        return f"{self.name}:{line}: {'.'.join(keys) or 'the file'}: {text}"


def read_yaml(path: Path, name: str | None = None) -> YamlFile:
    """The YAML of a file. Raises SourcesFileError where it cannot be read, or is no YAML."""
    shown = name or str(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SourcesFileError([f"{shown}: is larger than {MOST_BYTES:,} bytes"])
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourcesFileError([f"{shown}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise SourcesFileError([f"{shown}: is not UTF-8: {error.reason}"]) from error
    return parse_yaml(text, shown)


def parse_yaml(text: str, name: str) -> YamlFile:
    """The same of a text. The error shows no line of the file: it may hold a password."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        raise SourcesFileError([f"{where}: no YAML: {error.problem or error.context}"]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourcesFileError([f"{name}: no YAML: {type(error).__name__}"]) from None
    finally:
        loader.dispose()
    found = list(_places(node, ())) if node is not None else []
    keys = [place for place, _ in found]
    doubled = tuple(dict.fromkeys(key for key in keys if keys.count(key) > 1)) if len(keys) < 10_000 else ()  # noqa: PLR2004  larger files are not written by hand
    return YamlFile(name, data, dict(found), doubled)


def _places(node: yaml.Node, above: Keys) -> Iterator[tuple[Keys, int]]:
    """Each key with its line; an alias is not followed a second time below itself."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*above, str(getattr(key, "value", "")))
            yield place, key.start_mark.line + 1
            if len(place) < 20:  # noqa: PLR2004  deeper than any parameter
                yield from _places(value, place)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield (*above, str(number)), item.start_mark.line + 1
