"""The console script `stix-shifter`; `python main.py` and `python -m stix_shifter` are the same program."""

from stix_shifter.cli.app import main

__all__ = ["main"]
