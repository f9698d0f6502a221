"""The examples of docs/migrating.md are what both cores answer, where `make compat` has made both."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "migrating.md"
MADE = ROOT / "build" / "compat"
WORKER = ROOT / "compat" / "worker.py"
IDENTITY = {"type": "identity", "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3", "name": "n"}
EXAMPLE = re.compile(r"```\ntranslate (.*)\nbefore: (.*)\nnow: +(.*)\n```")


class Example(NamedTuple):
    """A call, and how both cores answer; `...` stands for anything."""

    module: str
    call: dict[str, Any]
    before: str
    now: str


def examples() -> Iterator[Example]:
    for command, before, now in EXAMPLE.findall(GUIDE.read_text(encoding="utf-8")):
        module, kind, _, data, *options = shlex.split(command)
        if "..." in data:
            continue  # told in part
        call = {
            "module": module,
            "kind": kind,
            "identity": IDENTITY,
            "data": json.loads(data) if kind == "results" else data,
            "options": json.loads(options[0]) if options else {},
        }
        yield Example(module, call, before, now)


EXAMPLES = list(examples())


def test_every_heading_about_answers_has_a_switch_or_says_that_there_is_none() -> None:
    text = GUIDE.read_text(encoding="utf-8").partition("## For users and clients")[2]
    entries = re.split(r"^### ", text.partition("## Switch for all results")[0], flags=re.MULTILINE)[1:]
    silent = [entry.partition("\n")[0] for entry in entries if not re.search("[Ss]witch|refuse`", entry)]
    assert silent == []
    assert len(EXAMPLES) >= 11


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What both cores answer to all examples."""
    place = tmp_path_factory.mktemp("guide")
    (place / "calls").write_text("".join(json.dumps(one.call) + "\n" for one in EXAMPLES), encoding="utf-8")
    found = {}
    for name in ("published", "ours"):
        python = MADE / name / "bin" / "python"
        if not python.exists():
            pytest.skip("make compat has not been run here: there is no published core to ask")
        command = [python, WORKER, place / "calls", place / name]
        subprocess.run(command, check=True, cwd=place, capture_output=True, timeout=300)
        lines = (place / name).read_text(encoding="utf-8").splitlines()
        found[name] = [json.loads(line) for line in lines[:-1]]
    return found


@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=[one.module for one in EXAMPLES])
def test_both_cores_answer_as_the_guide_tells(answers: dict[str, list[Any]], number: int) -> None:
    example = EXAMPLES[number]
    for name, told in (("published", example.before), ("ours", example.now)):
        answer = answers[name][number]
        shown = json.dumps(answer) if told.startswith("{") else "\n".join(answer.get("queries", ()))
        form = ".*".join(re.escape(part) for part in told.split("..."))
        assert re.fullmatch(form, shown, re.DOTALL), f"{name}: {shown}"
