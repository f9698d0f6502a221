"""A Splunk to test against: logins and tokens, search jobs with their states, paging, expiry, real searches.

The API is that of the REST API Reference 10.0; searches are read and evaluated by `languages/spl_rows.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.testing import Answer, Authority, FakeProduct, Received, Refusal, route
from stix_shifter_utils.testing.languages.spl import SplError
from stix_shifter_utils.testing.languages.spl_rows import run_spl
from stix_shifter_utils.testing.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

AUTHORITY = Authority()
USER, PASSWORD, TOKEN = "hunter", "correct horse battery", "eyJraWQiOiJzcGx1bmsuc2VjcmV0In0.t0ken"
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
START_S = 1704110400  # 2024-01-01T12:00:00Z


def event(n: int) -> dict[str, Any]:
    """A connection, a process start or a registry change, as add-ons name their fields."""
    common = {
        "_time": START_S + n * 60 + 0.25,
        "host": f"pc{n % 4}.example.com",
        "index": "main",
        "source": "sample",
    }
    if n % 3 == 0:
        return {
            **common,
            "sourcetype": "stream:http",
            "src_ip": f"192.0.2.{n}" if n % 5 else f"2001:db8::{n:x}",
            "dest_ip": f"198.51.100.{n % 4}",
            "src_port": str(49152 + n),
            "dest_port": str((443, 53, 8080)[n % 9 // 3]),
            "transport": ("tcp", "udp")[n % 2],
            "url": f'https://host{n % 6}.example.com/d/{n}?q=it\'s&a="b"|*',
            "src_mac": f"00:11:22:33:44:{n:02X}",
            "action": "allowed",
        }
    if n % 3 == 1:
        name = ("cmd.exe", "Größe 100%.exe", "tool[1].exe")[n % 9 // 3]
        return {
            **common,
            "sourcetype": "XmlWinEventLog",
            "process": f'{name} /job {n} "a b"',
            "process_name": name,
            "process_path": rf"C:\Windows\System32\{name}",
            "process_id": str(1000 + n),
            "process_hash": f"MD5={n % 5:032X},SHA256={n % 5:064X}",
            "parent_process_path": r"C:\Windows\explorer.exe",
            "parent_process_name": "explorer.exe",
            "parent_process_id": "800",
            "user": [f"user{n % 3}", "SYSTEM"] if n % 6 == 1 else f"user{n % 3}",
            "severity": ("low", "high", "critical")[n % 9 // 3],
            "signature": "Process Create",
        }
    return {
        **common,
        "sourcetype": "XmlWinEventLog",
        "registry_path": rf"HKLM\Software\Vendor\{n % 7}",
        "registry_value_name": "Run",
        "registry_value_data": rf"C:\Tools\t{n}.exe",
        "file_path": rf"D:\data\f{n}.txt",
        "file_hash": f"{n % 4:040x}",
        "user": f"user{n % 3}",
    }


ROWS = [event(n) for n in range(1, 61)]


def result(row: dict[str, Any]) -> dict[str, Any]:
    """A row as results show it: text, lists for multivalue fields, and `_time` as ISO 8601."""
    moment = datetime.fromtimestamp(float(row["_time"]), tz=timezone.utc)
    shown = {name: value if isinstance(value, list) else str(value) for name, value in row.items()}
    return {**shown, "_time": moment.isoformat(timespec="milliseconds")}


@dataclass
class Job:
    """A search, how often its status was asked for, and what it found."""

    rows: list[dict[str, Any]]
    asked: int = 0
    finalized: bool = False
    failed: str = ""


@dataclass
class Limits:
    """What an administrator sets: jobs at once, and whether the user may search."""

    concurrent: int = 50
    may_search: bool = True


def refused(status: int, text: str, kind: str = "FATAL") -> Refusal:
    """A no in Splunk's words."""
    refusal = Refusal(status, text)
    refusal.answer = Answer({"messages": [{"type": kind, "text": text}]}, status)
    return refusal


@dataclass
class Sessions:
    """The session keys that are good."""

    keys: set[str] = field(default_factory=set)
    made: int = 0


class Product(FakeProduct):
    """splunkd's REST API on the loopback interface, behind TLS. Rows hold `_time` as epoch seconds."""

    def __init__(self, rows: Sequence[dict[str, Any]] | None = None) -> None:
        super().__init__(AUTHORITY.certificate("127.0.0.1").server_context())
        self.rows = list(ROWS if rows is None else rows)
        self.jobs: dict[str, Job] = {}
        self.limits, self.sessions = Limits(), Sessions()

    def authorize(self, request: Received) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        good = (scheme == "Bearer" and given == TOKEN) or (scheme == "Splunk" and given in self.sessions.keys)
        if not good:
            raise refused(401, "call not properly authenticated", "WARN")

    @route("POST", "/services/auth/login", open_to_all=True)
    def login(self, request: Received) -> Answer:
        form = request.form()
        if (form.get("username"), form.get("password")) != (USER, PASSWORD):
            raise refused(401, "Login failed", "WARN")
        self.sessions.made += 1
        key = f"session-key-{self.sessions.made}"
        self.sessions.keys.add(key)
        return Answer({"sessionKey": key, "message": "", "code": ""})

    @route("GET", "/services/authentication/current-context")
    def context(self, request: Received) -> Answer:
        return Answer({"entry": [{"name": "context", "content": {"username": USER, "roles": ["user"]}}]})

    @route("POST", "/services/search/v2/jobs")
    def submit(self, request: Received) -> Answer:
        if not self.limits.may_search:
            raise refused(403, "insufficient permission to access this resource", "WARN")
        if len(self.jobs) >= self.limits.concurrent:
            raise refused(
                503, "The maximum number of concurrent historical searches has been reached.", "ERROR"
            )
        try:
            found = run_spl(request.form()["search"], self.rows)
        except SplError as error:
            raise refused(400, f"Error in 'search' command: Unable to parse the search: {error}") from error
        search_id = f"1704110400.{len(self.requests)}"
        self.jobs[search_id] = Job([result(row) for row in found])
        return Answer({"sid": search_id}, 201)

    @route("POST", "/servicesNS/{owner}/{app}/search/v2/jobs")
    def submit_in_namespace(self, request: Received, owner: str, app: str) -> Answer:
        return self.submit(request)

    @route("GET", "/services/search/v2/jobs/{sid}")
    def status(self, request: Received, sid: str) -> Answer:
        job = self._job(sid)
        job.asked += 1
        state = "FAILED" if job.failed else ("QUEUED", "RUNNING", "DONE")[min(job.asked, 3) - 1]
        content = {
            "sid": sid,
            "dispatchState": state,
            "doneProgress": {"QUEUED": 0, "RUNNING": 0.505}.get(state, 1),
            "isDone": state in {"DONE", "FAILED"},
            "isFailed": bool(job.failed),
            "isFinalized": job.finalized,
            "resultCount": len(job.rows),
            "messages": [{"type": "FATAL", "text": job.failed}] if job.failed else [],
        }
        return Answer({"entry": [{"name": "search", "content": content}]})

    @route("GET", "/services/search/v2/jobs/{sid}/results")
    def results(self, request: Received, sid: str) -> Answer:
        job = self._job(sid)
        first, count = int(request.query.get("offset", 0)), int(request.query.get("count", 100))
        if job.asked < 3:
            return Answer(b"", 204)
        page = job.rows[first : first + count] if count else job.rows[first:]
        return Answer({"preview": False, "init_offset": first, "messages": [], "results": page})

    @route("DELETE", "/services/search/v2/jobs/{sid}")
    def delete(self, request: Received, sid: str) -> Answer:
        self._job(sid)
        del self.jobs[sid]
        return Answer({"messages": [{"type": "INFO", "text": "Search job cancelled."}]})

    def _job(self, sid: str) -> Job:
        if sid not in self.jobs:
            raise refused(404, "Unknown sid.")
        return self.jobs[sid]


def connection(product: Product) -> dict[str, Any]:
    """How to reach the running product."""
    return {"host": product.host, "port": product.port, "selfSignedCert": AUTHORITY.pem}


def sandbox() -> Sandbox:
    """For `stix-shifter sandbox splunk`."""
    return Sandbox(
        product=Product(),
        connection=connection,
        configuration={"auth": {"username": USER, "password": PASSWORD}},
        pattern=f"[ipv4-addr:value LIKE '198.51.100.%'] {WINDOW}",
    )
