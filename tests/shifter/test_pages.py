"""The pages that are made from the code are as the code makes them now: `make pages` writes them."""

from pathlib import Path

import pytest

from stix_shifter.pages.__main__ import pages

ROOT = Path(__file__).resolve().parents[2]
PAGES = pages(ROOT / "docs")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_as_the_code_makes_it(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PAGES[path], "run: make pages"


def test_there_is_a_page_for_each_connector_and_none_too_many() -> None:
    made = {path for path in PAGES if path.parent.name == "connectors"}
    assert set((ROOT / "docs" / "connectors").glob("*.md")) == made
    assert len(made) >= 9


def test_every_family_stands_in_the_page_of_languages() -> None:
    page = PAGES[ROOT / "docs" / "query-languages.md"]
    for name in ("MySQL", "Trino", "KQL", "SPL", "Lucene"):
        assert f"\n## {name}" in page
    assert page.count("| exact |") > 60
