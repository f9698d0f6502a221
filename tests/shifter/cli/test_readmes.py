"""The commands of the READMEs, ours and each connector's, are commands that a reader can type."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from stix_shifter.cli.app import main, make_parser
from stix_shifter_utils.pattern import parse_pattern

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("stix_shifter_modules/*/README.md"))]
NEEDS_NO_SOURCE = ("translate", "explain", "mapping", "modules", "configs")


def commands() -> Iterator[tuple[Path, str]]:
    """Each command of a fenced block, its lines joined."""
    for page in PAGES:
        for block in page.read_text(encoding="utf-8").split("```")[1::2]:
            for line in whole_lines(block):
                if line.startswith("stix-shifter ") and not line.endswith("--help"):
                    yield page, line.split("   #")[0]


def whole_lines(block: str) -> Iterator[str]:
    """The lines of a block as a shell takes them: joined at a backslash, and inside quotes."""
    open_line = ""
    for line in block.replace("\\\n", " ").splitlines():
        open_line = f"{open_line} {line}" if open_line else line
        if open_line.count("'") % 2 == 0 or not open_line.startswith("stix-shifter "):
            yield open_line
            open_line = ""


COMMANDS = [pytest.param(line, id=f"{page.parent.name}-{n}") for n, (page, line) in enumerate(commands())]


def test_the_pages_hold_commands() -> None:
    assert len(COMMANDS) >= 10


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_a_readme_is_one(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(line)[1:]
    names_files = any(word.startswith("@") for word in words)
    if words[0] in NEEDS_NO_SOURCE and not names_files and words[1:2] != ["proxy"]:
        assert main(words) == 0, capsys.readouterr().err
        return
    args = vars(make_parser().parse_args(["{}" if word.startswith("@") else word for word in words]))
    for name in ("connection", "configuration", "data_source", "options"):
        if isinstance(args.get(name), str):
            json.loads(args[name])
    if isinstance(args.get("pattern"), str) and args["pattern"] != "{}":
        parse_pattern(args["pattern"])
