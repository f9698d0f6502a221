"""The standard suite finds what is wrong: a template that passes it, broken in one place, fails a test."""

from __future__ import annotations

import importlib
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from stix_shifter_utils.connector.new import create_connector
from stix_shifter_utils.testing import FakeClock, Fault
from stix_shifter_utils.transmission import HttpSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_numbers = itertools.count()
CLIENT = "stix_transmission/api_client.py"
CONSTRUCTOR = "stix_translation/query_constructor.py"
TO_STIX = "stix_translation/json/to_stix_map.json"
PRODUCT = "tests/product.py"


@dataclass(frozen=True)
class Break:
    """One change in a file of the template, and the test of the suite that must notice."""

    file: str
    old: str
    new: str
    test: str
    arguments: tuple[Any, ...] = ()
    template: str = "async_template"


FAULT_TEST = "test_a_broken_answer_has_its_code"
PING = '(await self.http.get("/v1/health")).json()'
DELETE = 'await self.http.delete(url_path("/v1/searches/{id}", id=search_id))'
BY_PAGE = "test_a_search_finds_its_rows_page_by_page"
REFUSED = "test_a_query_that_the_product_refuses_is_told"
ERRORS = "    errors = ErrorMapper.STATUSES"
BREAKS = {
    "a file is missing": Break("README.md", "", "", "test_the_folder_passes_the_quality_checks"),
    "a label is missing": Break(
        "configuration/lang_en.json", '"label": "Host", ', "", "test_the_folder_passes_the_quality_checks"
    ),
    "a queried property does not come back": Break(
        TO_STIX, '"key": "process.pid"', '"key": "process.ppid"', "test_the_folder_passes_the_quality_checks"
    ),
    "a transformer does not exist": Break(
        TO_STIX, "SeverityToScore", "SeverityToNothing", "test_the_folder_passes_the_quality_checks"
    ),
    "a case has another query": Break(
        "stix_translation/json/dialect1_fields.json", '"network_events"', '"other_events"', "every case"
    ),
    "a case has other objects": Break(
        TO_STIX, '"key": "network-traffic.dst_port"', '"key": "network-traffic.x"', "every case"
    ),
    "there are no cases for rows": Break(
        "tests/cases/rows.json", "", "", "test_there_are_cases_for_both_directions"
    ),
    "values are not escaped": Break(
        CONSTRUCTOR,
        '    dialect = "',
        '    def text(self, value: str) -> str:\n        return f"\'{value}\'"\n\n    dialect = "',
        "test_values_stay_in_their_literals",
    ),
    "a malformed pattern is taken": Break(
        "stix_translation/query_translator.py",
        "    compiler = QueryConstructor",
        '    def transform_query(self, data):\n        return {"queries": [data]}',
        "test_malformed_patterns_are_refused",
    ),
    "rows are changed": Break(
        "stix_translation/results_translator.py",
        '    """The map says it all.',
        "    def translate_results(self, data_source, data):\n"
        "        [row.pop('pid', None) for row in data]\n"
        "        return super().translate_results(data_source, data)\n\n"
        '    """',
        "test_translating_twice_gives_the_same_and_leaves_the_rows_alone",
    ),
    "anything counts as rows": Break(
        "stix_translation/results_translator.py",
        '    """The map says it all.',
        "    def translate_results(self, data_source, data):\n"
        "        return super().translate_results(data_source, [])\n\n"
        '    """',
        "test_results_that_are_no_rows_are_refused",
    ),
    "a bad value breaks the translation": Break(
        "stix_translation/results_translator.py",
        '    """The map says it all.',
        "    def translate_results(self, data_source, data):\n"
        "        [row.get('pid', '').upper for row in data]\n"
        "        return super().translate_results(data_source, data)\n\n"
        '    """',
        "test_odd_values_in_rows_never_break_the_translation",
    ),
    "ping asks nobody": Break(CLIENT, PING, "pass", "test_a_product_that_is_not_there_is_told"),
    "a page is skipped": Break(CLIENT, '{"from": offset,', '{"from": offset + (offset > 0),', BY_PAGE),
    "a page is longer than asked for": Break(CLIENT, '"size": length}', '"size": length + 1}', BY_PAGE),
    "the same page comes again": Break(
        CLIENT, '{"from": offset,', '{"from": 0 if offset < 30 else offset,', BY_PAGE
    ),
    "rows do not become a bundle": Break(
        CLIENT, 'reply.json()["rows"]', "[{} for _ in reply.json()['rows']]", "test_rows_become_a_bundle"
    ),
    "a search stays on the product": Break(
        CLIENT,
        DELETE,
        "return",
        "test_deleting_a_search_leaves_nothing_behind",
    ),
    "a search that is left early stays": Break(
        CLIENT,
        DELETE,
        "return",
        "test_a_search_that_is_left_early_is_deleted",
    ),
    "the product lets everybody in": Break(
        PRODUCT, "!= (USER, PASSWORD)", "is None", "test_wrong_credentials_are_refused"
    ),
    "an expired search is an empty one": Break(
        CLIENT, ERRORS, "    errors = {}", "test_a_search_that_expired_is_told"
    ),
    "a refused query has no code": Break(CLIENT, ERRORS, "    errors = {422: ValueError}", REFUSED),
    "a login page is no row": Break(
        CLIENT,
        ERRORS,
        f'{ERRORS}\n    headers = {{"Accept": "*/*"}}',
        FAULT_TEST,
        (Fault.html(), "unknown"),
    ),
    "a refusal is an empty page": Break(
        CLIENT,
        "        return Page(",
        "        return Page([]) if reply.status != 200 else Page(",
        FAULT_TEST,
        (Fault.answer(403), "authentication_fail"),
    ),
    "an error shows the password": Break(
        CLIENT,
        PING,
        'raise ValueError(self.configuration["auth"]["password"])',
        "test_ping_answers",
    ),
    "nobody checks the certificate": Break(
        PRODUCT,
        '"port": product.port,',
        '"port": product.port, "options": {"verify_cert": False},',
        "test_a_certificate_of_an_unknown_authority_is_refused",
    ),
    "what was found is lost": Break(
        CLIENT,
        "        path = url_path",
        "        if offset:\n            return Page([])\n        path = url_path",
        "test_what_was_found_before_a_break_is_kept",
    ),
    "the query asks for too little": Break(
        CONSTRUCTOR,
        '    dialect = "',
        "    def finish(self, condition, window, limit):\n"
        '        return super().finish(condition, window, 5)\n\n    dialect = "',
        "test_the_loop_closes",
    ),
    "an exact query is not": Break(
        "stix_translation/json/operators.json",
        '"ComparisonComparators.GreaterThan": ">"',
        '"ComparisonComparators.GreaterThan": ">="',
        "test_the_loop_closes",
    ),
}


@pytest.fixture
def broken(namespace_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Break], Any]:
    """The suite of a copy of a template with a break in it."""
    monkeypatch.setattr(HttpSource, "clock", FakeClock())

    def make(one: Break) -> Any:
        name = f"tiny{next(_numbers)}"
        create_connector(name, one.template, namespace_folder)
        path = namespace_folder / name / one.file.replace(one.template, name)
        if one.old or one.new:
            text = path.read_text(encoding="utf-8")
            assert one.old in text, f"{one.old!r} is not in {one.file}"
            path.write_text(text.replace(one.old, one.new), encoding="utf-8")
        else:
            path.unlink()
        importlib.invalidate_caches()
        module = importlib.import_module(f"stix_shifter_modules.{name}.tests.test_{name}")
        return getattr(module, f"Test{name.capitalize()}")()

    return make


def run(suite: Any, one: Break) -> None:
    if one.test != "every case":
        getattr(suite, one.test)(*one.arguments)
        return
    for case in suite.cases():
        suite.test_case(case)


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_found(name: str, broken: Callable[[Break], Any]) -> None:
    suite = broken(BREAKS[name])
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        run(suite, BREAKS[name])
