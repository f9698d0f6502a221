"""`python -m stix_shifter`: the command line."""

import sys

from stix_shifter.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
