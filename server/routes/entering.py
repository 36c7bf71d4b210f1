"""What all ways in have in common: which pages may use them, how passwords are guessed at, and the
cookie at their end."""

import asyncio
from uuid import UUID

from server.domain.errors import Forbidden
from server.domain.ids import UserId
from server.persistence.database import Tx
from server.persistence.logins import Login
from server.protocol.events import UserInfo
from server.routes.calls import Call, Reply


def check_page(call: Call) -> None:
    """For operations that need no credential.

    Raises:
        Forbidden: another site's page asks. It could sign a visitor in as somebody else, or have
            its visitors ask for mails.
    """
    origin = call.request.headers.get("origin")
    if origin is not None and not call.services.accounts.origins.allows(origin):
        raise Forbidden("This origin may not sign anybody in.")


async def is_password(call: Call, account: str, password: str, stored: str | None) -> bool:
    """Whether ``password`` is the one of ``account``, counted as a guess: after some the answer
    comes later, after more there is none. ``stored`` None: nobody's, which takes just as long.

    Raises:
        RateLimited: too many wrong ones.
        ServiceUnavailable: Redis, which counts them, does not answer.
    """
    accounts = call.services.accounts
    await asyncio.sleep(await accounts.throttle.attempt(account, call.address))
    if not await accounts.passwords.verify(password, stored):
        return False
    await accounts.throttle.succeeded(account, call.address)
    return True


async def open_session(tx: Tx, call: Call, login: Login) -> str:
    """A new cookie session, whatever cookie the browser may have had: the secret of a session that
    somebody else has planted there never becomes this user's. What it had stays open."""
    agent = call.request.headers.get("user-agent", "")
    return await call.services.accounts.cookies.open(tx, UserId(login.user_id), agent, call.address)


def welcome(call: Call, login: Login, secret: str) -> Reply:
    """Who is signed in now, with the cookie."""
    services = call.services
    info = UserInfo(
        id=login.user_id,
        email=login.email,
        name=login.name,
        role=login.role,
        plan=services.plans.of(login.plan).name,
    )
    return Reply(info, {"set-cookie": services.accounts.cookies.header(secret)})


def tell_ended(call: Call, user: UUID, sessions: tuple[UUID, ...]) -> None:
    """After the commit that ended cookie sessions: what they have open closes everywhere."""
    for session in sessions:
        call.services.accounts.endings.tell(user, session)
