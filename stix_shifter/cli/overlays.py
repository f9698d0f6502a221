"""The flag `--overlay FILE`: overlays of a connector's maps beside those that its options name.

What an overlay is, is `stix_shifter_utils.mapping.overlays`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter.cli.arguments import bad_argument

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from stix_shifter.cli.parser import CommandParser


def add_overlay_flag(parser: CommandParser) -> None:
    """Declare it."""
    parser.add_argument(
        "--overlay", action="append", default=[], metavar="FILE",
        help="what this deployment calls its fields (YAML or JSON), laid over the connector's maps; "
        "may be given several times, in that order",
    )  # fmt: skip


def with_overlays(options: Mapping[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """The options with the overlays of the flag after their own. UsageError for a file that is none."""
    return laid_on(options, args.overlay) if args.overlay else dict(options)


def laid_on(options: Mapping[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """The same for some files."""
    from stix_shifter_utils.errors import MappingFileError
    from stix_shifter_utils.mapping import inline_overlays, read_overlays

    given = options.get("overlays") or []
    try:
        added = inline_overlays(list(files))
        read_overlays(added)
    except MappingFileError as error:
        raise bad_argument(name="--overlay", problem=str(error)) from error
    return {**options, "overlays": [*(given if isinstance(given, list) else [given]), *added]}
