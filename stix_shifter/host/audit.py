"""The audit log: one JSON object a line for each request, without bodies, patterns, rows or secrets.

| key           | meaning                                                                      |
|---------------|------------------------------------------------------------------------------|
| `time`        | when the answer was ready, UTC, RFC 3339                                     |
| `caller`      | the name of the token or certificate; `local` where none was needed          |
| `address`     | from where                                                                   |
| `route`       | what was asked; `?` for a route that does not exist                          |
| `connector`   | of whom                                                                      |
| `destination` | the places that the connection names, or the name of a destination           |
| `status`      | of the HTTP answer                                                           |
| `code`        | the classic code of an error; absent where it worked                         |
| `reason`      | why the host refused; absent where it did not                                |
| `rows`        | how many rows or objects were answered, where there are some                 |
| `bytes_in`, `bytes_out`, `ms` | sizes and duration                                           |
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger("stix_shifter.host.audit")
_LONGEST = 300


class Audit:
    """Writes lines to a file (made for its owner only), or to the log `stix_shifter.host.audit` at INFO."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._file = None
        if path is not None:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8")

    def write(self, entry: Mapping[str, Any]) -> None:
        """Write one line, complete when this returns."""
        moment = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"time": moment, **{key: _short(value) for key, value in entry.items()}})
        if self._file is None:
            log.info("%s", line)
            return
        with self._lock:
            if not self._file.closed:
                self._file.write(line + "\n")
                self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with self._lock:
                self._file.close()


def _short(value: Any) -> Any:
    return value if not isinstance(value, str) or len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def count_of(answer: Any) -> int | None:
    """How many rows or objects an answer holds."""
    for key in ("data", "objects", "queries"):
        found = answer.get(key) if isinstance(answer, Mapping) else None
        if isinstance(found, list):
            return len(found)
    return None
