"""Search jobs of Splunk: `search/v2/jobs`, from 9.0.1 on (REST API Reference 10.0, "Search endpoints")."""

from __future__ import annotations

import logging
import math
from typing import Any

from stix_shifter_utils.errors import (
    AuthenticationError,
    ConfigurationError,
    QueryRejectedError,
    SearchNotFoundError,
)
from stix_shifter_utils.http import Auth, Bearer, SessionLogin, url_path
from stix_shifter_utils.transmission import HttpSource, Page, Progress, SearchHandle, Status

JSON = {"output_mode": "json"}
LOGIN = "/services/auth/login"
log = logging.getLogger(__name__)


class APIClient(HttpSource):
    """Search jobs in the namespace of `options.owner` and `options.app`; without these, in the user's own.

    400: the search cannot be parsed; 404: the job is unknown, deleted or past its time to live.
    """

    STATES = {"DONE": Status.COMPLETED, "FAILED": Status.ERROR}
    errors = {400: QueryRejectedError, 404: SearchNotFoundError}

    def auth(self) -> Auth:
        auth = self.credentials
        if auth.get("token"):
            return Bearer(auth["token"])
        if not auth.get("username") or not auth.get("password"):
            message = "configuration.auth needs a token, or a username and a password"
            raise ConfigurationError(message)
        # Splunk ends a session after an hour without requests
        return SessionLogin(LOGIN, auth["username"], auth["password"], "sessionKey", "Splunk", extra=JSON)

    def path(self, rest: str, **parts: str) -> str:
        """A path below the namespace."""
        owner, app = self.options.get("owner"), self.options.get("app")
        if not owner and not app:
            return url_path(f"/services{rest}", **parts)
        return url_path(
            f"/servicesNS/{{owner}}/{{app}}{rest}", owner=owner or "-", app=app or "search", **parts
        )

    async def ping_data_source(self) -> None:
        reply = (await self.http.get("/services/authentication/current-context", params=JSON)).json()
        if not reply.get("entry"):
            message = "Splunk does not say who we are"
            raise AuthenticationError(message)

    async def create_search(self, query: str) -> SearchHandle:
        form = {"search": query, "exec_mode": "normal", "adhoc_search_level": "smart", **JSON}
        reply = (await self.http.post(self.path("/search/v2/jobs"), data=form)).json()
        return SearchHandle(str(reply["sid"]))

    async def get_search_status(self, search_id: str) -> Progress:
        reply = await self.http.get(self.path("/search/v2/jobs/{sid}", sid=search_id), params=JSON)
        job: dict[str, Any] = reply.json()["entry"][0]["content"]
        for message in job.get("messages") or ():
            log.warning("search %s: %s: %s", search_id, message.get("type"), message.get("text"))
        status = self.STATES.get(job["dispatchState"], Status.RUNNING)
        if job.get("isFailed"):
            status = Status.ERROR
        elif job.get("isFinalized") and status is Status.COMPLETED:
            status = Status.CANCELED  # somebody, or a limit of the user's role, ended it early
        return Progress(status, min(100, math.ceil(float(job.get("doneProgress") or 0) * 100)))

    async def get_search_results(self, search_id: str, offset: int, length: int) -> Page:
        path = self.path("/search/v2/jobs/{sid}/results", sid=search_id)
        reply = await self.http.get(path, params={"offset": offset, "count": length, **JSON})
        return Page(reply.json()["results"])

    async def delete_search(self, search_id: str) -> None:
        await self.http.delete(self.path("/search/v2/jobs/{sid}", sid=search_id), params=JSON)
