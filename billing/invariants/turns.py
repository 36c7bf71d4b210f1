"""What must always hold of turns, their outcomes and messages; each a query without rows."""

from sqlalchemy import text

from billing.invariants.base import Invariant

TURNS = (
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
        name="I3 outcome",
        says="a turn's stored outcome is its own, of the kind of its state, and has its number",
        query=text("""
SELECT id, state, seq, outcome->>'type' AS type, outcome->>'seq' AS told
FROM turns
WHERE outcome IS NOT NULL
  AND (outcome->>'turnId', outcome->>'type', outcome->>'seq')
      IS DISTINCT FROM (id::text, 'turn.' || state, seq::text)
"""),
    ),
    Invariant(
        name="I3 holds",
        says="every turn has set something aside, if only nothing",
        query=text("""
SELECT id, state FROM turns
WHERE NOT EXISTS (SELECT FROM holds WHERE holds.turn_id = turns.id)
"""),
    ),
    Invariant(
        name="I8 answers",
        says="the answer that an outcome names is stored: its turn's own, below its question",
        query=text("""
SELECT turns.id, turns.state, turns.message_id, outcome->>'messageId' AS told, messages.turn_id
FROM turns LEFT JOIN messages ON messages.id = turns.message_id
WHERE turns.state IN ('completed', 'failed', 'cancelled') AND turns.conversation_id IS NOT NULL
  AND (turns.state = 'completed' OR outcome->>'messageId' IS NOT NULL
       OR outcome->>'partial' = 'true')
  AND ((messages.role, messages.turn_id, messages.conversation_id, messages.parent_id)
       IS DISTINCT FROM
       ('assistant', turns.id, turns.conversation_id, turns.user_message_id)
       OR (turns.state <> 'failed' AND outcome->>'messageId' IS DISTINCT FROM message_id::text))
"""),
    ),
    Invariant(
        name="I9 messages",
        says="a turn has one question and at most one answer, and that only once it has ended",
        query=text("""
SELECT turns.id, turns.state, 'no question' AS what, turns.user_message_id AS message
FROM turns LEFT JOIN messages ON messages.id = turns.user_message_id AND role = 'user'
WHERE messages.id IS NULL AND turns.conversation_id IS NOT NULL
UNION ALL
SELECT turns.id, turns.state, 'one more of ' || role, messages.id
FROM messages JOIN turns ON turns.id = messages.turn_id
WHERE CASE role WHEN 'user' THEN messages.id <> turns.user_message_id
                WHEN 'assistant' THEN messages.id <> turns.message_id
                                      OR turns.state IN ('admitted', 'running') END
"""),
    ),
    Invariant(
        name="I9 calls",
        says="no provider call is on the receipts of two turns, or twice on one",
        query=text("""
SELECT call->>'callId' AS call_id, string_agg(turns.id::text, ' ') AS turns
FROM turns CROSS JOIN LATERAL jsonb_array_elements(
    CASE jsonb_typeof(outcome->'receipt'->'calls')
    WHEN 'array' THEN outcome->'receipt'->'calls' ELSE '[]' END) AS call
GROUP BY 1 HAVING count(*) > 1
"""),
    ),
)
