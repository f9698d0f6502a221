"""From the rows that a query found to native rows: the pack's columns computed and laid over the records."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_modules.local_files.stix_transmission.records import RecordError, row_of
from stix_shifter_modules.local_files.stix_transmission.views import FOUND, HINT, RECORD, completion

if TYPE_CHECKING:
    from stix_shifter_modules.local_files.stix_transmission.library import Library
    from stix_shifter_modules.local_files.stix_transmission.packs import Pack

logger = logging.getLogger(__name__)
_AT_ONCE: Final = 2000

Found = tuple[str, str, str, bool]
"""A row as a query answers it: file, record, hint, whether all its values are text."""

Row = dict[str, Any]
Completing = Callable[["Library", "Pack", Sequence[Found]], list[Row]]


def complete_rows(library: Library, pack: Pack, found: Sequence[Found]) -> list[Row]:
    """Native rows, in order. A record that no JSON reader takes is left out, with a warning."""
    rows: list[Row] = []
    for is_text, members in itertools.groupby(found, lambda row: row[3]):
        while batch := list(itertools.islice(members, _AT_ONCE)):
            rows += _completed(library, pack, batch, is_text=is_text)
    return rows


def _completed(library: Library, pack: Pack, found: Sequence[Found], *, is_text: bool) -> list[Row]:
    with library.session() as session:
        session.execute(
            f"CREATE TEMP TABLE {FOUND} AS "
            f"SELECT unnest(?::JSON[]) AS {RECORD}, unnest(?::VARCHAR[]) AS {HINT}",
            [[row[1] for row in found], [row[2] for row in found]],
        )
        handed_on = session.execute(completion(pack, is_text=is_text)).fetchall()
    rows = (_row(pack, row, columns) for row, (columns,) in zip(found, handed_on, strict=True))
    return [row for row in rows if row is not None]


def _row(pack: Pack, found: Found, handed_on: str) -> Row | None:
    try:
        return row_of(pack, found[1], handed_on)
    except RecordError as error:
        logger.warning("left out a record of %s: %s", found[0], error)
        return None
