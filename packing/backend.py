"""What `python -m build` and `pip install` call (PEP 517, PEP 660); it needs no other package, so no network.

MODE and VERSION are those of `setup.py`. A wheel hook names one file: with MODE 3 and N it names the core's,
and the others lie beside it.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from packing.plan import Needs

Settings = dict[str, Any] | None
ROOT = Path(__file__).resolve().parents[1]


def _leave_no_trace() -> None:
    """Nothing in the checkout changes: remove the cache files that the import of this module just made."""
    sys.dont_write_bytecode = True
    for name in (__package__, __name__):
        cached = Path(sys.modules[name].__cached__ or "/nowhere")
        cached.unlink(missing_ok=True)
        if cached.parent.is_dir() and not any(cached.parent.iterdir()):
            cached.parent.rmdir()


_leave_no_trace()


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """All wheels of the mode, into a folder."""
    del config_settings, metadata_directory
    return _make("build_wheels", wheel_directory)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """The source distribution."""
    del config_settings
    return _make("build_source", sdist_directory)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """The wheel that points to this checkout."""
    del config_settings, metadata_directory
    return _make("build_editable", wheel_directory)


def _make(what: str, folder: str) -> str:
    """Build, and answer the name of the first file. What cannot be built ends the process with one line."""
    from packing import build
    from packing.errors import BuildError
    from packing.request import read_request

    needs: Needs = runpy.run_path(str(ROOT / "setup.py"), run_name="setup")["NEEDS"]
    try:
        made = getattr(build, what)(read_request(ROOT, os.environ), ROOT, needs, Path(folder))
    except BuildError as error:
        sys.exit(f"setup.py: {error}")
    return str((made[0] if isinstance(made, list) else made).name)
