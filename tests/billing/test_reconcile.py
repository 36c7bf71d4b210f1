"""The invariants hold while turns run, and each goes red when what it guards is broken."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from billing.consumers import charges
from billing.invariants import INVARIANTS
from billing.ledger import Ledger
from billing.reconcile import Finding, check
from server.domain.ids import AccountId, TurnId, UserId, new_id
from server.domain.money import MicroCredits
from server.domain.usage import UsageEvent
from server.persistence import outbox
from server.persistence.database import Database
from tests.billing.support import CREDIT, MONTH, PER_USD, claim_for, make_user, usage_event

LEDGER = Ledger()


async def add_turn(
    database: Database, user: UserId, account: AccountId, state: str = "running"
) -> TurnId:
    """A turn row as admission leaves it, or, in an ended state, as settlement does."""
    turn, conversation = TurnId(new_id()), new_id()
    ended = state not in ("admitted", "running")
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "INSERT INTO conversations (id, user_id, workspace_id, title)"
                " SELECT :id, users.id, users.workspace_id, '' FROM users WHERE users.id = :user"
            ),
            {"id": conversation, "user": user},
        )
        await tx.execute(
            text("""
            INSERT INTO turns (id, user_id, workspace_id, account_id, conversation_id,
                client_message_id, request_hash, user_message_id, message_id, state, boot_id,
                agent, provider, model, feature, plan, month, correlation_id, input_tokens, price,
                started, ended_at, outcome)
            SELECT :id, users.id, users.workspace_id, :account, :conversation, :id, '', :id, :id,
                :state, :id, 'assistant', 'demo', 'demo/causerie-demo', 'chat', 'starter', :month,
                'req', 1, '{}', '{}', CASE WHEN :ended THEN now() END,
                CASE WHEN :ended THEN CAST('{}' AS jsonb) END
            FROM users WHERE users.id = :user
            """),
            {
                "id": turn,
                "user": user,
                "account": account,
                "conversation": conversation,
                "state": state,
                "month": MONTH,
                "ended": ended,
            },
        )
    return turn


async def play(database: Database) -> tuple[UserId, AccountId, TurnId, UsageEvent]:
    """A user with one settled, billed turn and one that runs; answers what names them."""
    user, account = await make_user(database, 10 * CREDIT)
    done = await add_turn(database, user, account, "completed")
    live = await add_turn(database, user, account)
    event = usage_event(user, cost=2 * CREDIT, turn_id=done)
    async with database.transaction() as tx:
        await LEDGER.hold(tx, claim_for(user, account, 3 * CREDIT, turn=done))
        await LEDGER.hold(tx, claim_for(user, account, CREDIT, turn=live))
        await LEDGER.settle(
            tx,
            done,
            charged=MicroCredits(2 * CREDIT),
            transfer_id=new_id(),
            hold_state="captured",
            credits_per_usd=PER_USD,
        )
        await outbox.append(tx, [event])
    return user, account, live, event


async def names(database: Database) -> list[str]:
    return [finding.name for finding in await check(database)]


async def test_nothing_is_found_while_turns_run_and_events_are_on_their_way(
    database: Database,
) -> None:
    assert await check(database) == []
    *_, event = await play(database)
    assert await check(database) == []
    async with database.transaction() as tx:
        await charges.apply(tx, [event])
    assert await check(database) == []


BREAKS = [
    ("UPDATE accounts SET balance = balance + 1", {"I1 balance"}),
    ("UPDATE accounts SET held = held + 1", {"I1 held"}),
    (
        "INSERT INTO transfers (id, debit_account, credit_account, amount, kind, key)"
        " SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'grant', 'x'",
        {"I1 accounts"},
    ),
    ("UPDATE holds SET expires_at = now() - interval '3 minutes'", {"I2 holds"}),
    ("UPDATE turns SET state = 'failed', outcome = '{}', ended_at = now()", {"I2 holds"}),
    ("UPDATE turns SET outcome = NULL WHERE state = 'completed'", {"I3 ends"}),
    ("UPDATE turns SET ended_at = now() WHERE state = 'running'", {"I3 ends"}),
    ("UPDATE holds SET state = 'released' WHERE state = 'captured'", {"I3 resolved"}),
    ("DELETE FROM outbox; DELETE FROM usage_logs", {"I4 charged", "I5 charges", "I6 quota spent"}),
    ("UPDATE outbox SET applied_at = NULL", {"I4 applied", "I4 charged", "I6 quota spent"}),
    ("DELETE FROM usage_logs", {"I4 applied", "I4 charged", "I5 charges", "I6 quota spent"}),
    ("UPDATE monthly_charges SET cost_usd = cost_usd + 1", {"I5 charges"}),
    ("DELETE FROM monthly_charges", {"I5 charges"}),
    ("UPDATE turns SET month = '2026-02-01'", {"I5 months"}),
    ("UPDATE quotas SET held = held + 1", {"I6 quota held"}),
    ("UPDATE quotas SET spent = spent + 2", {"I6 quota spent"}),
    (
        "INSERT INTO outbox (call_id, payload, created_at, published_at)"
        ' SELECT gen_random_uuid(), payload || \'{"charged": 0, "chargedUsd": 0}\','
        " now() - interval '3 minutes', now() FROM outbox",
        {"I7 outbox"},
    ),
]


@pytest.mark.parametrize(("statement", "broken"), BREAKS)
async def test_what_is_broken_is_found(
    database: Database, statement: str, broken: set[str]
) -> None:
    *_, event = await play(database)
    async with database.transaction() as tx:
        await charges.apply(tx, [event])
        for part in statement.split(";"):
            await tx.execute(text(part))
    assert set(await names(database)) == broken


async def test_every_invariant_has_been_broken_once() -> None:
    assert {name for _, broken in BREAKS for name in broken} == {one.name for one in INVARIANTS}


async def test_a_dead_letter_is_no_lost_event(database: Database) -> None:
    *_, event = await play(database)
    later = datetime.now(UTC) + timedelta(minutes=3)
    findings = await check(database, lambda: later)
    assert [finding.name for finding in findings] == ["I7 outbox"]
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "INSERT INTO dead_letters (entry_id, call_id, payload, reason)"
                " VALUES ('1-1', :call, '', 'test')"
            ),
            {"call": event.call_id},
        )
    assert await check(database, lambda: later) == []


async def test_a_finding_names_what_is_wrong(database: Database) -> None:
    _, account, *_ = await play(database)
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE accounts SET balance = balance + 5"))
    (finding,) = await check(database)
    assert finding == Finding(
        name="I1 balance",
        says="every account's balance equals the sum of its transfers",
        count=1,
        ids=[str(account)],
        rows=[{"id": str(account), "balance": "8000005", "transfers": "8000000"}],
    )
