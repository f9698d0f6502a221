"""Every connector says against which versions and documents it was checked, and when."""

from __future__ import annotations

import json
import re

import pytest

from stix_shifter_utils.config import installed_modules, module_folder

NO_PRODUCT = {"proxy", "async_template", "synchronous_template"}


@pytest.mark.parametrize("name", sorted(set(installed_modules()) - NO_PRODUCT))
def test_a_connector_says_what_it_was_checked_against_and_when(name: str) -> None:
    path = module_folder(name) / "configuration" / "capabilities.json"
    checked = json.loads(path.read_text(encoding="utf-8"))["$checked"]
    assert re.search(r"\b20\d\d\b", checked), "when?"
    assert len(checked.split()) >= 4, "against which documents or versions?"
