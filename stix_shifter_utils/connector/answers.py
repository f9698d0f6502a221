"""From typed answers to the classic dictionaries: the only place that writes `success`, beside `edge.py`.

A hook may answer with its type (`SearchHandle`, `Progress`, `Page`) or, as connectors of the published
library do, with the finished dictionary, whose missing parts are then filled in. Answers are new
dictionaries. The types are imported where something is transmitted: every translation loads this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stix_shifter_utils.errors import ResponseError

Answer = dict[str, Any]
_WHOLE = 100


def done(value: Any = None) -> Answer:
    """The answer of ping and delete. `None` and True are a yes; a dictionary stands for itself."""
    if isinstance(value, Mapping):
        return {"success": True, **value}
    if value is None or value is True:
        return {"success": True}
    raise ResponseError(_unexpected("nothing", value))


def search(value: Any) -> Answer:
    """The answer of query: `search_id`, with `success` by whether there is one."""
    from stix_shifter_utils.transmission.model import SearchHandle

    if isinstance(value, SearchHandle):
        return _with_metadata({"success": True, "search_id": value.search_id}, value.metadata)
    if isinstance(value, Mapping):
        return _judged(value, "search_id", "a SearchHandle")
    raise ResponseError(_unexpected("a SearchHandle", value))


def progress(value: Any) -> Answer:
    """The answer of status: `status` as text, `progress` a number from 0 to 100, 100 once it is completed."""
    from stix_shifter_utils.transmission.model import Progress, Status

    if isinstance(value, Progress):
        percent = _WHOLE if value.status is Status.COMPLETED else min(max(int(value.percent), 0), _WHOLE)
        answer = {"success": True, "status": value.status.value, "progress": percent}
        return _with_metadata(answer, value.metadata)
    if isinstance(value, Mapping):
        return _filled_progress(value)
    raise ResponseError(_unexpected("a Progress", value))


def _filled_progress(value: Mapping[str, Any]) -> Answer:
    from stix_shifter_utils.transmission.model import Status

    answer = dict(value)
    answer.setdefault("success", "status" in value)
    if answer["success"] and "status" in value:
        if isinstance(value["status"], Status):
            answer["status"] = value["status"].value
        answer.setdefault("progress", _WHOLE if answer["status"] == Status.COMPLETED.value else 0)
    return answer


def page(value: Any) -> Answer:
    """The answer of results: `data`, a list of rows, and `metadata` when the next call needs some."""
    from stix_shifter_utils.transmission.model import Page

    if isinstance(value, Page):
        return _with_metadata({"success": True, "data": list(value.records)}, value.metadata)
    if isinstance(value, Mapping):
        return _judged(value, "data", "a Page")
    raise ResponseError(_unexpected("a Page", value))


def _judged(value: Mapping[str, Any], key: str, wanted: str) -> Answer:
    """A finished dictionary. Raises ResponseError for one that says neither what was asked nor why not."""
    if not value.keys() & {"success", key, "error", "code"}:
        message = f"{_unexpected(wanted, value)}: {{{', '.join(map(repr, value))}}} has no {key!r}"
        raise ResponseError(message)
    return dict(value) if "success" in value else {"success": key in value, **value}


def _with_metadata(answer: Answer, metadata: Any) -> Answer:
    if metadata is not None:
        answer["metadata"] = metadata
    return answer


def _unexpected(wanted: str, value: Any) -> str:
    return f"the connector answered with {type(value).__name__} where {wanted} was expected"
