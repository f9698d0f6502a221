"""Measurements of what only this package has: streams, the local matcher, limits of sources, growth.

Called by `worker` inside the process that is measured.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, BinaryIO

import worker
import workloads

Job = dict[str, Any]


def stream(job: Job, source: BinaryIO, sink: BinaryIO) -> Any:
    """Rows of UTF-8 text, one JSON object per line, to objects, one per line; the report of the stream."""
    from stix_shifter.cli.rows import RowReader
    from stix_shifter_utils.results import compile_mapping, translate_rows
    from stix_shifter_utils.stix import write_ndjson

    _, mapping, transformers, options = worker.results_setting(job)
    compiled = compile_mapping(mapping, transformers=transformers, options=options)
    rows = translate_rows(RowReader(source), worker.IDENTITY, compiled)
    write_ndjson(rows, sink)
    return rows.report


def stream_text(job: Job, text: bytes) -> bytes:
    """The same in memory."""
    sink = io.BytesIO()
    stream(job, io.BytesIO(text), sink)
    return sink.getvalue()


def growth(job: Job) -> Job:
    """How much longer a pattern of `large` comparisons takes than one of `small`: the median of rounds."""
    translate = worker.translator(job)
    ratios = []
    for seed in range(job["repeat"]):
        small = [workloads.one_observation(job["small"], 100 * seed + each) for each in range(6)]
        large = workloads.one_observation(job["large"], seed)
        ratios.append(_spent(translate, [large]) / (_spent(translate, small[1:]) / 5))
    return {"ratio": median(ratios)}


def _spent(translate: Any, patterns: Iterable[str]) -> float:
    start = time.process_time()
    for pattern in patterns:
        translate(pattern)
    return time.process_time() - start


def limited(job: Job) -> Job:
    """Many indicators, for a source that takes queries of a certain length and lists of a certain size.

    Fails when a query is longer than the source takes, or when an indicator is in none of them.
    """
    pattern = workloads.one_observation(job["size"])
    translate = worker.translator(job)
    start = time.process_time()
    answer = translate(pattern)
    seconds = time.process_time() - start
    queries: Sequence[str] = answer.get("queries") or []
    longest = max(map(len, queries), default=0)
    asked = "\n".join(queries)
    texts = {text.split(" = ")[1].strip("'") for text in pattern[1:-1].split(" OR ")}
    known = set(asked.replace("'", " ").replace("(", " ").replace(")", " ").replace(",", " ").split())
    missing = len(texts - known)
    failed = (
        f"longest {longest}, missing {missing}" if longest > job["most"] or missing or not queries else ""
    )
    return {"cpu_s": seconds, "queries": len(queries), "longest": longest, "failed": failed}


def matching(job: Job) -> Job:
    """Many observations against some patterns, by the local matcher, which finds all that take part.

    In the reading that the OASIS matcher has: one object for all inside brackets.
    """
    from stix_shifter_utils.pattern import Matcher, observed_of, parse_pattern

    seen = workloads.observations(job["size"])
    if job.get("answers"):
        matchers = [Matcher(parse_pattern(text), same_object=True) for text in job["patterns"]]
        groups = [seen[at : at + job["together"]] for at in range(0, len(seen), job["together"])]
        return {
            "verdicts": [
                [one.match([observed_of(each, {}) for each in group]).matched for group in groups]
                for one in matchers
            ]
        }

    def work(_: Any) -> None:
        for text in job["patterns"]:
            matcher = Matcher(parse_pattern(text), same_object=True)
            matcher.match(observed_of(each, {}) for each in seen)

    return {"cpu_s": worker.cpu_seconds(work, range(job["repeat"] + 1))}


def million(job: Job) -> Job:
    """A large file streamed by the library, and whether every row is accounted for."""
    with Path(job["file"]).open("rb") as source, Path("/dev/null").open("wb") as sink:
        start = time.process_time()
        report = stream(job, source, sink)
        seconds = time.process_time() - start
    counted = report.observed + report.empty_rows + report.refused_rows
    wrong = report.rows != job["size"] or counted != report.rows
    return {
        "cpu_s": seconds,
        "rows_per_s": job["size"] / seconds,
        "rss_mib": worker.peak_rss_mib(),
        "failed": f"rows are missing: {json.dumps(report.to_json())[:300]}" if wrong else "",
    }
