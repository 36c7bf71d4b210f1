"""Credits and quota: granted, held before anything is bought, settled to what was used.

Money lives here, and what goes back of it afterwards in ``billing.adjustments``; nowhere else. A
refusal leaves the transaction as it was, so the caller may go on or leave; amounts, ids and moments
come from outside, so a repeated transaction writes the same.
"""

from datetime import date
from typing import Any, Literal, TypeAlias
from uuid import UUID, uuid5

from billing import statements
from billing.figures import Figures, HoldClaim, HoldEnd, Settlement
from billing.pricing import charged_usd
from billing.quotas import payable, quota_metadata, remaining, until
from server.domain.clock import Clock, next_month, utc_now
from server.domain.errors import (
    IdempotencyMismatch,
    InsufficientCredits,
    Invalid,
    NotFound,
    QuotaExceeded,
)
from server.domain.ids import AccountId, TurnId, UserId
from server.domain.money import MAX_AMOUNT, MicroCredits, NanoUsd, credits_text
from server.persistence.database import Snapshot, Tx

__all__ = [
    "GRANTS",
    "OVERAGE",
    "PURCHASES",
    "REVENUE",
    "SYSTEM_ACCOUNTS",
    "Figures",
    "GrantKind",
    "HoldClaim",
    "HoldEnd",
    "Ledger",
    "Settlement",
]

REVENUE = AccountId(UUID("00000000-0000-7000-8000-000000000001"))
GRANTS = AccountId(UUID("00000000-0000-7000-8000-000000000002"))
PURCHASES = AccountId(UUID("00000000-0000-7000-8000-000000000003"))
OVERAGE = AccountId(UUID("00000000-0000-7000-8000-000000000004"))
GrantKind: TypeAlias = Literal["grant", "purchase"]
"""A gift, or what somebody has paid for elsewhere."""

_SOURCES: dict[GrantKind, AccountId] = {"grant": GRANTS, "purchase": PURCHASES}

SYSTEM_ACCOUNTS = (REVENUE, GRANTS, PURCHASES, OVERAGE)
"""They have no row: one shared balance would be locked by every turn of the whole system (about
230 turns a second). Their balance is the sum of their transfers."""


class Ledger:
    """All movements of credits, and the monthly quota that moves with them."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock

    async def open_account(self, tx: Tx, *, account: AccountId, kind: str, owner: UUID) -> None:
        """Make the credit account of a user or workspace; again changes nothing."""
        await statements.OPEN_ACCOUNT.run(tx, id=account, kind=kind, owner=owner)

    async def grant(
        self,
        tx: Tx,
        account: AccountId,
        amount: MicroCredits,
        *,
        key: str,
        reason: str | None,
        id: UUID,
        kind: GrantKind = "grant",
    ) -> bool:
        """Give credits once. False: ``key`` has given them before.

        Raises:
            IdempotencyMismatch: ``key`` has given another amount, to another account, or for
                another reason.
            Invalid: not above zero, or more than an account can hold.
            NotFound: no such account.
        """
        if not 0 < amount <= MAX_AMOUNT:
            raise Invalid("A grant must be above zero and within bounds.", path="$.credits")
        granted = await statements.GRANT.value(
            tx,
            id=id,
            account=account,
            source=_SOURCES[kind],
            amount=amount,
            kind=kind,
            key=key,
            reason=reason,
            most=MAX_AMOUNT,
        )
        if granted is not None:
            return True
        return await self._known_grant(tx, (account, amount, kind, reason), key)

    async def bought(self, tx: Tx, key: str) -> MicroCredits | None:
        """What the purchase of that key came to; None: there is none."""
        known = await statements.BY_KEY.row(tx, key=key)
        if known is None or known["kind"] != "purchase":
            return None
        return MicroCredits(known["amount"])

    async def _known_grant(
        self, tx: Tx, given: tuple[AccountId, MicroCredits, GrantKind, str | None], key: str
    ) -> Literal[False]:
        known = await statements.BY_KEY.row(tx, key=key)
        if known is not None:
            if tuple(known) != given:
                raise IdempotencyMismatch("That key has already granted something else.")
            return False
        balance = await statements.BALANCE.value(tx, account=given[0])
        if balance is None:
            raise NotFound("There is no such account.")
        raise Invalid("The balance would be larger than an account can hold.", path="$.credits")

    async def hold(self, tx: Tx, claim: HoldClaim) -> MicroCredits:
        """Set credits and quota aside, so that a step can be paid for whatever happens next.

        One statement with two guarded updates: of two turns racing for the last credits or
        dollars, one wins. A claim whose id is known is held already. Answers the credits that are
        held under that id. The caller makes sure, in the same transaction, that the turn still
        runs under its fence.

        Raises:
            InsufficientCredits: ``balance - held`` is below the credits of the claim.
            QuotaExceeded: spent, held and this would be above the limit.
        """
        took_account, is_held = await statements.HOLD.one(tx, **_hold_parameters(claim))
        if is_held:
            return claim.credits
        if took_account:
            await statements.UNDO_ACCOUNT.run(tx, account=claim.account_id, credits=claim.credits)
        else:
            known = await statements.HOLD_KNOWN.value(tx, id=claim.id)
            if known is not None:
                return MicroCredits(known)
        figures = await self.figures(
            tx, claim.account_id, claim.user_id, claim.month, claim.quota_limit
        )
        if took_account:
            raise self._quota_exceeded(claim, figures)
        raise InsufficientCredits(
            "The credits left do not cover this turn.",
            metadata={
                "needed": credits_text(claim.credits),
                "spendable": credits_text(figures.spendable),
            },
        )

    def _quota_exceeded(self, claim: HoldClaim, figures: Figures) -> QuotaExceeded:
        return QuotaExceeded(
            "The quota of this month does not cover this turn.",
            retry_after=until(next_month(claim.month), self._clock()),
            metadata=quota_metadata(
                claim.quota_limit or NanoUsd(0),
                figures.quota_spent,
                figures.quota_held,
                claim.month,
                needed=claim.usd,
            ),
        )

    async def settle(
        self,
        tx: Tx,
        turn_id: TurnId,
        *,
        charged: MicroCredits,
        transfer_id: UUID,
        hold_state: HoldEnd,
        credits_per_usd: int,
    ) -> Settlement:
        """End all holds of a turn: take what was used, give the rest back.

        What was used beyond the holds is taken from what the account can still spend, within the
        quota, and is overage after that: a balance is never negative, a quota never exceeded. With
        nothing taken the holds end ``released``. Settling a turn a second time changes nothing and
        answers what the first time decided, with the figures of now.

        Raises:
            NotFound: the turn never held anything.
        """
        opened = await statements.OPEN_HOLDS.row(tx, turn=turn_id)
        if opened is None:
            return await self._settled(tx, turn_id)
        held = MicroCredits(opened["credits"])
        beyond = opened["balance"] - opened["held"]
        if opened["limit_usd"] is not None:
            left = remaining(opened["limit_usd"], opened["spent"], opened["quota_held"])
            beyond = min(beyond, payable(left or NanoUsd(0), credits_per_usd))
        covered = MicroCredits(min(charged, held + beyond))
        overage = MicroCredits(charged - covered)
        if covered == 0 and hold_state == "captured":
            hold_state = "released"
        row = await statements.RESOLVE.one(
            tx,
            turn=turn_id,
            account=opened["account_id"],
            user=opened["user_id"],
            month=opened["month"],
            credits=held,
            covered=covered,
            usd=opened["usd"],
            spent=charged_usd(covered, credits_per_usd),
            state=hold_state,
            transfer=transfer_id,
            revenue=REVENUE,
            capture_key=f"capture:{turn_id}",
            overage=overage,
            overage_id=uuid5(transfer_id, "overage"),
            overage_account=OVERAGE,
            overage_key=f"overage:{turn_id}",
        )
        return Settlement(held=held, covered=covered, overage=overage, figures=_figures(row))

    async def _settled(self, tx: Tx, turn_id: TurnId) -> Settlement:
        row = await statements.SETTLED.row(
            tx, turn=turn_id, capture_key=f"capture:{turn_id}", overage_key=f"overage:{turn_id}"
        )
        if row is None:
            raise NotFound("That turn holds nothing.")
        return Settlement(
            held=row["credits"],
            covered=row["covered"],
            overage=row["overage"],
            figures=_figures(row),
        )

    async def figures(
        self,
        tx: Tx | Snapshot,
        account_id: AccountId,
        user_id: UserId,
        month: date,
        limit: NanoUsd | None,
    ) -> Figures:
        """What can be spent and what is left of the month, in one statement.

        Raises NotFound: no such account.
        """
        row = await statements.FIGURES.row(tx, account=account_id, user=user_id, month=month)
        if row is None:
            raise NotFound("There is no such account.")
        return Figures(
            balance=row["balance"],
            held=row["held"],
            quota_spent=row["spent"],
            quota_held=row["quota_held"],
            quota_limit=limit,
        )


def _hold_parameters(claim: HoldClaim) -> dict[str, object]:
    return {
        "id": claim.id,
        "turn": claim.turn_id,
        "step": claim.step,
        "account": claim.account_id,
        "user": claim.user_id,
        "month": claim.month,
        "credits": claim.credits,
        "usd": claim.usd,
        "limit": claim.quota_limit,
        "expires": claim.expires_at,
    }


def _figures(row: Any) -> Figures:
    return Figures(
        balance=row["balance"],
        held=row["held"],
        quota_spent=row["spent"],
        quota_held=row["quota_held"],
        quota_limit=row["limit_usd"],
    )
