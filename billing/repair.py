"""What follows from the record is made to agree with it again; the record itself is never touched.

Balances, transfers, turns and events are the record: where they disagree, a person decides. What is
derived is written anew under the locks that turns and workers take, in their order (hold, account,
quota), so that a running system loses nothing while it is repaired.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text

from billing import rebuild
from billing.invariants.base import GRACE, over_events
from billing.rebuild import STATEMENT_S
from server.persistence import outbox
from server.persistence.database import Database, Tx, allow

PATIENCE_S = 15.0
"""How long what is sent again gets to be billed: some ten rounds of relay and worker."""
LOOK_AGAIN_S = 0.25

Month = tuple[UUID, date]

_END_HOLDS = text("""
WITH over AS (
    SELECT holds.id FROM holds LEFT JOIN turns ON turns.id = holds.turn_id
    WHERE holds.state = 'open'
      AND (turns.id IS NULL OR turns.state IN ('completed', 'failed', 'cancelled'))
    ORDER BY holds.id FOR NO KEY UPDATE OF holds)
UPDATE holds
SET state = CASE WHEN EXISTS (SELECT FROM transfers WHERE key = 'capture:' || holds.turn_id)
            THEN 'captured' ELSE 'released' END
FROM over WHERE holds.id = over.id AND holds.state = 'open'
RETURNING holds.id
""")
"""A turn and its holds end in one transaction: what is seen of one without the other is broken."""

_WRONG_ACCOUNTS = text("""
SELECT accounts.id FROM accounts
LEFT JOIN (SELECT account_id, sum(credits) AS credits FROM holds WHERE state = 'open'
           GROUP BY account_id) AS open ON open.account_id = accounts.id
WHERE held <> coalesce(open.credits, 0)
""")

_LOCK_ACCOUNTS = text("""
SELECT id FROM accounts WHERE id = ANY(CAST(:accounts AS uuid[]))
ORDER BY id FOR NO KEY UPDATE
""")

_SET_ACCOUNTS = text("""
UPDATE accounts SET held = open.credits
FROM (SELECT accounts.id, coalesce(sum(holds.credits), 0) AS credits
      FROM accounts LEFT JOIN holds ON holds.account_id = accounts.id AND holds.state = 'open'
      WHERE accounts.id = ANY(CAST(:accounts AS uuid[]))
      GROUP BY accounts.id) AS open
WHERE accounts.id = open.id AND held <> open.credits AND open.credits <= balance
RETURNING accounts.id
""")
"""Holds beyond the balance are left: one of the two is wrong, and the balance is not ours."""

_WRONG_HELD = text("""
SELECT user_id, month FROM quotas
FULL JOIN (SELECT user_id, month, sum(usd) AS usd FROM holds WHERE state = 'open'
           GROUP BY user_id, month) AS open USING (user_id, month)
WHERE coalesce(quotas.held, 0) <> coalesce(open.usd, 0)
""")

_LOCK_QUOTAS = text("""
INSERT INTO quotas (user_id, month)
SELECT * FROM unnest(CAST(:users AS uuid[]), CAST(:months AS date[])) AS keys (user_id, month)
ORDER BY user_id, month
ON CONFLICT (user_id, month) DO UPDATE SET held = quotas.held
""")
"""Those that are missing are made: either way the rows are ours until the end."""

_SET_HELD = text("""
UPDATE quotas SET held = open.usd
FROM (SELECT keys.user_id, keys.month, coalesce(sum(holds.usd), 0) AS usd
      FROM unnest(CAST(:users AS uuid[]), CAST(:months AS date[])) AS keys (user_id, month)
      LEFT JOIN holds ON holds.user_id = keys.user_id AND holds.month = keys.month
                     AND holds.state = 'open'
      GROUP BY keys.user_id, keys.month) AS open
WHERE quotas.user_id = open.user_id AND quotas.month = open.month
""")

_WRONG_SPENT = over_events("""
, unequal AS (
    SELECT turn_id
    FROM (SELECT turn_id, sum(charged) AS charged FROM events GROUP BY turn_id) AS calls
    FULL JOIN (SELECT turn_id, sum(amount) AS amount FROM transfers WHERE kind = 'capture'
               GROUP BY turn_id) AS captures USING (turn_id)
    WHERE coalesce(calls.charged, 0) <> coalesce(captures.amount, 0)
), doubtful AS (
    SELECT user_id, month FROM unequal JOIN holds USING (turn_id)
    UNION
    SELECT creator_id, month FROM unequal JOIN events USING (turn_id)
)
SELECT user_id, month FROM quotas
FULL JOIN (SELECT creator_id AS user_id, month, sum(charged_usd) AS charged_usd
           FROM spendings GROUP BY creator_id, month) AS calls USING (user_id, month)
WHERE coalesce(quotas.spent, 0) <> coalesce(calls.charged_usd, 0)
  AND (user_id, month) NOT IN (SELECT user_id, month FROM doubtful)
""")
"""Only months whose events agree with the ledger: where an event is lost for good, the quota may be
the last that knows of it."""

_SET_SPENT = over_events("""
UPDATE quotas SET spent = calls.charged_usd
FROM (SELECT keys.user_id, keys.month, coalesce(sum(spendings.charged_usd), 0) AS charged_usd
      FROM unnest(CAST(:users AS uuid[]), CAST(:months AS date[])) AS keys (user_id, month)
      LEFT JOIN spendings
        ON spendings.creator_id = keys.user_id AND spendings.month = keys.month
      GROUP BY keys.user_id, keys.month) AS calls
WHERE quotas.user_id = calls.user_id AND quotas.month = calls.month
""")

_MARK = text("""
UPDATE outbox SET applied_at = now()
WHERE id IN (SELECT outbox.id FROM outbox JOIN usage_logs USING (call_id)
             WHERE applied_at IS NULL ORDER BY outbox.id FOR UPDATE OF outbox)
RETURNING call_id
""")

_ON_THEIR_WAY = text("""
SELECT count(*) FROM outbox
WHERE call_id = ANY(CAST(:calls AS uuid[])) AND applied_at IS NULL
  AND NOT EXISTS (SELECT FROM dead_letters
                  WHERE dead_letters.call_id = outbox.call_id AND replayed_at IS NULL)
""")


class Change(Struct, frozen=True, kw_only=True):
    """What was put right; ``ids`` are those of holds, accounts, calls, or of users and months."""

    says: str
    ids: list[str]


async def repair(
    database: Database, *, waiting_since: datetime | None, patience_s: float = PATIENCE_S
) -> list[Change]:
    """Put right whatever is derived, a transaction or a batch of them for each kind.

    ``waiting_since``: events sent after this moment wait on the stream (``usage_stream``), and are
    not sent again.

    Raises ServiceUnavailable; what was done until then stays done, and the rest is done next time.
    """
    held = await database.run(_repair_held)
    marked = await database.run(_repair_marks)
    rows = await rebuild.usage_rows(database)
    hours = await rebuild.usage_hours(database)
    charges = await rebuild.monthly_charges(database)
    spent = await database.run(_repair_spent)
    sent = await _send_again(database, waiting_since, patience_s)
    return [
        *held,
        *_change("usage events marked applied, their usage rows being there", marked),
        *_change("usage rows written anew from their events", rows),
        *_change("hours of usage summed anew from their usage rows", hours),
        *_change("monthly charges summed anew from their usage rows", _names(charges)),
        *_change("quotas: what is spent summed anew from the charges", _names(spent)),
        *_change("usage events sent again", sent),
    ]


async def _repair_held(tx: Tx) -> list[Change]:
    """Holds of ended turns end; what accounts and months hold is what their open holds say."""
    await allow(tx, STATEMENT_S)
    ended = (await tx.scalars(_END_HOLDS)).all()
    accounts = {"accounts": sorted((await tx.scalars(_WRONG_ACCOUNTS)).all())}
    await tx.execute(_LOCK_ACCOUNTS, accounts)
    summed = (await tx.scalars(_SET_ACCOUNTS, accounts)).all()
    months = [(row[0], row[1]) for row in await tx.execute(_WRONG_HELD)]
    if months:
        await tx.execute(_LOCK_QUOTAS, _keys(months))
        await tx.execute(_SET_HELD, _keys(months))
    return [
        *_change("holds of ended turns resolved", ended),
        *_change("accounts: what is held summed anew from the open holds", summed),
        *_change("quotas: what is held summed anew from the open holds", _names(months)),
    ]


async def _repair_marks(tx: Tx) -> Sequence[UUID]:
    await allow(tx, STATEMENT_S)
    return (await tx.scalars(_MARK)).all()


async def _repair_spent(tx: Tx) -> list[Month]:
    await allow(tx, STATEMENT_S)
    months = [(row[0], row[1]) for row in await tx.execute(_WRONG_SPENT)]
    if months:
        await tx.execute(_LOCK_QUOTAS, _keys(months))
        await tx.execute(_SET_SPENT, _keys(months))
    return months


async def _send_again(
    database: Database, waiting_since: datetime | None, patience_s: float
) -> list[UUID]:
    """Queue what has been on its way for too long, and give relay and worker a while for it."""
    requeue = partial(
        outbox.requeue_unapplied, waiting_since=waiting_since, older_than_s=GRACE.total_seconds()
    )
    sent: list[UUID] = []
    while calls := await database.run(requeue):
        sent += calls
    now = asyncio.get_running_loop().time
    until = now() + patience_s
    while sent and now() < until and await _are_on_their_way(database, sent):  # noqa: ASYNC110
        await asyncio.sleep(LOOK_AGAIN_S)
    return sent  # the check that follows says which of them are not billed


async def _are_on_their_way(database: Database, calls: Sequence[UUID]) -> bool:
    async with database.snapshot() as snapshot:
        return bool(await snapshot.scalar(_ON_THEIR_WAY, {"calls": calls}))


def _keys(months: Sequence[Month]) -> dict[str, list[UUID] | list[date]]:
    return {"users": [user for user, _ in months], "months": [month for _, month in months]}


def _names(months: Iterable[Month]) -> list[str]:
    return [f"{user} {month:%Y-%m}" for user, month in months]


def _change(says: str, ids: Sequence[object]) -> list[Change]:
    return [Change(says=says, ids=[str(id_) for id_ in ids])] if ids else []
