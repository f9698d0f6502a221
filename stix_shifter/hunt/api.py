"""The Python API of hunting: `hunt` for plain code, `hunt_stream` for async code."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from stix_shifter.hunt.budget import Budget
from stix_shifter.hunt.events import HuntFinished
from stix_shifter.hunt.pages import Nothing
from stix_shifter.hunt.plan import question_of
from stix_shifter.hunt.run import Hunt
from stix_shifter.hunt.settings import DEFAULT_LIMIT, DEFAULT_TIME_LIMIT_S, SOURCES_AT_ONCE, HuntSettings
from stix_shifter.hunt.sources import Source, Sources, load_sources
from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.utils.async_utils import run_sync

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from typing_extensions import Unpack

    from stix_shifter.hunt.events import HuntEvent
    from stix_shifter.hunt.options import HuntOptions
    from stix_shifter.hunt.report import HuntReport


def hunt(pattern: str, sources: Any, **options: Unpack[HuntOptions]) -> HuntReport:
    """Ask all sources one pattern and wait for the report; works inside a running event loop too.

    `sources` is the path of a sources file, what `load_sources` answered, or Source values. `options` are
    described at HuntOptions. A source that fails is told in the report, not raised.

    Raises PatternSyntaxError, QualifierError, ConfigurationError for what is wrong before anything is asked.
    """
    return run_sync(_collected(pattern, sources, options))


async def _collected(pattern: str, sources: Any, options: HuntOptions) -> HuntReport:
    async with contextlib.aclosing(hunt_stream(pattern, sources, **options)) as events:
        async for event in events:
            if isinstance(event, HuntFinished):
                return event.report
    message = "the hunt ended without a report"  # cannot be: HuntFinished is always the last
    raise RuntimeError(message)


async def hunt_stream(
    pattern: str, sources: Any, **options: Unpack[HuntOptions]
) -> AsyncGenerator[HuntEvent, None]:
    """The events of a hunt as they happen; the last is HuntFinished with the report.

    Closing the generator, or cancelling who reads it, ends the hunt: searches that run are deleted on their
    sources. Arguments and errors are those of `hunt`.
    """
    made = prepared(pattern, sources, options)
    async with contextlib.aclosing(made.events()) as events:
        async for event in events:
            yield event


def prepared(pattern: str, sources: Any, options: HuntOptions) -> Hunt:
    """A hunt that is ready to run; nothing has been contacted."""
    now = options.get("now") or datetime.now(timezone.utc)
    question = question_of(
        pattern, now=now, since=options.get("since"), start=options.get("start"), stop=options.get("stop")
    )
    settings = HuntSettings(
        question,
        policy=options.get("on_unmapped") or "widen",
        same_object=bool(options.get("same_object")),
        limit=_positive(options.get("limit"), DEFAULT_LIMIT, "limit"),
        time_limit_s=options.get("time_limit_s") or DEFAULT_TIME_LIMIT_S,
        sources_at_once=_positive(options.get("sources_at_once"), SOURCES_AT_ONCE, "sources_at_once"),
        budget=options.get("budget") or Budget(),
    )
    hunt_id = options.get("hunt_id") or str(uuid.uuid4())
    return Hunt(hunt_id, _listed(sources), settings, options.get("pages") or Nothing())


def _positive(number: int | None, default: int, name: str) -> int:
    if number is None:
        return default
    if number < 1:
        message = f"{name} must be 1 or more, not {number}"
        raise ConfigurationError(message)
    return number


def _listed(sources: Any) -> list[Source]:
    if isinstance(sources, Sources):
        found = list(sources.every.values())
    elif isinstance(sources, Mapping) or sources is None:
        message = "sources must be a path, Sources or a list of Source"
        raise ConfigurationError(message)
    elif hasattr(sources, "__fspath__") or isinstance(sources, str):
        found = list(load_sources(sources).every.values())
    else:
        found = list(sources)
    names = [one.name for one in found]
    if len(set(names)) < len(names) or not names:
        message = "sources need names, each another one" if names else "there is no source to ask"
        raise ConfigurationError(message)
    return found
