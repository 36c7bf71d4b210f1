"""An operator gives credits of a turn back, with a reason: never more than what was captured for it
less what went back before, to the account that paid.

All figures come from holds, transfers and usage events, which outlive turn, user and workspace; the
month may be closed: the lines are of the usage's own month, and a frozen invoice stays as it is.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from billing import adjustments
from billing.adjustments import Balance, Line, Standing
from server.domain.errors import Conflict, IdempotencyMismatch, Invalid, NotFound
from server.domain.money import MicroCredits, credits_text
from server.persistence.database import Tx
from server.persistence.prepared import Prepared


class Refund(Struct, frozen=True, kw_only=True, gc=False):
    """``credits`` of ``turn_id``, or of what is left of it where None, go back. ``key`` lets it
    happen once; ``id`` becomes that of the transfer. ``actor`` None: at the command line."""

    id: UUID
    turn_id: UUID
    credits: MicroCredits | None
    reason: str
    key: str
    actor: UUID | None


class Refunded(Struct, frozen=True, kw_only=True, gc=False):
    """``transfer_id``: of the entry. ``balance`` None: that key had done it before. ``left`` of the
    turn's charge can still be given back."""

    transfer_id: UUID
    user_id: UUID
    credits: MicroCredits
    left: MicroCredits
    balance: Balance | None


_TURN = Prepared("""
SELECT account_id, user_id, bool_or(state = 'open') AS is_open FROM holds
WHERE turn_id = CAST(:turn AS uuid) GROUP BY account_id, user_id
""")

_KNOWN = Prepared("""
SELECT id, turn_id, amount, reason FROM transfers WHERE key = CAST(:key AS text)
""")

_CALLS = Prepared("""
SELECT calls.call_id, calls.turn_id, CAST(:account AS uuid) AS account_id, calls.creator_id,
       calls.month, calls.cost_usd + coalesce(lines.cost_usd, 0) AS cost_usd,
       calls.charged + coalesce(lines.charged, 0) AS charged,
       calls.charged_usd + coalesce(lines.charged_usd, 0) AS charged_usd
FROM (
    SELECT call_id, turn_id, creator_id, month, cost_usd, charged, charged_usd
    FROM usage_logs WHERE turn_id = CAST(:turn AS uuid)
    UNION ALL
    SELECT call_id, (payload->>'turnId')::uuid, (payload->>'creatorId')::uuid,
           (payload->>'month')::date, (payload->>'costUsd')::bigint,
           (payload->>'charged')::bigint, (payload->>'chargedUsd')::bigint
    FROM outbox WHERE applied_at IS NULL AND payload->>'turnId' = CAST(:turn AS uuid)::text
) AS calls
LEFT JOIN (
    SELECT call_id, sum(cost_usd)::bigint AS cost_usd, sum(charged)::bigint AS charged,
           sum(charged_usd)::bigint AS charged_usd
    FROM adjustments WHERE turn_id = CAST(:turn AS uuid) GROUP BY call_id
) AS lines USING (call_id)
ORDER BY calls.call_id DESC
""")
"""Also of calls that billing has not written down yet."""


async def refund(tx: Tx, wanted: Refund) -> Refunded:
    """Give back, once; the newest calls first.

    Raises:
        NotFound: no such turn has held anything.
        Conflict: it still runs, or nothing is left of what it was charged.
        Invalid: more than is left.
        IdempotencyMismatch: ``key`` has given something else back.
    """
    turn = await _TURN.row(tx, turn=wanted.turn_id)
    if turn is None:
        raise NotFound("There is no such turn.")
    if turn["is_open"]:
        raise Conflict("The turn still runs; cancel it, or wait for its end.")
    await adjustments.lock(tx, [turn["account_id"]])
    # Only now: what is read after the lock is what an earlier refund has left.
    rows = await _CALLS.rows(tx, turn=wanted.turn_id, account=turn["account_id"])
    calls = [Standing(**dict(row)) for row in rows]
    left = sum(call.charged for call in calls)
    key = f"refund:{wanted.key}"  # its own name space: no grant and no turn has such a key
    known = await _KNOWN.row(tx, key=key)
    if known is not None:
        amount = known["amount"] if wanted.credits is None else wanted.credits
        if tuple(known)[1:] != (wanted.turn_id, amount, wanted.reason):
            raise IdempotencyMismatch("That key has already given something else back.")
        return Refunded(
            transfer_id=known["id"],
            user_id=turn["user_id"],
            credits=known["amount"],
            left=MicroCredits(left),
            balance=None,
        )
    amount = _amount(wanted.credits, left)
    (balance,) = await adjustments.write(
        tx,
        _shares(calls, amount, key),
        kind="refund",
        batch=wanted.id,
        reason=wanted.reason,
        actor=wanted.actor,
        entry=(wanted.id, key),
    )
    return Refunded(
        transfer_id=wanted.id,
        user_id=turn["user_id"],
        credits=amount,
        left=MicroCredits(left - amount),
        balance=balance,
    )


def _amount(wanted: MicroCredits | None, left: int) -> MicroCredits:
    if left == 0:
        raise Conflict("Nothing is left of what was charged for that turn.")
    amount = left if wanted is None else wanted
    if not 0 < amount <= left:
        raise Invalid(
            f"Expected more than 0 and at most {credits_text(left)} credits: what is left of the"
            " turn's charge.",
            path="$.credits",
            metadata={"left": credits_text(left)},
        )
    return MicroCredits(amount)


def _shares(calls: Sequence[Standing], amount: int, key: str) -> list[Line]:
    lines = []
    for call in calls:
        share = min(call.charged, amount)
        if share:
            lines.append(Line(call=call, back=share, key=f"{key}:{call.call_id}"))
            amount -= share
    return lines
