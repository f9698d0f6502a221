"""`python -m stix_shifter`: the command line."""

import sys

from stix_shifter.scripts.stix_shifter import main

if __name__ == "__main__":
    sys.exit(main())
