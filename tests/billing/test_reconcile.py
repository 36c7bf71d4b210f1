"""The invariants hold while turns run, and a breach is told with what names it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from billing.invariants.base import SHOWN_MAX, Finding
from billing.reconcile import INVARIANTS, check
from server.persistence.database import Database
from tests.billing import books
from tests.billing.support import CREDIT


async def test_nothing_is_found_while_turns_run_and_events_are_on_their_way(
    database: Database,
) -> None:
    assert await check(database) == []
    owner = await books.make_owner(database)
    assert await check(database) == []
    turn = await books.admit(database, owner)
    assert await check(database) == []
    await books.end(database, turn, 500)
    assert await check(database) == []
    await books.bill(database)
    assert await check(database) == []


async def test_every_invariant_has_a_name_of_its_own() -> None:
    assert len({one.name for one in INVARIANTS}) == len(INVARIANTS)


OLD_EVENT = """
UPDATE outbox SET payload = payload #- '{usage,images}' #- '{usage,characters}'
    #- '{usage,audio_ms}' #- '{price,image}' #- '{price,character}' #- '{price,second}'"""
OLD_ROW = "UPDATE usage_logs SET prices = prices - '{image,character,second}'::text[]"


async def test_versions_that_knew_tokens_only_wrote_the_same(database: Database) -> None:
    owner = await books.make_owner(database, 10 * CREDIT)
    await books.end(database, await books.admit(database, owner), 100)
    await books.run(database, OLD_EVENT)  # settled by the one before, billed by this one
    await books.bill(database)
    await books.end(database, await books.admit(database, owner), 100)
    await books.bill(database)
    assert await check(database) == []
    await books.run(database, OLD_ROW)  # and the other way round
    assert await check(database) == []
    await books.run(database, """UPDATE usage_logs SET prices = prices || '{"image": 7}'""")
    assert [finding.name for finding in await check(database)] == ["I4 rows"]


async def test_a_dead_letter_is_no_lost_event(database: Database) -> None:
    owner = await books.make_owner(database)
    await books.end(database, await books.admit(database, owner), 500)
    later = datetime.now(UTC) + timedelta(minutes=3)
    assert [found.name for found in await check(database, lambda: later)] == ["I7 outbox"]
    await books.run(
        database,
        "INSERT INTO dead_letters (entry_id, call_id, payload, reason)"
        " SELECT '1-1', call_id, '', 'test' FROM outbox",
    )
    assert await check(database, lambda: later) == []


async def test_a_finding_names_what_is_wrong(database: Database) -> None:
    owner = await books.make_owner(database, 8 * CREDIT)
    await books.run(database, "UPDATE accounts SET balance = balance + 5")
    assert await check(database) == [
        Finding(
            name="I1 balance",
            says="every account's balance equals the sum of its transfers",
            count=1,
            ids=[str(owner.account)],
            rows=[{"id": str(owner.account), "balance": "8000005", "transfers": "8000000"}],
        )
    ]


async def test_of_many_breaches_some_are_named_and_all_are_counted(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "INSERT INTO accounts (id, kind, owner_id, balance)"
                " SELECT gen_random_uuid(), 'user', gen_random_uuid(), 1"
                " FROM generate_series(1, CAST(:many AS bigint))"
            ),
            {"many": SHOWN_MAX + 2},
        )
    (found,) = await check(database)
    assert (found.count, len(found.ids), len(found.rows)) == (SHOWN_MAX + 2, SHOWN_MAX, SHOWN_MAX)
