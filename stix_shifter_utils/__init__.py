"""What a connector builds on. Old import paths are served by `legacy.py`; nothing else is loaded here."""

from stix_shifter_utils import legacy

legacy.install()
