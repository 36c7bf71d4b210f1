"""Whether a session may still speak: asked again during its life, and rarely of the database."""

import math
from collections.abc import Callable

from server.accounts.access import Principal
from server.accounts.tokens import Authenticator
from server.domain.errors import Unauthenticated, Unavailable

FRESH_S = 3.0
"""A check holds this long, so a burst of commands costs one query."""

IDLE_S = 60.0
"""A session that asks nothing is checked this often. Who signs out is closed at once, in every
process; this finds what a process missed while it did not hear the others."""


class Access:
    """The principal of one session, kept up to date. ``now``: a monotonic clock in seconds."""

    def __init__(
        self,
        principal: Principal,
        authenticator: Authenticator,
        admit: Callable[[Principal], None],
        now: Callable[[], float],
    ) -> None:
        self.principal = principal
        self._authenticator = authenticator
        self._admit = admit
        self._now = now
        self._checked_at = now()

    def doubt(self) -> None:
        """What was checked holds no longer: the next check asks, however soon it comes."""
        self._checked_at = -math.inf

    async def check(self) -> None:
        """Make sure that the credential still holds; role and plan become today's.

        While the database is away the last answer stands: turns go on, and new ones need it anyway.

        Raises:
            Unauthenticated: the credential has ended.
            Forbidden: its user may not use this kind of session any more.
        """
        if self._now() - self._checked_at < FRESH_S:
            return
        self._checked_at = self._now()
        try:
            current = await self._authenticator.refresh(self.principal)
        except Unavailable:
            return
        if current is None:
            raise Unauthenticated("You are not signed in any more.")
        self._admit(current)
        self.principal = current
