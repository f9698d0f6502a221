"""One measurement inside one interpreter: `python bench/worker.py '<job JSON>'` prints one JSON line.

Runs under the published package and under this one, so it uses only what both offer: the documented Python
API and, for results, the call `convert_to_stix`. Times are CPU seconds of this process: the median counts.
"""

from __future__ import annotations

import gc
import json
import logging
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the published package's environment has no `bench`
import workloads

IDENTITY = {
    "type": "identity",
    "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
    "name": "bench",
    "identity_class": "events",
}
RECURSION_FOR_PUBLISHED = 100_000


def cpu_seconds(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """The median CPU time of `repeat` runs after one that warms up, and the last answer."""
    answer = work()
    times = []
    for _ in range(repeat):
        gc.collect()
        start = time.process_time()
        answer = work()
        times.append(time.process_time() - start)
    return statistics.median(times), answer


def peak_rss_mib() -> float:
    """The largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def query(job: dict[str, Any]) -> dict[str, Any]:
    """Translate one pattern to native queries."""
    from stix_shifter.stix_translation.stix_translation import StixTranslation

    pattern = getattr(workloads, job["shape"])(job["size"])
    translation = StixTranslation()
    module, options = job["module"], job["options"]

    def work() -> Any:
        return translation.translate(module, "query", {}, pattern, dict(options), RECURSION_FOR_PUBLISHED)

    seconds, answer = cpu_seconds(work, job["repeat"])
    queries = answer.get("queries") or []
    return {"cpu_s": seconds, "queries": len(queries), "error": str(answer.get("error", ""))[:200]}


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


def converter() -> tuple[Callable[..., Any], dict[str, type]]:
    """The call that turns rows into a bundle, and the shared transformers, on either core."""
    from importlib import import_module

    old = "stix_shifter_utils.stix_translation.src"
    try:
        engine = import_module(f"{old}.json_to_stix.json_to_stix_translator")
        shared = import_module(f"{old}.utils.transformer_utils")
    except ImportError:
        engine = shared = import_module("stix_shifter_utils.results")
    return engine.convert_to_stix, shared.get_module_transformers()


def results(job: dict[str, Any]) -> dict[str, Any]:
    """Turn native rows into a bundle with a mapping from a file; `text` starts and ends with JSON text."""
    convert, shared = converter()
    mapping = json.loads(Path(job["mapping"]).read_text(encoding="utf-8"))["to_stix_map"]
    transformers = {**passthrough_transformers(transformer_names(mapping) - set(shared)), **shared}
    rows = workloads.ROWS[job["rows"]](job["size"])
    options = {"stix_2.1": job["version"] == "2.1"}
    text = json.dumps(rows)

    def bundle() -> Any:
        return convert(IDENTITY, mapping, rows, transformers, options)

    def bundle_text() -> Any:
        return json.dumps(convert(IDENTITY, mapping, json.loads(text), transformers, options))

    seconds, answer = cpu_seconds(bundle_text if job["text"] else bundle, job["repeat"])
    trip, _ = cpu_seconds(lambda: json.dumps(json.loads(text)), job["repeat"])
    objects = json.loads(answer)["objects"] if job["text"] else answer["objects"]
    kinds = [entry["type"] for entry in objects]
    return {
        "cpu_s": seconds,
        "rows_per_s": job["size"] / seconds,
        "json_trips": seconds / trip,
        "observed": kinds.count("observed-data"),
        "rss_mib": peak_rss_mib(),
    }


def start_up(job: dict[str, Any]) -> dict[str, Any]:
    """What importing the Python API costs, in a process that has done nothing else."""
    before = set(sys.modules)
    start = time.process_time()
    import stix_shifter.stix_translation.stix_translation  # noqa: F401  importing it is the measurement

    seconds = time.process_time() - start
    return {"cpu_s": seconds, "modules": len(set(sys.modules) - before), "size": job["size"]}


CASES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "query": query,
    "results": results,
    "start_up": start_up,
}


def main() -> None:
    """Run the job named on the command line."""
    logging.disable(logging.CRITICAL)
    job = json.loads(sys.argv[1])
    answer = CASES[job["case"]](job)
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
