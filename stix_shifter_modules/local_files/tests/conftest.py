"""The folder of files that most tests of this connector search in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stix_shifter_modules.local_files.tests.samples import Files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    made = Files(tmp_path / "logs")
    made.folder.mkdir()
    yield made
    made.close()
