"""What the tests of the command line share: running it in this process, and what it said."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stix_shifter.cli.app import main


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("translate", …, stdin="text")` as a shell would, in this process."""

    def run_it(*words: str, stdin: str | bytes = b"") -> Said:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        capsys.readouterr()
        code = main(list(words))
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run_it


TINY_SITE = Path(__file__).parent / "tiny_site"


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The connector `tiny` (see its api_client.py) can be imported, as any installed one."""
    monkeypatch.syspath_prepend(str(TINY_SITE))
    yield
    for name in [name for name in sys.modules if name.startswith("stix_shifter_modules.tiny")]:
        del sys.modules[name]
