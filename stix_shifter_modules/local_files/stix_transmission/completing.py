"""From the rows that a query found to native rows: the pack's columns computed and laid over the records."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

from stix_shifter_modules.local_files.stix_transmission.records import (
    RecordError,
    complete,
    fitted_record,
)
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
    """Rows under the name of their pack: `{"zeek": {"uid": ..., "id": {"orig_h": ...}}}`."""
    fitted = [(record, row[2]) for row in found if (record := _fitted(pack, row)) is not None]
    records = [record for record, _ in fitted]
    with library.session() as session:
        session.execute(
            f"CREATE TEMP TABLE {FOUND} AS "
            f"SELECT unnest(?::JSON[]) AS {RECORD}, unnest(?::VARCHAR[]) AS {HINT}",
            [[orjson.dumps(record).decode() for record in records], [hint for _, hint in fitted]],
        )
        handed_on = session.execute(completion(pack, is_text=is_text)).fetchall()
    pairs = zip(records, handed_on, strict=True)
    return [{pack.name: complete(pack, record, columns)} for record, (columns,) in pairs]


def _fitted(pack: Pack, found: Found) -> Row | None:
    try:
        return fitted_record(pack, found[1])
    except RecordError as error:
        logger.warning("left out a record of %s: %s", found[0], error)
        return None
