"""The command line from a checkout: `python main.py …` is `stix-shifter …`."""

import sys

from stix_shifter.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
