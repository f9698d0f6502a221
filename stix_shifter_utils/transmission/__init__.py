"""Running a search on a source: the model, the flows, paging, and the base of API clients.

Model names are light. The rest is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.transmission.model import Page, Progress, Record, SearchHandle, Status

if TYPE_CHECKING:
    from stix_shifter_utils.transmission.declared import DeclaredApi, DeclaredClient, api_problems, load_api
    from stix_shifter_utils.transmission.flows import (
        Collected,
        Limits,
        collect,
        local_file,
        one_shot_paged,
        submit_poll_page_delete,
    )
    from stix_shifter_utils.transmission.paging import (
        Ask,
        Cursor,
        NextLink,
        Offset,
        OnePage,
        PageNumber,
        Piece,
        TimeSlice,
        fetch_page,
    )
    from stix_shifter_utils.transmission.point_in_time import PointInTimeApi, PointInTimeSource
    from stix_shifter_utils.transmission.pointer import Pointer
    from stix_shifter_utils.transmission.records import nested_record
    from stix_shifter_utils.transmission.source import HttpSource, tls_options
    from stix_shifter_utils.transmission.whole import WholeAnswers

_HOMES = {
    "declared": ("DeclaredApi", "DeclaredClient", "api_problems", "load_api"),
    "flows": ("Collected", "Limits", "collect", "local_file", "one_shot_paged", "submit_poll_page_delete"),
    "paging": (
        "Ask",
        "Cursor",
        "NextLink",
        "Offset",
        "OnePage",
        "PageNumber",
        "Piece",
        "TimeSlice",
        "fetch_page",
    ),
    "point_in_time": ("PointInTimeApi", "PointInTimeSource"),
    "pointer": ("Pointer",),
    "records": ("nested_record",),
    "source": ("HttpSource", "tls_options"),
    "whole": ("WholeAnswers",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Ask",
    "Collected",
    "Cursor",
    "DeclaredApi",
    "DeclaredClient",
    "HttpSource",
    "Limits",
    "NextLink",
    "Offset",
    "OnePage",
    "Page",
    "PageNumber",
    "Piece",
    "PointInTimeApi",
    "PointInTimeSource",
    "Pointer",
    "Progress",
    "Record",
    "SearchHandle",
    "Status",
    "TimeSlice",
    "WholeAnswers",
    "api_problems",
    "collect",
    "fetch_page",
    "load_api",
    "local_file",
    "nested_record",
    "one_shot_paged",
    "submit_poll_page_delete",
    "tls_options",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)
