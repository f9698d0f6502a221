"""The intrusion that the demo tells: who, where, when; with names and addresses reserved for documentation.

On a Tuesday morning Mercy Okafor of Juniper Freight opens what looks like a parcel note. The program behind
it calls home all morning, finds AWS keys on her disk, and somebody far away reads the customs bucket with
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import md5, sha1, sha256

DAY = datetime(2024, 5, 14, tzinfo=timezone.utc)
START, STOP = DAY, DAY + timedelta(days=1)


def at(clock: str) -> datetime:
    """A moment of the day: `at("08:14:07")`."""
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return DAY + timedelta(hours=hours, minutes=minutes, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Host:
    """A machine of the company."""

    name: str
    address: str
    user: str


@dataclass(frozen=True, slots=True)
class Program:
    """A file that runs; its hashes are those of a text that stands for its content."""

    path: str
    size: int

    @property
    def name(self) -> str:
        return self.path.rsplit("\\", 1)[-1]

    @property
    def sha256(self) -> str:
        return sha256(self.path.encode()).hexdigest()

    @property
    def sha1(self) -> str:
        return sha1(self.path.encode(), usedforsecurity=False).hexdigest()

    @property
    def md5(self) -> str:
        return md5(self.path.encode(), usedforsecurity=False).hexdigest()


VICTIM = Host("WS-014.juniper-freight.example", "10.20.3.14", "JUNIPER\\m.okafor")
COLLEAGUES = (
    Host("WS-007.juniper-freight.example", "10.20.3.7", "JUNIPER\\t.lindqvist"),
    Host("WS-021.juniper-freight.example", "10.20.3.21", "JUNIPER\\a.moreau"),
    Host("WS-033.juniper-freight.example", "10.20.3.33", "JUNIPER\\s.haddad"),
)
FILE_SERVER = Host("FS-01.juniper-freight.example", "10.20.0.8", "NT AUTHORITY\\SYSTEM")
RESOLVER = "10.20.0.2"

LURE_DOMAIN, LURE_ADDRESS = "files.parcel-updates.example", "203.0.113.77"
HOME_DOMAIN, HOME_ADDRESS = "status.parcel-updates.example", "198.51.100.23"
LURE = Program("C:\\Users\\m.okafor\\Downloads\\ParcelNote_4471.exe", 748_032)
IMPLANT = Program("C:\\Users\\m.okafor\\AppData\\Roaming\\Parcel\\svcupdate.exe", 611_840)

ACCOUNT, CLOUD_USER, STOLEN_KEY = "111122223333", "m.okafor", "AKIAIOSFODNN7EXAMPLE"
BUCKET = "juniper-freight-customs"

PATTERN = f"""\
[ipv4-addr:value = '{HOME_ADDRESS}'
 OR domain-name:value LIKE '%.parcel-updates.example'
 OR file:hashes.'SHA-256' = '{LURE.sha256}'
 OR file:hashes.'SHA-256' = '{IMPLANT.sha256}'
 OR process:parent_ref.name = '{IMPLANT.name}']
START t'{START:%Y-%m-%dT%H:%M:%SZ}' STOP t'{STOP:%Y-%m-%dT%H:%M:%SZ}'"""
"""The one question of the demo: what has to do with the note's machine, domains, files, program?"""
