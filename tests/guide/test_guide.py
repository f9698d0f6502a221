"""The guide for authors of connectors: its worked example is built and run, its words point to what is there.

Nothing here knows the example: files, commands and what they print are the pages' (`book.py`).
"""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stix_shifter.cli.app import make_parser
from stix_shifter_utils.errors import ErrorCode
from stix_shifter_utils.quality import check_folder
from tests.guide.book import GUIDE, MODULES, MOST_S, ROOT, Command, File, Reader, alike, pieces

pytest.importorskip("cryptography", reason="the example's product speaks TLS")
CHAPTERS = sorted(page.name for page in GUIDE.glob("[1-9]-*.md"))
PAGES = sorted(GUIDE.glob("*.md"))
REPLAYED = [*CHAPTERS, "verdicts.md", "faq.md"]
COMMANDS = [(page, piece) for page in REPLAYED for piece in pieces(page) if isinstance(piece, Command)]
Told = dict[tuple[str, int], str]


def forget_the_example() -> None:
    for name in [name for name in sys.modules if name.startswith(f"{MODULES}.acme_watch")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """What each command printed to somebody who follows the chapters, by its chapter and place."""
    folder = tmp_path_factory.mktemp("guide")
    reader, printed = Reader(folder), Told()
    forget_the_example()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        try:
            for page in REPLAYED:
                for place, piece in enumerate(pieces(page)):
                    printed[page, place] = reader.do(piece)
            yield printed
        finally:
            reader.leave()
            forget_the_example()


def places() -> Iterator[Any]:
    for page in REPLAYED:
        for place, piece in enumerate(pieces(page)):
            if isinstance(piece, Command):
                yield pytest.param(page, place, piece, id=f"{page}-{place}-{piece.words[0]}")


@pytest.mark.parametrize(("page", "place", "command"), list(places()))
def test_a_command_prints_what_the_guide_shows(page: str, place: int, command: Command, told: Told) -> None:
    printed = told[page, place]
    assert alike(command.shown, printed), f"{page}: {command.line}\nprints\n{printed}\nnot\n{command.shown}"


def test_the_chapters_build_a_connector_of_gold() -> None:
    assert len(COMMANDS) >= 20
    graded = [command.shown for _, command in COMMANDS if "stix_shifter_utils.testing.grade" in command.words]
    assert [json.loads(shown)["acme_watch"]["grade"] for shown in graded] == ["gold"]


def test_what_the_guide_shows_is_told_from_what_it_does_not() -> None:
    assert alike("a…c\n…\nend", "abc\nfirst\nsecond\nend\n")
    assert alike("…\nend", "end")
    assert not alike("a…c", "abd")
    assert not alike("one", "one\ntwo")
    assert not alike("", "something")


def build(folder: Path, *pages: str) -> Path:
    """The connector of all chapters, changed as pages say."""
    for each in (*CHAPTERS, *pages):
        for piece in pieces(each):
            if isinstance(piece, File):
                Reader(folder).do(piece)
    return folder / MODULES / "acme_watch"


def proven(folder: Path, tests: str) -> str:
    """The standard suite over the example, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder / MODULES), "-k", tests],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=MOST_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_declared_api_and_the_language_of_its_own_prove_themselves(tmp_path: Path) -> None:
    connector = build(tmp_path, "declared-api.md", "own-language.md")
    for name in ("api_client.py", "error_mapper.py"):
        (connector / "stix_transmission" / name).unlink()
    assert check_folder(connector) == []
    product = connector / "tests" / "product.py"
    removed, added = diff_of("own-language.md")
    text = product.read_text(encoding="utf-8")
    assert text.count(removed) == 1
    imported = f"from {MODULES}.acme_watch.tests.filters import FilterRows\n"
    text = text.replace(removed, added).replace("from stix", f"{imported}from stix", 1)
    product.write_text(text, encoding="utf-8")
    chosen = "loop or literals or page_by_page or refuses or ping or deleted or wrong or expired or deleting"
    assert "10 passed" in proven(tmp_path, chosen)


def diff_of(page: str) -> tuple[str, str]:
    block = re.search(r"```diff\n-(.*)\n\+(.*)\n```", (GUIDE / page).read_text(encoding="utf-8"))
    assert block is not None
    return block[1], block[2]


def test_the_wheel_of_the_example_leaves_the_namespace_alone(tmp_path: Path) -> None:
    pytest.importorskip("setuptools", reason="builds as its own project says")
    build(tmp_path)
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            "import setuptools; setuptools.setup()",
            "-q",
            "build_py",
            "-d",
            "out",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=MOST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    built = tmp_path / "out" / MODULES
    assert not (built / "__init__.py").exists()
    names = {path.relative_to(built / "acme_watch").as_posix() for path in built.rglob("*") if path.is_file()}
    needed = {
        "entry_point.py",
        "configuration/config.json",
        "stix_translation/json/to_stix_map.json",
        "README.md",
    }
    assert needed < names


def named_commands() -> list[str]:
    """The commands of the program that the pages speak of in passing."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    return sorted({name for text in texts for name in re.findall(r"`stix-shifter ([a-z][a-z-]*)", text)})


@pytest.mark.parametrize("name", named_commands())
def test_a_command_that_is_only_named_is_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        make_parser().parse_args([name, "--help"])
    assert ended.value.code == 0
    assert name in capsys.readouterr().out


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in PAGES])
def test_a_page_leads_to_what_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []
    named = re.findall(r"`((?:stix_shifter|stix_shifter_utils)/[\w./]+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert links, "a page without a way on"


def test_the_page_of_errors_has_each_code_once() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (GUIDE / "errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted({code.value for code in ErrorCode})


class Pages:
    """A product that pages by cursors, as the page of questions describes one."""

    rows = tuple({"n": n} for n in range(5))
    size = 2

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    async def get(self, path: str, params: dict[str, Any]) -> Any:
        self.asked.append(params)
        first = int(params.get("after", 0))
        following = first + self.size
        answer = {"rows": list(self.rows[first:following]), "next": following if following < 5 else None}
        return SimpleNamespace(json=lambda: answer)


def test_the_cursor_of_the_questions_brings_every_row_once() -> None:
    snippet = re.search(r"```python\n(.*?Cursor.*?)```", (GUIDE / "faq.md").read_text("utf-8"), re.DOTALL)
    assert snippet is not None
    names: dict[str, Any] = {}
    exec(snippet[1], names)
    client, found, metadata = SimpleNamespace(http=Pages()), list[Any](), None
    for _ in range(4):
        page = asyncio.run(names["get_search_results"](client, "s-1", len(found), 10, metadata))
        found, metadata = [*found, *page.records], page.metadata
    assert found == list(Pages.rows)
    assert [params.get("after") for params in client.http.asked] == [None, 2, 4]
    assert {params["size"] for params in client.http.asked} == {500}
