"""What chance decides in the demo's events, from one seed; and the ordinary world that they happen in."""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from demo import story
from demo.story import at

if TYPE_CHECKING:
    from collections.abc import Iterator

Event = dict[str, Any]
SITES = (
    ("www.harbour-times.example", "192.0.2.10"),
    ("mail.juniper-freight.example", "192.0.2.25"),
    ("maps.roadatlas.example", "192.0.2.40"),
    ("cdn.fontshop.example", "192.0.2.66"),
    ("api.weatherdesk.example", "192.0.2.81"),
    ("updates.officesuite.example", "192.0.2.120"),
)
PROGRAMS = (
    story.Program("C:\\Windows\\System32\\svchost.exe", 57_528),
    story.Program("C:\\Program Files\\OfficeSuite\\Writer.exe", 1_900_544),
    story.Program("C:\\Program Files\\Browser\\browser.exe", 3_100_672),
    story.Program("C:\\Windows\\System32\\taskhostw.exe", 98_304),
    story.Program("C:\\Windows\\explorer.exe", 4_800_512),
)
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Browser/124.0"


class Maker:
    """Draws what chance decides, from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  a repeatable story, no secret

    def uid(self, letter: str = "C") -> str:
        """A Zeek id."""
        alphabet = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ123456789"
        return letter + "".join(self.random.choices(alphabet, k=16))

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def port(self) -> int:
        return self.random.randint(49152, 65535)

    def office_hour(self) -> datetime:
        return at("07:00:00") + timedelta(seconds=self.random.uniform(0, 10 * 3600))

    def about(self, moment: datetime, seconds: float = 0.4) -> datetime:
        return moment + timedelta(seconds=self.random.uniform(0.01, seconds))


def beacons() -> Iterator[datetime]:
    """When the implant calls home: every quarter of an hour, a little off."""
    drift = random.Random(7)  # noqa: S311  as above; the same moments on the network and on the host
    moment = at("08:16:20")
    while moment < at("12:00:00"):
        yield moment
        moment += timedelta(seconds=900 + drift.uniform(-25, 25))
