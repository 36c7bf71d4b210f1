"""What must always hold of credits and quotas, each as a query that returns no rows."""

from sqlalchemy import text

from billing.invariants.base import Invariant, over_events

MONEY = (
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
        name="I2 payers",
        says="a turn takes from one account: its user's own, or that of the workspace it is in",
        query=text("""
SELECT taken.turn_id, taken.account, turns.account_id, accounts.owner_id
FROM (SELECT turn_id, account_id AS account FROM holds
      UNION
      SELECT turn_id, debit_account FROM transfers WHERE kind = 'capture') AS taken
JOIN turns ON turns.id = taken.turn_id
LEFT JOIN accounts ON accounts.id = taken.account
WHERE taken.account <> turns.account_id
   OR accounts.owner_id IS NULL OR accounts.owner_id NOT IN (turns.user_id, turns.workspace_id)
"""),
    ),
    Invariant(
        name="I2 payees",
        says="what is given back of a turn goes to the account that paid for it",
        query=text("""
SELECT transfers.id, transfers.turn_id, credit_account, holds.account_id
FROM transfers LEFT JOIN holds ON holds.turn_id = transfers.turn_id
WHERE kind IN ('refund', 'adjustment') AND holds.account_id IS DISTINCT FROM credit_account
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
        says="what a month spent equals what its calls were charged, less what was given back",
        query=over_events("""
SELECT user_id, month, coalesce(quotas.spent, 0) AS spent, coalesce(calls.charged_usd, 0) AS calls
FROM quotas
FULL JOIN (SELECT creator_id AS user_id, month, sum(charged_usd) AS charged_usd
           FROM spendings GROUP BY creator_id, month) AS calls USING (user_id, month)
WHERE coalesce(quotas.spent, 0) <> coalesce(calls.charged_usd, 0)
"""),
    ),
)
