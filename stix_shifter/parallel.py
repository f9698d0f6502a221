"""Native rows to STIX objects by several processes of one machine: the same objects, ids and order as by one.

Each process translates a batch of rows and writes the objects as JSON text; this one takes the batches in
order, numbers identical rows and merges what rows share, as `results_stream` does with one process. It reads
objects only where rows are identical or shared objects differ. Batches are small: memory stays flat.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

import orjson

from stix_shifter.results_stream import ResultsStream, mapping_of, stream_results
from stix_shifter_utils.errors import ResultsTranslationError
from stix_shifter_utils.results import ResultsMapping, RowStream
from stix_shifter_utils.results.reading import loads
from stix_shifter_utils.stix import row_key
from stix_shifter_utils.stix.bundle import Written
from stix_shifter_utils.stix.ids import is_shared

if TYPE_CHECKING:
    from stix_shifter_utils.results import ResultsOptions
    from stix_shifter_utils.stix import Merger

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


@dataclass(slots=True)
class _Texts:
    """The objects of rows as JSON text.

    `own` are the lines of all rows' own objects, behind each other, `own_ends` where each row's end, and
    `own_ids` their ids. `shared` are those that other rows may have too, without line ends, each once, with
    `shared_ids` and `shared_ends`; `shared_of` says which of them each row has. Only merging needs these:
    without it all objects of a row are its own. `embedded` counts the objects inside those of STIX 2.0.
    """

    own: bytearray = field(default_factory=bytearray)
    own_ends: list[int] = field(default_factory=list)
    own_ids: list[str] = field(default_factory=list)
    embedded: int = 0
    shared: bytearray = field(default_factory=bytearray)
    shared_ends: list[int] = field(default_factory=list)
    shared_ids: list[str] = field(default_factory=list)
    shared_of: list[list[int]] = field(default_factory=list)

    def add(self, group: list[dict[str, Any]], known: dict[bytes, int] | None) -> None:
        """Take the objects of a row; `known` are the places of the shared texts, `None` without merging."""
        among: list[int] = []
        self.embedded += len(group[0].get("objects", ()))
        for item in group:
            if known is None or not is_shared(item["id"]):
                self.own += orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)
                self.own_ids.append(item["id"])
                continue
            body = orjson.dumps(item)
            place = known.setdefault(body, len(known))
            if place == len(self.shared_ids):
                self.shared += body
                self.shared_ends.append(len(self.shared))
                self.shared_ids.append(item["id"])
            among.append(place)
        self.own_ends.append(len(self.own))
        self.shared_of.append(among)

    def written(self) -> Written:
        return Written(bytes(self.own), len(self.own_ids), "".join(self.own_ids).encode())

    def bodies(self) -> list[bytes]:
        """The text of each shared object."""
        starts = (0, *self.shared_ends)
        return [bytes(self.shared[start:end]) for start, end in zip(starts, self.shared_ends, strict=False)]

    def groups(self) -> Iterator[list[dict[str, Any]]]:
        """The objects of each row."""
        bodies, start = self.bodies(), 0
        for end, shared in zip(self.own_ends, self.shared_of, strict=True):
            lines = bytes(self.own[start:end]).splitlines()
            lines += [bodies[each] for each in shared]
            yield [orjson.loads(line) for line in lines]
            start = end


@dataclass(frozen=True, slots=True)
class _Batch:
    """What became of a batch: places, keys and objects of the rows that have some; counts."""

    places: list[int]
    keys: list[bytes]
    objects: _Texts
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
        for batch, done in self._batches():
            yield from self._groups_of(batch, done, self._numbers(done))

    def _released(self, *, in_text: bool) -> Iterator[Any]:
        if not in_text:
            yield from super()._released(in_text=False)
            return
        for batch, done in self._batches():
            numbers, texts = self._numbers(done), done.objects
            self.report.objects += len(texts.own_ids) + texts.embedded - len(done.places)
            if done.places and numbers == done.keys:
                yield texts.written()
            else:
                yield from chain.from_iterable(self._groups_of(batch, done, numbers))

    def _own(self, merger: Merger, *, in_text: bool) -> Iterator[Any]:
        if not in_text:
            yield from super()._own(merger, in_text=False)
            return
        report = self.report
        for batch, done in self._batches():
            numbers, texts = self._numbers(done), done.objects
            shared = zip(texts.shared_ids, texts.bodies(), strict=True)
            if numbers == done.keys and merger.keep_written(shared, sum(map(len, texts.shared_of))):
                report.objects += len(texts.own_ids) - len(done.places)
                if done.places:
                    yield texts.written()
            else:
                for group in self._groups_of(batch, done, numbers):
                    own = merger.add(group)
                    report.objects += len(own) - 1
                    yield from own
            report.merged = merger.merged

    def _numbers(self, done: _Batch) -> list[bytes]:
        """The keys of the rows of a batch, with numbers for those that are equal to an earlier one."""
        self.report.observed += len(done.places)
        return list(map(self._numbered, done.keys))

    def _groups_of(
        self, batch: list[Any], done: _Batch, numbers: list[bytes]
    ) -> Iterator[list[dict[str, Any]]]:
        for place, key, number, group in zip(
            done.places, done.keys, numbers, done.objects.groups(), strict=True
        ):
            yield group if number == key else self._once_more(batch[place], number)

    def _batches(self) -> Iterator[tuple[list[Any], _Batch]]:
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

    def _taken(self, pool: ProcessPoolExecutor) -> Iterator[tuple[list[Any], _Batch]]:
        """The batches in order, while a few ahead are in work."""
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
            yield batch, done

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
_STREAMS: Final[list[tuple[RowStream, bool]]] = []
"""The one stream of a process, which its pool cannot hand over with each batch; whether rows are merged."""


def _start(call: _Call) -> None:
    """Prepare a process. An interrupt is for the one that started it, which ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    mapping = call.mapping()
    if mapping is not None:
        options = call.stream_options(mapping)
        is_merging = mapping.version == "2.1" and options.merge
        _STREAMS.append((RowStream((), call.identity, mapping, options), is_merging))


def _translate(batch: list[Any]) -> _Batch:
    """A batch of rows, each with the ids that it has when no equal row came before it."""
    stream, is_merging = _STREAMS[0]
    places, keys, objects = [], [], _Texts()
    known: dict[bytes, int] | None = {} if is_merging else None
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
                objects.add(group, known)
        elif row is not _NOTHING:
            refused += 1
    report = stream.report
    counts = dict(report.dropped), dict(report.partial)
    report.dropped.clear()
    report.partial.clear()
    return _Batch(places, keys, objects, refused, empty, *counts, problems)


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
