"""One measurement inside one interpreter: `python bench/worker.py '<job JSON>'` prints one JSON line.

Runs under the published package and under this one, so it uses only what both offer: the documented Python
API and, for results, the call `convert_to_stix`. What only this one has (streams, the matcher) is in
`worker_ours`. Times are CPU seconds of this process: the median counts.
"""

from __future__ import annotations

import gc
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the published package's environment has no `bench`
import workloads

Job = dict[str, Any]
IDENTITY = {
    "type": "identity",
    "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
    "name": "bench",
    "identity_class": "events",
}
RECURSION_FOR_PUBLISHED = 100_000


def cpu_seconds(work: Callable[[Any], Any], inputs: Sequence[Any], batch: int = 1) -> float:
    """The median CPU time of one call, over groups of `batch` calls; the first input only warms up.

    Every call has an input of its own, so that nobody answers from memory.
    """
    work(inputs[0])
    times = []
    for first in range(1, len(inputs) - batch + 1, batch):
        group = inputs[first : first + batch]
        gc.collect()
        start = time.process_time()
        for one in group:
            work(one)
        times.append((time.process_time() - start) / batch)
    return median(times)


def peak_rss_mib() -> float:
    """The largest resident size of this process so far."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):  # a new program begins at zero, unlike the figure of getrusage
            return int(line.split()[1]) / 1024
    return float("nan")


def find_modules_in(folder: str) -> None:
    """Let connectors come from one folder alone: the same wheels, or maps, on both sides."""
    package: Any = import_module("stix_shifter_modules")
    package.__path__ = [folder]


def translator(job: Job) -> Callable[[str], Any]:
    """A call that translates a pattern by the job's connector."""
    from stix_shifter.stix_translation.stix_translation import StixTranslation

    translation = StixTranslation()
    module, options = job["module"], job.get("options", {})

    def translate(pattern: str) -> Any:
        return translation.translate(module, "query", {}, pattern, dict(options), RECURSION_FOR_PUBLISHED)

    return translate


def query(job: Job) -> Job:
    """Translate patterns of one shape and size to native queries."""
    make, batch = getattr(workloads, job["shape"]), job.get("batch", 1)
    patterns = [make(job["size"], seed) for seed in range(job["repeat"] * batch + 1)]
    work = translator(job)
    answer = work(make(job["size"], len(patterns)))
    error = str(answer.get("error", ""))[:200]
    return {
        "cpu_s": cpu_seconds(work, patterns, batch),
        "queries": len(answer.get("queries") or []),
        "failed": error,
    }


def query_answers(job: Job) -> Job:
    """The native queries of one pattern of each shape, each with a window, for comparison."""
    work = translator(job)
    window = " START t'2024-01-01T00:00:00.000Z' STOP t'2024-01-02T00:00:00.000Z'"
    return {
        shape: work(getattr(workloads, shape)(size) + window).get("queries")
        for shape, size in job["shapes"].items()
    }


def passthrough_transformers(names: set[str]) -> dict[str, type]:
    """Stand-ins, the same on both sides, for transformers that only a product's own connector has."""
    return {name: type(name, (), {"transform": staticmethod(str)}) for name in names}


def transformer_names(node: Any) -> set[str]:
    """Every transformer that a mapping names."""
    if isinstance(node, dict):
        own = {node["transformer"]} if isinstance(node.get("transformer"), str) else set()
        return own.union(*(transformer_names(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(transformer_names(value) for value in node))
    return set()


def results_setting(job: Job) -> tuple[Callable[..., Any], dict[str, Any], dict[str, type], dict[str, bool]]:
    """The call that turns rows into a bundle on either core; map, transformers and options of the job."""
    try:
        engine = import_module("stix_shifter_utils.results")
        shared = engine.get_module_transformers()
    except ImportError:
        old = "stix_shifter_utils.stix_translation.src"
        engine = import_module(f"{old}.json_to_stix.json_to_stix_translator")
        shared = import_module(f"{old}.utils.transformer_utils").get_module_transformers()
    mapping = json.loads(Path(job["mapping"]).read_text(encoding="utf-8"))["to_stix_map"]
    transformers = {**passthrough_transformers(transformer_names(mapping) - set(shared)), **shared}
    return engine.convert_to_stix, mapping, transformers, {"stix_2.1": job["version"] == "2.1"}


def results(job: Job) -> Job:
    """Dictionaries to a bundle, and JSON text (one row per line) to JSON text, with a map from a file."""
    convert, *setting = results_setting(job)
    mapping, transformers, options = setting
    rows = workloads.ROWS[job["rows"]](job["size"])
    repeat = range(job["repeat"] + 1)

    def bundle(given: Any) -> Any:
        return convert(IDENTITY, mapping, given, transformers, options)

    answer: Job = {}
    if job["text"]:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        work = text_work(bundle, job, text)
        seconds = cpu_seconds(lambda _: work(), repeat)
    else:
        seconds = cpu_seconds(bundle, [rows for _ in repeat])
        text = json.dumps(rows)
        trip = cpu_seconds(lambda _: json.dumps(json.loads(text)), range(6))
        answer["json_trips"] = seconds / trip
    return {**answer, "cpu_s": seconds, "rows_per_s": job["size"] / seconds, "rss_mib": peak_rss_mib()}


def text_work(bundle: Callable[[Any], Any], job: Job, text: str) -> Callable[[], Any]:
    """From text to text: as a stream where there is one, else by way of the whole bundle."""
    if job.get("streams"):
        import worker_ours

        octets = text.encode()
        return lambda: worker_ours.stream_text(job, octets)
    return lambda: json.dumps(bundle([json.loads(line) for line in text.splitlines()]))


def results_answers(job: Job) -> Job:
    """The bundle of each of some rows, for comparison."""
    convert, mapping, transformers, options = results_setting(job)
    rows = workloads.ROWS[job["rows"]](job["size"])
    return {"bundles": [convert(IDENTITY, mapping, [row], transformers, options) for row in rows]}


def memory(job: Job) -> Job:
    """Peak size of a process that turns a file of rows into a file of objects."""
    if job.get("streams"):
        import worker_ours

        with Path(job["file"]).open("rb") as source, Path("/dev/null").open("wb") as sink:
            worker_ours.stream(job, source, sink)
    else:
        convert, mapping, transformers, options = results_setting(job)
        lines = Path(job["file"]).read_text(encoding="utf-8").splitlines()
        bundle = convert(IDENTITY, mapping, [json.loads(line) for line in lines], transformers, options)
        Path("/dev/null").write_text(json.dumps(bundle), encoding="utf-8")
    return {"rss_mib": peak_rss_mib()}


def start_up(job: Job) -> Job:
    """What importing the Python API costs, in a process that has done nothing else."""
    del job
    before = set(sys.modules)
    start = time.process_time()
    import stix_shifter.stix_translation.stix_translation  # noqa: F401  importing it is the measurement

    seconds = time.process_time() - start
    return {"cpu_s": seconds, "modules": len(set(sys.modules) - before)}


def match(job: Job) -> Job:
    """Many observations against some patterns, by the OASIS matcher: it judges all, and finds one match."""
    from stix2matcher.matcher import match as match_theirs

    seen = workloads.observations(job["size"])
    if job.get("answers"):
        groups = [seen[at : at + job["together"]] for at in range(0, len(seen), job["together"])]
        return {"verdicts": [[bool(match_theirs(text, each)) for each in groups] for text in job["patterns"]]}

    def work(_: Any) -> None:
        for text in job["patterns"]:
            match_theirs(text, seen)

    return {"cpu_s": cpu_seconds(work, range(job["repeat"] + 1))}


def ours(job: Job) -> Job:
    """A measurement of something that only this package has."""
    import worker_ours

    answer: Job = getattr(worker_ours, job["what"])(job)
    return answer


CASES: dict[str, Callable[[Job], Job]] = {
    one.__name__: one
    for one in (query, query_answers, results, results_answers, memory, start_up, match, ours)
}


def main() -> None:
    """Run the job named on the command line."""
    logging.disable(logging.CRITICAL)
    job = json.loads(sys.argv[1])
    if job.get("connectors"):
        find_modules_in(job["connectors"])
    sys.stdout.write(json.dumps(CASES[job["case"]](job)) + "\n")


if __name__ == "__main__":
    main()
