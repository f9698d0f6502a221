"""`stix-shifter match`: judge a bundle against a pattern, here, without any source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stix_shifter.cli.arguments import bad_argument
from stix_shifter.cli.console import WORKED
from stix_shifter.cli.parser import Command

if TYPE_CHECKING:
    import argparse

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser
    from stix_shifter_utils.stix import Version


class JudgeBundle(Command):
    """Judge a bundle against a pattern, here, without any source."""

    name = "match"
    summary = "does a bundle match a pattern, and which of its observations do?"
    about = """Judge the observed-data of a STIX bundle, 2.0 or 2.1, against a pattern: whether it matches,
    and the ids of the observed-data that take part in a match. WITHIN, REPEATS, FOLLOWEDBY and
    START-STOP count."""
    examples = """  stix-shifter match "[ipv4-addr:value = '192.0.2.7']" @bundle.json
  stix-shifter match "[a:b = 1] FOLLOWEDBY [a:b = 2] WITHIN 60 SECONDS" @bundle.json --bundle
"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pattern", help="STIX pattern (text, @file or -)")
        parser.add_argument("bundle", help="STIX bundle, or a list of STIX objects (JSON)")
        parser.add_argument(
            "--same-object", action="store_true", help="AND in brackets: one and the same object (§9.5)"
        )
        parser.add_argument(
            "--case", choices=("exact", "ignore"), default="exact", help="how texts compare (default exact)"
        )
        parser.add_argument(
            "--bundle", dest="as_bundle", action="store_true", help="print what matched as a bundle"
        )

    def run(self, args: argparse.Namespace, console: Console) -> int:
        from stix_shifter_utils.pattern import Matcher, observed_from_objects, parse_pattern

        pattern = parse_pattern(console.inputs.text(args.pattern, "pattern"))
        found = console.inputs.json(args.bundle, "bundle", empty=[])
        objects = _objects(found)
        result = Matcher(pattern, same_object=args.same_object, case=args.case).match(
            observed_from_objects(objects)
        )
        if args.as_bundle:
            version: Version = "2.1" if any(item.get("spec_version") == "2.1" for item in objects) else "2.0"
            console.print_json(_bundle(set(result.observed), objects, version))
        else:
            console.print_json({"matched": result.matched, "observed_data": list(result.observed)})
        return WORKED


def _objects(found: Any) -> list[Mapping[str, Any]]:
    objects = found.get("objects", []) if isinstance(found, Mapping) else found
    if not isinstance(objects, list) or not all(isinstance(item, Mapping) for item in objects):
        raise bad_argument(name="bundle", problem="must be a STIX bundle or a list of STIX objects")
    return objects


def _bundle(ids: set[str], objects: Iterable[Mapping[str, Any]], version: Version) -> dict[str, Any]:
    from stix_shifter_utils.stix import bundle_of

    by_id = {item.get("id"): item for item in objects}
    kept = [item for item in by_id.values() if item.get("id") in ids or item.get("type") == "identity"]
    wanted = {item.get("id") for item in kept}
    for item in kept:
        wanted.update(_reachable(item, by_id))
    return bundle_of([dict(item) for item in by_id.values() if item.get("id") in wanted], version)


def _reachable(item: Mapping[str, Any], by_id: Mapping[Any, Mapping[str, Any]]) -> set[str]:
    """The ids of what an object refers to, and of what that refers to."""
    seen: set[str] = set()
    waiting = list(_references(item))
    while waiting:
        identifier = waiting.pop()
        if identifier in by_id and identifier not in seen:
            seen.add(identifier)
            waiting.extend(_references(by_id[identifier]))
    return seen


def _references(item: Any, name: str = "") -> Iterator[str]:
    """Every id under a `…_ref` or `…_refs` property, at any depth."""
    if isinstance(item, Mapping):
        for key, value in item.items():
            yield from _references(value, key)
    elif isinstance(item, list):
        for value in item:
            yield from _references(value, name)
    elif isinstance(item, str) and name.endswith(("_ref", "_refs")):
        yield item
