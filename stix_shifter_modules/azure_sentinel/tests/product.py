"""The security API of Microsoft Graph on loopback: signs clients in, reads filters strictly, pages."""

from __future__ import annotations

from typing import Any

from stix_shifter_utils.testing import Answer, Authority, FakeProduct, Received, Refusal, Sandbox, route
from stix_shifter_utils.testing.languages.odata import ODataError, read_filter
from stix_shifter_utils.testing.oauth import TokenDesk

AUTHORITY = Authority()
TENANT, CLIENT, SECRET = "contoso.example", "alert-reader", "nothing-that-opens-anything"
FILTERABLE = {
    "assignedTo", "classification", "createdDateTime", "determination", "lastUpdateDateTime", "severity",
    "status",
}  # fmt: skip
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"


def moment(n: int) -> str:
    return f"2024-01-01T{10 + n // 60}:{n % 60:02}:00.1234567Z"


def alert(n: int) -> dict[str, Any]:
    """An alert with evidence of several kinds."""
    evidence: list[dict[str, Any]] = [
        {"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": f"198.51.100.{n}"},
        {
            "@odata.type": "#microsoft.graph.security.userEvidence",
            "userAccount": {"accountName": ("m.okafor", "o'brien")[n % 2], "userSid": f"S-1-5-21-{n % 3}"},
        },
        {
            "@odata.type": "#microsoft.graph.security.deviceEvidence",
            "deviceDnsName": f"pc{n % 4}.example.com",
            "mdeDeviceId": f"{n % 4:040x}",
        },
    ]
    if n % 2:
        evidence.append(
            {
                "@odata.type": "#microsoft.graph.security.fileEvidence",
                "fileDetails": {
                    "fileName": "invoice.exe",
                    "filePath": "C:\\Users",
                    "sha256": f"{n % 5:064x}",
                },
            }
        )
    if n % 3 == 1:
        evidence.append(process(n))
    if n % 5 == 2:
        evidence += [
            {
                "@odata.type": "#microsoft.graph.security.registryKeyEvidence",
                "registryKey": rf"SYSTEM\CONTROLSET001\SERVICES\S{n % 4}",
                "registryHive": "HKEY_LOCAL_MACHINE",
            },
            {
                "@odata.type": "#microsoft.graph.security.urlEvidence",
                "url": f"https://host{n % 6}.example.com/d?q=it's&n={n}",
            },
            {"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": f"2001:db8::{n:x}"},
        ]
    return {
        "@odata.type": "#microsoft.graph.security.alert",
        "id": f"da{n}",
        "incidentId": str(n // 4),
        "title": ("Suspicious logon", "Malware 'x' was found")[n % 2],
        "description": f"Something happened {n % 9} times.",
        "category": ("InitialAccess", "DefenseEvasion", "Execution")[n % 3],
        "severity": ("low", "medium", "high", "informational")[n % 4],
        "status": ("new", "inProgress", "resolved")[n % 3],
        "classification": ("unknown", "falsePositive", "truePositive", None)[n % 4],
        "determination": ("unknown", "malware", None)[n % 3],
        "detectionSource": ("antivirus", "customTi", None)[n % 3],
        "assignedTo": ("analyst@contoso.example", "O'Brien", None)[n % 3],
        "alertWebUrl": f"https://security.microsoft.com/alerts/da{n}?tid=contoso",
        "serviceSource": ("microsoftDefenderForEndpoint", "microsoftSentinel")[n % 2],
        "createdDateTime": moment(n),
        "lastUpdateDateTime": moment(n + 5),
        "mitreTechniques": ["T1078", "T1059.001"][: n % 3],
        "evidence": evidence,
    }


def process(n: int) -> dict[str, Any]:
    """The evidence of a process, as in the example of security-list-alerts_v2."""
    name = ("MsSense.exe", "cmd.exe", "größe 100%.exe")[n % 3]
    image = {
        "sha1": f"{n % 5:040x}",
        "sha256": f"{n % 5:064x}",
        "fileName": name,
        "filePath": r"C:\Program Files\temp",
        "fileSize": 1000 + n,
    }
    return {
        "@odata.type": "#microsoft.graph.security.processEvidence",
        "processId": 4000 + n,
        "parentProcessId": 600 + n % 3,
        "processCommandLine": f'"{name}" /job {n} _x',
        "imageFile": image,
        "userAccount": {
            "accountName": "SYSTEM",
            "userSid": "S-1-5-18",
            "userPrincipalName": f"u{n % 2}@contoso.example",
        },
    }


def incident(n: int) -> dict[str, Any]:
    return {
        "id": str(n),
        "displayName": f"Incident {n % 3} on one endpoint",
        "description": f"Activity of {n % 5} alerts",
        "incidentWebUrl": f"https://security.microsoft.com/incidents/{n}",
        "determination": ("malware", "multiStagedAttack", "unknown")[n % 3],
        "severity": ("low", "medium", "high")[n % 3],
        "status": ("active", "resolved")[n % 2],
        "classification": "truePositive" if n % 2 else None,
        "assignedTo": "analyst@contoso.example" if n % 3 else None,
        "createdDateTime": moment(n),
        "lastUpdateDateTime": moment(n + 1),
    }


class Product(FakeProduct):
    """The API behind TLS, with the sign-in service beside it."""

    def __init__(self) -> None:
        super().__init__(AUTHORITY.certificate("127.0.0.1").server_context())
        self.alerts = [alert(n) for n in range(60)]
        self.incidents = [incident(n) for n in range(30)]
        self.desk = TokenDesk(CLIENT, SECRET, scope="https://127.0.0.1/.default")

    def authorize(self, request: Received) -> None:
        self.desk.check(
            request, refusal(401, "InvalidAuthenticationToken", "Access token has expired or is wrong.")
        )

    @route("POST", "/{tenant}/oauth2/v2.0/token", open_to_all=True)
    def token(self, request: Received, tenant: str) -> Answer:
        return self.desk.grant(request) if tenant == TENANT else Answer({"error": "invalid_request"}, 400)

    @route("GET", "/v1.0/security/alerts_v2")
    def list_alerts(self, request: Received) -> Answer:
        return self.listed(request, self.alerts, {*FILTERABLE, "serviceSource"}, 1000)

    @route("GET", "/v1.0/security/incidents")
    def list_incidents(self, request: Received) -> Answer:
        return self.listed(request, self.incidents, FILTERABLE, 50)

    def listed(self, request: Received, rows: list[dict[str, Any]], names: set[str], most: int) -> Answer:
        asked = request.query
        top, skip = int(asked.get("$top", "100")), int(asked.get("$skip", "0"))
        if not 0 < top <= most or set(asked) - {"$top", "$skip", "$filter"}:
            raise refusal(400, "BadRequest", f"The limit of {most} for Top query has been exceeded.")
        try:
            wanted = read_filter(asked.get("$filter", ""), names)
        except ODataError as error:
            raise refusal(400, "BadRequest", f"Invalid filter clause: {error}") from error
        found = [row for row in rows if wanted(row)]
        answer: dict[str, Any] = {"value": found[skip : skip + top]}
        if skip + top < len(found):
            answer["@odata.nextLink"] = f"{self.url}{request.path}?$top={top}&$skip={skip + top}"
        return Answer(answer)


def refusal(status: int, code: str, message: str) -> Refusal:
    """A no as Graph says it (graph/errors)."""
    no = Refusal(status, message)
    no.answer = Answer({"error": {"code": code, "message": message, "innerError": {}}}, status)
    return no


def connection(product: Product) -> dict[str, Any]:
    """How to reach the running product."""
    login_host = f"{product.host}:{product.port}"
    at = {"host": product.host, "port": product.port, "login_host": login_host}
    return {**at, "selfSignedCert": AUTHORITY.pem}


CONFIGURATION = {"auth": {"tenant": TENANT, "clientId": CLIENT, "clientSecret": SECRET}}


def sandbox() -> Sandbox:
    """For `stix-shifter sandbox azure_sentinel`."""
    pattern = f"[x-ibm-finding:severity_name = 'high'] {WINDOW}"
    return Sandbox(Product(), connection, CONFIGURATION, pattern, dialect="alertV2")
