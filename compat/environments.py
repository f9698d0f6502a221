"""The two environments: the published core and ours, each with the same published connector wheels."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "build" / "compat"
VERSION = "8.1.3"

# Of every kind: text and JSON, several dialects, sync and async, own transformers, own results translators.
CONNECTORS = (
    "alertflex", "arcsight", "async_template", "aws_athena", "aws_cloud_watch_logs", "aws_guardduty",
    "azure_log_analytics", "azure_sentinel", "bigfix", "carbonblack", "cbcloud", "cisco_secure_email",
    "crowdstrike", "crowdstrike_alerts", "crowdstrike_logscale", "cybereason", "darktrace", "datadog",
    "demo_template", "elastic_ecs", "error_test", "gcp_chronicle", "guardium", "ibm_security_verify",
    "infoblox", "msatp", "mysql", "nozomi_vantage", "okta", "onelogin", "paloalto", "proofpoint", "qradar",
    "qradar_perf_test", "reaqta", "reversinglabs", "rhacs", "secretserver", "security_advisor",
    "sentinelone", "splunk", "stix_bundle", "sumologic", "synchronous_template", "sysdig",
    "trendmicro_vision_one", "vectra",
)  # fmt: skip
# What published connectors import and do not declare, at versions that the published core accepts.
UNDECLARED = (
    "aioboto3", "aiomysql", "azure-identity", "flatten_json", "jsonmerge", "pyOpenSSL", "pyparsing",
    "python-dateutil", "regex", "six", "stix2-matcher", "xmltodict",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Environments:
    """The Python programs of the two environments, and what could not be installed."""

    published: Path
    ours: Path
    connectors: tuple[str, ...]
    left_out: tuple[str, ...]


def prepare() -> Environments:
    """Make both environments in build/compat, or use those of an earlier run of the same versions."""
    made = HOME / f"wheels-{VERSION}.json"
    published, ours = HOME / "published", HOME / "ours"
    if not made.exists():
        _say(f"making two environments in {HOME.relative_to(ROOT)} (some minutes, once)")
        for place in (published, ours):
            venv.create(place, with_pip=True, clear=True)
        _pip(_python(published), f"stix-shifter=={VERSION}", f"stix-shifter-utils=={VERSION}", *UNDECLARED)
        _pip(_python(ours), "setuptools", *_core_requirements(), *UNDECLARED)
        made.write_text("{}", encoding="utf-8")
    tried: dict[str, bool] = json.loads(made.read_text(encoding="utf-8"))
    for name in CONNECTORS:
        if name not in tried:
            tried[name] = _wheel(published, name) and _wheel(ours, name)
    made.write_text(json.dumps(tried), encoding="utf-8")
    _link_ours(ours)
    connectors = tuple(name for name in CONNECTORS if tried[name])
    left_out = tuple(name for name in CONNECTORS if name not in connectors)
    return Environments(_python(published), _python(ours), connectors, left_out)


def _python(place: Path) -> Path:
    return place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _pip(python: Path, *arguments: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check")
    subprocess.run([python, "-m", "pip", "install", *quiet, *arguments], check=True)


def _wheel(place: Path, connector: str) -> bool:
    name = f"stix-shifter-modules-{connector.replace('_', '-')}=={VERSION}"
    try:
        _pip(_python(place), "--no-deps", name)
    except subprocess.CalledProcessError:
        return False
    return True


def _core_requirements() -> list[str]:
    code = "import runpy; print('\\n'.join(runpy.run_path('setup.py', run_name='none')['CORE']))"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return answer.stdout.split("\n")[:-1]


def _link_ours(place: Path) -> None:
    """Our core alone, without our own connectors: those of the wheels are to be met."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([_python(place), "-c", code], check=True, capture_output=True, text=True)
    for package in ("stix_shifter", "stix_shifter_utils"):
        link = Path(answer.stdout.strip(), package)
        if not link.exists() or link.resolve() != ROOT / package:  # made by another checkout
            link.unlink(missing_ok=True)
            link.symlink_to(ROOT / package, target_is_directory=True)


def _say(text: str) -> None:
    sys.stderr.write(f"compat: {text}\n")
