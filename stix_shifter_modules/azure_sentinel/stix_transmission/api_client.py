"""Alerts and incidents of Microsoft Graph: `GET /v1.0/security/alerts_v2` and `/v1.0/security/incidents`.

Microsoft Learn: graph/api/security-list-alerts_v2, security-list-incidents, graph/paging, graph/errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import QueryRejectedError
from stix_shifter_utils.http import Auth, Bearer, ClientCredentials, url_path
from stix_shifter_utils.transmission import HttpSource, Page

if TYPE_CHECKING:
    from collections.abc import Mapping

RESOURCES = {"alertV2": "/v1.0/security/alerts_v2", "incident": "/v1.0/security/incidents"}
MOST = {"alertV2": 1000, "incident": 50}
"""The largest `$top` of each."""


class APIClient(HttpSource):
    """Pages by `$top` and `$skip`. An application of Entra ID signs in, or a ready token is shown."""

    errors = {400: QueryRejectedError}

    def auth(self) -> Auth:
        auth, at = self.configuration["auth"], self.connection
        if auth.get("access_token"):
            return Bearer(auth["access_token"])
        path = url_path("/{tenant}/oauth2/v2.0/token", tenant=auth["tenant"])
        return ClientCredentials(
            f"https://{at['login_host']}{path}",
            auth["clientId"],
            auth["clientSecret"],
            scope=f"https://{at['host']}/.default",
            tls=self.login_tls(),
        )

    async def ping_data_source(self) -> None:
        (await self.http.get(RESOURCES["alertV2"], params={"$top": 1})).json()["value"]

    async def get_search_results(self, search_id: Any, offset: int, length: int) -> Page:
        ((name, condition),) = search_id.items()
        params: dict[str, str | int] = {"$top": min(length, MOST[name]), "$skip": offset}
        if condition:
            params["$filter"] = condition
        found: Mapping[str, Any] = (await self.http.get(RESOURCES[name], params=params)).json()
        return Page(found["value"], done="@odata.nextLink" not in found)
