"""Make the events of the demo: `python demo/make_events.py [folder] [--seed N]`.

Zeek logs, Sysmon and CloudTrail records as NDJSON, and a partner's STIX bundle: a small intrusion
(`story.py`) in an ordinary working day. The same seed makes the same bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):  # started as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo.chance import Maker
from demo.cloudtrail import CloudTrail
from demo.partner import partner_bundle
from demo.sysmon import Sysmon
from demo.zeek import Zeek

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from demo.chance import Event


def make(folder: Path, seed: int = 4471) -> dict[str, int]:
    """Write all files below a folder; how many events each source has."""
    zeek, sysmon, cloudtrail = Zeek(seed), Sysmon(seed + 1), CloudTrail(seed + 2)
    for source in (zeek, sysmon, cloudtrail):
        source.ordinary_day()
        source.intrusion()
    for name, records in zeek.logs.items():
        write_lines(folder / "zeek" / f"{name}.log", records, lambda record: record["ts"])
    write_lines(folder / "sysmon" / "events.ndjson", sysmon.events, lambda event: event["@timestamp"])
    write_lines(
        folder / "cloudtrail" / "events.ndjson", cloudtrail.records, lambda record: record["eventTime"]
    )
    bundle = partner_bundle(Maker(seed + 3))
    path = folder / "partner" / "bundle.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bundle, indent=2) + "\n", encoding="utf-8")
    return {
        "zeek": sum(map(len, zeek.logs.values())),
        "sysmon": len(sysmon.events),
        "cloudtrail": len(cloudtrail.records),
        "partner": sum(item["type"] == "observed-data" for item in bundle["objects"]),
    }


def write_lines(path: Path, events: Iterable[Event], time: Callable[[Event], Any]) -> None:
    """One JSON object per line, in the order of time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(event) for event in sorted(events, key=time)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Write the files and say how many events they hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("demo-out/events"))
    parser.add_argument("--seed", type=int, default=4471)
    args = parser.parse_args()
    for source, count in make(args.folder, args.seed).items():
        sys.stdout.write(f"{source}: {count} events\n")


if __name__ == "__main__":
    main()
