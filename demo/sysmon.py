"""The day as Sysmon saw it on the hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from demo import story
from demo.chance import PROGRAMS, SITES, Event, Maker, beacons
from demo.story import at

if TYPE_CHECKING:
    from datetime import datetime


class Sysmon(Maker):
    """The hosts' view."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.events: list[Event] = []

    def event(self, moment: datetime, host: story.Host, event_id: int, **fields: Any) -> Event:
        event = {
            "@timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
            "EventTime": f"{moment:%Y-%m-%d %H:%M:%S}",
            "UtcTime": f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}",
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "SourceName": "Microsoft-Windows-Sysmon",
            "EventID": event_id,
            "RecordNumber": 88_000 + len(self.events),
            "Hostname": host.name,
            "User": host.user,
            **fields,
        }
        self.events.append(event)
        return event

    def started(
        self, moment: datetime, host: story.Host, program: story.Program, command: str, parent: story.Program
    ) -> int:
        """Event 1, a process; its id."""
        pid = self.random.randint(1000, 9999) * 4
        self.event(
            moment,
            host,
            1,
            Image=program.path,
            CommandLine=command,
            ProcessId=str(pid),
            ProcessGuid="{" + self.uuid() + "}",
            ParentImage=parent.path,
            ParentCommandLine=f'"{parent.path}"',
            ParentProcessId=str(self.random.randint(500, 900) * 4),
            Hashes=f"SHA1={program.sha1.upper()},MD5={program.md5.upper()},SHA256={program.sha256.upper()}",
        )
        return pid

    def connected(
        self,
        moment: datetime,
        host: story.Host,
        program: story.Program,
        pid: int,
        target: tuple[str, str],
        port: int,
    ) -> None:
        """Event 3, a connection."""
        self.event(
            moment,
            host,
            3,
            Image=program.path,
            ProcessId=str(pid),
            Protocol="tcp",
            Initiated="true",
            SourceIp=host.address,
            SourcePort=str(self.port()),
            SourceHostname=host.name,
            DestinationIp=target[1],
            DestinationPort=str(port),
            DestinationHostname=target[0],
        )

    def asked(
        self, moment: datetime, host: story.Host, program: story.Program, pid: int, target: tuple[str, str]
    ) -> None:
        """Event 22, a name looked up."""
        self.event(
            moment,
            host,
            22,
            Image=program.path,
            ProcessId=str(pid),
            QueryName=target[0],
            QueryStatus="0",
            QueryResults=f"::ffff:{target[1]};",
        )

    def written(
        self, moment: datetime, host: story.Host, program: story.Program, pid: int, path: str
    ) -> None:
        """Event 11, a file made."""
        self.event(moment, host, 11, Image=program.path, ProcessId=str(pid), TargetFilename=path)

    def ordinary_day(self) -> None:
        explorer, browser = PROGRAMS[4], PROGRAMS[2]
        for host in (story.VICTIM, *story.COLLEAGUES):
            for _ in range(22):
                program = self.random.choice(PROGRAMS[:4])
                self.started(self.office_hour(), host, program, f'"{program.path}"', explorer)
            for _ in range(10):
                moment, site = self.office_hour(), self.random.choice(SITES)
                pid = self.random.randint(1000, 9999) * 4
                self.asked(moment, host, browser, pid, site)
                self.connected(self.about(moment), host, browser, pid, site, 443)

    def intrusion(self) -> None:
        victim, explorer, shell = (
            story.VICTIM,
            PROGRAMS[4],
            story.Program("C:\\Windows\\System32\\cmd.exe", 289_792),
        )
        lure, home = (story.LURE_DOMAIN, story.LURE_ADDRESS), (story.HOME_DOMAIN, story.HOME_ADDRESS)
        browser = self.random.randint(1000, 9999) * 4
        self.asked(at("08:12:31"), victim, PROGRAMS[2], browser, lure)
        self.connected(at("08:12:32"), victim, PROGRAMS[2], browser, lure, 80)
        self.written(at("08:12:34"), victim, PROGRAMS[2], browser, story.LURE.path)
        note = self.started(at("08:14:07"), victim, story.LURE, f'"{story.LURE.path}"', explorer)
        self.written(at("08:14:09"), victim, story.LURE, note, story.IMPLANT.path)
        implant = self.started(
            at("08:14:10"), victim, story.IMPLANT, f'"{story.IMPLANT.path}" -k parcel', story.LURE
        )
        self.event(
            at("08:14:11"),
            victim,
            13,
            EventType="SetValue",
            Image=story.IMPLANT.path,
            ProcessId=str(implant),
            TargetObject="HKU\\S-1-5-21-1004\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\Parcel",
            Details=story.IMPLANT.path,
        )
        for beacon in beacons():
            self.asked(beacon, victim, story.IMPLANT, implant, home)
            self.connected(self.about(beacon), victim, story.IMPLANT, implant, home, 443)
        command = "cmd.exe /c type C:\\Users\\m.okafor\\.aws\\credentials"
        self.started(at("08:52:40"), victim, shell, command, story.IMPLANT)
        self.connected(at("11:31:05"), victim, story.IMPLANT, implant, home, 443)
