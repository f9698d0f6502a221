"""Native rows to STIX objects by several processes of one machine: the same objects, ids and order as by one.

Each process translates a batch of rows; this one takes the batches in order, numbers identical rows and
merges what rows share, as `results_stream` does with one process. Batches are small: memory stays flat.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import orjson

from stix_shifter.results_stream import ResultsStream, mapping_of, stream_results
from stix_shifter_utils.errors import ResultsTranslationError
from stix_shifter_utils.results import ResultsMapping, RowStream
from stix_shifter_utils.results.reading import loads
from stix_shifter_utils.stix import row_key

if TYPE_CHECKING:
    from stix_shifter_utils.results import ResultsOptions

OnProblem = Callable[[int, str], None]
"""Told the number of a row that is no JSON, from 1, and why."""

BATCH: Final = 500
"""Rows that a process takes at a time."""


@dataclass(frozen=True, slots=True)
class _Call:
    """What each process needs to know; the time that stands in for a missing one is the same for all."""

    module: str
    identity: Mapping[str, Any]
    options: Mapping[str, Any] | None
    now: datetime

    def mapping(self) -> ResultsMapping | None:
        return mapping_of(self.module, self.identity, self.options)[1]

    def stream_options(self, mapping: ResultsMapping) -> ResultsOptions:
        return replace(mapping.options, now=self.now)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What became of a batch: places and keys of the rows that have objects, and those as JSON; counts."""

    places: list[int]
    keys: list[bytes]
    groups: bytes
    refused: int
    empty: int
    dropped: dict[tuple[str, str], int]
    partial: dict[str, int]
    problems: list[tuple[int, str]]


def stream_in_parallel(
    module: str,
    identity: Mapping[str, Any],
    rows: Iterable[Any],
    options: Mapping[str, Any] | None = None,
    *,
    workers: int,
    on_problem: OnProblem,
) -> ResultsStream:
    """`stream_results` with so many processes. A row may also be a line of JSON, as bytes, to be read there.

    A connector that makes bundles its own way does so in this process. Raises what `stream_results` raises; a
    process that is killed ends the stream with ResultsTranslationError, after all that was found.
    """
    call = _Call(module, identity, options, datetime.now(timezone.utc))
    mapping = call.mapping()
    if mapping is None:
        return stream_results(module, identity, _read(rows, on_problem), options)
    stream = _PooledRows(rows, call, mapping, workers, on_problem)
    return ResultsStream(stream, mapping.version, stream.report)


def _read(rows: Iterable[Any], on_problem: OnProblem) -> Iterator[Any]:
    for number, row in enumerate(rows, 1):
        problems: list[tuple[int, str]] = []
        found = _value(row, number, problems)
        if problems:
            on_problem(*problems[0])
        elif found is not _NOTHING:
            yield found


class _PooledRows(RowStream):
    """A stream whose rows are translated elsewhere. One that is equal to an earlier one is so here, again."""

    def __init__(
        self,
        rows: Iterable[Any],
        call: _Call,
        mapping: ResultsMapping,
        workers: int,
        on_problem: OnProblem,
    ) -> None:
        options = call.stream_options(mapping)
        super().__init__(rows, call.identity, mapping, options)
        self._call, self._workers, self._on_problem = call, workers, on_problem
        self._again = RowStream((), call.identity, mapping, options)

    def _groups(self) -> Iterator[list[dict[str, Any]]]:
        pool = ProcessPoolExecutor(
            self._workers, multiprocessing.get_context("spawn"), _start, (self._call,)
        )  # a fork would copy locks that other threads hold
        try:
            yield from self._taken(pool)
        except BrokenProcessPool as error:
            msg = "a process that translates rows ended by itself; it may have been out of memory"
            raise ResultsTranslationError(msg) from error
        finally:
            pool.shutdown(cancel_futures=True)
        if self.report.rows and self.report.refused_rows == self.report.rows:
            msg = "results are rows, each an object from native fields to values; no row is one"
            raise ResultsTranslationError(msg)

    def _taken(self, pool: ProcessPoolExecutor) -> Iterator[list[dict[str, Any]]]:
        """The rows' objects, batch by batch, while a few batches ahead are in work."""
        rows, waiting = iter(self._rows), deque[tuple[list[Any], Future[_Batch]]]()
        number = 0
        while True:
            while len(waiting) <= 2 * self._workers and (batch := list(islice(rows, BATCH))):
                waiting.append((batch, pool.submit(_translate, batch)))
            if not waiting:
                return
            batch, future = waiting.popleft()
            done = future.result()
            self._count(done, len(batch), number)
            number += len(batch)
            for place, key, group in zip(done.places, done.keys, orjson.loads(done.groups), strict=True):
                numbered = self._numbered(key)
                self.report.observed += 1
                yield group if numbered is key else self._once_more(batch[place], numbered)

    def _once_more(self, row: Any, key: bytes) -> list[dict[str, Any]]:
        found = self._again.group_of(loads(row) if isinstance(row, bytes) else row, key)
        return found or []

    def _count(self, done: _Batch, rows: int, before: int) -> None:
        report = self.report
        report.rows += len(done.places) + done.refused + done.empty
        report.refused_rows += done.refused
        report.empty_rows += done.empty
        report.dropped.update(done.dropped)
        report.partial.update(done.partial)
        for place, problem in done.problems:
            self._on_problem(before + place + 1, problem)


# in the processes

_NOTHING: Final = object()
_STREAMS: Final[list[RowStream]] = []
"""The one stream of a process, which its pool cannot hand over with each batch."""


def _start(call: _Call) -> None:
    """Prepare a process. An interrupt is for the one that started it, which ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    mapping = call.mapping()
    if mapping is not None:
        _STREAMS.append(RowStream((), call.identity, mapping, call.stream_options(mapping)))


def _translate(batch: list[Any]) -> _Batch:
    """A batch of rows, each with the ids that it has when no equal row came before it."""
    stream = _STREAMS[0]
    places, keys, groups = [], [], []
    problems: list[tuple[int, str]] = []
    refused = empty = 0
    for place, given in enumerate(batch):
        row = _value(given, place, problems)
        if isinstance(row, Mapping):
            key = row_key(row)
            group = stream.group_of(row, key)
            if group is None:
                empty += 1
            else:
                places.append(place)
                keys.append(key)
                groups.append(group)
        elif row is not _NOTHING:
            refused += 1
    report = stream.report
    counts = dict(report.dropped), dict(report.partial)
    report.dropped.clear()
    report.partial.clear()
    return _Batch(places, keys, orjson.dumps(groups), refused, empty, *counts, problems)


def _value(row: Any, place: int, problems: list[tuple[int, str]]) -> Any:
    """A row, read if it is a line; nothing for an empty line, or one that is no JSON, which is noted."""
    if not isinstance(row, bytes):
        return row
    try:
        return loads(row)
    except (ValueError, RecursionError) as error:
        if row.strip():
            problems.append((place, error.msg if isinstance(error, json.JSONDecodeError) else str(error)))
        return _NOTHING
