"""Runs translation calls in one environment, over the documented Python API; started by path.

`python worker.py <calls file> <answers file>`: one JSON object per line in both, in the same order.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any


def answer(translation: Any, call: dict[str, Any]) -> Any:
    """The answer of one call; an exception is an answer too."""
    options = json.loads(json.dumps(call.get("options") or {}))
    arguments = call["module"], call["kind"], call.get("identity") or {}, call.get("data"), options
    if call.get("fresh"):
        _forget(f"stix_shifter_modules.{call['module']}.")
    try:
        return translation.translate(*arguments)
    except Exception as error:  # noqa: BLE001 -- whatever a call ends in is what is compared
        return {"raised": f"{type(error).__name__}: {error}"}


def _forget(prefix: str) -> None:
    """Load a connector's code anew."""
    for name in [name for name in sys.modules if name.startswith(prefix)]:
        del sys.modules[name]


def main(calls: str, answers: str) -> None:
    """Answer every call; the last line says how long all of them took."""
    from stix_shifter.stix_translation.stix_translation import StixTranslation

    logging.disable(logging.CRITICAL)
    translation = StixTranslation()
    spent = 0.0
    with Path(calls).open(encoding="utf-8") as source, Path(answers).open("w", encoding="utf-8") as sink:
        for line in source:
            call = json.loads(line)
            began = time.perf_counter()
            found = answer(translation, call)
            spent += time.perf_counter() - began
            sink.write(json.dumps(found, default=str) + "\n")
        sink.write(json.dumps({"seconds": spent}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
