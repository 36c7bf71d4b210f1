"""Choosing a new password by a link that was mailed."""

from datetime import timedelta
from uuid import UUID

from server.accounts.passwordchange import replace_password
from server.accounts.secrets import LINK_PREFIX, digest, new_secret
from server.domain.clock import Clock
from server.domain.errors import Unauthenticated
from server.domain.ids import new_id
from server.persistence import logins, resets
from server.persistence.database import Database, Tx
from server.persistence.logins import Login

RESET_LIFETIME = timedelta(hours=1)


class Resets:
    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def issue(self, user: UUID) -> str:
        """The secret for the mail."""
        secret = new_secret(LINK_PREFIX)
        reset, hashed, end = new_id(), digest(secret), self._clock() + RESET_LIFETIME
        await self._database.single(lambda tx: resets.insert_reset(tx, reset, user, hashed, end))
        return secret

    async def find(self, secret: str) -> Login:
        """Whose password the secret is for.

        Raises:
            Unauthenticated: unknown, expired or used, or its user may not sign in here.
        """
        async with self._database.snapshot() as tx:
            user = await resets.find_user(tx, digest(secret), self._clock())
            login = None if user is None else await logins.find(tx, user)
        if login is None or login.is_barred or login.issuer is not None:
            raise _ended()
        return login

    async def reset(
        self, tx: Tx, secret: str, login: Login, password_hash: str
    ) -> tuple[UUID, ...]:
        """Replace the password; answers the cookie sessions that ended with it.

        Raises:
            Unauthenticated: somebody else was faster.
        """
        replaced = await replace_password(tx, login, password_hash, self._clock())
        if replaced is None or digest(secret) not in replaced.resets:
            raise _ended()
        return replaced.sessions


def _ended() -> Unauthenticated:
    return Unauthenticated("This link has expired or was used already.")
