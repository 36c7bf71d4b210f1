"""A new user with everything that belongs to one: person, workspace, credit account, first credits.

Here, because it is where accounts and billing may meet.
"""

import hmac
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

from msgspec import Struct

from billing.ledger import Ledger
from server.accounts.access import own_account
from server.accounts.hosts.signin import Create
from server.accounts.provisioning import NewPerson, create_person
from server.domain.errors import IdempotencyMismatch
from server.domain.ids import new_id
from server.domain.money import MicroCredits
from server.persistence import hostusers, workspaces
from server.persistence.database import Tx
from server.persistence.hostusers import NewHostUser


class Welcome(Struct, frozen=True, kw_only=True):
    """First credits (``SIGNUP_CREDITS``), and the id of the transfer that gives them. ``once``: who
    gets them a single time, though deleted and made again; None: this user."""

    credits: MicroCredits
    transfer_id: UUID
    once: str | None = None


async def create_user(tx: Tx, ledger: Ledger, person: NewPerson, welcome: Welcome) -> None:
    """Raises Conflict: the e-mail address belongs to somebody."""
    await create_person(tx, person)
    await _open_account(tx, ledger, person.user_id, welcome)


async def create_host_user(tx: Tx, ledger: Ledger, user: NewHostUser, welcome: Welcome) -> bool:
    """At first sight of a host application's user. False: somebody else has just made them, with
    all that belongs to one."""
    if not await hostusers.insert_user(tx, user):
        return False
    await workspaces.insert_workspace(tx, user.workspace_id, user.name, personal=True)
    await workspaces.insert_member(tx, user.workspace_id, user.id, "owner")
    await _open_account(tx, ledger, user.id, welcome)
    return True


def newcomer(secret: str, *names: str) -> str:
    """For ``Welcome.once``: what the ledger remembers of somebody who makes their own account, and
    would else have first credits each time they delete it. ``secret`` hides who that is."""
    return hmac.new(secret.encode(), "\0".join(("welcome", *names)).encode(), "sha256").hexdigest()


def host_user_creator(ledger: Ledger, credits: MicroCredits, secret: str) -> Create:
    """What the sign-in of host applications makes users by; ``secret`` as for ``newcomer``."""

    def begin(user: NewHostUser) -> Callable[[Tx], Awaitable[bool]]:
        once = newcomer(secret, user.issuer, user.external_id)
        # Made once: the transaction may be run again, and shall give the same credits.
        welcome = Welcome(credits=credits, transfer_id=new_id(), once=once)
        return lambda tx: create_host_user(tx, ledger, user, welcome)

    return begin


async def _open_account(tx: Tx, ledger: Ledger, user: UUID, welcome: Welcome) -> None:
    account = own_account(user)
    await ledger.open_account(tx, account=account, kind="user", owner=user)
    if welcome.credits > 0:
        with suppress(IdempotencyMismatch):  # an earlier user of that name had them
            await ledger.grant(
                tx,
                account,
                welcome.credits,
                key=f"signup:{welcome.once or user}",
                reason="Welcome",
                id=welcome.transfer_id,
            )
