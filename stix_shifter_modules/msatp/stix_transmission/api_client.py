"""Advanced hunting through Microsoft Graph: `POST /v1.0/security/runHuntingQuery`.

Microsoft Learn: graph/api/security-security-runhuntingquery; defender-xdr/api-advanced-hunting for the
quotas: the last 30 days, 100,000 rows and 3 minutes for a query, 45 calls a minute for a tenant.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import QueryRejectedError, ResponseError
from stix_shifter_utils.http import Auth, ClientCredentials
from stix_shifter_utils.transmission import WholeAnswers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_RETIRING = (".securitycenter.microsoft.com", ".security.microsoft.com")
_GRAPH = "graph.microsoft.com"

log = logging.getLogger(__name__)


class APIClient(WholeAnswers):
    """One call. An application of Microsoft Entra ID signs in by client credentials."""

    errors = {400: QueryRejectedError}

    def __init__(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        host = str(connection.get("host") or _GRAPH)
        if host.endswith(_RETIRING):
            log.warning("%s retires its hunting API; asking %s in its place", host, _GRAPH)
            host = _GRAPH
        super().__init__({**connection, "host": host}, configuration)

    def auth(self) -> Auth:
        auth, host = self.configuration["auth"], self.connection["host"]
        return ClientCredentials(
            token_url=f"https://{self.connection['login_host']}/{auth['tenant']}/oauth2/v2.0/token",
            client_id=auth["clientId"],
            client_secret=auth["clientSecret"],
            scope=f"https://{host}/.default",
            tls=self.login_tls(),
        )

    async def ping_data_source(self) -> None:
        await self.answer("DeviceInfo | take 1")

    async def answer(self, query: Any) -> Sequence[Mapping[str, Any]]:
        reply = await self.http.post("/v1.0/security/runHuntingQuery", json={"Query": query}, repeatable=True)
        rows: Any = reply.json().get("results")
        if not isinstance(rows, list):
            message = "runHuntingQuery answered without results"
            raise ResponseError(message)
        return rows
