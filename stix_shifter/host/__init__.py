"""The proxy host: connectors of this machine, served over HTTP to `proxy` connectors elsewhere.

`application.py` is the WSGI application, `server.py` the production server under it, `policy.py` who may ask
what. flask and cheroot come with the extra `host`; nothing is imported until it is asked for.
"""
