"""Build stix-shifter: `MODE=<mode> VERSION=<version> python3 setup.py bdist_wheel`, or `pip install .`.

Without MODE a build is mode 1: everything in one distribution. What a connector needs beyond the core stands
in its own `requirements.txt` and becomes an extra of its name: `pip install 'stix-shifter[local_files]'`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import find_namespace_packages, setup

ROOT = Path(__file__).resolve().parent
MODULES = ROOT / "stix_shifter_modules"
TEMPLATES = ("async_template", "synchronous_template")  # copied by new-connector, with their tests

CORE = [
    "stix2>=3.0.2,<4",
    "stix2-patterns>=2.1.2,<3",
    "antlr4-python3-runtime>=4.13,<4.14",
    "jsonschema>=4.17,<5",
    "requests>=2.31,<3",
    "aiohttp>=3.9,<4",
    "orjson>=3.9,<4",
    "regex>=2023.12.25",
    "rich>=13,<16",
    "PyYAML>=6,<7",
]
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
TEST = [
    "pytest>=8,<10",
    "pytest-xdist>=3.5,<4",
    "hypothesis>=6.100,<7",
    "mypy>=1.13,<3",
    "ruff>=0.8,<1",
    "stix2-matcher>=3,<4",
    "stix2-validator==3.2.0",  # 3.3 ships no schemas and fails every object
    "medallion>=3,<4",
    "moto[server]>=5,<6",
    "cryptography>=42",
    "psycopg[binary]>=3.1,<4",
    "sqlglot>=25",
    "types-requests",
    "types-PyYAML",
    "types-jsonschema",
]


def requirements(path: Path) -> list[str]:
    """The requirement lines of a file, without comments and blank lines; none when there is no file."""
    if not path.is_file():
        return []
    lines = (line.split("#", 1)[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def connector_extras() -> dict[str, list[str]]:
    """One extra per connector that needs something of its own, and `all` for the sum of them."""
    extras = {
        folder.name: requirements(folder / "requirements.txt")
        for folder in sorted(MODULES.iterdir())
        if (folder / "entry_point.py").is_file()
    }
    extras = {name: needs for name, needs in extras.items() if needs}
    return {**extras, "all": sorted({need for needs in extras.values() for need in needs})}


def package_data(packages: list[str]) -> dict[str, list[str]]:
    """Beside Python: typing markers, schemas, mappings, configurations, and the templates' tests."""
    plain = {package: ["py.typed", "*.json", "*.md", "requirements.txt"] for package in packages}
    tests = {
        f"stix_shifter_modules.{name}": ["tests/*.py", "tests/cases/*.json", "*.md"] for name in TEMPLATES
    }
    return {**plain, **tests}


def main() -> None:
    """Build what MODE asks for; an unknown mode is one line and exit 2."""
    mode = os.environ.get("MODE", "1")
    if mode != "1":
        sys.stderr.write(f"setup.py: MODE={mode} is not known; known: 1 (everything in one distribution)\n")
        sys.exit(2)
    packages = find_namespace_packages(
        str(ROOT),
        include=[
            "stix_shifter",
            "stix_shifter.*",
            "stix_shifter_utils",
            "stix_shifter_utils.*",
            "stix_shifter_modules",
            "stix_shifter_modules.*",
        ],
        exclude=["*.tests", "*.tests.*", "*.__pycache__"],
    )
    setup(
        name="stix-shifter",
        version=os.environ.get("VERSION", "1.0.0"),
        description="One STIX pattern asked of all your security products, one STIX bundle back",
        long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
        long_description_content_type="text/markdown",
        license="Apache-2.0",
        license_files=["LICENSE"],
        python_requires=">=3.10",
        packages=packages,
        package_data=package_data(packages),
        install_requires=CORE,
        extras_require={**connector_extras(), "published": PUBLISHED, "test": TEST},
        entry_points={"console_scripts": ["stix-shifter = stix_shifter.scripts.stix_shifter:main"]},
    )


if __name__ == "__main__":
    main()
