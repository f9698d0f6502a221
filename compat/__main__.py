"""`python -m compat`: both cores on the same calls; exit 0 when nothing differs unannounced."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from typing import Any

from compat.asking import ask, ask_both
from compat.cases import Call, calls, mapping_calls
from compat.compare import failed, normal
from compat.deliberate import entry_of, switched
from compat.environments import HOME, Environments, prepare
from compat.shipped import shipped_tests

SAME, DIFFERENT, OURS_FAILS = "same", "different", "ours fails where theirs works"


def main() -> int:
    """Run everything and print the table."""
    places = prepare()
    chosen = tuple(name for name in places.connectors if name in sys.argv[1:]) or places.connectors
    asked = mapping_calls(chosen)
    maps = ask(places.published, "maps", asked).found
    loaded = [(one["module"], found) for one, found in zip(asked, maps, strict=True) if not failed(found)]
    every = [call for module, found in loaded for call in calls(module, found)]
    theirs, ours = ask_both(places.published, places.ours, every)
    verdicts = judged(every, theirs.found, ours.found)
    switches = asked_again(places, every, theirs.found, verdicts, dict(loaded))
    verdicts = without_failures(every, theirs.found, ours.found, verdicts, switches)
    _write_details(every, theirs.found, ours.found, verdicts, switches)
    _print_table(every, verdicts)
    _print_entries(verdicts, switches)
    print(
        f"\n{len(every)} calls of {len(chosen)} connectors; "
        f"published {theirs.seconds:.1f} s, ours {ours.seconds:.1f} s"
    )
    print(f"left out, not to be installed: {', '.join(places.left_out) or 'none'}")
    broken = [one["module"] for one, found in zip(asked, maps, strict=True) if failed(found)]
    print(f"left out, the published core cannot load them: {', '.join(broken) or 'none'}")
    shipped = shipped_tests(places, chosen)
    print(f"tests that wheels carry, passed: {', '.join(map(str, shipped)) or 'none carries any'}")
    bad = sum(verdict in {DIFFERENT, OURS_FAILS} for verdict in verdicts)
    bad += sum(one.is_worse for one in shipped)
    print(f"details of what differs: {(HOME / 'different.jsonl').relative_to(HOME.parents[1])}")
    return 1 if bad or not every else 0


def judged(every: list[Call], theirs: list[Any], ours: list[Any]) -> list[str]:
    """A verdict for each call; those in STIX 2.0 come first, so that 2.1 can be seen beside them."""
    found: list[str] = []
    in_20: dict[str, str] = {}
    for call, one, two in zip(every, theirs, ours, strict=True):
        key = json.dumps([call["module"], call["kind"], call.get("data")])
        is_21 = bool(call["options"].get("stix_2.1"))
        found.append(_verdict(call, one, two, in_20.get(key) if is_21 else None))
        if not is_21:
            in_20[key] = found[-1]
    return found


def _verdict(call: Call, theirs: Any, ours: Any, in_20: str | None) -> str:
    one, two = normal(call["kind"], theirs), normal(call["kind"], ours)
    if one == two:
        return SAME
    is_same = in_20 == SAME
    entry = entry_of(call, one, two, only_in_21=is_same)
    if entry is None and in_20 not in {None, DIFFERENT, OURS_FAILS}:  # an entry in 2.0, and other maps
        entry = entry_of(call, one, two, only_in_21=True)
    if entry:
        return entry
    return OURS_FAILS if failed(ours) and not failed(theirs) else DIFFERENT


def asked_again(
    places: Environments, every: list[Call], theirs: list[Any], verdicts: list[str], maps: dict[str, Any]
) -> dict[int, bool]:
    """Of the calls with a deliberate difference that has a switch: whether ours answers as before with it."""
    again = {
        place: call
        for place, verdict in enumerate(verdicts)
        if not failed(theirs[place])
        and (call := switched(verdict, every[place], maps[every[place]["module"]])) is not None
    }
    answers = ask(places.ours, "switched", list(again.values())).found
    return {
        place: normal(call["kind"], answer) == normal(call["kind"], theirs[place])
        for (place, call), answer in zip(again.items(), answers, strict=True)
    }


def without_failures(
    every: list[Call], theirs: list[Any], ours: list[Any], verdicts: list[str], switches: dict[int, bool]
) -> list[str]:
    """The verdicts; an entry excuses a failure of ours alone only where its switch answers as before."""
    return [
        OURS_FAILS
        if failed(ours[place]) and not failed(theirs[place]) and not switches.get(place)
        else verdict
        for place, verdict in enumerate(verdicts)
    ]


def _write_details(
    every: list[Call], theirs: list[Any], ours: list[Any], verdicts: list[str], switches: dict[int, bool]
) -> None:
    with (HOME / "different.jsonl").open("w", encoding="utf-8") as sink:
        for place, verdict in enumerate(verdicts):
            if verdict != SAME:
                call = every[place]
                forms = {
                    "theirs": normal(call["kind"], theirs[place]),
                    "ours": normal(call["kind"], ours[place]),
                    "as before with the switch": switches.get(place),
                }
                sink.write(json.dumps({"verdict": verdict, "call": call, **forms}) + "\n")


def _print_table(every: list[Call], verdicts: list[str]) -> None:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for call, verdict in zip(every, verdicts, strict=True):
        kind = verdict if verdict in {SAME, DIFFERENT, OURS_FAILS} else "deliberate"
        table[call["module"]][kind] += 1
        table["all"][kind] += 1
    columns = (SAME, "deliberate", DIFFERENT, OURS_FAILS)
    print(f"{'connector':24}" + "".join(f"{column:>{len(column) + 3}}" for column in columns))
    for module, row in sorted(table.items(), key=lambda item: (item[0] == "all", item[0])):
        print(f"{module:24}" + "".join(f"{row[column]:>{len(column) + 3}}" for column in columns))


def _print_entries(verdicts: list[str], switches: dict[int, bool]) -> None:
    entries = Counter(v for v in verdicts if v not in {SAME, DIFFERENT, OURS_FAILS})
    asked = Counter(verdicts[place] for place in switches)
    as_before = Counter(verdicts[place] for place, is_same in switches.items() if is_same)
    print("\ndeliberately different, by entry in docs/migrating.md; asked again with the entry's switch:")
    for entry, count in entries.most_common():
        again = f" ({as_before[entry]} of {asked[entry]} as before with the switch)" if asked[entry] else ""
        print(f"{count:8}  {entry}{again}")


if __name__ == "__main__":
    sys.exit(main())
