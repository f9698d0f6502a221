"""Groups of objects that wait until all sources have answered: some in memory, the others in a file.

What makes a group worth keeping is `check.py`'s matter.
"""

from __future__ import annotations

import tempfile
import threading
import weakref
from typing import Any, BinaryIO, Final, NamedTuple

import orjson

Group = list[dict[str, Any]]
IN_MEMORY: Final = 10_000
"""Groups that are kept as they are: some 25 MB. In the file a group takes no memory but for its place."""


class InFile(NamedTuple):
    """Where a group's JSON stands, in bytes."""

    start: int
    length: int


Place = InFile | Group
"""Where a group is; itself, while there is room, or where it holds what JSON cannot."""


class KeptGroups:
    """A store for the threads of all sources; its file has no name, and goes with it."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._left = in_memory
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._end = 0

    @property
    def in_file(self) -> int:
        """How many bytes the file holds."""
        return self._end

    def put(self, group: Group) -> Place:
        """Keep a group; `get` makes it again of what is answered."""
        with self._lock:
            if self._left > 0:
                self._left -= 1
                return group
        try:
            text = orjson.dumps(group)
        except TypeError:
            return group
        with self._lock:
            return self._written(text)

    def get(self, place: Place) -> Group:
        """The group of a place; nobody may change it."""
        if not isinstance(place, InFile):
            return place
        found: Group = orjson.loads(self._read(place))
        return found

    def _written(self, text: bytes) -> InFile:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="hunt-")  # noqa: SIM115  closed with the store, below
            weakref.finalize(self, self._file.close)
        place = InFile(self._end, len(text))
        self._file.seek(place.start)
        self._file.write(text)
        self._end += len(text)
        return place

    def _read(self, place: InFile) -> bytes:
        with self._lock:
            if self._file is None:  # cannot be: the place was answered by `put`
                raise ValueError(place)
            self._file.seek(place.start)
            return self._file.read(place.length)
