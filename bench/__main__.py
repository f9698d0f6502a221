"""`python -m bench`: measure this installation, and the published package beside it, and print the ratios.

Each job runs in a process of its own, ours and theirs in turn. The published package is found through
`--published PYTHON` (an interpreter that has it) and left out, with a word, when there is none.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
WORKER = ROOT / "bench" / "worker.py"
PAGE = ROOT / "docs" / "performance.md"
START, END = "<!-- measured -->", "<!-- /measured -->"
JOB_LIMIT_S = 900


@dataclass(frozen=True)
class Job:
    """One row of the table: what runs, which of its figures counts, and the least ratio that is asked for."""

    name: str
    work: dict[str, Any]
    figure: str = "cpu_s"
    unit: str = "ms"
    must: float | None = None
    ours_only: bool = False


def query_job(name: str, shape: str, size: int, repeat: int, must: float | None = None) -> Job:
    """A pattern of `size` comparisons through the mysql connector of either side."""
    work = {"case": "query", "shape": shape, "size": size, "module": "mysql", "options": {"table": "t"}}
    return Job(name, {**work, "repeat": repeat}, must=must)


def results_job(module: str, version: str, mappings: Path, rows: int, *, text: bool) -> Job:
    """Rows of one kind through the published map of that product."""
    work: dict[str, Any] = {
        "case": "results",
        "mapping": f"{mappings}/{module}.json",
        "rows": module,
        "version": version,
    }
    kind = "JSON text to text" if text else "dictionaries to bundle"
    name = f"results, {module} rows, STIX {version}, {kind}"
    work |= {"text": text, "size": rows, "repeat": 3}
    return Job(name, work, "rows_per_s", "rows/s", 5 if text else 4)


def jobs(mappings: Path | None) -> Iterator[Job]:
    """Every job, in the order of the table. Without the published maps the results rows are left out."""
    yield query_job("one comparison", "one_observation", 1, 50, must=5)
    yield query_job("100 comparisons in one observation", "one_observation", 100, 9, must=8)
    yield query_job("1,000 comparisons in one observation", "one_observation", 1_000, 3, must=12)
    yield query_job("4,000 comparisons in one observation", "one_observation", 4_000, 3, must=15)
    large = query_job("40,000 comparisons in one observation", "one_observation", 40_000, 1)
    yield replace(large, ours_only=True)  # the published package needs minutes
    yield query_job("1,000 observations", "many_observations", 1_000, 3)
    yield query_job("1,000 observations with START-STOP", "with_qualifier", 1_000, 3)
    yield query_job("IN set of 1,000 values", "in_set", 1_000, 3, must=8)
    yield query_job("nesting of 100", "nested", 100, 5)
    for module in ("elastic_ecs", "qradar", "mysql") if mappings else ():
        for version in ("2.0", "2.1"):
            for text in (False, True):
                yield results_job(module, version, mappings or Path(), 2_000, text=text)
    yield Job("import of the Python API", {"case": "start_up", "size": 0})
    yield Job("modules loaded by that import", {"case": "start_up", "size": 0}, "modules", "modules")


def run(python: str, job: Job) -> dict[str, Any]:
    """One job in a fresh process; a job that fails is a figure of its own, `failed`."""
    done = subprocess.run(
        [python, str(WORKER), json.dumps(job.work)],
        capture_output=True,
        text=True,
        timeout=JOB_LIMIT_S,
        check=False,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT) if python == sys.executable else ""},
    )
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1:] or ["no message"]}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def shown(figure: Any, unit: str) -> str:
    """A figure as people read it."""
    if not isinstance(figure, (int, float)):
        return "failed"
    return f"{figure * 1000:,.2f} ms" if unit == "ms" else f"{figure:,.0f} {unit}"


def ratio(job: Job, ours: Any, theirs: Any) -> float | None:
    """How many times better ours is: less time and fewer modules, or more rows per second."""
    if not isinstance(ours, (int, float)) or not isinstance(theirs, (int, float)) or not ours or not theirs:
        return None
    return ours / theirs if job.unit == "rows/s" else theirs / ours


def published_maps(python: str, folder: Path) -> Path:
    """Ask the published package for its own maps, as its users can, and keep them as files."""
    script = (
        "import json,sys,pathlib\n"
        "from stix_shifter.stix_translation.stix_translation import StixTranslation\n"
        "for m,o in (('elastic_ecs',{}),('qradar',{}),('mysql',{'table':'t'})):\n"
        "  r=StixTranslation().translate(m,'mapping',None,None,o)\n"
        "  pathlib.Path(sys.argv[1],m+'.json').write_text(json.dumps(r))\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([python, "-c", script, str(folder)], check=True, capture_output=True, cwd="/")
    return folder


def measure(published: str | None, only: str) -> list[tuple[Job, Any, Any]]:
    """Every job whose name holds `only`, on our side and, where there is one, on the published side."""
    maps = published_maps(published, ROOT / "build" / "bench-maps") if published else None
    rows: list[tuple[Job, Any, Any]] = []
    for job in jobs(maps):
        if only not in job.name:
            continue
        ours = run(sys.executable, job)
        theirs = run(published, job) if published and not job.ours_only else {}
        figures = [side.get(job.figure, side.get("failed")) for side in (ours, theirs)]
        rows.append((job, figures[0], figures[1]))
        sys.stderr.write(f"{job.name}: {figures}\n")
    return rows


def print_table(rows: list[tuple[Job, Any, Any]]) -> None:
    """The table for people, on standard output."""
    table = Table("what", "ours", "published", "ratio", "asked for")
    for job, ours, theirs in rows:
        times = ratio(job, ours, theirs)
        table.add_row(
            job.name, shown(ours, job.unit), shown(theirs, job.unit) if theirs else "-",
            f"{times:.1f}x" if times else "-", f"{job.must:g}x" if job.must else "",
        )  # fmt: skip
    Console().print(table)


def write_page(rows: list[tuple[Job, Any, Any]]) -> None:
    """Put the table, the machine and the date into `docs/performance.md` between its marks."""
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    lines = [
        f"Measured {datetime.now(timezone.utc):%Y-%m-%d} on {machine}; "
        "medians of CPU time, each job in a process of its own.",
        "",
        "| what | ours | published 8.1.3 | ratio |",
        "|---|---|---|---|",
    ]
    for job, ours, theirs in rows:
        times = ratio(job, ours, theirs)
        lines.append(
            f"| {job.name} | {shown(ours, job.unit)} | {shown(theirs, job.unit) if theirs else '-'} "
            f"| {f'{times:.1f}x' if times else '-'} |"
        )
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(START)
    _, _, tail = rest.partition(END)
    PAGE.write_text(f"{head}{START}\n" + "\n".join(lines) + f"\n{END}{tail}", encoding="utf-8")


def main() -> None:
    """Measure, print, and on demand write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--published", metavar="PYTHON", help="an interpreter that has the published package")
    parser.add_argument("--only", default="", metavar="TEXT", help="only the jobs whose name holds this text")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    arguments = parser.parse_args()
    rows = measure(arguments.published, arguments.only)
    print_table(rows)
    if arguments.write:
        write_page(rows)


if __name__ == "__main__":
    main()
