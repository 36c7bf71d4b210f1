"""Each invariant of events, rows and charges goes red when what it guards is broken."""

import pytest

from billing.invariants.usage import USAGE
from billing.ledger import OVERAGE, REVENUE
from server.persistence.database import Database
from tests.billing.invariants.broken import broken_by

AN_EVENT = " WHERE id = (SELECT min(id) FROM outbox)"
A_CALL = " WHERE call_id = (SELECT call_id FROM outbox ORDER BY id LIMIT 1)"
NOT_APPLIED = {"I4 applied", "I4 charged", "I6 quota spent"}
ROW_GONE = {
    "I4 applied",
    "I4 calls",
    "I4 charged",
    "I4 given back",
    "I5 charges",
    "I5 hours",
    "I6 quota spent",
}
AN_ADJUSTMENT = (
    "INSERT INTO adjustments (id, kind, batch_id, call_id, turn_id, account_id, creator_id, month,"
    " cost_usd, charged, charged_usd, reason, key)"
    " SELECT gen_random_uuid(), '{kind}', gen_random_uuid(), {call}, turn_id, account_id,"
    " creator_id, month, {amounts}, 'x', gen_random_uuid()::text FROM adjustments"
)

BREAKS = [
    (
        "INSERT INTO transfers (id, debit_account, credit_account, amount, kind, turn_id, key)"
        f" SELECT gen_random_uuid(), '{OVERAGE}', '{REVENUE}', 1, 'capture', id, 'x' FROM turns"
        " WHERE state = 'completed'",
        {"I2 payers", "I4 charged"},
    ),
    (
        "UPDATE turns SET outcome = jsonb_set(outcome, '{receipt,charged}', '\"1.3000\"')"
        " WHERE state = 'completed'",
        {"I4 receipt"},
    ),
    (
        "UPDATE turns SET outcome = jsonb_set(outcome, '{receipt,held}', '\"nonsense\"')"
        " WHERE state = 'failed'",
        {"I4 receipt"},
    ),
    (
        "UPDATE turns SET outcome = jsonb_set(outcome, '{receipt,released}', '\"0\"')"
        " WHERE state = 'cancelled'",
        {"I4 receipt"},
    ),
    (
        "UPDATE turns SET outcome = jsonb_set(outcome, '{receipt,calls,0,charged}', '\"0.9\"')"
        " WHERE state = 'completed'",
        {"I4 calls"},
    ),
    (
        "UPDATE turns SET outcome = jsonb_set(outcome, '{receipt,calls}', '[]')"
        " WHERE state = 'failed'",
        {"I4 calls"},
    ),
    ("UPDATE turns SET outcome = outcome #- '{receipt,calls}'", {"I4 calls"}),
    ("UPDATE usage_logs SET duration_ms = 1" + A_CALL, {"I4 rows"}),
    ("UPDATE usage_logs SET raw = NULL" + A_CALL, {"I4 rows"}),
    ("UPDATE usage_logs SET at = at + interval '1 microsecond'" + A_CALL, {"I4 rows"}),
    ("UPDATE outbox SET applied_at = NULL" + AN_EVENT, NOT_APPLIED),
    ("DELETE FROM usage_logs" + A_CALL, ROW_GONE),
    (
        "DELETE FROM usage_logs" + A_CALL + ";DELETE FROM outbox" + AN_EVENT,
        ROW_GONE - {"I4 applied"},
    ),
    (
        AN_ADJUSTMENT.format(kind="refund", call="call_id", amounts="0, -1, 0"),
        {"I4 adjustments", "I4 given back", "I5 charges"},
    ),
    (
        AN_ADJUSTMENT.format(kind="reprice", call="call_id", amounts="-9000000000, 0, 0"),
        {"I4 given back", "I5 charges"},
    ),
    (
        AN_ADJUSTMENT.format(kind="reprice", call="gen_random_uuid()", amounts="1, 0, 0"),
        {"I4 given back", "I5 charges"},
    ),
    ("UPDATE usage_hours SET cost_usd = cost_usd + 1", {"I5 hours"}),
    ("UPDATE usage_hours SET model = 'x'", {"I5 hours"}),
    ("DELETE FROM usage_hours", {"I5 hours"}),
    ("UPDATE monthly_charges SET cost_usd = cost_usd + 1", {"I5 charges"}),
    ("UPDATE monthly_charges SET plan = 'pro'", {"I5 charges"}),
    ("DELETE FROM monthly_charges", {"I5 charges"}),
    ("UPDATE turns SET month = '2026-02-01'", {"I5 months"}),
    (
        "INSERT INTO outbox (call_id, payload, created_at, published_at)"
        ' SELECT gen_random_uuid(), payload || \'{"charged": 0, "chargedUsd": 0}\''
        " || jsonb_build_object('turnId', gen_random_uuid()), now() - interval '3 minutes', now()"
        " FROM outbox",
        {"I7 outbox"},
    ),
]


@pytest.mark.parametrize(("statements", "broken"), BREAKS)
async def test_what_is_broken_is_found(
    database: Database, statements: str, broken: set[str]
) -> None:
    assert await broken_by(database, statements) == broken


def test_every_invariant_is_broken_once() -> None:
    assert {name for _, broken in BREAKS for name in broken} >= {one.name for one in USAGE}
