"""Rows in, STIX objects out: the stream. How a row becomes objects is in `steps` and `finish`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import ResultsTranslationError, StixShifterError
from stix_shifter_utils.results.build import RowBuild
from stix_shifter_utils.results.finish import Identifier, Row, number_objects, observed_data
from stix_shifter_utils.results.options import ResultsOptions
from stix_shifter_utils.results.planned import PlannedRows
from stix_shifter_utils.results.reading import loads
from stix_shifter_utils.results.report import ResultsReport
from stix_shifter_utils.results.settle import Settled
from stix_shifter_utils.stix import Merger, format_time, native_type, row_key, whole_identity
from stix_shifter_utils.stix.bundle import Written
from stix_shifter_utils.stix.contributing import COMPATIBLE, CONTRIBUTING
from stix_shifter_utils.stix.spill import Spill

if TYPE_CHECKING:
    from stix_shifter_utils.results.compile import ResultsMapping

Object = dict[str, Any]


class RowStream:
    """STIX objects of native rows, made as they are asked for. Iterate once: over it, or over `groups()`.

    The identity comes first, then the observed-data of each row, in STIX 2.1 with those of its objects that
    no other row can have; objects that rows share come last, merged. Memory is bounded, however many rows.
    An error of this library that the rows end in is raised after all that was found is handed on.
    """

    def __init__(
        self,
        rows: Iterable[Any],
        identity: Mapping[str, Any],
        mapping: ResultsMapping,
        options: ResultsOptions,
    ) -> None:
        self.report = ResultsReport()
        self.version = mapping.version
        self.identity = whole_identity(identity, mapping.version)
        self._rows = rows
        self._mapping = mapping
        self._options = options
        self._now = format_time(options.now or datetime.now(timezone.utc))
        self._spill = Spill(options.spill_after)
        self._contributing = COMPATIBLE if options.id_compat else CONTRIBUTING
        self._fallback = self._fallback_object() if options.unmapped_fallback else None
        self._row_key: bytes | None = None
        self._planned = PlannedRows(
            mapping, self._contributing, self.identity["id"], self._key, self._now, self.report,
            keeps_unmapped=options.unmapped_fallback,
        )  # fmt: skip

    def __iter__(self) -> Iterator[Object]:
        return self._objects(in_text=False)

    def written(self) -> Iterator[Object | Written]:
        """The same, for one who writes all of it: as text what is text already. Instead of iterating."""
        return self._objects(in_text=True)

    def _objects(self, *, in_text: bool) -> Iterator[Any]:
        try:
            yield self.identity
            is_merging = self.version == "2.1" and self._options.merge
            yield from self._merged(in_text=in_text) if is_merging else self._released(in_text=in_text)
        finally:
            self._spill.close()

    def groups(self) -> Iterator[list[Object]]:
        """The objects of one row after the other, not merged: its observed-data, then what that refers to.

        For a caller that chooses among rows before it merges (`stix.Merger`). Rows without objects are out.
        """
        try:
            for group in self._groups():
                self.report.objects += _count(group)
                yield group
        finally:
            self._spill.close()

    def _released(self, *, in_text: bool) -> Iterator[Any]:
        """The objects of each row; `in_text` allows for text."""
        del in_text
        for group in self._groups():
            self.report.objects += _count(group)
            yield from group

    def _merged(self, *, in_text: bool) -> Iterator[Any]:
        merger = Merger(self.identity["id"], spill=self._spill, contributing=self._contributing)
        failure: StixShifterError | None = None
        try:
            yield from self._own(merger, in_text=in_text)
        except StixShifterError as error:
            failure = error
        for item in merger.finish_written() if in_text else merger.finish():
            self.report.objects += item.count if isinstance(item, Written) else 1
            yield item
        if failure is not None:
            raise failure

    def _own(self, merger: Merger, *, in_text: bool) -> Iterator[Any]:
        """What is a row's own, while the merger keeps the rest."""
        add = merger.add_written if in_text else merger.add
        for group in self._groups():
            own = add(group)
            self.report.merged = merger.merged
            self.report.objects += len(own) - 1
            yield from own

    def _groups(self) -> Iterator[list[Object]]:
        report, refused = self.report, ""
        for row in self._rows:
            report.rows += 1
            if type(row) is not dict and not isinstance(row, Mapping):
                report.refused_rows += 1
                refused = refused or f"row {report.rows} is of type {type(row).__name__}"
                continue
            group = self.group_of(row)
            if group is None:
                report.empty_rows += 1
            else:
                report.observed += 1
                yield group
        if refused and report.refused_rows == report.rows:
            msg = f"results are rows, each an object from native fields to values; {refused}"
            raise ResultsTranslationError(msg)

    def group_of(self, row: Mapping[str, Any], key: bytes | None = None) -> list[Object] | None:
        """The observed-data of a row and, in 2.1, its objects; None when nothing of it became one.

        What is the row's own gets its ids from `key`, if given, and equal rows are then not told apart.
        """
        self._row_key = key
        found = self._planned.objects_of(row) if type(row) is dict else None
        return found if found is not None else self._general(row)

    def _general(self, row: Mapping[str, Any]) -> list[Object] | None:
        """The same in the general way, for a row of any shape."""
        build = RowBuild(self.version, self.report, self._fallback)
        self._mapping.level.walk(build, row, ())
        settled = Settled(build)
        if not settled.objects:
            return None
        origin = Row(self.identity["id"], self._key(row))
        own_id = origin.own_id("observed-data", "")
        observed = observed_data(build.observed, own_id, self.identity["id"], self._now, self.version)
        if self.version == "2.0":
            observed["objects"] = number_objects(settled)
            return [observed]
        objects = Identifier(settled, origin, self._contributing).identify()
        observed["object_refs"] = [item["id"] for item in objects]
        return [observed, *objects]

    def _key(self, row: Mapping[str, Any]) -> bytes:
        """The key of the row in hand; identical rows are numbered."""
        if self._row_key is None:
            self._row_key = self._numbered(row_key(row))
        return self._row_key

    def _numbered(self, key: bytes) -> bytes:
        times = self._spill.times_seen(key)
        return key if times == 0 else key + times.to_bytes(8, "big")

    def _fallback_object(self) -> Object:
        base: Object = {"type": native_type(self.identity["name"], self.version)}
        return base if self.version == "2.0" else base | {"spec_version": "2.1", "id": ""}


def _count(group: list[Object]) -> int:
    """How many objects a row has, beside its observed-data or in it."""
    return len(group[0].get("objects", ())) or len(group) - 1


def translate_rows(
    rows: Iterable[Any],
    identity: Mapping[str, Any],
    mapping: ResultsMapping,
    options: ResultsOptions | Mapping[str, Any] | None = None,
) -> RowStream:
    """A stream of STIX objects from native rows; `mapping` decides the version, `options` default to its own.

    Raises ResultsTranslationError for an identity without id or name.
    """
    given = mapping.options if options is None else ResultsOptions.of(options)
    return RowStream(rows, identity, mapping, given)


def read_rows(data: Any) -> Iterable[Any]:
    """Rows from what callers hand over: a list or other iterable of rows, one row, JSON text, or NDJSON.

    Raises ResultsTranslationError for anything else, with the line and column for text.
    """
    if isinstance(data, (bytes, bytearray)):
        data = _decoded(data)
    if isinstance(data, str):
        data = _parsed(data)
    if isinstance(data, Mapping):
        return [data]
    if isinstance(data, Iterable) and not isinstance(data, (str, bytes)):
        return data
    msg = f"results are a list of rows, or JSON text of such a list, not {type(data).__name__}"
    raise ResultsTranslationError(msg)


def _decoded(data: bytes | bytearray) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"results are not UTF-8 text: byte {error.start} is {data[error.start]:#04x}"
        raise ResultsTranslationError(msg) from error


def _parsed(text: str) -> Any:
    """JSON, or one JSON value per line."""
    try:
        return loads(text)
    except RecursionError as error:
        msg = "results are nested too deeply to be read"
        raise ResultsTranslationError(msg) from error
    except json.JSONDecodeError as error:
        lines = [line for line in enumerate(text.splitlines(), start=1) if line[1].strip()]
        if not error.msg.startswith("Extra data") or len(lines) < 2:  # noqa: PLR2004  one line is no NDJSON
            msg = f"results are not JSON: line {error.lineno} column {error.colno}: {error.msg}"
            raise ResultsTranslationError(msg) from error
    return [_parsed_line(number, line) for number, line in lines]


def _parsed_line(number: int, line: str) -> Any:
    try:
        return loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        msg = f"results are not NDJSON: line {number}: {error}"
        raise ResultsTranslationError(msg) from error
