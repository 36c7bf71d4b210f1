"""The HTTP client that the SDKs are given."""

from urllib.request import getproxies

import httpx2

from agents.providers.http.pool import Bounds
from agents.providers.http.transport import Transport

BOUNDS = Bounds(open_max=4096, idle_max=256, idle_s=60.0)
"""A running turn holds one connection, and the SDK's own default (1000) would make turns wait for
each other long before this process is full. Vendors close idle ones after one to five minutes."""


def open_client(verify: bool = True) -> httpx2.AsyncClient:
    """On our transport, except where the environment names a proxy: those requests are left to
    httpx2's own. Closing the client closes all connections.

    ``verify=False`` is for servers that do not speak TLS: a trusting context takes 60 ms to make.
    """
    tls = httpx2.create_ssl_context(verify)
    transport = Transport(tls=tls, bounds=BOUNDS)
    named = getproxies()
    if not any(named.get(scheme) for scheme in ("http", "https", "all")):
        return httpx2.AsyncClient(transport=transport)
    # Given a ``transport``, httpx2 would not look at the environment. This pattern is the least
    # special of all, and so each of the environment's goes before it. NO_PROXY's too: what that
    # one excepts is served by the stock transport, without a proxy.
    limits = httpx2.Limits(
        max_connections=BOUNDS.open_max,
        max_keepalive_connections=BOUNDS.idle_max,
        keepalive_expiry=BOUNDS.idle_s,
    )
    return httpx2.AsyncClient(mounts={"all://*": transport}, verify=tls, limits=limits)
