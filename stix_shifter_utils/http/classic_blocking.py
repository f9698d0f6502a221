"""The blocking HTTP client of earlier releases. Deprecated there already; new connectors use `HttpClient`."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from stix_shifter_utils.http.classic import CONNECT_TIMEOUT_DEFAULT, RETRY_MAX_DEFAULT
from stix_shifter_utils.http.classic_threads import InterruptableThread, exception_catcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "CONNECT_TIMEOUT_DEFAULT",
    "DEFAULT_TIMEOUT",
    "RETRY_MAX_DEFAULT",
    "InterruptableThread",
    "ResponseWrapper",
    "RestApiClient",
    "TimeoutHTTPAdapter",
    "exception_catcher",
]

DEFAULT_TIMEOUT = 5
_TIMEOUT_S = 60.0


class TimeoutHTTPAdapter(HTTPAdapter):
    """An adapter of `requests` with a limit for calls that name none: `timeout` seconds."""

    def __init__(self, *args: Any, timeout: float = DEFAULT_TIMEOUT, **kwargs: Any) -> None:
        self.timeout = timeout
        super().__init__(*args, **kwargs)

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self.timeout
        return super().send(request, *args, **kwargs)


class ResponseWrapper:
    """What `call_api` answers. `read()` gives the body as bytes, as often as it is asked."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        self.headers = response.headers

    @property
    def bytes(self) -> Any:
        return self.response.content

    @property
    def content(self) -> Any:
        return self.response.content

    @property
    def code(self) -> int:
        return self.response.status_code

    def read(self) -> Any:
        return self.response.content

    def raise_for_status(self) -> None:
        """Raises `requests.HTTPError` for a status of 400 and above."""
        self.response.raise_for_status()


class RestApiClient:
    """Calls a source and waits. `cert_verify`: True, False (no verification), or PEM text to trust."""

    def __init__(
        self,
        host: str | None,
        port: int | str | None = None,
        headers: Mapping[str, str] | None = None,
        url_modifier_function: Callable[[str | None, str, dict[str, str]], str] | None = None,
        cert_verify: bool | str | None = True,
        auth: Any = None,
    ) -> None:
        self.server_ip = f"{host}:{port}" if host and port else host
        self.headers: dict[str, str] = dict(headers or {})
        self.url_modifier_function = url_modifier_function
        self.server_cert_content = cert_verify
        self.auth = auth

    def get_headers(self) -> dict[str, str]:
        """A copy of the headers that every call sends."""
        return dict(self.headers)

    def call_api(
        self,
        endpoint: str,
        method: str,
        headers: Mapping[str, str] | None = None,
        data: Any = None,
        urldata: Any = None,
        timeout: float | None = None,
    ) -> ResponseWrapper:
        """Send a request and give back its answer, whatever its status. Raises what `requests` raises."""
        sent = {**self.headers, **(headers or {})}
        modify = self.url_modifier_function
        url = modify(self.server_ip, endpoint, sent) if modify else f"https://{self.server_ip}/{endpoint}"
        with _trusted(self.server_cert_content) as verify, requests.Session() as session:
            session.mount("https://", TimeoutHTTPAdapter(timeout=_TIMEOUT_S))
            session.mount("http://", TimeoutHTTPAdapter(timeout=_TIMEOUT_S))
            response = session.request(
                method.upper(),
                url,
                headers=sent,
                params=urldata,
                data=data,
                verify=verify,
                timeout=timeout,
                auth=self.auth,
            )
            return ResponseWrapper(response)


@contextlib.contextmanager
def _trusted(cert_verify: bool | str | None) -> Iterator[bool | str]:
    """What `requests` takes for `verify`: PEM text lies in a file of its own for the time of the call."""
    if not isinstance(cert_verify, str):
        yield cert_verify is not False
        return
    with tempfile.TemporaryDirectory(prefix="tls-") as folder:
        place = Path(folder, "trusted.pem")
        place.write_text(cert_verify, encoding="ascii", errors="ignore")
        yield str(place)
