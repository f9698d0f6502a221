"""Microsoft Graph's hunting API on loopback: signs clients in, reads KQL strictly, evaluates it over rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.testing import (
    Answer,
    Authority,
    FakeProduct,
    Received,
    Refusal,
    Sandbox,
    route,
)
from stix_shifter_utils.testing.languages.kql import KqlError, read_kql, table_of
from stix_shifter_utils.testing.oauth import TokenDesk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AUTHORITY = Authority()
TENANT, CLIENT, SECRET = "11111111-2222-3333-4444-555555555555", "hunting-app", "not-a-secret-of-anybody"
TYPES = {"text": "string", "integer": "long", "timestamp": "datetime"}
JSON_FOLDER = Path(__file__).resolve().parents[1] / "stix_translation" / "json"
SCHEMAS = {
    table["table"]: {name: TYPES[kind] for name, kind in table["fields"].items()}
    for table in (json.loads(file.read_text()) for file in sorted(JSON_FOLDER.glob("*_fields.json")))
}
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
Rows = dict[str, list[dict[str, Any]]]


def filled(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with every column of its table: text is empty where there is none, the rest null."""
    empty = {name: "" if kind == "string" else None for name, kind in SCHEMAS[table].items()}
    return empty | {name: value for name, value in row.items() if value is not None}


def sample() -> Rows:
    """Some events of two devices, made up."""
    base: list[dict[str, Any]] = [
        {
            "Timestamp": f"2024-01-01T10:{n:02}:00.1234567Z",
            "DeviceId": f"{n % 2:040x}",
            "DeviceName": f"pc{n % 2}.example.com",
            "ActionType": "ConnectionSuccess",
            "InitiatingProcessFileName": ("svchost.exe", "powershell.exe", "größe.exe")[n % 3],
            "InitiatingProcessFolderPath": rf"C:\Windows\{('svchost', 'powershell', 'größe')[n % 3]}.exe",
            "InitiatingProcessId": 1000 + n,
            "InitiatingProcessCommandLine": f"run 'a' \"{n}\" 100%",
            "InitiatingProcessSHA256": f"{n % 5:064x}",
            "InitiatingProcessAccountName": ("system", "m.okafor")[n % 2],
        }
        for n in range(40)
    ]
    network = [
        row
        | {
            "RemoteIP": f"198.51.100.{n}" if n % 4 else f"2001:db8::{n:x}",
            "RemotePort": (443, 80, 53)[n % 3],
            "LocalIP": f"10.0.0.{n % 7}",
            "LocalPort": 49152 + n,
            "Protocol": ("Tcp", "Udp")[n % 2],
            "RemoteUrl": f"https://host{n % 5}.example.com/d?q=it's" if n % 3 else None,
        }
        for n, row in enumerate(base)
    ]
    processes = [
        row
        | {
            "ActionType": "ProcessCreated",
            "FileName": ("cmd.exe", "CMD.EXE", "whoami.exe")[n % 3],
            "FolderPath": r"C:\Windows\System32\cmd.exe",
            "SHA1": f"{n % 5:040x}",
            "MD5": f"{n % 4:032x}" if n % 2 else None,
            "FileSize": 1000 * n if n % 5 else None,
            "ProcessId": 5000 + n,
            "ProcessCommandLine": f"cmd /c dir {n}",
            "ProcessCreationTime": row["Timestamp"],
            "AccountName": "m.okafor" if n % 2 else None,
            "AccountSid": f"S-1-5-21-{n % 3}",
        }
        for n, row in enumerate(base)
    ]
    evidence = [
        {
            "Timestamp": row["Timestamp"],
            "DeviceName": row["DeviceName"],
            "AlertId": f"da{n}_{n}",
            "Title": ("Suspicious PowerShell", "Connection to C2 'x'")[n % 2],
            "ServiceSource": "Microsoft Defender for Endpoint",
            "EntityType": ("Ip", "File")[n % 2],
            "RemoteIP": f"198.51.100.{n}",
            "FileName": "invoice.exe" if n % 2 else None,
            "SHA256": f"{n % 5:064x}" if n % 2 else None,
        }
        for n, row in enumerate(base)
    ]
    found = {"AlertEvidence": evidence, "DeviceNetworkEvents": network, "DeviceProcessEvents": processes}
    return {table: [filled(table, row) for row in rows] for table, rows in found.items()}


class Product(FakeProduct):
    """The API behind TLS, with the sign-in service beside it."""

    def __init__(self, rows: Rows | None = None) -> None:
        super().__init__(AUTHORITY.certificate("127.0.0.1").server_context())
        self.rows = sample() if rows is None else rows
        self.desk = TokenDesk(CLIENT, SECRET, scope="https://127.0.0.1/.default")

    def authorize(self, request: Received) -> None:
        self.desk.check(
            request, refusal(401, "InvalidAuthenticationToken", "Access token has expired or is wrong.")
        )

    @route("POST", "/{tenant}/oauth2/v2.0/token", open_to_all=True)
    def token(self, request: Received, tenant: str) -> Answer:
        if tenant != TENANT:
            return Answer({"error": "invalid_request", "error_description": "no such tenant"}, 400)
        return self.desk.grant(request)

    @route("POST", "/v1.0/security/runHuntingQuery")
    def hunt(self, request: Received) -> Answer:
        query = str(request.json().get("Query", ""))
        try:
            rows = [] if query == "DeviceInfo | take 1" else self.select(query)
        except KqlError as error:
            raise refusal(400, "BadRequest", f"The query has a syntax error: {error}") from error
        return Answer({"schema": [], "results": rows[:100_000]})

    def select(self, query: str) -> Sequence[Mapping[str, Any]]:
        """The rows that a query asks for."""
        found = read_kql(query, SCHEMAS)
        return found.run(self.rows.get(table_of(query), []))


def refusal(status: int, code: str, message: str) -> Refusal:
    """A no as Graph says it (graph/errors)."""
    no = Refusal(status, message)
    no.answer = Answer({"error": {"code": code, "message": message, "innerError": {}}}, status)
    return no


def connection(product: Product) -> dict[str, Any]:
    """How to reach the running product."""
    return {
        "host": product.host,
        "port": product.port,
        "login_host": f"{product.host}:{product.port}",
        "selfSignedCert": AUTHORITY.pem,
    }


CONFIGURATION = {"auth": {"tenant": TENANT, "clientId": CLIENT, "clientSecret": SECRET}}


def sandbox() -> Sandbox:
    """For `stix-shifter sandbox msatp`."""
    return Sandbox(
        product=Product(),
        connection=connection,
        configuration=CONFIGURATION,
        pattern=f"[ipv4-addr:value LIKE '198.51.100.%'] {WINDOW}",
        dialect="DeviceNetworkEvents",
    )
