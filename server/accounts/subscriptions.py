"""Subscriptions: begun, changed and ended as whoever takes the money says.

What they decide holds from the next admission on, unless an admin has chosen another plan.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from server.domain.errors import Conflict, Invalid, NotFound
from server.persistence import people, subscriptions, users
from server.persistence.database import Tx
from server.persistence.subscriptions import Subscription


class Wanted(Struct, frozen=True, kw_only=True):
    """``reference``: what the payment provider calls it; ``ends_at`` None: it goes on until it is
    ended."""

    tier: str
    reference: str | None
    ends_at: datetime | None


async def subscribe(tx: Tx, user: UUID, wanted: Wanted, *, id: UUID) -> Subscription | None:
    """See to it that the user's subscription is as wanted; answers what it was before.

    Another tier ends the one before and begins one, ``id``; the same goes on, under another name or
    for longer.

    Raises:
        NotFound: there is no such user.
        Conflict: the user is about to be deleted.
        Invalid: it would be over already.
    """
    await users.lock(tx, user)
    person = await people.find(tx, user)
    if person is None:
        raise NotFound("There is no such user.")
    if person.deletion_requested_at is not None:
        raise Conflict("That user is about to be deleted.")
    before = await subscriptions.find_open(tx, user)
    if before is not None and before.is_active and before.tier == wanted.tier:
        is_so = await subscriptions.change(tx, before.id, wanted.reference, wanted.ends_at)
    else:
        await subscriptions.end(tx, user)
        is_so = await subscriptions.begin(
            tx, id, user, wanted.tier, wanted.reference, wanted.ends_at
        )
    if not is_so:
        raise Invalid("A subscription ends in the future.", path="$.endsAt")
    return before


async def unsubscribe(tx: Tx, user: UUID) -> Subscription | None:
    """End the user's subscription now; answers it, None: there was none, and nothing was done."""
    await users.lock(tx, user)
    before = await subscriptions.find_open(tx, user)
    if before is not None:
        await subscriptions.end(tx, user)
    return before


def shown(subscription: Subscription | None) -> dict[str, Any] | None:
    """For the audit log, which outlives the user, and so tells no names."""
    if subscription is None:
        return None
    ends_at = subscription.ends_at
    return {
        "tier": subscription.tier,
        "endsAt": None if ends_at is None else ends_at.isoformat(),
    }
