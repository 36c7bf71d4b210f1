"""Cookie sessions: what a browser holds after signing in."""

from datetime import timedelta

from server.accounts.secrets import digest, new_secret
from server.domain.clock import Clock
from server.domain.ids import UserId, new_id
from server.persistence import cookiesessions, credentials
from server.persistence.cookiesessions import NewCookieSession
from server.persistence.database import Tx

LIFETIME = timedelta(days=30)
USER_AGENT_MAX = 300
"""Characters kept, to tell one's own devices apart."""


class Cookies:
    """Opens and ends cookie sessions. ``secure``: browsers reach us by TLS."""

    def __init__(self, *, secure: bool, clock: Clock) -> None:
        self.secure = secure
        self._clock = clock

    @property
    def name(self) -> str:
        """``__Host-`` makes browsers refuse the cookie from any other host, and without TLS."""
        return "__Host-causerie" if self.secure else "causerie"

    async def open(self, tx: Tx, user: UserId, user_agent: str, address: str) -> str:
        """A new session's secret: the value of the cookie."""
        secret, now = new_secret(), self._clock()
        await credentials.forget_expired(tx, user, now)
        await cookiesessions.insert_session(
            tx,
            NewCookieSession(
                id=new_id(),
                user_id=user,
                secret_hash=digest(secret),
                user_agent=user_agent[:USER_AGENT_MAX].replace("\x00", ""),
                address=address,
                last_seen_at=now,
                expires_at=now + LIFETIME,
            ),
        )
        return secret

    def header(self, secret: str) -> str:
        """``Set-Cookie``: not readable by scripts, not sent along by other sites' forms."""
        return self._header(secret, int(LIFETIME.total_seconds()))

    def clearing_header(self) -> str:
        return self._header("", 0)

    def _header(self, value: str, max_age: int) -> str:
        secure = "; Secure" if self.secure else ""
        return f"{self.name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}"
