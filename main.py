"""The command line from a checkout: `python main.py …` is `stix-shifter …`."""

import sys

from stix_shifter.scripts.stix_shifter import main

if __name__ == "__main__":
    sys.exit(main())
