"""What must always hold of money, each as a query that returns no rows.

All run in one snapshot, in which every transaction is there whole or not at all: so most hold at
any moment, also while turns run. What travels between transactions gets ``:grace`` seconds.
"""

from msgspec import Struct
from sqlalchemy import TextClause, text


class Invariant(Struct, frozen=True, kw_only=True):
    """``name`` as in the list of invariants, ``says`` what is true unless the query has rows.

    The query's first column names what breaks it, the others are figures.
    """

    name: str
    says: str
    query: TextClause


_EVENTS = """
WITH events AS (
    SELECT call_id, turn_id, creator_id, month, charged, charged_usd FROM usage_logs
    UNION ALL
    SELECT call_id, (payload->>'turnId')::uuid, (payload->>'creatorId')::uuid,
           (payload->>'month')::date, (payload->>'charged')::bigint,
           (payload->>'chargedUsd')::bigint
    FROM outbox WHERE applied_at IS NULL
)
"""


def _over_events(query: str) -> TextClause:
    """A query that may read ``events``: every usage event, written or not."""
    return text(_EVENTS + query)


INVARIANTS = (
    Invariant(
        name="I1 balance",
        says="every account's balance equals the sum of its transfers",
        query=text("""
SELECT accounts.id, balance, coalesce(moved.amount, 0) AS transfers
FROM accounts LEFT JOIN (
    SELECT account, sum(amount) AS amount FROM (
        SELECT credit_account AS account, amount FROM transfers
        UNION ALL
        SELECT debit_account, -amount FROM transfers) AS sides
    GROUP BY account) AS moved ON moved.account = accounts.id
WHERE balance <> coalesce(moved.amount, 0)
"""),
    ),
    Invariant(
        name="I1 held",
        says="what an account holds equals its open holds, and never more than its balance",
        query=text("""
SELECT accounts.id, held, coalesce(open.credits, 0) AS holds, balance
FROM accounts LEFT JOIN (
    SELECT account_id, sum(credits) AS credits FROM holds WHERE state = 'open'
    GROUP BY account_id) AS open ON open.account_id = accounts.id
WHERE held <> coalesce(open.credits, 0) OR held < 0 OR held > balance
"""),
    ),
    Invariant(
        name="I1 accounts",
        says="both sides of every transfer are accounts",
        query=text("""
SELECT transfers.id, debit_account, credit_account
FROM transfers
LEFT JOIN accounts AS debit ON debit.id = debit_account
LEFT JOIN accounts AS credit ON credit.id = credit_account
WHERE (debit.id IS NULL AND debit_account <> ALL(CAST(:system AS uuid[])))
   OR (credit.id IS NULL AND credit_account <> ALL(CAST(:system AS uuid[])))
"""),
    ),
    Invariant(
        name="I2 holds",
        says="every open hold belongs to a turn that runs and has not expired",
        query=text("""
SELECT holds.id, turn_id, turns.state, expires_at
FROM holds LEFT JOIN turns ON turns.id = turn_id
WHERE holds.state = 'open'
  AND (turns.id IS NULL OR turns.state NOT IN ('admitted', 'running')
       OR expires_at < CAST(:now AS timestamptz) - CAST(:grace AS interval))
"""),
    ),
    Invariant(
        name="I3 ends",
        says="every ended turn has its outcome and the time of its end, every other has neither",
        query=text("""
SELECT id, state FROM turns
WHERE (state IN ('completed', 'failed', 'cancelled')) IS DISTINCT FROM (ended_at IS NOT NULL)
   OR (state IN ('completed', 'failed', 'cancelled')) IS DISTINCT FROM (outcome IS NOT NULL)
"""),
    ),
    Invariant(
        name="I3 resolved",
        says="a turn's holds end the same way: captured if, and only if, something was charged",
        query=text("""
SELECT resolved.turn_id, resolved.states, transfers.amount
FROM (SELECT turn_id, array_agg(DISTINCT state) AS states FROM holds
      WHERE state <> 'open' GROUP BY turn_id) AS resolved
LEFT JOIN transfers ON transfers.key = 'capture:' || resolved.turn_id
WHERE (resolved.states = ARRAY['captured']) IS DISTINCT FROM (transfers.id IS NOT NULL)
   OR cardinality(resolved.states) > 1
"""),
    ),
    Invariant(
        name="I4 charged",
        says="the calls of every turn were charged what the ledger captured for it",
        query=_over_events("""
SELECT turn_id, coalesce(calls.charged, 0) AS calls, coalesce(captures.amount, 0) AS captured
FROM (SELECT turn_id, sum(charged) AS charged FROM events GROUP BY turn_id) AS calls
FULL JOIN (SELECT turn_id, sum(amount) AS amount FROM transfers WHERE kind = 'capture'
           GROUP BY turn_id) AS captures USING (turn_id)
WHERE coalesce(calls.charged, 0) <> coalesce(captures.amount, 0)
"""),
    ),
    Invariant(
        name="I4 applied",
        says="a usage event counts as applied if, and only if, its usage row is there",
        query=text("""
SELECT outbox.call_id, applied_at FROM outbox LEFT JOIN usage_logs USING (call_id)
WHERE (applied_at IS NOT NULL) IS DISTINCT FROM (usage_logs.call_id IS NOT NULL)
"""),
    ),
    Invariant(
        name="I5 charges",
        says="every creator's monthly charge equals the sum of its usage rows",
        query=text("""
SELECT creator_id, month, charges.cost_usd AS charge, logs.cost_usd AS rows
FROM monthly_charges AS charges
FULL JOIN (
    SELECT creator_id, month, sum(cost_usd) AS cost_usd, sum(charged) AS charged,
           sum(charged_usd) AS charged_usd, count(*) AS request_count
    FROM usage_logs GROUP BY creator_id, month) AS logs USING (creator_id, month)
WHERE (charges.cost_usd, charges.charged, charges.charged_usd, charges.request_count)
      IS DISTINCT FROM
      (logs.cost_usd, logs.charged, logs.charged_usd, logs.request_count)
"""),
    ),
    Invariant(
        name="I5 months",
        says="every usage row counts in the month in which its turn was admitted",
        query=text("""
SELECT call_id, usage_logs.month, turns.month AS admitted
FROM usage_logs JOIN turns ON turns.id = turn_id
WHERE usage_logs.month <> turns.month
"""),
    ),
    Invariant(
        name="I6 quota held",
        says="what a month holds equals the open holds of that month",
        query=text("""
SELECT user_id, month, coalesce(quotas.held, 0) AS held, coalesce(open.usd, 0) AS holds
FROM quotas
FULL JOIN (SELECT user_id, month, sum(usd) AS usd FROM holds WHERE state = 'open'
           GROUP BY user_id, month) AS open USING (user_id, month)
WHERE coalesce(quotas.held, 0) <> coalesce(open.usd, 0)
"""),
    ),
    Invariant(
        name="I6 quota spent",
        says="what a month spent equals what its calls were charged, to the rounding of each",
        query=_over_events("""
SELECT user_id, month, coalesce(quotas.spent, 0) AS spent, coalesce(calls.charged_usd, 0) AS calls
FROM quotas
FULL JOIN (SELECT creator_id AS user_id, month, sum(charged_usd) AS charged_usd, count(*) AS calls
           FROM events GROUP BY creator_id, month) AS calls USING (user_id, month)
WHERE abs(coalesce(quotas.spent, 0) - coalesce(calls.charged_usd, 0)) > coalesce(calls.calls, 0)
"""),
    ),
    Invariant(
        name="I7 outbox",
        says="every usage event is billed within two minutes, or is a dead letter",
        query=text("""
SELECT call_id, created_at, published_at FROM outbox
WHERE applied_at IS NULL
  AND created_at < CAST(:now AS timestamptz) - CAST(:grace AS interval)
  AND NOT EXISTS (SELECT FROM dead_letters
                  WHERE dead_letters.call_id = outbox.call_id
                    AND (replayed_at IS NULL
                         OR replayed_at > CAST(:now AS timestamptz) - CAST(:grace AS interval)))
"""),
    ),
)
