"""The part of the standard suite that needs no product: folder, cases, bad input, hostile values, odd rows.

The tests run against the connector's own entry point. What a connector overrides is said in `suite.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import functools
import json
import math
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from stix_shifter_utils.config import module_folder, validate
from stix_shifter_utils.connector import load_entry_point
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.errors import ConfigurationError, ErrorCode, StixShifterError
from stix_shifter_utils.quality import check_folder
from stix_shifter_utils.testing.cases import Case, Found, read_cases
from stix_shifter_utils.testing.hostile import MARKER, hostile_values, outside_literals
from stix_shifter_utils.testing.levels import bronze

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator
    from pathlib import Path

    from stix_shifter_utils.connector import BaseEntryPoint, BaseQueryTranslator

IDENTITY = {
    "type": "identity",
    "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
    "name": "suite",
    "identity_class": "system",
    "created": "2024-01-01T00:00:00.000Z",
    "modified": "2024-01-01T00:00:00.000Z",
}
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
CODES = {code.value for code in ErrorCode}
MALFORMED = (
    "", "[", "[a:b = 1", "[a:b = 1] xyz", "[a:b ~ 1]", "[a:b = 'x]", "a:b = 1",
    "[a:b = 1 and c:d = 2]", "[]",
)  # fmt: skip
MANY_PATHS = 20
ODD_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 10**40, 1.5, math.nan, math.inf, "", " ", "\ud800", "\x00", "a" * 5000, [], [None],
    [[]], {}, {"a": {}}, [{}], [1, "a", None], {"value": "x"}, "2024-13-45", "not an address",
)  # fmt: skip


class TranslationSuite:
    """Bronze."""

    module: ClassVar[str]
    required_options: ClassVar[dict[str, Any]] = {}

    # -- what a connector may say differently

    def outside_literals(self, query: Any) -> str:
        """A native query without its literals. Raises ValueError where one does not end."""
        return outside_literals(query)

    # -- running things

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test per case file line; a file that cannot be read is one failing test."""
        if "case" in metafunc.fixturenames:
            cases = self.cases()
            metafunc.parametrize("case", cases, ids=[case.source for case in cases])

    @classmethod
    def folder(cls) -> Path:
        """The connector's folder."""
        return module_folder(cls.module)

    @classmethod
    @functools.cache
    def cases(cls) -> list[Case]:
        """The cases in `tests/cases`."""
        return read_cases(cls.folder() / "tests" / "cases")

    def entry_point(self, **options: Any) -> BaseEntryPoint:
        """The connector for translation, with these options."""
        return load_entry_point(self.module)(options={**self.required_options, **options})

    def answer(self, work: Awaitable[Any], *, translating: bool = False) -> dict[str, Any]:
        """The classic answer of a call, with an error as a dictionary."""
        answer = _run(answer_of(work, self.module, translating=translating))
        assert isinstance(answer, dict), f"an answer is a dictionary, not {answer!r}"
        return answer

    def has_mappings(self) -> bool:
        """False for a connector that translates by no mapping files: it takes any pattern."""
        return any((self.folder() / "stix_translation" / "json").glob("*_map.json"))

    def rows(self) -> list[Any]:
        """The rows of all results cases."""
        return [row for case in self.cases() if not case.is_translation for row in case.content["rows"]]

    def translators(self) -> Iterator[tuple[str, BaseQueryTranslator]]:
        """The dialects that read STIX patterns, with their translators."""
        entry = self.entry_point()
        for name in entry.get_dialects(include_hidden=True):
            if entry.get_query_translator(name).get_language() == "stix":
                yield name, entry.get_query_translator(name)

    # -- folder and parameters

    @bronze
    def test_the_folder_passes_the_quality_checks(self) -> None:
        findings = check_folder(self.folder())
        assert not findings, "\n".join(str(finding) for finding in findings)

    @bronze
    def test_every_dialect_translates_both_ways(self) -> None:
        entry = self.entry_point()
        dialects = entry.get_dialects()
        assert dialects, "no dialect takes part by default"
        for name in entry.get_dialects(include_hidden=True):
            assert entry.get_query_translator(name).dialect == name
            assert entry.get_results_translator(name) is not None

    @bronze
    def test_an_unknown_option_is_refused_by_name(self) -> None:
        given = {**self.required_options, "no_such_option": 1}
        with pytest.raises(ConfigurationError, match="no_such_option"):
            validate(self.module, given, "connection.options")

    # -- cases

    @bronze
    def test_there_are_cases_for_both_directions(self) -> None:
        kinds = {case.is_translation for case in self.cases()}
        assert True in kinds, "tests/cases has no pattern: add one with its native query"
        assert False in kinds, "tests/cases has no rows: add some with the objects that they give"

    @bronze
    def test_case(self, case: Case) -> None:
        if case.is_translation:
            self._check_translation(case)
        else:
            self._check_results(case)

    def _check_translation(self, case: Case) -> None:
        entry = self.entry_point(**case.options)
        dialect = case.content.get("dialect") or entry.get_dialects()[0]
        answer = self.answer(entry.transform_query(dialect, case.content["pattern"]), translating=True)
        if "raises" in case.content:
            nothing_left = None if answer.get("queries") else ErrorCode.TRANSLATION_MAPPING_ERROR.value
            assert answer.get("code", nothing_left) == case.content["raises"], f"in place of it: {answer}"
            return
        assert answer.get("success") is not False, answer.get("error")
        if case.queries() is not None:
            assert answer["queries"] == case.queries(), f"the queries are {answer['queries']}"
        if "unmapped" in case.content:
            assert answer["unmapped_attributes"] == case.content["unmapped"]
        if "verdicts" in case.content:
            plan = entry.get_query_translator(dialect).plan(case.content["pattern"])
            assert [one.verdict.value for one in plan.verdicts] == case.content["verdicts"], plan.verdicts

    def _check_results(self, case: Case) -> None:
        options = dict(case.options)
        if "dialect" in case.content:
            options["dialects"] = [case.content["dialect"]]
        entry = self.entry_point(**options)
        answer = _run(entry.translate_results(IDENTITY, case.content["rows"]))
        if "raises" in case.content:
            assert answer.get("code") == case.content["raises"], "rows were translated in place of the error"
            return
        assert "objects" in answer, answer.get("error")
        found = Found(answer)
        for wanted in case.content.get("objects", ()):
            assert found.has(wanted), f"no {wanted} in {found.alike(wanted.get('type', '')) or found.types()}"
        assert not found.types() & set(case.content.get("lacks", ())), found.types()

    # -- bad input

    @bronze
    def test_malformed_patterns_are_refused(self) -> None:
        for name, translator in self.translators():
            for pattern in MALFORMED:
                answer = self.answer(_called(translator.transform_query, pattern), translating=True)
                assert answer.get("success") is False, f"{name} takes {pattern!r}: {answer}"
                assert answer["code"] in CODES
                assert answer["error"].startswith(f"{self.module} connector error => "), answer["error"]

    @bronze
    def test_patterns_about_nothing_known_are_a_mapping_error(self) -> None:
        pattern = f"[x-{MARKER}:{MARKER} = 1] {WINDOW}"
        entry = self.entry_point()
        if not self.has_mappings():
            return  # a source that takes any pattern
        for name, _ in self.translators():
            answer = self.answer(entry.transform_query(name, pattern), translating=True)
            assert not answer.get("queries"), f"{name} asks for {answer['queries']}"

    @bronze
    def test_values_stay_in_their_literals(self) -> None:
        asked = [
            (name, translator, path)
            for name, translator in self.translators()
            for path in (_text_paths(translator) if self.has_mappings() else ())
        ]
        thin = max(1, len(asked) // MANY_PATHS)  # of many paths, each takes its share of the values
        for place, (name, translator, path) in enumerate(asked):
            values = hostile_values()[place % thin :: thin]
            for comparator, step in (("=", 1), ("LIKE", 1), ("MATCHES", 3), ("!=", 5), ("IN", 5)):
                patterns = [_comparison(path, comparator, value) for value in values[::step]]
                for query in _run(_queries(translator, patterns)):
                    self._stays_inside(f"{name} {path} {comparator}", query)

    def _stays_inside(self, what: str, query: Any) -> None:
        try:
            outside = self.outside_literals(query)
        except ValueError as error:
            message = f"{what}: {error} in {query!r}"
            raise AssertionError(message) from error
        assert MARKER not in outside, f"{what}: a value got out of its literal in {query!r}"

    @bronze
    def test_results_that_are_no_rows_are_refused(self) -> None:
        entry = self.entry_point()
        for data in ("not JSON", 5, [1], ["a"], None):
            answer = _run(entry.translate_results(IDENTITY, data))
            assert answer.get("success") is False, f"{data!r} became {answer}"
            assert answer["code"] == ErrorCode.TRANSLATION_RESULT.value, f"{data!r} became {answer}"

    @bronze
    def test_odd_values_in_rows_never_break_the_translation(self) -> None:
        entry = self.entry_point()
        for row in self.rows():
            if not isinstance(row, dict):
                continue
            odd = [{**row, key: value} for key in row for value in ODD_VALUES]
            bundle = _run(entry.translate_results(IDENTITY, odd))
            assert bundle.get("success") is not False, bundle
            json.dumps(bundle, allow_nan=False)

    @bronze
    def test_translating_twice_gives_the_same_and_leaves_the_rows_alone(self) -> None:
        rows = self.rows()
        before = copy.deepcopy(rows)
        for option in ({}, {"stix_2.1": True}):
            one, two = (_run(self.entry_point(**option).translate_results(IDENTITY, rows)) for _ in range(2))
            assert one.get("objects"), one
            assert one["objects"] == two["objects"], "the same rows give other objects"
        assert rows == before, "the rows were changed"


def _comparison(path: str, comparator: str, value: str) -> str:
    literal = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"[{path} {comparator} {f'({literal})' if comparator == 'IN' else literal}] {WINDOW}"


def _text_paths(translator: BaseQueryTranslator) -> list[str]:
    """Some paths of each kind of field, so that each way of writing a value is tried."""
    if not _has_compiler(translator):
        fields = {
            name: entry.get("fields", {})
            for name, entry in translator.map_data.items()
            if isinstance(entry, dict)
        }
        return [f"{name}:{path}" for name, paths in fields.items() for path in list(paths)[:3]]
    index = translator.mapping().index
    seen: dict[str, list[str]] = {}
    for path in index.paths():
        kind = ",".join(sorted({f"{binding.kind}{binding.relation}" for binding in index.lookup(path)}))
        seen.setdefault(kind, []).append(str(path))
    return [path for paths in seen.values() for path in paths[:1]]


def _has_compiler(translator: BaseQueryTranslator) -> bool:
    """Whether patterns go through a compiler of ours (and not through a classic query constructor)."""
    from stix_shifter_utils.connector import BaseQueryTranslator as Base

    return (
        type(translator).transform_query is Base.transform_query
        and type(translator).transform_antlr is Base.transform_antlr
    )


async def _queries(translator: BaseQueryTranslator, patterns: list[str]) -> list[Any]:
    """The native queries of all patterns that this dialect has words for."""
    queries: list[Any] = []
    for pattern in patterns:
        with contextlib.suppress(StixShifterError):
            queries += (await _called(translator.transform_query, pattern))["queries"]
    return queries


async def _called(method: Any, *arguments: Any) -> Any:
    answer = method(*arguments)
    return await answer if hasattr(answer, "__await__") else answer


def _run(work: Awaitable[Any]) -> Any:
    async def inside() -> Any:
        return await work

    return asyncio.run(inside())
