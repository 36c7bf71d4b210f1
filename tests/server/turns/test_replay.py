"""What a process left on the disk is written by the next, once, as it was; followers hear of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from server.domain.errors import ServiceUnavailable
from server.domain.ids import UserId
from server.domain.turn import TurnState
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.protocol.events import BalanceChanged
from server.turns import engine
from server.turns.feed import UserEvent
from tests.server.turns.endings import file_of, spool_in, waiting
from tests.server.turns.proxy import Proxy, proxied
from tests.server.turns.scene import books_balance, stored
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

LONG = "[demo: slow] [demo: long 5000] x"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shutdown waits half a minute for the database; here it knows that it waits in vain."""
    monkeypatch.setattr(engine, "FINISH_S", 0.2)


class Left:
    """A turn whose process ended while the database was away."""

    def __init__(self, caller: Any, turn: Any, text: str) -> None:
        self.caller, self.turn, self.text = caller, turn, text


async def leave_behind(proxy: Proxy, urls: EngineUrls, folder: Path) -> Left:
    async with turn_harness(urls, data_dir=folder) as harness:
        caller = await harness.person(credits=9)
        started = await harness.say(caller, LONG)
        await eventually(lambda: started.cursor.text)
        run = harness.engine.live.run(started.event.turn_id)
        assert run is not None
        proxy.cut()
    proxy.is_down = False
    return Left(caller, started.event.turn_id, run.buffer.text)


async def test_the_next_process_writes_the_end_before_it_serves(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with proxied(migrated) as (proxy, urls):
        left = await leave_behind(proxy, urls, tmp_path)
        assert (await stored(database, left.caller, left.turn)).state is TurnState.RUNNING
        async with turn_harness(urls, data_dir=tmp_path) as harness:
            turn = await stored(database, left.caller, left.turn)
            assert turn.outcome is not None
            assert turn.outcome["error"]["code"] == "draining"
            assert turn.outcome["balance"] == {"credits": "9", "held": "0", "spendable": "9"}
            state, _, said = await harness.engine.read(left.caller, left.turn)
            assert (state, said) == (TurnState.FAILED, left.text)
        await books_balance(database)
    assert list((tmp_path / "spool").iterdir()) == []


async def test_followers_elsewhere_hear_the_end(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with (
        proxied(migrated) as (proxy, urls),
        turn_harness(urls, data_dir=tmp_path) as other,
    ):
        async with turn_harness(urls, data_dir=tmp_path) as harness:
            caller = await harness.person()
            started = await harness.say(caller, LONG)
            await eventually(lambda: started.cursor.text)
            attached = await other.engine.attach(caller, started.event.turn_id, 0)
            await eventually(lambda: attached.cursor.text)
            proxy.cut()
        assert attached.cursor.outcome is None
        heard = list[UserEvent]()
        other.engine.feed.follow_user(caller.user_id, heard.append)
        proxy.is_down = False
        await eventually(lambda: replays(other))
        outcome = await other.end(attached.cursor)
        assert outcome["error"]["code"] == "draining"
        turn = await stored(database, caller, started.event.turn_id)
        assert (turn.outcome, turn.seq) == (outcome, outcome["seq"])
        (balance,) = [event.balance for event in heard if isinstance(event, BalanceChanged)]
        assert balance.held == "0"
        await books_balance(database)


async def replays(harness: Harness) -> bool:
    try:
        return await harness.process.turns.replay.look() == 1
    except ServiceUnavailable:
        return False


async def test_two_that_look_at_once_write_it_once(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with (
        proxied(migrated) as (proxy, urls),
        turn_harness(urls, data_dir=tmp_path) as first,
        turn_harness(urls, data_dir=tmp_path) as second,
    ):
        await leave_behind(proxy, urls, tmp_path)
        looks = [harness.process.turns.replay.look() for harness in (first, second) * 3]
        assert sum(await asyncio.gather(*looks)) == 1
        await books_balance(database)


async def test_what_was_taken_over_meanwhile_is_dropped(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with (
        proxied(migrated) as (proxy, urls),
        turn_harness(urls, data_dir=tmp_path) as other,
    ):
        left = await leave_behind(proxy, urls, tmp_path)
        await dies(database, left.caller)
        assert await other.process.turns.leases.reap(all_others=True) == 1
        before = await stored(database, left.caller, left.turn)
        assert await other.process.turns.replay.look() == 0
        assert await stored(database, left.caller, left.turn) == before
        await books_balance(database)
    assert list((tmp_path / "spool").iterdir()) == []


async def dies(database: Database, caller: Any) -> None:
    """The lease of whoever runs this user's turn is over."""
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "DELETE FROM workers USING turns"
                " WHERE workers.boot_id = turns.boot_id AND user_id = :user"
            ),
            {"user": UserId(caller.user_id)},
        )


async def test_what_waits_stays_while_the_database_is_away(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with (
        proxied(migrated) as (proxy, urls),
        turn_harness(urls, data_dir=tmp_path) as other,
    ):
        left = await leave_behind(proxy, urls, tmp_path)
        proxy.cut()
        with pytest.raises(ServiceUnavailable):
            await other.process.turns.replay.look()
        proxy.is_down = False
        await eventually(lambda: replays(other))
        assert (await stored(database, left.caller, left.turn)).outcome is not None


async def test_a_line_that_nobody_can_read_is_set_aside(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with proxied(migrated) as (proxy, urls):
        left = await leave_behind(proxy, urls, tmp_path)
        path = file_of(tmp_path)
        path.write_bytes(b"torn\n" + path.read_bytes() + b'{"ending":{"tu')
        async with turn_harness(urls, data_dir=tmp_path):
            assert (await stored(database, left.caller, left.turn)).outcome is not None
    (aside,) = (tmp_path / "spool").iterdir()
    assert aside.read_bytes() == b'torn\n{"ending":{"tu\n'


async def test_where_nothing_can_be_removed_it_is_written_once(
    migrated: EngineUrls, database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        proxied(migrated) as (proxy, urls),
        turn_harness(urls, data_dir=tmp_path) as other,
    ):
        await leave_behind(proxy, urls, tmp_path)
        path = file_of(tmp_path)
        path.write_bytes(path.read_bytes() + b"torn")
        path.with_suffix(".unread").mkdir()  # nothing can be set aside, so nothing may be removed
        replay = other.process.turns.replay
        assert [await replay.look() for _ in range(3)] == [1, 0, 0]
        assert [record.message for record in caplog.records].count("spool.stuck") == 1
        assert path.exists()


async def test_the_spool_of_a_folder_is_its_own(
    migrated: EngineUrls, database: Database, tmp_path: Path
) -> None:
    async with proxied(migrated) as (proxy, urls):
        await leave_behind(proxy, urls, tmp_path)
        name = file_of(tmp_path).name.partition(".")[0]
        assert len(waiting(spool_in(tmp_path, name))) == 1
        # At another address it is another database, for all that this server knows.
        async with turn_harness(migrated, data_dir=tmp_path):
            pass
        assert len(waiting(spool_in(tmp_path, name))) == 1
