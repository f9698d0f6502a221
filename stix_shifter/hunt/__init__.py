"""Hunting: one STIX pattern asked of many sources at once, one bundle, and a ledger of what was asked.

```python
from stix_shifter.hunt import hunt

report = hunt("[ipv4-addr:value = '192.0.2.7']", "sources.yaml")
report.bundle()          # STIX 2.1
report.ledger.to_json()  # what each source was asked, and what it could not answer
```

Nothing is imported until it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stix_shifter.hunt.api import hunt as hunt
    from stix_shifter.hunt.api import hunt_stream as hunt_stream
    from stix_shifter.hunt.budget import Budget as Budget
    from stix_shifter.hunt.events import HuntFinished as HuntFinished
    from stix_shifter.hunt.events import HuntStarted as HuntStarted
    from stix_shifter.hunt.events import SourceFinished as SourceFinished
    from stix_shifter.hunt.events import SourceProgress as SourceProgress
    from stix_shifter.hunt.journal import Journal as Journal
    from stix_shifter.hunt.report import HuntReport as HuntReport
    from stix_shifter.hunt.sources import Source as Source
    from stix_shifter.hunt.sources import load_sources as load_sources
    from stix_shifter.hunt.web_page import write_page as write_page
    from stix_shifter.hunt.yaml_file import SourcesFileError as SourcesFileError

_HOME = {
    "hunt": "api",
    "hunt_stream": "api",
    "Budget": "budget",
    "HuntFinished": "events",
    "HuntStarted": "events",
    "SourceFinished": "events",
    "SourceProgress": "events",
    "Journal": "journal",
    "HuntReport": "report",
    "Source": "sources",
    "load_sources": "sources",
    "write_page": "web_page",
    "SourcesFileError": "yaml_file",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
