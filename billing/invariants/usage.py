"""What must always hold of usage events, rows and charges; each a query without rows."""

from sqlalchemy import text

from billing.invariants.base import Invariant, over_events

WRONG_ROWS = text("""
SELECT outbox.call_id, log.turn_id
FROM outbox JOIN usage_logs AS log USING (call_id)
WHERE (CASE WHEN log.cache_write_tokens IS NULL THEN payload #- '{usage,cache_write_tokens}'
       ELSE payload END)
      #- '{usage,images}' #- '{usage,characters}' #- '{usage,audio_ms}' #- '{price}'
      IS DISTINCT FROM jsonb_build_object(
    'callId', log.call_id, 'turnId', log.turn_id, 'creatorId', log.creator_id,
    'workspaceId', log.workspace_id, 'feature', log.feature, 'agent', log.agent,
    'provider', log.provider, 'model', log.model,
    'usage', jsonb_build_object(
        'input_tokens', log.input_tokens, 'cached_input_tokens', log.cached_input_tokens,
        'output_tokens', log.output_tokens, 'reasoning_tokens', log.reasoning_tokens,
        'source', log.usage_source, 'raw', log.raw)
        || CASE WHEN log.cache_write_tokens IS NULL THEN CAST('{}' AS jsonb)
           ELSE jsonb_build_object('cache_write_tokens', log.cache_write_tokens) END,
    'costUsd', log.cost_usd, 'charged', log.charged, 'chargedUsd', log.charged_usd,
    'outcome', log.outcome, 'plan', log.plan, 'month', log.month,
    'correlationId', log.correlation_id, 'durationMs', log.duration_ms,
    'at', to_char(log.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24\\:MI\\:SS')
          || CASE WHEN date_trunc('second', log.at) = log.at THEN ''
             ELSE to_char(log.at, '.US') END || 'Z')
   OR jsonb_strip_nulls(payload->'price') IS DISTINCT FROM jsonb_strip_nulls(log.prices)
   OR coalesce(payload->'usage'->'images', '0') IS DISTINCT FROM to_jsonb(log.images)
   OR coalesce(payload->'usage'->'characters', '0') IS DISTINCT FROM to_jsonb(log.characters)
   OR coalesce(payload->'usage'->'audio_ms', '0') IS DISTINCT FROM to_jsonb(log.audio_ms)
""")
"""The event as it must have been, made from the row: whatever the event holds, it is compared and
never cast, so a damaged one is found, where a cast of it would have ended the search. What older
versions did not count or price was not there, whichever of event and row is theirs."""

BILLED = """
    SELECT creator_id, month, sum(cost_usd) AS cost_usd, sum(charged) AS charged,
           sum(charged_usd) AS charged_usd, count(call_id) AS request_count,
           coalesce((array_agg(plan ORDER BY at DESC, call_id DESC)
                     FILTER (WHERE call_id IS NOT NULL))[1], '') AS plan
    FROM (SELECT creator_id, month, cost_usd, charged, charged_usd, call_id, plan, at
          FROM usage_logs
          UNION ALL
          SELECT creator_id, month, cost_usd, charged, charged_usd, NULL, NULL, NULL
          FROM adjustments) AS lines
"""
"""Months as their usage rows and adjustments make them; to be grouped by creator and month."""

WRONG_CHARGES = text(f"""
SELECT creator_id, month, charges.cost_usd AS charge, logs.cost_usd AS rows
FROM monthly_charges AS charges
FULL JOIN ({BILLED} GROUP BY creator_id, month) AS logs USING (creator_id, month)
WHERE (charges.cost_usd, charges.charged, charges.charged_usd, charges.request_count,
       charges.plan)
      IS DISTINCT FROM
      (logs.cost_usd, logs.charged, logs.charged_usd, logs.request_count, logs.plan)
""")  # noqa: S608 - of this file

HOUR_KEYS = "hour, creator_id, feature, agent, provider, model"

WRONG_HOURS = text(f"""
SELECT {HOUR_KEYS}, hours.calls AS hour_calls, logs.calls AS rows
FROM usage_hours AS hours
FULL JOIN (
    SELECT date_trunc('hour', at, 'UTC') AS hour, creator_id, feature, agent, provider, model,
           count(*) AS calls, count(*) FILTER (WHERE outcome = 'failed') AS failed,
           sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
           sum(cost_usd) AS cost_usd, sum(charged) AS charged, sum(charged_usd) AS charged_usd,
           sum(cost_usd::numeric * cost_usd) AS cost_squares
    FROM usage_logs GROUP BY 1, 2, 3, 4, 5, 6) AS logs USING ({HOUR_KEYS})
WHERE (hours.calls, hours.failed, hours.input_tokens, hours.output_tokens, hours.cost_usd,
       hours.charged, hours.charged_usd, hours.cost_squares)
      IS DISTINCT FROM
      (logs.calls, logs.failed, logs.input_tokens, logs.output_tokens, logs.cost_usd,
       logs.charged, logs.charged_usd, logs.cost_squares)
""")  # noqa: S608

USAGE = (
    Invariant(
        name="I4 charged",
        says="the calls of every turn were charged what the ledger captured for it",
        query=over_events("""
SELECT turn_id, coalesce(calls.charged, 0) AS calls, coalesce(captures.amount, 0) AS captured
FROM (SELECT turn_id, sum(charged) AS charged FROM events GROUP BY turn_id) AS calls
FULL JOIN (SELECT turn_id, sum(amount) AS amount FROM transfers WHERE kind = 'capture'
           GROUP BY turn_id) AS captures USING (turn_id)
WHERE coalesce(calls.charged, 0) <> coalesce(captures.amount, 0)
"""),
    ),
    Invariant(
        name="I4 adjustments",
        says="what a turn's adjustments take off its charge equals what went back to its payer",
        query=text("""
SELECT turn_id, kind, coalesce(lines.charged, 0) AS adjusted, coalesce(moved.amount, 0) AS moved
FROM (SELECT turn_id, CASE kind WHEN 'reprice' THEN 'adjustment' ELSE kind END AS kind,
             sum(charged) AS charged
      FROM adjustments GROUP BY 1, 2) AS lines
FULL JOIN (SELECT turn_id, kind, sum(amount) AS amount FROM transfers
           WHERE kind IN ('refund', 'adjustment') GROUP BY 1, 2) AS moved USING (turn_id, kind)
WHERE coalesce(lines.charged, 0) <> -coalesce(moved.amount, 0)
"""),
    ),
    Invariant(
        name="I4 given back",
        says="adjustments are of their call's turn and month, and leave no amount of it below 0",
        query=over_events("""
SELECT lines.call_id, events.charged, lines.charged AS adjusted, events.cost_usd,
       lines.cost_usd AS cost_adjusted
FROM (SELECT call_id, turn_id, creator_id, month, sum(cost_usd) AS cost_usd,
             sum(charged) AS charged, sum(charged_usd) AS charged_usd
      FROM adjustments GROUP BY 1, 2, 3, 4) AS lines
LEFT JOIN events USING (call_id, turn_id, creator_id, month)
WHERE events.call_id IS NULL OR events.cost_usd + lines.cost_usd < 0
   OR events.charged + lines.charged < 0 OR events.charged_usd + lines.charged_usd < 0
"""),
    ),
    Invariant(
        name="I4 receipt",
        says="a turn's receipt says what was held for it, captured and released",
        query=text("""
SELECT turns.id, outcome->'receipt'->>'charged' AS receipt, captures.amount AS captured,
       outcome->'receipt'->>'held' AS told, holds.credits AS held
FROM turns
LEFT JOIN transfers AS captures ON captures.key = 'capture:' || turns.id
LEFT JOIN (SELECT turn_id, sum(credits) AS credits FROM holds
           GROUP BY turn_id) AS holds ON holds.turn_id = turns.id
CROSS JOIN LATERAL (SELECT coalesce(captures.amount, 0) AS charged,
                           coalesce(holds.credits, 0) AS held) AS ledger
WHERE turns.outcome IS NOT NULL
  AND (outcome->'receipt'->>'held', outcome->'receipt'->>'charged', outcome->'receipt'->>'released')
      IS DISTINCT FROM
      (trim_scale(ledger.held * 0.000001)::text, trim_scale(ledger.charged * 0.000001)::text,
       trim_scale(greatest(0, ledger.held - ledger.charged) * 0.000001)::text)
"""),
    ),
    Invariant(
        name="I4 calls",
        says="an ended turn has one usage event for each call on its receipt, of the same amounts",
        query=over_events("""
SELECT coalesce(called.call_id, events.call_id::text) AS call_id,
       coalesce(called.turn_id, events.turn_id) AS turn_id,
       called.charged AS receipt, events.charged AS event
FROM (SELECT turns.id AS turn_id, call->>'callId' AS call_id, call->>'costUsd' AS cost_usd,
             call->>'charged' AS charged, call->>'chargedUsd' AS charged_usd
      FROM turns CROSS JOIN LATERAL jsonb_array_elements(
          CASE jsonb_typeof(outcome->'receipt'->'calls')
          WHEN 'array' THEN outcome->'receipt'->'calls' ELSE '[]' END) AS call) AS called
FULL JOIN (SELECT events.* FROM events JOIN turns ON turns.id = events.turn_id) AS events
  ON events.call_id::text = called.call_id AND events.turn_id = called.turn_id
WHERE (called.cost_usd, called.charged, called.charged_usd)
      IS DISTINCT FROM
      (trim_scale(events.cost_usd * 0.000000001)::text, trim_scale(events.charged * 0.000001)::text,
       trim_scale(events.charged_usd * 0.000000001)::text)
"""),
    ),
    Invariant(
        name="I4 rows",
        says="a usage row says what its event says",
        query=WRONG_ROWS,
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
        says=(
            "every creator's monthly charge equals the sum of its usage rows and their adjustments,"
            " under its last plan"
        ),
        query=WRONG_CHARGES,
    ),
    Invariant(
        name="I5 hours",
        says="usage by the hour equals the sum of its usage rows",
        query=WRONG_HOURS,
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
