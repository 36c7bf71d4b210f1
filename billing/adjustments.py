"""What was charged is put right afterwards: lines beside the usage rows, which are never edited,
with the credits that go back, the quota and the monthly charge that follow.

Credits only ever go back. Whoever writes lines has locked the accounts before it looks at what is
left of the calls: two at once queue there, and the second sees what the first one gave.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from billing.ledger import REVENUE
from server.domain.errors import IdempotencyMismatch
from server.domain.ids import new_id
from server.persistence.database import Tx
from server.persistence.prepared import Prepared, as_json

AdjustmentKind: TypeAlias = Literal["refund", "reprice"]

TRANSFER_KINDS: dict[AdjustmentKind, str] = {"refund": "refund", "reprice": "adjustment"}


class Standing(Struct, frozen=True, kw_only=True, gc=False):
    """What stands of a call after all lines that it has: nano-dollars, micro-credits and their
    nano-dollars. ``account_id`` paid for it."""

    call_id: UUID
    turn_id: UUID
    account_id: UUID
    creator_id: UUID
    month: date
    cost_usd: int
    charged: int
    charged_usd: int

    def dollars_of(self, credits: int) -> int:
        """What ``credits`` of ``charged`` are in dollars: in sum never more than ``charged_usd``,
        and all of it once all credits are back, whatever a credit was worth then and is now."""
        if not credits:
            return 0
        kept = -(-self.charged_usd * (self.charged - credits) // self.charged)
        return self.charged_usd - kept


class Line(Struct, frozen=True, kw_only=True, gc=False):
    """``cost_usd`` is added to what the call cost, ``back`` micro-credits go back to whoever paid.
    ``key`` lets it be written once."""

    call: Standing
    cost_usd: int = 0
    back: int = 0
    key: str


class Balance(Struct, frozen=True, kw_only=True, gc=False):
    """An account after credits went back to it."""

    account_id: UUID
    kind: str
    owner_id: UUID
    balance: int
    held: int


_LOCK = Prepared("""
SELECT id FROM accounts WHERE id = ANY(CAST(:accounts AS uuid[])) ORDER BY id FOR NO KEY UPDATE
""")

_PAY = Prepared("""
UPDATE accounts SET balance = balance + back.credits
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS back (account uuid, credits bigint)
WHERE accounts.id = back.account
RETURNING accounts.id AS account_id, kind, owner_id, balance, held
""")

_LOCK_QUOTAS = Prepared("""
SELECT quotas.user_id FROM quotas
JOIN jsonb_to_recordset(CAST(:rows AS jsonb)) AS back (creator uuid, month date, spent bigint)
  ON user_id = creator AND quotas.month = back.month
ORDER BY quotas.user_id, quotas.month FOR NO KEY UPDATE OF quotas
""")

_UNSPEND = Prepared("""
UPDATE quotas SET spent = quotas.spent - back.spent
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS back (creator uuid, month date, spent bigint)
WHERE user_id = creator AND quotas.month = back.month
""")

_MOVE = Prepared("""
INSERT INTO transfers (id, debit_account, credit_account, amount, kind, turn_id, key, reason)
SELECT id, CAST(:revenue AS uuid), account, amount, CAST(:kind AS text), turn, key,
       CAST(:reason AS text)
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
     AS back (id uuid, account uuid, amount bigint, turn uuid, key text)
ON CONFLICT (key) DO NOTHING
RETURNING id
""")

_NOTE = Prepared("""
INSERT INTO adjustments (
    id, kind, batch_id, call_id, turn_id, account_id, creator_id, month, cost_usd, charged,
    charged_usd, reason, actor_id, key)
SELECT id, CAST(:kind AS text), CAST(:batch AS uuid), call_id, turn_id, account_id, creator_id,
       month, cost_usd, charged, charged_usd, CAST(:reason AS text), CAST(:actor AS uuid), key
FROM jsonb_populate_recordset(CAST(NULL AS adjustments), CAST(:rows AS jsonb))
""")

_CHARGE = Prepared("""
INSERT INTO monthly_charges (creator_id, month, cost_usd, charged, charged_usd, plan)
SELECT creator_id, month, sum(cost_usd), sum(charged), sum(charged_usd), ''
FROM jsonb_populate_recordset(CAST(NULL AS adjustments), CAST(:rows AS jsonb))
GROUP BY creator_id, month ORDER BY creator_id, month
ON CONFLICT (creator_id, month) DO UPDATE SET
    cost_usd = monthly_charges.cost_usd + excluded.cost_usd,
    charged = monthly_charges.charged + excluded.charged,
    charged_usd = monthly_charges.charged_usd + excluded.charged_usd
""")
"""Where no call of the month is billed yet, its plan comes with the first that is."""


async def lock(tx: Tx, accounts: Sequence[UUID]) -> None:
    """From now on until ``tx`` ends nothing moves on these accounts but by ``tx``."""
    await _LOCK.run(tx, accounts=list(accounts))


async def write(
    tx: Tx,
    lines: Sequence[Line],
    *,
    kind: AdjustmentKind,
    batch: UUID,
    reason: str,
    actor: UUID | None,
    entry: tuple[UUID, str] | None = None,
) -> list[Balance]:
    """Write lines, and a transfer for each turn that gets credits back; their accounts are locked.
    ``entry``: id and key of the only one, where they are to be known.

    Raises:
        IdempotencyMismatch: the key of one has been used meanwhile, for something else.
    """
    if not lines:
        return []
    noted = [_noted(line) for line in lines]
    back = [line for line in lines if line.back]
    balances = [
        Balance(**dict(row))
        for row in (await _PAY.rows(tx, rows=as_json(_by_account(back))) if back else ())
    ]
    if back:
        months = as_json(_by_month(back))
        await _LOCK_QUOTAS.run(tx, rows=months)
        await _UNSPEND.run(tx, rows=months)
        moves = _by_turn(back, entry)
        moved = await _MOVE.rows(
            tx, rows=as_json(moves), revenue=REVENUE, kind=TRANSFER_KINDS[kind], reason=reason
        )
        if len(moved) < len(moves):
            raise IdempotencyMismatch("That key has already given something else back.")
    rows = as_json(noted)
    await _NOTE.run(tx, rows=rows, kind=kind, batch=batch, reason=reason, actor=actor)
    await _CHARGE.run(tx, rows=rows)
    return balances


def _noted(line: Line) -> dict[str, Any]:
    call = line.call
    return {
        "id": new_id(),
        "call_id": call.call_id,
        "turn_id": call.turn_id,
        "account_id": call.account_id,
        "creator_id": call.creator_id,
        "month": call.month,
        "cost_usd": line.cost_usd,
        "charged": -line.back,
        "charged_usd": -call.dollars_of(line.back),
        "key": line.key,
    }


def _by_account(lines: Sequence[Line]) -> list[dict[str, Any]]:
    sums: defaultdict[UUID, int] = defaultdict(int)
    for line in lines:
        sums[line.call.account_id] += line.back
    return [{"account": account, "credits": credits} for account, credits in sums.items()]


def _by_month(lines: Sequence[Line]) -> list[dict[str, Any]]:
    sums: defaultdict[tuple[UUID, date], int] = defaultdict(int)
    for line in lines:
        sums[line.call.creator_id, line.call.month] += line.call.dollars_of(line.back)
    return [
        {"creator": creator, "month": month, "spent": spent}
        for (creator, month), spent in sums.items()
    ]


def _by_turn(lines: Sequence[Line], entry: tuple[UUID, str] | None) -> list[dict[str, Any]]:
    """One entry a turn, under the key of its first line unless told otherwise."""
    turns: defaultdict[UUID, list[Line]] = defaultdict(list)
    for line in lines:
        turns[line.call.turn_id].append(line)
    moves = []
    for turn, group in turns.items():
        id_, key = entry or (new_id(), group[0].key)
        moves.append(
            {
                "id": id_,
                "account": group[0].call.account_id,
                "amount": sum(line.back for line in group),
                "turn": turn,
                "key": key,
            }
        )
    return moves
