"""An end that the database does not take waits, on disk when it waits long; one that it refuses is
written as what it can say."""

import asyncio
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import text

from server.domain.errors import ServiceUnavailable
from server.domain.ids import new_id
from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from server.protocol.events import TurnCompleted
from server.turns.closing import Closer
from server.turns.run import FIRST_FENCE
from server.turns.settlement import Ending, Settler
from server.turns.spool import Spool
from tests.server.turns.endings import an_ending, spool_in, waiting
from tests.server.turns.proxy import proxied
from tests.server.turns.scene import count
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness


def closer_on(harness: Harness, spool: Spool, spool_after_s: float) -> Closer:
    services = harness.process.services
    settler = Settler(
        services.database,
        services.ledger,
        credits_per_usd=services.settings.credits_per_usd,
        charge_failed=False,
        tell=services.thresholds.tell,
    )
    return Closer(settler, spool, spool_after_s=spool_after_s)


async def ending_of_a_turn(harness: Harness) -> Ending:
    """An end for a turn that runs."""
    started = await harness.say(await harness.person(), "[demo: slow] [demo: long 5000] x")
    await eventually(lambda: started.cursor.text)
    run = harness.engine.live.run(started.event.turn_id)
    assert run is not None
    ending = an_ending(turn=run.turn, fence=FIRST_FENCE)
    return structs.replace(ending, calls=[])


async def test_a_long_outage_leaves_the_end_on_disk_until_the_database_has_it(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        ending, spool = await ending_of_a_turn(harness), spool_in(tmp_path)
        proxy.cut()
        closing = asyncio.create_task(closer_on(harness, spool, 0.0).close(ending))
        await eventually(lambda: spool.waiting)
        proxy.is_down = False
        outcome, written = await closing
        assert isinstance(outcome, TurnCompleted)
        assert (written, spool.waiting) == (ending, 0)
    spool.close()
    assert waiting(spool_in(tmp_path)) == []


async def test_a_short_one_touches_no_disk(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        ending, spool = await ending_of_a_turn(harness), spool_in(tmp_path)
        proxy.cut()
        closing = asyncio.create_task(closer_on(harness, spool, 60.0).close(ending))
        await asyncio.sleep(0)
        proxy.is_down = False
        outcome, _ = await closing
        assert outcome is not None
    assert not (tmp_path / "spool").exists()


async def test_a_process_about_to_end_does_not_wait_to_write_it_down(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        ending, spool = await ending_of_a_turn(harness), spool_in(tmp_path)
        closer = closer_on(harness, spool, 60.0)
        proxy.cut()
        closing = asyncio.create_task(closer.close(ending))
        closer.hurry()
        await eventually(lambda: spool.waiting)
        proxy.is_down = False
        await closing
        assert spool.waiting == 0


async def test_one_that_is_cancelled_leaves_the_end_on_disk(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        ending, spool = await ending_of_a_turn(harness), spool_in(tmp_path)
        proxy.cut()
        closing = asyncio.create_task(closer_on(harness, spool, 60.0).close(ending))
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait({closing})
        assert closing.cancelled()
        proxy.is_down = False
    spool.close()
    assert waiting(spool_in(tmp_path)) == [ending.turn.id]


async def test_one_that_somebody_else_has_ended_is_forgotten(
    turns: Harness, database: Database, tmp_path: Path
) -> None:
    ending, spool = await ending_of_a_turn(turns), spool_in(tmp_path)
    closer = closer_on(turns, spool, 0.0)
    theirs = structs.replace(ending, fence=ending.fence - 1)
    assert await closer.close(theirs) == (None, theirs)
    assert await closer.replay(theirs) == (None, theirs)


async def test_what_the_database_refuses_is_a_failure_of_ours(
    turns: Harness, database: Database, tmp_path: Path
) -> None:
    ending = await ending_of_a_turn(turns)
    unsayable = structs.replace(ending, text="a NUL \x00 here")
    outcome, written = await closer_on(turns, spool_in(tmp_path), 0.0).close(unsayable)
    assert outcome is not None
    assert (written.state, written.text) == (TurnState.FAILED, "")
    assert written.error is not None
    assert written.error.code == "internal"


async def test_what_the_database_lacks_is_waited_for(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    """A migration that has not run, say: that is no fault of the ending, so nothing of it goes."""
    async with turn_harness(migrated) as harness:
        ending = await ending_of_a_turn(harness)
        spool = spool_in(tmp_path)
        closer = closer_on(harness, spool, spool_after_s=0)
        await rename(database, "outcome TO outcome_of_later")
        try:
            with pytest.raises(ServiceUnavailable):
                await closer.replay(ending)
            closing = asyncio.create_task(closer.close(ending))
            await eventually(lambda: spool.waiting == 1)
        finally:
            await rename(database, "outcome_of_later TO outcome")
        outcome, written = await closing
        assert outcome is not None
        assert written == ending
        assert spool.waiting == 0


async def rename(database: Database, column: str) -> None:
    async with database.transaction() as tx:
        await tx.execute(text(f"ALTER TABLE turns RENAME COLUMN {column}"))


async def test_a_replay_asks_once(migrated: EngineUrls, database: Database, tmp_path: Path) -> None:
    async with proxied(migrated) as (proxy, urls), turn_harness(urls) as harness:
        ending, spool = await ending_of_a_turn(harness), spool_in(tmp_path)
        closer = closer_on(harness, spool, 0.0)
        proxy.cut()
        with pytest.raises(ServiceUnavailable):
            await closer.replay(ending)
        assert spool.waiting == 0
        proxy.is_down = False
        outcome, _ = await closer.replay(ending)
        again, _ = await closer.replay(structs.replace(ending, transfer_id=new_id()))
        assert outcome is not None
        assert outcome == again
        assert await count(database, TurnRow, TurnRow.state == "completed") == 1
