"""How many connections of one address are let in before anybody knows whose they are."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from server.accounts.addresses import network_of
from server.domain.errors import TooManySessions
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

RETRY_S = 5.0
"""When who was turned away may try again."""


class Peers:
    """Counts what is there of each address, of IPv6 of each /64. An address that ``spares`` names
    has no limit: behind a proxy stands everybody."""

    def __init__(self, most: int, *, spares: Callable[[str], bool] = lambda _: False) -> None:
        self._most = most
        self._spares = spares
        self._there: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._there.total()

    def enter(self, address: str) -> bool:
        """Count one more, if it may come in."""
        network = network_of(address)
        if self._there[network] >= self._most and not self._spares(address):
            return False
        self._there[network] += 1
        if self._there[network] == self._most and not self._spares(address):
            log.warning("address.full", extra=fields(address=network, limit=self._most))
        return True

    def leave(self, address: str) -> None:
        network = network_of(address)
        self._there[network] -= 1
        if not self._there[network]:
            del self._there[network]

    @contextmanager
    def inside(self, address: str) -> Iterator[None]:
        """Count one more for as long as the block lasts. Raises TooManySessions."""
        if not self.enter(address):
            raise TooManySessions(
                f"There may be {self._most} connections of one address that are not signed in.",
                retry_after=RETRY_S,
                metadata={"scope": "address", "limit": self._most, "remaining": 0},
            )
        try:
            yield
        finally:
            self.leave(address)
