"""Where a source is: its base URL, the URLs below it, which URLs are still the same source. No network."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

from stix_shifter_utils.errors import ConfigurationError, InvalidParameterError
from stix_shifter_utils.http.message import EncodedPath, Params, form

_PATH_SAFE = "/:@!$&'()*+,;=~-._"
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Address:
    """A base URL: scheme, host and port, and a path prefix without a slash at its end."""

    origin: str
    prefix: str = ""

    @classmethod
    def of(cls, base_url: str) -> Address:
        """Read a base URL. Raises ConfigurationError when it is not http or https with a host."""
        try:
            parts = urlsplit(base_url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username is not None:
            message = "the base URL must be http(s)://host[:port][/path] without a user: check host and port"
            raise ConfigurationError(message)
        host = _ascii_host(parts.hostname)
        shown_port = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
        return cls(
            f"{parts.scheme}://{host}{shown_port}", quote(unquote(parts.path.rstrip("/")), safe=_PATH_SAFE)
        )

    @property
    def host(self) -> str:
        """Host and port, for messages."""
        return self.origin.partition("://")[2]

    def url(self, path: str, params: Params | None = None) -> str:
        """The URL of a path below the base, or of an absolute URL of this very source.

        A plain path is encoded here, `?` and `#` too: query values belong into `params`. Raises
        InvalidParameterError for `..` in the path and for a URL that leads elsewhere (the credentials stay
        with their source).
        """
        if "://" in path[:10]:
            url = self._own(path)
        else:
            encoded = (
                path
                if isinstance(path, EncodedPath)
                else quote(path, safe=_PATH_SAFE, errors="surrogatepass")
            )
            if ".." in unquote(encoded).replace("\\", "/").split("/"):
                message = f"the path {path!r} leads out of its folder"
                raise InvalidParameterError(message)
            url = f"{self.origin}{self.prefix}{posixpath.join('/', encoded.lstrip('/'))}"
        query = form(params) if params else ""
        return f"{url}{'&' if '?' in url else '?'}{query}" if query else url

    def is_own(self, url: str) -> bool:
        """True when the URL is of the same scheme, host and port."""
        parts = urlsplit(url)
        usable = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname)
        return usable and Address.of(_no_path(url)).origin == self.origin

    def join(self, url: str, location: str) -> str:
        """The target of a Location header that came with `url`, absolute and without fragment."""
        return urljoin(url, quote(location, safe=_PATH_SAFE + "?#%[]")).partition("#")[0]

    def _own(self, url: str) -> str:
        if not self.is_own(url):
            message = f"the source points to {_no_path(url)}, not to itself; that address is not asked"
            raise InvalidParameterError(message)
        return url.partition("#")[0]


def _no_path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _ascii_host(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    try:
        return host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError as error:
        message = f"the host name {host!r} is not one"
        raise ConfigurationError(message) from error
