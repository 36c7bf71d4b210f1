"""Each invariant of credits and quotas goes red when what it guards is broken."""

import pytest

from billing.invariants.money import MONEY
from billing.ledger import OVERAGE, REVENUE
from server.persistence.database import Database
from tests.billing.invariants.broken import broken_by

BREAKS = [
    ("UPDATE accounts SET balance = balance + 1", {"I1 balance"}),
    ("UPDATE accounts SET held = held + 1", {"I1 held"}),
    (
        "INSERT INTO transfers (id, debit_account, credit_account, amount, kind, key)"
        " SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'grant', 'x'",
        {"I1 accounts"},
    ),
    ("UPDATE holds SET expires_at = now() - interval '3 minutes'", {"I2 holds"}),
    (
        "UPDATE holds SET state = 'open' WHERE state = 'released'",
        {"I1 held", "I2 holds", "I6 quota held"},
    ),
    ("UPDATE turns SET account_id = gen_random_uuid()", {"I2 payers"}),
    ("UPDATE accounts SET owner_id = gen_random_uuid()", {"I2 payers"}),
    (
        "INSERT INTO transfers (id, debit_account, credit_account, amount, kind, turn_id, key)"
        f" SELECT gen_random_uuid(), '{REVENUE}', '{OVERAGE}', 1, 'refund', id, 'x' FROM turns"
        " WHERE state = 'completed'",
        {"I2 payees", "I4 adjustments"},
    ),
    ("UPDATE quotas SET held = held + 1", {"I6 quota held"}),
    ("UPDATE quotas SET spent = spent + 1", {"I6 quota spent"}),
]


@pytest.mark.parametrize(("statements", "broken"), BREAKS)
async def test_what_is_broken_is_found(
    database: Database, statements: str, broken: set[str]
) -> None:
    assert await broken_by(database, statements) == broken


def test_every_invariant_is_broken_once() -> None:
    assert {name for _, broken in BREAKS for name in broken} >= {one.name for one in MONEY}
