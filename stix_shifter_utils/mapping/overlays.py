"""Overlays: what one deployment calls its fields, said beside the packaged maps. Their shape and reading.

```yaml
name: our Elastic                       # how messages call it; a file is called by its name
connector: acme_watch                   # refused for any other
dialects: [default]                     # all, when left out
table: acme_events                      # what SQL and KQL call the table, and SPL the indexes
time: acme.when                         # the field that a time window restricts
rename: {process.executable: winlog.image}    # packaged name -> name here; whole levels too
remove: [process.hash.md5]              # fields that this deployment has not
fields: {acme.badge: text}              # kinds of new fields, as in fields.json
to_stix: {acme: {badge: {key: user-account.x_badge, object: user}}}   # as in to_stix_map.json
```

How they change the maps, and what is checked then, is `overlaying`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from stix_shifter_utils.errors import MappingFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_BYTES: Final = 4_000_000
_KINDS_OF_VALUE: Final = {str: "a text", dict: "an object", list: "a list", bool: "a boolean"}


@dataclass(frozen=True, slots=True)
class Overlay:
    """One overlay. `place` names it in messages. Its dictionaries are shared: read them only."""

    place: str
    connector: str | None = None
    dialects: tuple[str, ...] = ()
    table: str | None = None
    time: str | None = None
    rename: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    to_stix: Mapping[str, Any] = field(default_factory=dict)
    from_stix: Mapping[str, Any] = field(default_factory=dict)

    def additions(self) -> Mapping[str, Any]:
        """What it adds to the to_stix map, without the names that it takes away."""
        found: Mapping[str, Any] = without_nulls(self.to_stix)
        return found

    def refuse(self, text: str) -> NoReturn:
        """Raise MappingFileError for something that is wrong in it."""
        message = f"{self.place}: {text}"
        raise MappingFileError(message)


def inline_overlays(given: Any, folder: Path | None = None) -> list[dict[str, Any]]:
    """The value of the option `overlays` with its files read: one object for each, which has a `name`.

    `given` is a file name, an object, or a list of these, in the order in which they are laid over each
    other. Relative names start from `folder`, else from the working directory. Raises MappingFileError.
    """
    if given is None:
        return []
    items = given if isinstance(given, list) else [given]
    return [_inline(item, number, folder) for number, item in enumerate(items, 1)]


def read_overlays(given: Any, folder: Path | None = None) -> tuple[Overlay, ...]:
    """The same as values, each key checked. Raises MappingFileError that names the overlay and the key."""
    return tuple(_overlay(data) for data in inline_overlays(given, folder))


def without_nulls(data: Any) -> Any:
    """A map without the keys that remove."""
    if isinstance(data, Mapping) and not isinstance(data.get("key"), str):
        return {key: without_nulls(value) for key, value in data.items() if value is not None}
    return data


def hint(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?` for a name that is nearly a known one."""
    close = get_close_matches(name, sorted(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def _inline(item: Any, number: int, folder: Path | None) -> dict[str, Any]:
    if isinstance(item, str):
        data, name = _file(item, folder), item
    else:
        data, name = item, f"overlay {number}"
    if not isinstance(data, Mapping):
        msg = f"{name}: an overlay is an object with {', '.join(_READERS)}, or the name of a file"
        raise MappingFileError(msg)
    return {"name": name, **data}


def _file(text: str, folder: Path | None) -> Any:
    path = (folder or Path()) / Path(text).expanduser()
    try:
        state = path.stat()
        if state.st_size > MOST_BYTES:
            msg = f"overlay {text}: is larger than {MOST_BYTES:,} bytes"
            raise MappingFileError(msg)
        return _content(str(path.resolve()), text, (state.st_mtime_ns, state.st_size))
    except OSError as error:
        msg = f"overlay {text}: cannot be read: {error.strerror}"
        raise MappingFileError(msg) from error


@lru_cache(maxsize=64)
def _content(path: str, text: str, state: tuple[int, int]) -> Any:
    """What a file holds, kept until it changes; shared, so only to be read."""
    del state  # a part of the key: another state of the file is another content
    try:
        content = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"overlay {text}: is not UTF-8: {error.reason}"
        raise MappingFileError(msg) from error
    return _json(content, text) if path.endswith(".json") else _yaml(content, text)


def _json(content: str, name: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        msg = f"overlay {name}: is not JSON: {error}"
        raise MappingFileError(msg) from error


def _yaml(content: str, name: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(content)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        msg = f"overlay {name}: is not YAML: {error.problem}{line}"
        raise MappingFileError(msg) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        msg = f"overlay {name}: is not YAML: {type(error).__name__}"
        raise MappingFileError(msg) from None


def _overlay(data: Mapping[str, Any]) -> Overlay:
    name = data["name"]
    if not isinstance(name, str) or not name:
        msg = f"overlays: name must be a text, not {_kind(name)}"
        raise MappingFileError(msg)
    found: dict[str, Any] = {}
    for key, value in data.items():
        reader = _READERS.get(key)
        if reader is None:
            legal = f"there are {', '.join(_READERS)}"
            msg = f"{name}: {key} is no key of an overlay{hint(str(key), _READERS)} ({legal})"
            raise MappingFileError(msg)
        if key != "name" and value is not None:
            found[key] = reader(value, f"{name}: {key}")
    return Overlay(name, **found)


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or not value:
        msg = f"{place} must be a text, not {_kind(value)}"
        raise MappingFileError(msg)
    return value


def _texts(value: Any, place: str) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        msg = f"{place} must be a list of texts, not {_kind(value)}"
        raise MappingFileError(msg)
    return tuple(_text(item, f"{place}.{number}") for number, item in enumerate(value))


def _names(value: Any, place: str) -> dict[str, str]:
    return {str(name): _text(item, f"{place}.{name}") for name, item in _object(value, place).items()}


def _object(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        msg = f"{place} must be an object, not {_kind(value)}"
        raise MappingFileError(msg)
    return value


def _kind(value: Any) -> str:
    return _KINDS_OF_VALUE.get(type(value), "null" if value is None else "a number")


_READERS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "name": _text, "connector": _text, "dialects": _texts, "table": _text, "time": _text, "rename": _names,
    "remove": _texts, "fields": _names, "to_stix": _object, "from_stix": _object,
}  # fmt: skip
