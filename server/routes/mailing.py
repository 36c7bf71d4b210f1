"""How many mails one may cause: counted by who asks for them, and by whom they would reach."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from billing.windows import Window
from server.accounts.addresses import network_of
from server.accounts.emails import fingerprint
from server.domain.ids import new_id
from server.routes.calls import Call

HOUR_S: Final = 3_600
DAY_S: Final = 86_400


def by_address(call: Call, what: str, limit: int, seconds: int) -> Window:
    """What one address may ask for."""
    name = f"{what}:{network_of(call.address)}"
    return Window(scope="address", name=name, limit=limit, seconds=seconds)


def by_user(call: Call, what: str, limit: int, seconds: int) -> Window:
    """What the caller may ask for."""
    name = f"{what}:{call.caller.user_id}"
    return Window(scope="user", name=name, limit=limit, seconds=seconds)


@asynccontextmanager
async def counted(call: Call, what: str, email: str, asker: Window) -> AsyncIterator[None]:
    """Inside, a request that may send a mail to ``email`` (normalised) is counted, as long as
    nothing is raised there. ``what``: of which kind, as one does not use up the others.

    Raises:
        RateLimited: whoever asks has asked too often, or so many have for that address.
        ServiceUnavailable: Redis does not answer.
    """
    limits, member = call.services.accounts.mail_limits, str(new_id())
    reached = Window(
        scope="email",
        name=f"{what}:{fingerprint(email)}",
        limit=call.services.settings.link_mails_per_email,
        seconds=HOUR_S,
    )
    await limits.admit(member=member, windows=[asker, reached])
    try:
        yield
    except Exception:
        await limits.withdraw(member, [asker, reached])
        raise
