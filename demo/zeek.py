"""The day as Zeek saw it on the network: conn, dns, http, ssl and files logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo import story
from demo.chance import AGENT, SITES, Event, Maker, beacons
from demo.story import at

if TYPE_CHECKING:
    from datetime import datetime


class Zeek(Maker):
    """The network's view: one list of records per log."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.logs: dict[str, list[Event]] = {name: [] for name in ("conn", "dns", "http", "ssl", "files")}

    def flow(
        self, moment: datetime, source: str, target: str, port: int, *, service: str, sent: int, received: int
    ) -> Event:
        """A connection; what other logs say about it starts with the same fields."""
        shared: Event = {
            "ts": round(moment.timestamp(), 6),
            "uid": self.uid(),
            "id.orig_h": source,
            "id.orig_p": self.port(),
            "id.resp_h": target,
            "id.resp_p": port,
        }
        udp = service in {"dns", "ntp"}
        conn: Event = {"proto": "udp" if udp else "tcp", "service": service}
        conn |= {
            "duration": round(self.random.uniform(0.01, 4), 6),
            "orig_bytes": sent,
            "resp_bytes": received,
        }
        conn |= {"conn_state": "SF", "orig_pkts": sent // 900 + 2, "resp_pkts": received // 1200 + 2}
        self.logs["conn"].append({**shared, **conn})
        return shared

    def lookup(self, moment: datetime, source: str, name: str, address: str | None) -> None:
        """A question to the resolver; no address means that the name does not exist."""
        shared = self.flow(moment, source, story.RESOLVER, 53, service="dns", sent=44, received=92)
        answer: Event = {"rcode": 0, "rcode_name": "NOERROR", "answers": [address], "TTLs": [300.0]}
        missing: Event = {"rcode": 3, "rcode_name": "NXDOMAIN"}
        asked = {"proto": "udp", "trans_id": self.random.randint(1, 65535), "query": name, "qtype_name": "A"}
        self.logs["dns"].append({**shared, **asked, **(answer if address else missing)})

    def download(
        self, moment: datetime, source: str, site: tuple[str, str], uri: str, mime: str, size: int
    ) -> Event:
        """A request over plain HTTP; the record of the file that came, to be completed."""
        shared = self.flow(moment, source, site[1], 80, service="http", sent=412, received=size + 230)
        fuid = self.uid("F")
        request = {"method": "GET", "host": site[0], "uri": uri, "version": "1.1", "user_agent": AGENT}
        reply = {
            "status_code": 200,
            "status_msg": "OK",
            "response_body_len": size,
            "resp_fuids": [fuid],
            "resp_mime_types": [mime],
        }
        self.logs["http"].append({**shared, **request, **reply})
        file = {
            "fuid": fuid,
            **shared,
            "source": "HTTP",
            "mime_type": mime,
            "seen_bytes": size,
            "total_bytes": size,
        }
        self.logs["files"].append(file)
        return file

    def tls(self, moment: datetime, source: str, site: tuple[str, str], *, sent: int, received: int) -> None:
        shared = self.flow(moment, source, site[1], 443, service="ssl", sent=sent, received=received)
        hello = {"version": "TLSv13", "cipher": "TLS_AES_256_GCM_SHA384", "server_name": site[0]}
        self.logs["ssl"].append({**shared, **hello, "established": True})

    def ordinary_day(self) -> None:
        """What offices do: they browse, look names up, keep time and read the file server."""
        hosts = (story.VICTIM, *story.COLLEAGUES)
        for _ in range(70):
            moment, host, site = self.office_hour(), self.random.choice(hosts), self.random.choice(SITES)
            self.lookup(moment, host.address, site[0], site[1])
            self.tls(
                self.about(moment),
                host.address,
                site,
                sent=self.random.randint(800, 9000),
                received=self.random.randint(3000, 400_000),
            )
        for number in range(18):
            host, site = self.random.choice(hosts), self.random.choice(SITES)
            size = self.random.randint(900, 60_000)
            file = self.download(
                self.office_hour(), host.address, site, f"/img/{number}.png", "image/png", size
            )
            picture = story.Program(f"picture {number}", size)
            file |= {"md5": picture.md5, "sha1": picture.sha1, "sha256": picture.sha256}
        for host in hosts:
            for _ in range(6):
                self.flow(
                    self.office_hour(),
                    host.address,
                    story.FILE_SERVER.address,
                    445,
                    service="smb",
                    sent=self.random.randint(2000, 90_000),
                    received=self.random.randint(2000, 900_000),
                )
                self.flow(
                    self.office_hour(), host.address, "192.0.2.123", 123, service="ntp", sent=48, received=48
                )
        self.lookup(self.office_hour(), story.VICTIM.address, "printer-3f.juniper-freight.example", None)

    def intrusion(self) -> None:
        victim, home = story.VICTIM.address, (story.HOME_DOMAIN, story.HOME_ADDRESS)
        lure = (story.LURE_DOMAIN, story.LURE_ADDRESS)
        self.lookup(at("08:12:31"), victim, *lure)
        file = self.download(
            at("08:12:32"),
            victim,
            lure,
            "/note/4471/ParcelNote_4471.exe",
            "application/x-dosexec",
            story.LURE.size,
        )
        file |= {"filename": story.LURE.name, "md5": story.LURE.md5}
        file |= {"sha1": story.LURE.sha1, "sha256": story.LURE.sha256}
        for beacon in beacons():
            self.lookup(beacon, victim, *home)
            self.tls(self.about(beacon), victim, home, sent=1180, received=2300)
        self.tls(at("11:31:05"), victim, home, sent=48_731_904, received=91_220)
