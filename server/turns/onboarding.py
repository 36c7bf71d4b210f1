"""A new user with everything that belongs to one: person, workspace, credit account, first credits.

Here, because it is where accounts and billing may meet.
"""

from uuid import UUID

from msgspec import Struct

from billing.ledger import Ledger
from server.accounts.access import own_account
from server.accounts.provisioning import NewPerson, create_person
from server.domain.money import MicroCredits
from server.persistence.database import Tx


class Welcome(Struct, frozen=True, kw_only=True):
    """First credits (``SIGNUP_CREDITS``), and the id of the transfer that gives them."""

    credits: MicroCredits
    transfer_id: UUID


async def create_user(tx: Tx, ledger: Ledger, person: NewPerson, welcome: Welcome) -> None:
    """Raises Conflict: the e-mail address belongs to somebody."""
    await create_person(tx, person)
    account = own_account(person.user_id)
    await ledger.open_account(tx, account=account, kind="user", owner=person.user_id)
    if welcome.credits > 0:
        await ledger.grant(
            tx,
            account,
            welcome.credits,
            key=f"signup:{person.user_id}",
            reason="Welcome",
            id=welcome.transfer_id,
        )
