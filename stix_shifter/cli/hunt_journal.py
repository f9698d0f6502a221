"""What `hunt` keeps beside itself: a journal while it runs, a recording where one is wanted."""

from __future__ import annotations

import contextlib
import shlex
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter.cli.arguments import bad_argument

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from stix_shifter.cli.console import Console
    from stix_shifter.hunt import Journal
    from stix_shifter.hunt.options import HuntOptions

RECORDING = "recording.sqlite"
_MOST_NAMED = 5
_ASKED = ("limit", "same_object", "on_unmapped")


@dataclass(slots=True)
class Prepared:
    """A hunt to run; the caller says at the end whether all its sources worked."""

    pattern: str
    options: HuntOptions
    worked: bool = False


@contextlib.contextmanager
def kept_pages(args: argparse.Namespace, console: Console) -> Iterator[Prepared]:
    """The hunt that is asked for, new or kept.

    The journal goes when all sources worked; else a line tells how to go on.
    """
    chosen = [name for name in ("resume", "record", "replay") if getattr(args, name)]
    if len(chosen) > 1:
        msg = f"--{chosen[0]}"
        raise bad_argument(msg, f"and --{chosen[1]} exclude each other")
    if args.resume or args.replay:
        _refuse_what_is_kept(args, "resume" if args.resume else "replay")
    question = {} if args.resume or args.replay else _asked(args, console)
    journal = _journal(args, question)
    if journal is None:
        yield Prepared(question["pattern"], _options(args, question))
        return
    with journal:
        options = _options(args, journal.question)
        options["pages"] = journal
        prepared = Prepared(journal.question["pattern"], options)
        try:
            yield prepared
        finally:
            if not (args.record or args.replay):
                _part(journal, args, console, worked=prepared.worked)


def _part(journal: Journal, args: argparse.Namespace, console: Console, *, worked: bool) -> None:
    if worked:
        journal.remove()
        return
    words = ["--resume", journal.question["hunt"], *(["--sources", args.sources] if args.sources else [])]
    words += [word for name in args.source for word in ("--source", name)]
    console.note(f"to go on with what is missing: stix-shifter hunt {shlex.join(words)}")


def _refuse_what_is_kept(args: argparse.Namespace, way: str) -> None:
    """A kept hunt has its pattern, window and options: others would be another hunt."""
    for name in ("pattern", "since", "start", "stop", *_ASKED):
        if getattr(args, name):
            shown = name if name == "pattern" else f"--{name.replace('_', '-')}"
            raise bad_argument(shown, f"is kept with the hunt; leave it out with --{way}")


def _kept_hunt(name: str) -> Journal:
    """The journal of an unfinished hunt. UsageError, which names those that there are."""
    from stix_shifter.hunt import Journal
    from stix_shifter.hunt.journal import journal_folder

    folder = journal_folder()
    path = folder / f"{name}.sqlite"
    if name.replace("-", "").isalnum() and path.is_file():
        return Journal.open(path)
    kept = sorted(folder.glob("*.sqlite"), key=lambda one: one.stat().st_mtime, reverse=True)
    there = f"kept are, newest first: {', '.join(one.stem for one in kept[:_MOST_NAMED])}"
    problem = f"there is no unfinished hunt {name}; {there if kept else 'none is kept'}"
    raise bad_argument(name="--resume", problem=problem)


def _asked(args: argparse.Namespace, console: Console) -> dict[str, Any]:
    if args.pattern is None:
        raise bad_argument(name="pattern", problem="is missing")
    now = datetime.now(timezone.utc)
    return {
        "hunt": str(uuid.uuid4()),
        "pattern": console.inputs.text(args.pattern, "pattern"),
        "now": now.isoformat(),
        "since_s": args.since.total_seconds() if args.since else None,
        "start": args.start.isoformat() if args.start else None,
        "stop": args.stop.isoformat() if args.stop else None,
        **{name: getattr(args, name) for name in _ASKED},
    }


def _journal(args: argparse.Namespace, question: dict[str, Any]) -> Journal | None:
    from stix_shifter.hunt import Journal
    from stix_shifter.hunt.journal import journal_folder

    if args.resume:
        return _kept_hunt(args.resume)
    if args.replay:
        return Journal.open(Path(args.replay) / RECORDING, offline=True)
    if args.record:
        return Journal.create(Path(args.record) / RECORDING, question)
    if args.no_journal:
        return None
    return Journal.create(journal_folder() / f"{question['hunt']}.sqlite", question)


def _options(args: argparse.Namespace, question: dict[str, Any]) -> HuntOptions:
    from stix_shifter.hunt import Budget

    used = {name: args.budget.get(name) for name in ("rows", "calls", "seconds")}
    since = question["since_s"]
    return {
        "hunt_id": question["hunt"],
        "now": datetime.fromisoformat(question["now"]),
        "since": None if since is None else timedelta(seconds=since),
        "start": _moment(question["start"]),
        "stop": _moment(question["stop"]),
        "limit": question["limit"],
        "same_object": question["same_object"],
        "on_unmapped": question["on_unmapped"],
        "time_limit_s": args.timeout,
        "budget": Budget(**used),
    }


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
