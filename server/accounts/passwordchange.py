"""Replacing a password, and what ends with the old one."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from server.persistence import cookiesessions, logins, resets
from server.persistence.database import Tx
from server.persistence.logins import Login


class Replaced(Struct, frozen=True, kw_only=True):
    """``sessions``: the cookie sessions that have ended, to be told after the commit;
    ``resets``: hashes of mailed secrets that were good until now."""

    sessions: tuple[UUID, ...]
    resets: frozenset[bytes]


async def replace_password(
    tx: Tx, login: Login, password_hash: str, now: datetime, *, but: UUID | None = None
) -> Replaced | None:
    """End what somebody who knows the old password, or reads the mail, could have opened: every
    cookie session except ``but``, and every mailed link. API keys were made for programs, and are
    revoked by name.

    None: the password is another one than in ``login`` by now, and nothing was done.
    """
    # The user's row first: whoever signs in by the old password at this moment has locked it
    # (``logins.hold``), and has a session to be found below.
    if not await logins.set_password(
        tx, login.user_id, password_hash, instead_of=login.password_hash
    ):
        return None
    return Replaced(
        resets=await resets.withdraw_all(tx, login.user_id, now),
        sessions=tuple(await cookiesessions.revoke_all(tx, login.user_id, now, but=but)),
    )
