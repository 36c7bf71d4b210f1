"""Whoever has lost a turn writes nothing more of it: every write of an owner asks for the fence."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import select, update

from billing.tables import AccountRow, HoldRow, QuotaRow, TransferRow
from server.domain.errors import Conflict, Internal
from server.domain.ids import new_id
from server.domain.money import MicroCredits
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome
from server.local.engines import EngineUrls
from server.persistence import turns
from server.persistence.conversations import ConversationRow, MessageRow
from server.persistence.database import Database
from server.persistence.outbox import OutboxRow
from server.persistence.turns import TurnRow
from server.protocol.commands import StartTurnBody
from server.turns.extension import Extender
from server.turns.run import Run
from server.turns.settlement import Ending, Settler
from tests.server.turns.long_answers import stubbed
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.turns import Harness, turn_harness

TABLES = (
    TurnRow,
    HoldRow,
    AccountRow,
    QuotaRow,
    TransferRow,
    MessageRow,
    ConversationRow,
    OutboxRow,
)


@dataclass
class Owned:
    """A turn that runs here and belongs to somebody else by now, or has ended there."""

    harness: Harness
    database: Database
    run: Run

    async def rows(self) -> list[list[tuple[Any, ...]]]:
        """All that the database knows of turns and of money."""
        async with self.database.snapshot() as tx:
            return [
                sorted(map(tuple, await tx.execute(select(table.__table__))), key=repr)
                for table in TABLES
            ]


async def begin(owned: Owned) -> None:
    async with owned.database.transaction() as tx:
        assert not await turns.start_running(tx, owned.run.turn.id, owned.run.fence)


async def grow(owned: Owned) -> None:
    services = owned.harness.process.services
    extender = Extender(
        services.database,
        services.ledger,
        services.plans,
        hold_s=900,
        credits_per_usd=services.settings.credits_per_usd,
        clock=services.clock,
    )
    # A whole step can be paid for, and the two of it that a small balance would get.
    for credits in (4_000_000, 40_000_000):
        wanted, least = MicroCredits(credits), MicroCredits(2_000)
        with pytest.raises(Conflict):
            await extender.extend(owned.run.turn, owned.run.fence, 2, wanted, least)


def settle(state: TurnState) -> Callable[[Owned], Awaitable[None]]:
    async def write(owned: Owned) -> None:
        services = owned.harness.process.services
        settler = Settler(
            services.database,
            services.ledger,
            credits_per_usd=1_000,
            charge_failed=True,
            tell=services.thresholds.tell,
        )
        owned.run.meter.close(outcome=CallOutcome.OK)
        ending = Ending(
            turn=owned.run.turn,
            fence=owned.run.fence,
            state=state,
            seq=owned.run.buffer.seq,
            text=owned.run.buffer.text,
            calls=owned.run.meter.calls,
            at=services.clock(),
            transfer_id=new_id(),
            error=Internal("x") if state is TurnState.FAILED else None,
        )
        assert await settler.settle(ending) is None

    write.__name__ = f"settle {state}"
    return write


async def is_relayed(database: Database) -> bool:
    async with database.snapshot() as tx:
        waiting = await tx.scalars(select(OutboxRow.id).where(OutboxRow.published_at.is_(None)))
        return not waiting.all()


WRITES = (begin, grow, *(settle(state) for state in TurnState if not state.is_live))


@pytest_asyncio.fixture
async def owned(turns: Harness, database: Database) -> AsyncIterator[Owned]:
    caller = await turns.person(credits=20)
    started = await turns.say(caller, "[demo: slow] [demo: long 9000] x")
    await eventually(lambda: started.cursor.text)
    run = turns.engine.live.run(started.event.turn_id)
    assert run is not None
    yield Owned(turns, database, run)


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
async def test_under_a_raised_fence_nothing_is_written(
    owned: Owned, write: Callable[[Owned], Awaitable[None]]
) -> None:
    async with owned.database.transaction() as tx:
        await tx.execute(update(TurnRow).values(fence=2))
    before = await owned.rows()
    await write(owned)
    assert await owned.rows() == before


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
async def test_after_another_process_has_ended_it_nothing_is_written(
    owned: Owned, write: Callable[[Owned], Awaitable[None]], migrated: EngineUrls
) -> None:
    async with turn_harness(migrated) as other:
        assert await other.process.turns.leases.reap(all_others=True) == 1
        await eventually(partial(is_relayed, owned.database))  # which is written in the same rows
        before = await owned.rows()
        await write(owned)
        assert await owned.rows() == before
        await books_balance(owned.database)


async def test_the_journal_takes_nothing_more_and_tells_the_owner(
    owned: Owned, migrated: EngineUrls
) -> None:
    async with turn_harness(migrated) as other:
        assert await other.process.turns.leases.reap(all_others=True) == 1
        await other.process.turns.journal.flush()
        before = await other.process.turns.journal.read(owned.run.turn.id)
        assert before is not None
        assert before.state is TurnState.FAILED
        owned.run.buffer.delta("said by somebody who does not know yet")
        await owned.harness.process.turns.journal.flush()
        assert await other.process.turns.journal.read(owned.run.turn.id) == before
        await eventually(owned.run.ended.is_set)
        assert owned.run.stopped_by is not None


async def test_one_that_was_taken_away_before_it_ran_asks_no_provider(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub, stubbed(migrated, stub) as harness:
        caller = await harness.person()
        admission, runner = harness.engine._admission, harness.engine._runner
        admitted = await admission.admit(
            caller,
            StartTurnBody(text="Hello", client_message_id=new_id()),
            address="127.0.0.1",
            correlation_id="test",
        )
        assert admitted.plan is not None
        async with database.transaction() as tx:
            await tx.execute(update(TurnRow).values(fence=2, boot_id=new_id()))
        run = runner.open(admitted.turn, admitted.started, admitted.plan)
        await runner.run(run)
        assert stub.exchanges == []
        assert (run.buffer.outcome, harness.engine.live.lost) == (None, [run.buffer])


async def test_one_that_is_taken_away_while_it_streams_closes_its_stream_and_ends_as_told(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with (
        OpenAIStub() as stub,
        stubbed(migrated, stub) as harness,
        turn_harness(migrated) as other,
    ):
        caller = await harness.person()
        started = await harness.say(caller, "[stub: tokens=5000 gap=0.01]")
        await eventually(lambda: started.cursor.text)
        assert await other.process.turns.leases.reap(all_others=True) == 1
        await other.process.turns.journal.flush()
        # Its journal says so with the next delta; the heartbeat would as well.
        await stub.exchanges[0].client_left()
        run = harness.engine.live.run(started.event.turn_id)
        if run is not None:
            await run.ended.wait()
        await harness.process.turns.watch.look()
        outcome = await harness.end(started.cursor)
        assert outcome["error"]["code"] == "worker_lost"
        assert len(stub.exchanges) == 1
        await books_balance(database)
