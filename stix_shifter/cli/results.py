"""Printing what rows become: a bundle at once, a bundle as it grows, or one object per line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter.cli.arguments import bad_argument, with_options
from stix_shifter.cli.console import ERROR_ANSWER, WORKED
from stix_shifter.cli.overlays import with_overlays

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from stix_shifter.cli.console import Console
    from stix_shifter.cli.parser import CommandParser
    from stix_shifter.cli.rows import RowReader
    from stix_shifter.results_stream import ResultsStream
    from stix_shifter_utils.results import ResultsReport


def add_output_flags(parser: CommandParser, *, only_for: str = "") -> None:
    """Flags that say how results are printed."""
    parser.add_argument("--stix-2.1", dest="stix_2_1", action="store_true", default=None,
                        help="STIX 2.1 instead of 2.0")  # fmt: skip
    parser.add_argument(
        "--stream", action="store_true", help=f"{only_for}write the bundle as it grows, compact"
    )
    parser.add_argument(
        "--ndjson", action="store_true", help=f"{only_for}one STIX object per line, as they come"
    )
    parser.add_argument(
        "--no-merge", action="store_true",
        help=f"{only_for}write the objects of each row at once, also those that rows share (STIX 2.1); "
        "without it these wait, on disk beyond 20,000, and come last, merged",
    )  # fmt: skip


def translate_results(args: argparse.Namespace, console: Console) -> int:
    """`translate … results`: print what the rows of the argument `data` become."""
    from stix_shifter.cli.rows import RowReader, open_rows, rows_from_text

    identity = console.inputs.object(args.data_source, "data_source")
    options = results_options(console.inputs.object(args.options, "options"), args)
    if args.stream or args.ndjson:
        if args.stix_validator:
            raise bad_argument(name="-x", problem="checks a whole bundle; leave out --stream and --ndjson")
        with open_rows(console.inputs, args.data, "data") as text:
            reader = RowReader(text)
            if args.workers > 1:
                write_stream(args, console, _in_parallel(args, identity, reader, options))
            else:
                print_stream(args, console, identity, reader, options)
        return complain_all(console, reader.summary())
    if args.workers > 1:
        raise bad_argument(name="--workers", problem="goes with --stream or --ndjson")
    rows = rows_from_text(console.inputs.text(args.data or "-", "data"), "data")
    return print_bundle(args.module, identity, rows, options, console, check=args.stix_validator)


def results_options(options: Mapping[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """Options of a call with what the flags of `add_output_flags` and `--overlay` say."""
    given = with_overlays(options, args)
    return with_options(given, **{"stix_2.1": args.stix_2_1, "merge": False if args.no_merge else None})


def print_bundle(
    module: str,
    identity: Mapping[str, Any],
    rows: Any,
    options: Mapping[str, Any],
    console: Console,
    *,
    check: bool = False,
) -> int:
    """The classic answer: the bundle of all rows, indented."""
    from stix_shifter.stix_translation.stix_translation import RESULTS, StixTranslation

    bundle = StixTranslation().translate(module, RESULTS, identity, rows, options)
    code = console.answer(bundle)
    return code or (_check(bundle, options, console) if check else WORKED)


def print_stream(
    args: argparse.Namespace,
    console: Console,
    identity: Mapping[str, Any],
    rows: Iterable[Any],
    options: Mapping[str, Any],
) -> None:
    """Objects as they come, then what became of the rows, on standard error."""
    from stix_shifter.results_stream import stream_results

    module = getattr(args, "module", None) or args.translation_module
    write_stream(args, console, stream_results(module, identity, rows, options))


def _in_parallel(
    args: argparse.Namespace, identity: Mapping[str, Any], reader: RowReader, options: Mapping[str, Any]
) -> ResultsStream:
    from stix_shifter.parallel import stream_in_parallel

    return stream_in_parallel(
        args.module, identity, reader.unread(), options, workers=args.workers, on_problem=reader.note_line
    )


def write_stream(args: argparse.Namespace, console: Console, stream: ResultsStream) -> None:
    """A stream's objects in the form that the flags ask for, and its report."""
    from stix_shifter_utils.results.classic import warn_of
    from stix_shifter_utils.stix import write_bundle, write_ndjson

    if args.ndjson:
        write_ndjson(stream.objects, console.binary)
    else:
        write_bundle(stream.objects, console.binary, version=stream.version)
    console.binary.flush()
    if stream.report is not None:
        warn_of(stream.report)
        console.note(accounted(stream.report))


def accounted(report: ResultsReport) -> str:
    """What became of all rows, in one line."""
    made = f"{report.observed} observed-data, {report.objects} objects, {report.merged} merged"
    without = (
        f"{report.empty_rows} of which nothing became an object, {report.refused_rows} that are no objects"
    )
    return f"{report.rows} rows: {made}; rows {without}; {sum(report.dropped.values())} values left out"


def complain_all(console: Console, problems: Iterable[str]) -> int:
    """A line for each problem; the exit code."""
    code = WORKED
    for problem in problems:
        console.complain(problem)
        code = ERROR_ANSWER
    return code


def _check(bundle: Mapping[str, Any], options: Mapping[str, Any], console: Console) -> int:
    """What stix2-validator says of a bundle, on standard error."""
    try:
        import stix2validator
    except ModuleNotFoundError:
        console.note(
            "the bundle was not checked: stix2-validator is not installed (pip install stix2-validator)"
        )
        return WORKED
    version = "2.1" if options.get("stix_2.1") else "2.0"
    result = stix2validator.validate_instance(dict(bundle), stix2validator.ValidationOptions(version=version))
    if not result.errors:
        console.note(f"valid STIX {version}, says stix2-validator")
    return complain_all(console, (f"not valid STIX {version}: {problem}" for problem in result.errors or ()))
