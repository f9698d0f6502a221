"""`python -m packing 9.0.0`, in the checkout: make a release. What it does is `release.py`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from packing.release import main

ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    sys.exit(main(ROOT, runpy.run_path(str(ROOT / "setup.py"), run_name="setup")["NEEDS"], sys.argv[1:]))
