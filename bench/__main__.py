"""`python -m bench`: measure this installation, and the published package beside it, and print the ratios.

The published package is found through `--published PYTHON` (an interpreter that has it with the connector
wheels mysql, qradar and elastic_ecs) and left out, with a word, when there is none.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from bench import places
from bench.compare import Agreement, agreements
from bench.report import print_table, write_page
from bench.runner import Outcome, measure
from bench.table import Settings, rows


def settings(published: str | None) -> Settings:
    """What the rows need, made in `build/bench`."""
    if published is None:
        sys.stderr.write("bench: no --published PYTHON, so only this installation is measured\n")
    maps = places.maps(published) if published else None
    wheels = places.wheels(published) if published else None
    return Settings(sys.executable, published, maps, wheels, places.own_connectors(maps))


def version(published: str) -> str:
    """The version of the published package."""
    code = "from importlib.metadata import version; print(version('stix-shifter'))"
    done = subprocess.run([published, "-c", code], check=True, capture_output=True, text=True, cwd="/")
    return done.stdout.strip()


def main() -> None:
    """Measure, print, and on demand write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--published", metavar="PYTHON", help="an interpreter that has the published package")
    parser.add_argument("--only", default="", metavar="TEXT", help="only rows with this text in name or part")
    parser.add_argument("--long", action="store_true", help="also 1,000,000 rows (some minutes more)")
    parser.add_argument("--rounds", type=int, metavar="N", help="at most so many rounds for a row (quicker)")
    parser.add_argument("--no-compare", action="store_true", help="do not compare the answers of both sides")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/performance.md")
    arguments = parser.parse_args()
    published = places.interpreter(arguments.published) if arguments.published else None
    setting = settings(published)
    outcomes: list[Outcome] = []
    for row in rows(setting, long=arguments.long):
        if arguments.only.lower() not in f"{row.part} {row.name}".lower():
            continue
        outcomes.append(measure(row, setting.python, setting.published, arguments.rounds))
        sys.stderr.write(f"{row.name}: {outcomes[-1].ours} {outcomes[-1].theirs} {outcomes[-1].failed}\n")
    answers: list[Agreement] = [] if arguments.no_compare else list(agreements(setting))
    print_table(outcomes, answers)
    if arguments.write:
        write_page(outcomes, answers, version(published) if published else "left out")


if __name__ == "__main__":
    main()
