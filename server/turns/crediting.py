"""Credits that come to an account beside its turns: booked for somebody, or given back of a turn;
and who is told of it.

Here, because it is where billing meets notifications and sessions.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET, Struct, to_builtins

from billing.figures import Figures
from billing.ledger import GrantKind, Ledger
from billing.refunds import Refund, Refunded, refund
from server.accounts.access import own_account
from server.domain.clock import month_of
from server.domain.errors import NotFound
from server.domain.ids import AccountId, UserId, new_id
from server.domain.money import MicroCredits, credits_text
from server.domain.notices import Notice
from server.persistence import members, notices, workspaces
from server.persistence.database import Tx
from server.protocol.events import BalanceChanged
from server.protocol.figures import Balance
from server.protocol.notices import CreditsData
from server.turns.receipts import balance


class Booking(Struct, frozen=True, kw_only=True, gc=False):
    """``id`` becomes that of the transfer; ``key`` names the booking in the whole deployment."""

    id: UUID
    kind: GrantKind
    credits: MicroCredits
    key: str
    reason: str | None


class Told(NamedTuple):
    """What ``user``'s sessions are told after the commit."""

    user: UUID
    event: BalanceChanged


class Booked(NamedTuple):
    """``is_new`` False: that key has booked it before, and nobody is told. ``told`` None: there is
    nothing that a session would show."""

    is_new: bool
    balance: Balance
    told: Told | None


async def book_for_user(
    tx: Tx, ledger: Ledger, user: UUID, booking: Booking, *, now: datetime
) -> Booked:
    """
    Raises:
        IdempotencyMismatch: the key has booked something else.
        Invalid: no amount, or more than an account can hold.
        NotFound: there is no such user.
    """
    is_new, figures = await _book(tx, ledger, own_account(user), booking, now)
    if is_new:
        await _announce(tx, user, Notice.CREDITS_GRANTED, _granted(booking), booking.id, now)
    told = Told(user, BalanceChanged(balance=balance(figures)))
    return Booked(is_new, balance(figures), told if is_new else None)


async def book_for_workspace(
    tx: Tx, ledger: Ledger, workspace: UUID, booking: Booking, *, now: datetime
) -> Booked:
    """For the account of a shared workspace; its owners are told.

    Raises:
        IdempotencyMismatch, Invalid: as ``book_for_user``.
        NotFound: there is no such shared workspace.
    """
    await workspaces.lock(tx, workspace)  # nobody deletes it and what it is given
    if await workspaces.name_of_shared(tx, workspace) is None:
        raise NotFound(f"There is no shared workspace {workspace}.")
    is_new, figures = await _book(tx, ledger, AccountId(workspace), booking, now)
    for owner in await members.owners(tx, workspace) if is_new else ():
        told = _granted(booking, workspace)
        await _announce(tx, owner, Notice.CREDITS_GRANTED, told, booking.id, now)
    return Booked(is_new, balance(figures), None)


async def bought_before(tx: Tx, ledger: Ledger, key: str) -> MicroCredits | None:
    """What was bought under a booking's ``key``; None: nothing yet."""
    return await ledger.bought(tx, _key(key))


async def give_back(tx: Tx, wanted: Refund, *, now: datetime) -> tuple[Refunded, Told | None]:
    """Refund a turn; its user is told, whoever paid. Raises as ``billing.refunds.refund``."""
    done = await refund(tx, wanted)
    if done.balance is None:
        return done, None
    paid = done.balance
    is_shared = paid.kind == "workspace"
    data = CreditsData(
        credits=credits_text(done.credits),
        reason=wanted.reason,
        turn_id=wanted.turn_id,
        workspace_id=paid.owner_id if is_shared else UNSET,
    )
    await _announce(tx, done.user_id, Notice.CREDITS_REFUNDED, data, wanted.id, now)
    return done, balance_told(paid.kind, paid.owner_id, paid.balance, paid.held)


def balance_told(kind: str, owner: UUID, credits: int, held: int) -> Told | None:
    """What the owner of an account is told of it; None: it is a workspace's, which sessions do not
    show."""
    if kind != "user":
        return None
    shown = Balance(
        credits=credits_text(credits),
        held=credits_text(held),
        spendable=credits_text(credits - held),
    )
    return Told(owner, BalanceChanged(balance=shown))


async def _book(
    tx: Tx, ledger: Ledger, account: AccountId, booking: Booking, now: datetime
) -> tuple[bool, Figures]:
    is_new = await ledger.grant(
        tx,
        account,
        booking.credits,
        key=_key(booking.key),
        reason=booking.reason,
        id=booking.id,
        kind=booking.kind,
    )
    return is_new, await ledger.figures(tx, account, UserId(account), month_of(now), None)


def _key(key: str) -> str:
    """Its own name space: an operator's key can never be that of a welcome or a turn."""
    return f"grant:{key}"


def _granted(booking: Booking, workspace: UUID | None = None) -> CreditsData:
    return CreditsData(
        credits=credits_text(booking.credits),
        reason=booking.reason,
        workspace_id=UNSET if workspace is None else workspace,
    )


async def _announce(
    tx: Tx, user: UUID, event: Notice, data: CreditsData, transfer: UUID, now: datetime
) -> None:
    told = to_builtins(data)
    await notices.announce(tx, user, event, told, id=new_id(), key=f"credits:{transfer}", now=now)
