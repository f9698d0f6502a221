"""The query API of Azure Monitor Logs: `POST /v1/workspaces/{id}/query`.

Microsoft Learn: azure-monitor/logs/api (overview, response-format, errors); fundamentals/service-limits:
500,000 rows, 100 MB and 10 minutes for a query; 200 queries in 30 seconds for a user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import (
    ConfigurationError,
    QueryRejectedError,
    ResponseError,
    SearchNotFoundError,
    SourceUnavailableError,
)
from stix_shifter_utils.http import Auth, ClientCredentials, url_path
from stix_shifter_utils.transmission import WholeAnswers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class APIClient(WholeAnswers):
    """One call. An application of Microsoft Entra ID signs in by client credentials."""

    errors = {400: QueryRejectedError, 404: SearchNotFoundError}

    def auth(self) -> Auth:
        auth, login_host = self.configuration["auth"], self.connection["login_host"]
        tenant = url_path("/{tenant}/oauth2/v2.0/token", tenant=auth["tenant"])
        scope = f"https://{self.connection['host']}/.default"
        secret = auth["clientSecret"]
        token_url = f"https://{login_host}{tenant}"
        return ClientCredentials(token_url, auth["clientId"], secret, scope=scope, tls=self.login_tls())

    async def ping_data_source(self) -> None:
        await self.answer("print 1")

    async def answer(self, query: Any) -> Sequence[Mapping[str, Any]]:
        workspace = self.connection.get("workspaceId")
        if not workspace:
            message = (
                "connection.workspaceId is missing: give the id of the Log Analytics workspace to search"
            )
            raise ConfigurationError(message)
        path = url_path("/v1/workspaces/{workspace}/query", workspace=workspace)
        found: Any = (await self.http.post(path, json={"query": query}, repeatable=True)).json()
        if found.get("error"):
            message = (
                f"answered in part only ({found['error'].get('code')}); ask for fewer rows or a shorter time"
            )
            raise SourceUnavailableError(message)
        tables = found.get("tables")
        if not tables:
            message = "the query API answered without tables"
            raise ResponseError(message)
        names = [column["name"] for column in tables[0]["columns"]]
        return [dict(zip(names, row, strict=True)) for row in tables[0]["rows"]]
