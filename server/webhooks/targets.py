"""Where a webhook is sent: its URL taken apart, and what is asked of it before anybody calls it."""

import re
from typing import NamedTuple

import httpx2

from server.webhooks.addresses import Address, Network, is_public, is_within

URL_MAX = 2_000
"""Characters."""

UNPRIVILEGED = 1_024
"""From this port on no service of a machine's own is found that does not expect strangers."""

PORTS = {"http": 80, "https": 443}
PORT_MAX = 65_535

HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+")
HOST_MAX = 253
"""Characters, in ASCII."""


NOT_PUBLIC = "The host must have public addresses, and no others."
"""Also for a host without any: which names there are in our own network is nobody's business."""


class NotAllowed(Exception):
    """It may not be called; ``str()`` is a sentence for its owner, which tells nothing about the
    network that we stand in."""


class Target(NamedTuple):
    """``host`` in ASCII; ``authority`` as the header Host has it; ``path`` with its query."""

    scheme: str
    host: str
    port: int
    authority: bytes
    path: bytes

    @property
    def name(self) -> str:
        """For people and logs: a path or a query may hold a secret."""
        return self.authority.decode()


def parse(url: str) -> Target:
    """The one reading of a URL, by which it is checked as well as called.

    Raises:
        NotAllowed: no webhook has such a URL, wherever it may lead.
    """
    try:
        found = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise NotAllowed("This is no valid URL.") from error
    if found.scheme not in PORTS:
        raise NotAllowed("A webhook's URL must begin with https://.")
    host = found.raw_host.decode()
    if len(host) > HOST_MAX or not HOST.fullmatch(host):
        raise NotAllowed("This is no valid URL.")
    if found.userinfo:
        raise NotAllowed("A webhook's URL must hold no user name or password.")
    if found.fragment:
        raise NotAllowed("A webhook's URL must have no fragment (#).")
    port = PORTS[found.scheme] if found.port is None else found.port
    if not 0 < port <= PORT_MAX:
        raise NotAllowed("This is no valid URL.")
    return Target(found.scheme, host, port, found.netloc, found.raw_path)


def check(target: Target, address: Address, named: tuple[Network, ...]) -> None:
    """Whether it may be called at this address. ``named`` by the operator: everything may be there.

    Raises:
        NotAllowed: it may not.
    """
    if is_within(address, named):
        return
    if not is_public(address):
        raise NotAllowed(NOT_PUBLIC)
    if target.scheme != "https":
        raise NotAllowed("A webhook's URL must begin with https://.")
    if target.port != PORTS["https"] and target.port < UNPRIVILEGED:
        raise NotAllowed(f"A webhook's port must be 443, or {UNPRIVILEGED} or above.")
