"""`python -m stix_shifter.pages`: write the pages that are made from the code into `docs/`.

With `--grades`, run the standard suite of each connector first, which takes minutes, and keep what it says.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from stix_shifter.pages import connectors, languages

DOCS = Path("docs")
GRADES = DOCS / "grades.json"


def pages(docs: Path = DOCS) -> dict[Path, str]:
    """Every page by its path."""
    grades = json.loads((docs / "grades.json").read_text(encoding="utf-8"))
    found = {
        docs / "query-languages.md": languages.page(),
        docs / "CONNECTORS.md": connectors.index_page(grades),
    }
    for name in connectors.connectors():
        found[docs / "connectors" / f"{name}.md"] = connectors.connector_page(name)
    return found


def write_grades() -> None:
    """Ask the standard suite what each connector passes."""
    command = [sys.executable, "-m", "stix_shifter_utils.testing.grade"]
    found = {}
    for name in connectors.connectors():
        done = subprocess.run([*command, name], capture_output=True, text=True, check=False)  # noqa: S603  our own
        found[name] = json.loads(done.stdout)[name]["grade"] or ""
    GRADES.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Write what differs, and say so."""
    if "--grades" in arguments:
        write_grades()
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stderr.write(f"wrote {path}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
