"""`python -m compat`: both cores on the same calls; exit 0 when nothing differs unannounced."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from compat.cases import Call, calls, mapping_calls
from compat.compare import failed, normal
from compat.deliberate import entry_of
from compat.environments import HOME, prepare

WORKER = Path(__file__).with_name("worker.py")
SAME, DIFFERENT, OURS_FAILS = "same", "different", "ours fails where theirs works"


def main() -> int:
    """Run everything and print the table."""
    places = prepare()
    chosen = tuple(name for name in places.connectors if name in sys.argv[1:]) or places.connectors
    asked = mapping_calls(chosen)
    maps = _answers(places.published, "maps", asked)[0]
    every = [
        call
        for one, found in zip(asked, maps, strict=True)
        if not failed(found)
        for call in calls(one["module"], found)
    ]
    theirs, theirs_s = _answers(places.published, "published", every)
    ours, ours_s = _answers(places.ours, "ours", every)
    verdicts = judged(every, theirs, ours)
    _write_details(every, theirs, ours, verdicts)
    _print_table(every, verdicts)
    print(
        f"\n{len(every)} calls of {len(chosen)} connectors; published {theirs_s:.1f} s, ours {ours_s:.1f} s"
    )
    print(f"left out, not to be installed: {', '.join(places.left_out) or 'none'}")
    broken = [one["module"] for one, found in zip(asked, maps, strict=True) if failed(found)]
    print(f"left out, the published core cannot load them: {', '.join(broken) or 'none'}")
    bad = sum(verdict in {DIFFERENT, OURS_FAILS} for verdict in verdicts)
    print(f"details of what differs: {(HOME / 'different.jsonl').relative_to(HOME.parents[1])}")
    return 1 if bad or not every else 0


def _answers(python: Path, name: str, asked: list[Call]) -> tuple[list[Any], float]:
    HOME.mkdir(parents=True, exist_ok=True)
    source, sink = HOME / f"{name}-calls.jsonl", HOME / f"{name}-answers.jsonl"
    source.write_text("".join(json.dumps(call) + "\n" for call in asked), encoding="utf-8")
    with (HOME / f"{name}.log").open("w", encoding="utf-8") as log:
        subprocess.run([python, WORKER, source, sink], check=True, cwd=HOME, stdout=log, stderr=log)
    lines = [json.loads(line) for line in sink.read_text(encoding="utf-8").splitlines()]
    return lines[:-1], lines[-1]["seconds"]


def judged(every: list[Call], theirs: list[Any], ours: list[Any]) -> list[str]:
    """A verdict for each call; those in STIX 2.0 come first, so that 2.1 can be seen beside them."""
    found: list[str] = []
    in_20: dict[str, str] = {}
    for call, one, two in zip(every, theirs, ours, strict=True):
        key = json.dumps([call["module"], call["kind"], call.get("data")])
        is_21 = bool(call["options"].get("stix_2.1"))
        found.append(_verdict(call, one, two, only_in_21=is_21 and in_20.get(key) == SAME))
        if not is_21:
            in_20[key] = found[-1]
    return found


def _verdict(call: Call, theirs: Any, ours: Any, *, only_in_21: bool) -> str:
    one, two = normal(call["kind"], theirs), normal(call["kind"], ours)
    if one == two:
        return SAME
    entry = entry_of(call, one, two, only_in_21=only_in_21)
    if entry:
        return entry
    return OURS_FAILS if failed(ours) and not failed(theirs) else DIFFERENT


def _write_details(every: list[Call], theirs: list[Any], ours: list[Any], verdicts: list[str]) -> None:
    with (HOME / "different.jsonl").open("w", encoding="utf-8") as sink:
        for call, one, two, verdict in zip(every, theirs, ours, verdicts, strict=True):
            if verdict != SAME:
                forms = {"theirs": normal(call["kind"], one), "ours": normal(call["kind"], two)}
                sink.write(json.dumps({"verdict": verdict, "call": call, **forms}) + "\n")


def _print_table(every: list[Call], verdicts: list[str]) -> None:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for call, verdict in zip(every, verdicts, strict=True):
        kind = verdict if verdict in {SAME, DIFFERENT, OURS_FAILS} else "deliberate"
        table[call["module"]][kind] += 1
    columns = (SAME, "deliberate", DIFFERENT, OURS_FAILS)
    print(f"{'connector':24}" + "".join(f"{column:>{len(column) + 3}}" for column in columns))
    for module, row in sorted(table.items()):
        print(f"{module:24}" + "".join(f"{row[column]:>{len(column) + 3}}" for column in columns))
    entries = Counter(v for v in verdicts if v not in {SAME, DIFFERENT, OURS_FAILS})
    print("\ndeliberately different, by entry in docs/migrating.md:")
    for entry, count in entries.most_common():
        print(f"{count:8}  {entry}")


if __name__ == "__main__":
    sys.exit(main())
