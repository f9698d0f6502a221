"""The query API of Azure Monitor Logs on loopback: signs clients in, reads KQL strictly, evaluates it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from stix_shifter_utils.testing import Answer, Authority, FakeProduct, Received, Refusal, Sandbox, route
from stix_shifter_utils.testing.languages.kql import KqlError, read_kql, table_of
from stix_shifter_utils.testing.oauth import TokenDesk

AUTHORITY = Authority()
WORKSPACE = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
TENANT, CLIENT, SECRET = "contoso.example", "reader-app", "not-a-secret-either"
TYPES = {"text": "string", "integer": "long", "timestamp": "datetime", "boolean": "bool"}
JSON_FOLDER = Path(__file__).resolve().parents[1] / "stix_translation" / "json"
SCHEMAS = {
    table["table"]: {name: TYPES[kind] for name, kind in table["fields"].items()}
    for table in (json.loads(file.read_text()) for file in sorted(JSON_FOLDER.glob("*_fields.json")))
}
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
Rows = dict[str, list[dict[str, Any]]]


def moment(n: int) -> str:
    return f"2024-01-01T10:{n:02}:00.1234567Z"


def event(n: int) -> dict[str, Any]:
    """A process creation or a logon."""
    logon = n % 3 == 0
    return {
        "TimeGenerated": moment(n),
        "EventID": 4624 if logon else 4688,
        "Activity": "4624 - An account was successfully logged on." if logon else "4688 - A new process.",
        "Computer": f"pc{n % 4}.example.com",
        "IpAddress": f"198.51.100.{n}" if logon else "",
        "IpPort": str(50000 + n) if logon else "",
        "TargetUserName": "m.okafor" if logon else "",
        "SubjectUserName": ("SYSTEM", "o'brien")[n % 2],
        "SubjectUserSid": f"S-1-5-21-{n % 3}",
        "NewProcessName": "" if logon else rf"C:\Windows\System32\{('cmd', 'CMD', 'größe')[n % 3]}.exe",
        "NewProcessId": "" if logon else hex(4000 + n),
        "CommandLine": "" if logon else f"cmd /c dir '{n}' 100%",
        "ParentProcessName": "" if logon else r"C:\Windows\explorer.exe",
        "LogonType": 3 if logon else None,
        "FilePath": r"%OSDRIVE%\TOOLS\RUN.EXE" if n % 7 == 5 else "",
        "FileHash": f"{n % 6:0{(32, 40, 64)[n % 3]}X}" if n % 7 == 5 else "",
    }


def alert(n: int) -> dict[str, Any]:
    return {
        "TimeGenerated": moment(n),
        "SystemAlertId": f"{n:08x}",
        "AlertName": ("Suspicious logon", "Rare process 'x'")[n % 2],
        "AlertSeverity": ("Low", "High")[n % 2],
        "CompromisedEntity": f"pc{n % 4}.example.com",
        "IsIncident": n % 5 == 0 if n % 4 else None,
        "StartTime": moment(n),
        "Tactics": "InitialAccess, Execution",
    }


def incident(n: int) -> dict[str, Any]:
    return {
        "TimeGenerated": moment(n),
        "IncidentName": f"{n:032x}",
        "IncidentNumber": n if n % 6 else None,
        "Title": f"Incident {n % 3}",
        "Severity": ("Low", "High")[n % 2],
        "Status": ("New", "Closed")[n % 2],
        "CreatedTime": moment(n),
    }


def filled(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row with every column of its table: text is empty where there is none, the rest null."""
    return {name: row.get(name, "" if kind == "string" else None) for name, kind in SCHEMAS[table].items()}


def sample() -> Rows:
    """Some events, alerts and incidents, made up."""
    made = {"SecurityEvent": event, "SecurityAlert": alert, "SecurityIncident": incident}
    return {table: [filled(table, one(n)) for n in range(40)] for table, one in made.items()}


class Product(FakeProduct):
    """The API behind TLS, with the sign-in service beside it."""

    def __init__(self, rows: Rows | None = None) -> None:
        super().__init__(AUTHORITY.certificate("127.0.0.1").server_context())
        self.rows = sample() if rows is None else rows
        self.desk = TokenDesk(CLIENT, SECRET, scope="https://127.0.0.1/.default")
        self.cuts_answers = False

    def authorize(self, request: Received) -> None:
        self.desk.check(
            request, refusal(401, "InvalidTokenError", "The provided authentication is not valid")
        )

    @route("POST", "/{tenant}/oauth2/v2.0/token", open_to_all=True)
    def token(self, request: Received, tenant: str) -> Answer:
        return self.desk.grant(request) if tenant == TENANT else Answer({"error": "invalid_request"}, 400)

    @route("POST", "/v1/workspaces/{workspace}/query")
    def query(self, request: Received, workspace: str) -> Answer:
        if workspace != WORKSPACE:
            raise refusal(404, "WorkspaceNotFoundError", "The workspace could not be found")
        text = str(request.json().get("query", ""))
        if text == "print 1":
            return Answer(table_answer(["print_0"], [[1]]))
        try:
            name = table_of(text)
            rows = read_kql(text, SCHEMAS).run(self.rows.get(name, []))
        except KqlError as error:
            raise refusal(
                400, "BadArgumentError", f"The request had some invalid properties: {error}"
            ) from error
        names = list(SCHEMAS[name])
        found = table_answer(names, [[row[column] for column in names] for row in rows])
        if self.cuts_answers:
            found["error"] = {"code": "PartialError", "message": "There were some errors"}
        return Answer(found)


def table_answer(names: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    columns = [{"name": name, "type": "dynamic"} for name in names]
    return {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}


def refusal(status: int, code: str, message: str) -> Refusal:
    """A no as the API says it (azure-monitor/logs/api/errors)."""
    no = Refusal(status, message)
    no.answer = Answer({"error": {"code": code, "message": message}}, status)
    return no


def connection(product: Product) -> dict[str, Any]:
    """How to reach the running product."""
    login_host = f"{product.host}:{product.port}"
    at = {"host": product.host, "port": product.port, "login_host": login_host}
    return {**at, "workspaceId": WORKSPACE, "selfSignedCert": AUTHORITY.pem}


CONFIGURATION = {"auth": {"tenant": TENANT, "clientId": CLIENT, "clientSecret": SECRET}}


def sandbox() -> Sandbox:
    """For `stix-shifter sandbox azure_log_analytics`."""
    pattern = f"[user-account:account_login = 'm.okafor'] {WINDOW}"
    return Sandbox(Product(), connection, CONFIGURATION, pattern, dialect="SecurityEvent")
