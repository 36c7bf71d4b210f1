"""How long a provider may keep us waiting, and until when just now."""

import asyncio

from msgspec import Struct

USAGE_WAIT_S = 5.0
"""How long the usage may lag behind the end marker. It comes in the same packet, as a rule."""

DONE_WAIT_S = 0.25
"""How long a body may stay open behind its last event. Read to its end, a connection serves the
next request; waiting longer than for a packet would delay the end of the turn."""


class Timeouts(Struct, frozen=True, kw_only=True):
    """Seconds of P5. ``first_token_s`` counts from the request, connecting included; a comment or
    an empty delta is no token."""

    connect_s: float = 5.0
    first_token_s: float = 30.0
    between_tokens_s: float = 30.0

    @property
    def read_s(self) -> float:
        """Between two reads of a socket: a backstop behind the deadlines of ``Patience``."""
        return max(self.first_token_s, self.between_tokens_s) + 1


class Patience:
    """The deadline of one stream: ``deadline``, in time of the running loop, moves as it is told
    what came. Every timeout of the vendors' SDKs is between two reads; these are between tokens."""

    def __init__(self, timeouts: Timeouts) -> None:
        self._between_s = timeouts.between_tokens_s
        self._time = asyncio.get_running_loop().time
        self._has_ended = False
        self.deadline = self._time() + timeouts.first_token_s

    def heard(self) -> None:
        """A token came. Behind the end marker nothing buys more time."""
        if not self._has_ended:
            self.deadline = self._time() + self._between_s

    def ended(self) -> None:
        """The end marker came; usage may follow."""
        if not self._has_ended:
            self._has_ended = True
            self.deadline = self._time() + USAGE_WAIT_S

    def done(self) -> None:
        """The last event came."""
        self.deadline = min(self.deadline, self._time() + DONE_WAIT_S)
