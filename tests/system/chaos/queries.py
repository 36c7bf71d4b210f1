"""What must be true of the database once all is quiet, as queries that find what is not.

Each answers ``about`` (an id) and ``says``. They look at what ``reconcile`` leaves to the moment.
"""

AFTER_QUIET: dict[str, str] = {
    "I2 no open hold": """
SELECT turn_id AS about, format('hold %s of step %s is %s', id, step, state) AS says
FROM holds WHERE state = 'open'
""",
    "I1 held": """
SELECT id AS about, format('%s held after quiet', held) AS says FROM accounts WHERE held <> 0
""",
    "I6 held": """
SELECT user_id AS about, format('%s held of %s', held, month) AS says FROM quotas WHERE held <> 0
""",
    "I6 limit": """
SELECT user_id AS about, format('spent %s of %s', spent, limit_usd) AS says
FROM quotas WHERE limit_usd IS NOT NULL AND spent + held > limit_usd
""",
    "I1 negative": """
SELECT account AS about, format('fell to %s', low) AS says FROM (
    SELECT account, min(running) AS low FROM (
        SELECT account, sum(amount) OVER (PARTITION BY account ORDER BY at, id) AS running FROM (
            SELECT credit_account AS account, amount, created_at AS at, id FROM transfers
            UNION ALL SELECT debit_account, -amount, created_at, id FROM transfers) AS sides
        WHERE account IN (SELECT id FROM accounts)) AS sums
    GROUP BY account) AS lows
WHERE low < 0
""",
    "I3 ended": """
SELECT id AS about, format('%s since %s', state, admitted_at) AS says
FROM turns WHERE state NOT IN ('completed', 'failed', 'cancelled')
""",
    "I3 outcome": """
SELECT id AS about, format('%s with %s', state, outcome->>'type') AS says
FROM turns WHERE outcome->>'type' IS DISTINCT FROM 'turn.' || state
   OR (outcome->>'seq')::bigint IS DISTINCT FROM seq
""",
    "I3 captured once": """
SELECT turn_id AS about, format('%s captures', count(*)) AS says
FROM transfers WHERE kind = 'capture' GROUP BY turn_id HAVING count(*) > 1
""",
    "I4 event per call": """
SELECT turns.id AS about,
       format('%s calls on the receipt, %s usage rows', calls.number, count(usage_logs.call_id))
           AS says
FROM turns
CROSS JOIN LATERAL (SELECT jsonb_array_length(turns.outcome->'receipt'->'calls') AS number) AS calls
LEFT JOIN usage_logs ON usage_logs.turn_id = turns.id
WHERE turns.outcome IS NOT NULL
GROUP BY turns.id, calls.number HAVING count(usage_logs.call_id) <> calls.number
""",
    "I4 receipt": """
SELECT turns.id AS about,
       format('the receipt says %s, the ledger %s', outcome->'receipt'->>'charged', amount) AS says
FROM turns LEFT JOIN transfers ON key = 'capture:' || turns.id
WHERE outcome IS NOT NULL
  AND ((outcome->'receipt'->>'charged')::numeric * 1000000)
      IS DISTINCT FROM coalesce(amount, 0)::numeric
""",
    "I4 price": """
SELECT call_id AS about,
       format('cost %s for %s and %s tokens', cost_usd, input_tokens, output_tokens) AS says
FROM usage_logs
WHERE cost_usd <> ceil(((input_tokens - cached_input_tokens)::numeric * (prices->>'input')::numeric
      + cached_input_tokens::numeric * coalesce((prices->>'cachedInput')::numeric,
                                                (prices->>'cached_input')::numeric,
                                                (prices->>'input')::numeric)
      + output_tokens::numeric * (prices->>'output')::numeric) / 1000)
""",
    "I7 outbox": """
SELECT outbox.call_id AS about, format('not applied since %s', created_at) AS says
FROM outbox LEFT JOIN dead_letters USING (call_id)
WHERE applied_at IS NULL AND dead_letters.id IS NULL
""",
    "I7 dead letters": """
SELECT coalesce(call_id::text, entry_id) AS about, format('put aside: %s', reason) AS says
FROM dead_letters WHERE call_id IN (SELECT call_id FROM outbox)
""",
    "T4 message": """
SELECT turns.id AS about, 'completed without an answer' AS says
FROM turns LEFT JOIN messages ON messages.id = turns.message_id
WHERE turns.state = 'completed' AND messages.id IS NULL AND turns.conversation_id IS NOT NULL
""",
    "I9 one message": """
SELECT turn_id AS about, format('%s user messages', count(*)) AS says
FROM messages WHERE role = 'user' AND turn_id IS NOT NULL GROUP BY turn_id HAVING count(*) > 1
""",
}

TURNS = """
SELECT turns.id, coalesce(client_message_id::text, 'internal') AS tag, turns.state, turns.seq,
       turns.boot_id, turns.fence,
       turns.outcome, turns.admitted_at, turns.ended_at,
       messages.text, messages.state AS message_state
FROM turns LEFT JOIN messages ON messages.id = turns.message_id
"""
"""``outcome`` as text: JSON."""

USAGE = """
SELECT usage_logs.*, coalesce(client_message_id::text, 'internal') AS tag
FROM usage_logs LEFT JOIN turns ON turns.id = turn_id
"""
