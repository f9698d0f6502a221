"""The program `stix-shifter`: the command line as a process of its own.

`python main.py` and `python -m stix_shifter` are the same. What the command line does is `cli.app`.
"""

import gc
import sys

GARBAGE_AFTER = 50_000
"""Objects that are made before Python looks for cycles among them, 700 by default.

Start-up makes some ten thousand objects that stay, and looking through them time and again took an eighth of
a short command's time. Long commands are still looked after: every 50,000 objects, and their generations.
"""


def main() -> int:
    """Run the command line of `sys.argv`; the answer is the exit code."""
    gc.set_threshold(GARBAGE_AFTER)
    from stix_shifter.cli.app import main as run

    try:
        return run()
    finally:
        if "duckdb" not in sys.modules:  # it counts what is left at the end, and complains of it
            gc.freeze()  # the process ends: looking for cycles once more gives nothing back
