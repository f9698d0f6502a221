"""Build stix-shifter: `MODE='<module name>|1|3|N' VERSION='x.y.z' python3 setup.py bdist_wheel`.

What the distributions need stands here; how they are made stands in `packing/`. What a connector needs beyond
the core stands in its own `requirements.txt` and becomes an extra: `pip install 'stix-shifter[local_files]'`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.dont_write_bytecode = True  # a build changes nothing in the checkout
ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from packing.command import run  # noqa: E402  the two lines above must come first
from packing.plan import Needs  # noqa: E402

UTILS = [
    "stix2>=3.0.2,<4",
    "stix2-patterns>=2.1.2,<3",
    "antlr4-python3-runtime>=4.13,<4.14",
    "jsonschema>=4.17,<5",
    "requests>=2.31,<3",
    "aiohttp>=3.9,<4",
    "orjson>=3.9,<4",
    "regex>=2023.12.25",
]
COMMAND_LINE = [
    "rich>=13,<16",
    "PyYAML>=6,<7",
]
CORE = [*UTILS, *COMMAND_LINE]
PUBLISHED = [  # what published connector wheels import without saying so
    "aioboto3>=12",
    "aiomysql>=0.2",
    "azure-identity>=1.15",
    "flatten_json>=0.1.13",
    "python-dateutil>=2.8",
    "regex>=2023.12.25",
    "six>=1.16",
    "stix2-matcher>=3,<4",
    "xmltodict>=0.13",
]
HOST = [  # the proxy host
    "flask>=3,<4",
    "cheroot>=10.0.1,<12",
]
SPARK = ["pyspark[sql]>=3.5,<5", "pyarrow>=14", "pandas>=2.2,<3"]  # Spark itself is not ready for pandas 3
SANDBOX = ["cryptography>=42", "duckdb>=1.2,<3", "sqlglot>=25"]  # make-believe products
DATAFRAME = ["pandas>=2.2,<4"]  # what a hunt found as a DataFrame
PARQUET = ["duckdb>=1.2,<3"]  # and as a Parquet file
KEYRING = ["keyring>=24,<26"]  # ${keyring:SERVICE/USER} instead of a password
TEST = [
    *HOST,
    *SANDBOX,
    *DATAFRAME,
    *PARQUET,
    *KEYRING,
    "keyrings.alt>=5,<6",  # a keyring in a file
    "schemathesis>=4,<5",
    "pytest>=8,<10",
    "pytest-xdist>=3.5,<4",
    "hypothesis>=6.100,<7",
    "mypy>=1.13,<3",
    "ruff>=0.8,<1",
    "stix2-matcher>=3,<4",
    "stix2-validator==3.2.0",  # 3.3 ships no schemas and fails every object
    "medallion>=3,<4",
    "moto[server]>=5,<6",
    "psycopg[binary]>=3.1,<4",
    "sqlglot>=25",
    "odata-query>=0.10,<1",
    "pysigma>=1,<2",
    "pysigma-backend-splunk>=2,<3",
    "playwright>=1.45,<2",  # drives an installed Chromium; brings no browser of its own
    "axe-playwright-python>=0.1.4,<0.2",
    "build>=1.2,<2",
    "twine>=6.1,<7",
    "types-requests",
    "types-PyYAML",
    "types-jsonschema",
]
NEEDS = Needs(
    utils=UTILS,
    command_line=COMMAND_LINE,
    extras={  # of the core, in every mode
        "published": PUBLISHED,
        "spark": SPARK,
        "host": HOST,
        "sandbox": SANDBOX,
        "dataframe": DATAFRAME,
        "parquet": PARQUET,
        "keyring": KEYRING,
    },
    development={"test": TEST},  # of a checkout
)

if __name__ == "__main__":
    sys.exit(run(ROOT, NEEDS, sys.argv[1:]))
