"""The ledger's statements, in the order in which locks are taken: hold, account, quota, inserts.

Each locks what it decides by before it decides. A second writer waits there and then sees what the
first one left: in READ COMMITTED a guard is evaluated again after the wait, so no statement here
needs a stronger isolation level or a retry of its own.
"""

from server.persistence.prepared import Prepared

OPEN_ACCOUNT = Prepared("""
INSERT INTO accounts (id, kind, owner_id) VALUES (CAST(:id AS uuid), :kind, CAST(:owner AS uuid))
ON CONFLICT DO NOTHING
""")

GRANT = Prepared("""
WITH account AS (
    SELECT id FROM accounts
    WHERE id = CAST(:account AS uuid) AND balance <= :most - CAST(:amount AS bigint)
    FOR NO KEY UPDATE
), moved AS (
    INSERT INTO transfers (id, debit_account, credit_account, amount, kind, key, reason)
    SELECT CAST(:id AS uuid), CAST(:source AS uuid), account.id, CAST(:amount AS bigint),
           CAST(:kind AS text), CAST(:key AS text), CAST(:reason AS text)
    FROM account
    ON CONFLICT (key) DO NOTHING
    RETURNING credit_account, amount
)
UPDATE accounts SET balance = balance + moved.amount
FROM moved WHERE accounts.id = moved.credit_account
RETURNING accounts.id
""")
"""The account is locked before the key is tried: two grants with one key queue there."""

BY_KEY = Prepared("SELECT credit_account, amount, kind, reason FROM transfers WHERE key = :key")

BALANCE = Prepared("SELECT balance FROM accounts WHERE id = CAST(:account AS uuid)")

HOLD = Prepared("""
WITH account AS (
    UPDATE accounts SET held = held + CAST(:credits AS bigint)
    WHERE id = CAST(:account AS uuid) AND balance - held >= CAST(:credits AS bigint)
      AND NOT EXISTS (SELECT FROM holds WHERE holds.id = CAST(:id AS uuid))
    RETURNING id
), quota AS (
    INSERT INTO quotas (user_id, month, limit_usd, held)
    SELECT CAST(:user AS uuid), CAST(:month AS date), CAST(:limit AS bigint),
           CAST(:usd AS bigint)
    FROM account
    WHERE CAST(:limit AS bigint) IS NULL OR CAST(:usd AS bigint) <= CAST(:limit AS bigint)
    ON CONFLICT (user_id, month) DO UPDATE
    SET limit_usd = excluded.limit_usd, held = quotas.held + excluded.held
    WHERE excluded.limit_usd IS NULL
       OR quotas.spent + quotas.held + excluded.held <= excluded.limit_usd
    RETURNING user_id
), hold AS (
    INSERT INTO holds (id, turn_id, step, account_id, user_id, month, credits, usd, state,
                       expires_at)
    SELECT CAST(:id AS uuid), CAST(:turn AS uuid), CAST(:step AS bigint), account.id,
           quota.user_id, CAST(:month AS date), CAST(:credits AS bigint), CAST(:usd AS bigint),
           'open', CAST(:expires AS timestamptz)
    FROM account CROSS JOIN quota
    RETURNING id
)
SELECT EXISTS (SELECT FROM account) AS account, EXISTS (SELECT FROM hold) AS hold
""")
"""One round trip. ``quota`` reads from ``account``, so the account is locked first."""

UNDO_ACCOUNT = Prepared("""
UPDATE accounts SET held = held - CAST(:credits AS bigint) WHERE id = CAST(:account AS uuid)
""")

HOLD_KNOWN = Prepared("SELECT credits FROM holds WHERE id = CAST(:id AS uuid)")

OPEN_HOLDS = Prepared("""
WITH open AS (
    SELECT account_id, user_id, month, credits, usd FROM holds
    WHERE turn_id = CAST(:turn AS uuid) AND state = 'open'
    FOR NO KEY UPDATE
), total AS (
    SELECT account_id, user_id, month, sum(credits)::bigint AS credits, sum(usd)::bigint AS usd
    FROM open GROUP BY account_id, user_id, month
)
SELECT total.*, accounts.balance, accounts.held,
       quotas.limit_usd, quotas.spent, quotas.held AS quota_held
FROM total
JOIN accounts ON accounts.id = total.account_id
JOIN quotas ON quotas.user_id = total.user_id AND quotas.month = total.month
FOR NO KEY UPDATE OF accounts, quotas
""")

RESOLVE = Prepared("""
WITH account AS (
    UPDATE accounts
    SET held = held - CAST(:credits AS bigint), balance = balance - CAST(:covered AS bigint)
    WHERE id = CAST(:account AS uuid)
    RETURNING balance, held
), quota AS (
    UPDATE quotas
    SET held = quotas.held - CAST(:usd AS bigint), spent = spent + CAST(:spent AS bigint)
    FROM account
    WHERE user_id = CAST(:user AS uuid) AND month = CAST(:month AS date)
    RETURNING quotas.limit_usd, quotas.spent, quotas.held
), resolved AS (
    UPDATE holds SET state = CAST(:state AS text)
    WHERE turn_id = CAST(:turn AS uuid) AND state = 'open'
), capture AS (
    INSERT INTO transfers (id, debit_account, credit_account, amount, kind, turn_id, key)
    SELECT CAST(:transfer AS uuid), CAST(:account AS uuid), CAST(:revenue AS uuid),
           CAST(:covered AS bigint), 'capture', CAST(:turn AS uuid), CAST(:capture_key AS text)
    WHERE CAST(:covered AS bigint) > 0
), overrun AS (
    INSERT INTO transfers (id, debit_account, credit_account, amount, kind, turn_id, key)
    SELECT CAST(:overage_id AS uuid), CAST(:overage_account AS uuid), CAST(:revenue AS uuid),
           CAST(:overage AS bigint), 'overage', CAST(:turn AS uuid), CAST(:overage_key AS text)
    WHERE CAST(:overage AS bigint) > 0
)
SELECT account.balance, account.held, quota.limit_usd, quota.spent, quota.held AS quota_held
FROM account CROSS JOIN quota
""")

SETTLED = Prepared("""
SELECT turn.credits, accounts.balance, accounts.held,
       quotas.limit_usd, quotas.spent, quotas.held AS quota_held,
       coalesce((SELECT amount FROM transfers
                 WHERE key = CAST(:capture_key AS text)), 0) AS covered,
       coalesce((SELECT amount FROM transfers
                 WHERE key = CAST(:overage_key AS text)), 0) AS overage
FROM (SELECT account_id, user_id, month, sum(credits)::bigint AS credits
      FROM holds WHERE turn_id = CAST(:turn AS uuid)
      GROUP BY account_id, user_id, month) AS turn
JOIN accounts ON accounts.id = turn.account_id
JOIN quotas ON quotas.user_id = turn.user_id AND quotas.month = turn.month
""")

FIGURES = Prepared("""
SELECT accounts.balance, accounts.held,
       coalesce(quotas.spent, 0) AS spent, coalesce(quotas.held, 0) AS quota_held
FROM accounts
LEFT JOIN quotas ON quotas.user_id = CAST(:user AS uuid) AND quotas.month = CAST(:month AS date)
WHERE accounts.id = CAST(:account AS uuid)
""")
