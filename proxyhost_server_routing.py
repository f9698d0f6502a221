"""The proxy host for flask's own command, under the name that the guide gives it.

    flask --app 'proxyhost_server_routing:start_proxyhost_flask_server({"type": "identity", …})' run -p 5000

flask's server is for development; `stix-shifter host` is the production server for the same application. The
settings file is named by STIX_SHIFTER_HOST_CONFIG, a token may stand in STIX_SHIFTER_HOST_TOKEN.
"""

from __future__ import annotations

import atexit
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

_TERMINATED = 143


def start_proxyhost_flask_server(data_source: dict[str, Any] | str | None = None) -> Flask:
    """The application; `data_source` is the identity that stands in results, or empty for the callers' own.

    Raises click's UsageError, which flask shows as one line, for wrong settings and for flask's debug mode.
    """
    from click import UsageError
    from flask.helpers import get_debug_flag

    from stix_shifter.host.settings import app_from_environment
    from stix_shifter_utils.errors import ConfigurationError

    if get_debug_flag():
        message = "the proxy host has no debug mode: a debugger would run anybody's code"
        raise UsageError(message)
    try:
        app, service = app_from_environment(data_source)
    except ConfigurationError as error:
        raise UsageError(str(error)) from error
    atexit.register(service.stop)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # so that searches are deleted
    return app
