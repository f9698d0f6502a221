"""The health check of the image: exit 0 when the host in this container answers. Asks nothing outside."""

import os
import ssl
import sys
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection


def is_healthy(port: int) -> bool:
    """Whether `/health` answers; over TLS where a certificate is set, whose name is that of the outside."""
    try:
        with closing(_connection(port)) as connection:
            connection.request("GET", "/health")
            return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False


def _connection(port: int) -> HTTPConnection:
    if not os.environ.get("STIX_SHIFTER_CERTIFICATE"):
        return HTTPConnection("127.0.0.1", port, timeout=4)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection("127.0.0.1", port, timeout=4, context=context)


if __name__ == "__main__":
    sys.exit(0 if is_healthy(int(os.environ.get("STIX_SHIFTER_PORT", "5000"))) else 1)
