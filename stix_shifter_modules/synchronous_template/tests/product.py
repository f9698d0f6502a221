"""A small product to test against: it checks credentials, evaluates queries and pages."""

from __future__ import annotations

from typing import Any

from stix_shifter_utils.testing import (
    Answer,
    Authority,
    FakeProduct,
    Received,
    Refusal,
    Sandbox,
    SqlTables,
    route,
)

AUTHORITY = Authority()
USER, PASSWORD = "hunter", "correct horse battery"
START_MS = 1704110400000  # 2024-01-01T12:00:00Z
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"


def network_event(n: int) -> dict[str, Any]:
    """One connection; every fifth is IPv6, some fields are empty."""
    return {
        "event_time": START_MS + n * 60_000,
        "src_ip": f"2001:db8::{n:x}" if n % 5 == 0 else f"192.0.2.{n}",
        "dst_ip": f"198.51.100.{n % 4}",
        "src_port": 49152 + n,
        "dst_port": (443, 53, 8080)[n % 3],
        "protocol": "TCP" if n % 3 else "UDP",
        "host_name": None if n % 7 == 0 else f"host{n % 6}.example.com",
        "url": f"https://host{n % 6}.example.com/d/{n}?q=it's" if n % 2 else None,
        "severity": ("low", "medium", "high", None)[n % 4],
    }


def host_event(n: int) -> dict[str, Any]:
    """One process start."""
    return {
        "event_time": START_MS + n * 90_000,
        "file_name": ("cmd.exe", "bash", "größe 100%.sh")[n % 3],
        "md5": f"{n % 6:032x}",
        "sha256": f"{n % 6:064x}" if n % 5 else None,
        "folder": (r"C:\Windows\System32", "/usr/bin", "/tmp")[n % 3],
        "pid": 1000 + n,
        "command_line": f"run --job {n} 'a b'",
        "user_name": None if n % 4 == 0 else f"user{n % 4}",
        "severity": ("critical", "low")[n % 2],
    }


NETWORK_EVENTS = [network_event(n) for n in range(1, 41)]
HOST_EVENTS = [host_event(n) for n in range(1, 31)]


class Product(FakeProduct):
    """Synchronous Template on the loopback interface, behind TLS."""

    def __init__(self) -> None:
        super().__init__(AUTHORITY.certificate("127.0.0.1").server_context())
        self.tables = SqlTables({"network_events": NETWORK_EVENTS, "host_events": HOST_EVENTS})

    def authorize(self, request: Received) -> None:
        if request.basic() != (USER, PASSWORD):
            raise Refusal(401, "unknown user or wrong password")

    @route("GET", "/v1/health")
    def health(self, request: Received) -> Answer:
        return Answer({"status": "up"})

    @route("GET", "/v1/rows")
    def rows(self, request: Received) -> Answer:
        first, size = int(request.query["from"]), int(request.query["size"])
        return Answer({"rows": self.tables.select(request.query["query"])[first : first + size]})


def sandbox() -> Sandbox:
    """For `stix-shifter sandbox synchronous_template`."""
    return Sandbox(
        product=Product(),
        connection=connection,
        configuration={"auth": {"username": USER, "password": PASSWORD}},
        pattern=f"[ipv4-addr:value LIKE '192.0.2.%'] {WINDOW}",
    )


def connection(product: Product) -> dict[str, Any]:
    """How to reach the running product."""
    return {"host": product.host, "port": product.port, "selfSignedCert": AUTHORITY.pem}
