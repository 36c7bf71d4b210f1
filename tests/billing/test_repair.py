"""What is derived is put right, the record never; while turns are settled and events billed."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from billing.consumers import charges
from billing.consumers.group import GroupConsumer
from billing.ledger import Ledger
from billing.reconcile import check
from billing.repair import Change, repair
from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence.database import Database, Tx, open_database
from server.persistence.redis import open_blocking_redis
from server.workers.relay import Relay
from tests.billing import books
from tests.billing.support import CREDIT, claim_for
from tests.support.eventually import eventually


async def play(database: Database) -> books.Owner:
    """Two billed turns, one of them partly given back, and one that runs."""
    owner = await books.make_owner(database)
    for state in (TurnState.COMPLETED, TurnState.FAILED):
        await books.end(database, await books.admit(database, owner), 400, 300, state=state)
    await books.bill(database)
    await books.give_back(database, CREDIT // 2)
    await books.admit(database, owner)
    return owner


async def mended(database: Database) -> list[Change]:
    return await repair(database, waiting_since=None, patience_s=0)


async def rows(database: Database, query: str) -> list[Any]:
    async with database.snapshot() as snapshot:
        return [tuple(row) for row in await snapshot.execute(text(query))]


async def record(database: Database) -> list[Any]:
    """What no repair may touch."""
    return [
        await rows(database, "SELECT id, balance FROM accounts ORDER BY id"),
        await rows(database, "SELECT transfers::text FROM transfers ORDER BY id"),
        await rows(database, "SELECT turns::text FROM turns ORDER BY id"),
        await rows(database, "SELECT messages::text FROM messages ORDER BY id"),
        await rows(database, "SELECT id, call_id, payload FROM outbox ORDER BY id"),
    ]


async def test_where_all_adds_up_nothing_is_changed(database: Database) -> None:
    assert await mended(database) == []
    await play(database)
    assert await mended(database) == []
    assert await check(database) == []


DAMAGES = [
    ("UPDATE accounts SET held = held + 1", ["accounts: what is held"]),
    ("UPDATE quotas SET held = 0", ["quotas: what is held"]),
    ("DELETE FROM quotas", ["quotas: what is held", "quotas: what is spent"]),
    ("UPDATE quotas SET spent = spent + 5", ["quotas: what is spent"]),
    ("UPDATE holds SET state = 'open' WHERE state <> 'open'", ["holds of ended turns"]),
    (
        "UPDATE holds SET state = 'open' WHERE state = 'captured';"
        "UPDATE accounts SET held = held + 1000000;UPDATE quotas SET held = held + 1000000",
        ["holds of ended turns", "accounts: what is held", "quotas: what is held"],
    ),
    ("DELETE FROM usage_logs", ["usage rows written anew", "hours of usage"]),
    ("UPDATE usage_hours SET calls = 7, cost_squares = 1", ["hours of usage"]),
    ("UPDATE usage_hours SET feature = 'x'", ["hours of usage"]),
    ("DELETE FROM usage_hours", ["hours of usage"]),
    ("UPDATE usage_logs SET charged = 1, plan = 'pro'", ["usage rows written anew"]),
    ("UPDATE outbox SET applied_at = NULL", ["usage events marked applied"]),
    ("DELETE FROM monthly_charges", ["monthly charges summed anew"]),
    (
        "TRUNCATE usage_logs, monthly_charges, quotas; UPDATE accounts SET held = 0",
        [
            "accounts: what",
            "quotas: what is held",
            "usage rows",
            "hours of usage",
            "monthly",
            "quotas: what is sp",
        ],
    ),
]


@pytest.mark.parametrize(("statements", "says"), DAMAGES)
async def test_what_is_derived_is_put_right(
    database: Database, statements: str, says: list[str]
) -> None:
    await play(database)
    before = await record(database)
    await books.run(database, *statements.split(";"))
    assert await check(database) != []
    changes = await mended(database)
    for change, beginning in zip(changes, says, strict=True):
        assert change.says.startswith(beginning)
        assert change.ids
    assert await check(database) == []
    assert await mended(database) == []
    assert await record(database) == before


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ("UPDATE accounts SET balance = balance + 1", {"I1 balance"}),
        ("UPDATE turns SET outcome = NULL WHERE state = 'failed'", {"I3 ends", "I4 calls"}),
        (  # lost for good: quota and charge are the last that know what was spent
            "DELETE FROM outbox; DELETE FROM usage_logs",
            {
                "I4 calls",
                "I4 charged",
                "I4 given back",
                "I5 charges",
                "I5 hours",
                "I6 quota spent",
            },
        ),
        (  # the hold of a turn that runs, beyond what its account has
            "UPDATE holds SET credits = 20000000 WHERE state = 'open'",
            {"I1 held"},
        ),
    ],
)
async def test_what_is_no_derived_figure_is_left_to_a_person(
    database: Database, statements: str, found: set[str]
) -> None:
    await play(database)
    await books.run(database, *statements.split(";"))
    before = await record(database)
    await mended(database)
    assert await record(database) == before
    assert {one.name for one in await check(database)} == found


async def test_the_hold_of_an_ended_turn_goes_back_to_what_can_be_spent(
    database: Database,
) -> None:
    owner = await books.make_owner(database, 10 * CREDIT)
    turn = await books.admit(database, owner, 3 * CREDIT)
    await books.run(database, "UPDATE turns SET state = 'failed', ended_at = now(), outcome = '{}'")
    changes = await mended(database)
    assert [change.says.partition(" ")[0] for change in changes] == [
        "holds",
        "accounts:",
        "quotas:",
    ]
    assert changes[1].ids == [str(owner.account)]
    assert changes[2].ids == [f"{owner.user} {turn.month:%Y-%m}"]
    assert await rows(database, "SELECT state FROM holds") == [("released",)]
    assert await rows(database, "SELECT balance, held FROM accounts") == [(10 * CREDIT, 0)]
    assert await rows(database, "SELECT held FROM quotas") == [(0,)]


async def test_what_was_sent_and_never_billed_is_sent_again_and_waited_for(
    database: Database, redis: Redis, migrated: EngineUrls
) -> None:
    owner = await books.make_owner(database)
    await books.end(database, await books.admit(database, owner), 400, 300)
    await books.run(
        database,
        "UPDATE outbox SET created_at = now() - interval '5 min',"
        " published_at = now() - interval '5 min'",
    )
    blocking = open_blocking_redis(migrated.redis_url)
    worker = GroupConsumer(database, redis, blocking, charges.apply, name="one")
    running = asyncio.create_task(worker.run())
    relay = asyncio.create_task(Relay(database, redis).run())
    try:
        (sent,) = await repair(database, waiting_since=None)
        assert sent.says == "usage events sent again"
        assert len(sent.ids) == 2
        assert await check(database) == []
    finally:
        relay.cancel()
        worker.stop()
        await running
        await blocking.aclose()


@pytest.mark.parametrize("table", ["accounts", "quotas"])
async def test_a_hold_on_its_way_is_waited_for_and_counted(database: Database, table: str) -> None:
    owner = await play(database)
    await books.run(database, f"UPDATE {table} SET held = held + 1")
    claim = claim_for(owner.user, owner.account, CREDIT)
    async with database.transaction() as tx:
        await Ledger().hold(tx, claim)
        mending = asyncio.create_task(mended(database))
        await eventually(lambda: waits_for_a_lock(database))
    await mending
    assert await rows(database, "SELECT held FROM accounts") == [(2 * CREDIT,)]
    assert await rows(database, "SELECT held FROM quotas") == [(2 * CREDIT,)]


async def waits_for_a_lock(database: Database) -> bool:
    return bool(
        await rows(
            database,
            "SELECT pid FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()",
        )
    )


async def test_a_running_system_loses_nothing_while_it_is_repaired(
    database: Database, redis: Redis, migrated: EngineUrls
) -> None:
    """At once: turns are admitted and settled, two workers bill, somebody damages and repairs."""
    owners = [await books.make_owner(database, 1_000 * CREDIT) for _ in range(3)]
    turns = 0

    async def use(owner: books.Owner) -> None:
        nonlocal turns
        for number in range(12):
            turn = await books.admit(database, owner, CREDIT, plan=("starter", "pro")[number % 2])
            await books.end(database, turn, 100 + number, 7)
            turns += 1

    async def damage(own: Database) -> None:
        while not done.is_set():
            await own.run(_damage)
            await repair(own, waiting_since=None, patience_s=0)

    async def _damage(tx: Tx) -> None:
        for statement in (
            "UPDATE monthly_charges SET cost_usd = 1, plan = 'x' WHERE random() < 0.5",
            "UPDATE quotas SET held = held + 1, spent = spent + 1 WHERE random() < 0.5",
            "UPDATE accounts SET held = held + 1 WHERE random() < 0.5",
            "DELETE FROM usage_logs WHERE random() < 0.2",
        ):
            await tx.execute(text(statement))

    done = asyncio.Event()
    blocking = open_blocking_redis(migrated.redis_url)
    workers = [
        GroupConsumer(database, redis, blocking, charges.apply, name=name) for name in ("a", "b")
    ]
    relay = asyncio.create_task(Relay(database, redis).run())
    running = [asyncio.create_task(worker.run()) for worker in workers]
    async with open_database(migrated.database_url, pool_size=1) as own:
        meddling = asyncio.create_task(damage(own))
        await asyncio.gather(*(use(owner) for owner in owners))
        done.set()
        await meddling
    relay.cancel()
    for worker in workers:
        worker.stop()
    await asyncio.gather(*running)
    await blocking.aclose()
    await books.bill(database)
    await mended(database)
    assert await check(database) == []
    assert turns == 36
    assert await rows(database, "SELECT count(*) FROM usage_logs") == [(72,)]
