"""The way in: how many clients are let through it at once, of one address and of all."""

import anyio

from server.sockets.peers import Peers

PLACES = 4
"""Handshakes and greetings at once: each is some queries, and turns that run need the connections
of the pool too. A restart elsewhere brings hundreds of clients in one moment; they queue here, in
order, where waiting costs nothing, and not for connections that others wait for as well."""


class Arrivals:
    """One a process. ``peers`` counts those on their way by address; ``places`` is held for as long
    as the database is asked."""

    def __init__(self, per_address: int) -> None:
        self.peers = Peers(per_address)
        self.places = anyio.Semaphore(PLACES)
