"""The suite of errors forgets nothing quietly, and its page is up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from stix_shifter_modules.splunk.tests import test_splunk as splunk
from stix_shifter_utils.config import installed_modules, module_folder
from stix_shifter_utils.testing import FakeClock
from stix_shifter_utils.testing.error_classes import BY_NAME, table
from stix_shifter_utils.testing.error_table import page, rows
from stix_shifter_utils.testing.suite_errors import ErrorSuite

DOCS = Path(__file__).resolve().parents[3] / "docs"


class Forgetful(ErrorSuite):
    """Nothing but the product."""

    suite = splunk.TestSplunk


class WithoutReason(Forgetful):
    without: ClassVar = {"cancelled job": "no"}


class Overlooking(Forgetful):
    """A product whose user is let in by any password."""

    class suite(splunk.TestSplunk):  # noqa: N801  the name that the suite has
        __test__ = False

        def wrong_configuration(self, product: Any) -> dict[str, Any]:
            return self.configuration(product)


def proven(suite: ErrorSuite, name: str) -> None:
    suite.test_a_class_of_errors_has_its_code_and_one_clear_message_and_loses_no_row(name, FakeClock())


@pytest.mark.parametrize(
    ("name", "hook"),
    [
        ("expired token", "expire_token"),
        ("unknown index or table", "unknown_table"),
        ("cancelled job", "cancel"),
        ("expired job", "expire_job"),
    ],
)
def test_a_hook_that_is_not_written_fails_its_class(name: str, hook: str) -> None:
    with pytest.raises(NotImplementedError, match=f"write {hook}, or say in `without` why"):
        proven(Forgetful(), name)


def test_a_reason_must_be_a_sentence_and_a_class_must_be_one() -> None:
    with pytest.raises(AssertionError, match="say why"):
        WithoutReason().test_what_is_left_out_or_otherwise_is_a_class_and_has_a_reason()


def test_an_error_that_goes_unnoticed_fails() -> None:
    with pytest.raises(AssertionError, match="bad credentials went unnoticed"):
        proven(Overlooking(), "bad credentials")


def test_the_page_of_errors_is_up_to_date() -> None:
    assert (DOCS / "errors.md").read_text(encoding="utf-8") == page()
    assert len(rows()) >= 6


def test_every_connector_with_a_fake_product_has_its_errors_proven() -> None:
    products = {name for name in installed_modules() if (module_folder(name) / "tests/product.py").is_file()}
    assert {name for name in products if not name.endswith("_template")} <= set(rows())


def test_the_table_shows_codes_and_numbers_reasons() -> None:
    cells = dict.fromkeys(BY_NAME, "unknown") | {
        "cancelled job": "because of this",
        "expired job": "because of this",
    }
    lines = table({"acme": cells}).splitlines()
    assert lines[2].startswith("| acme | `unknown` |")
    assert lines[2].endswith("| — (1) | — (1) |")
    assert lines[-1] == "1. because of this"
