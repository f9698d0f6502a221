"""`python -m stix_shifter_utils.testing.error_table > docs/errors.md`: the page of errors, from the suites.

Each connector's `tests/test_<name>_errors.py` holds an `ErrorSuite`; what it says is what its tests prove.
"""

from __future__ import annotations

import importlib
import sys

from stix_shifter_utils.config import installed_modules, module_folder
from stix_shifter_utils.testing.error_classes import table
from stix_shifter_utils.testing.suite_errors import ErrorSuite

HEAD = """# What a connector answers when something breaks

Made from the connectors' tests (`python -m stix_shifter_utils.testing.error_table > docs/errors.md`), which
act out each class against the fake product: the code, one message that says what to do and shows no secret,
and the rows that came before are kept.

`renewed`: the connector gets a new token or session, and goes on. A search that was ended on the product has
the state `CANCELED`; whoever waits for its rows gets the code below.

"""


def rows() -> dict[str, dict[str, str]]:
    """The row of each connector that has a suite, by name."""
    found: dict[str, dict[str, str]] = {}
    for name in installed_modules():
        if (module_folder(name) / "tests" / f"test_{name}_errors.py").is_file():
            module = importlib.import_module(f"stix_shifter_modules.{name}.tests.test_{name}_errors")
            suites = [
                one for one in vars(module).values() if isinstance(one, type) and issubclass(one, ErrorSuite)
            ]
            found[name] = next(one for one in suites if one is not ErrorSuite).row()
    return found


def page() -> str:
    """The page."""
    return HEAD + table(rows())


if __name__ == "__main__":
    sys.stdout.write(page())
