"""Events are billed once under any order of relaying, reading, dying, losing and sending again."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from datetime import date, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.json import decode
from redis.exceptions import ResponseError

from billing.consumers import charges
from billing.consumers.group import DELIVERIES, GroupConsumer
from server.domain.errors import ServiceUnavailable
from server.domain.usage import UsageEvent
from server.local.engines import EngineUrls
from server.persistence import outbox
from server.persistence.database import Tx, open_database
from server.persistence.redis import USAGE_GROUP, USAGE_STREAM, open_redis
from server.persistence.usage_stream import EVENT, trim
from server.workers.relay import Relay
from tests.billing import books
from tests.billing.consumers.scene import Scene, scene_on, totals
from tests.billing.support import NOON, make_user, usage_event
from tests.conftest import empty

Result = TypeVar("Result")

workers = st.integers(0, 1)
MONTHS = (date(2026, 2, 1), date(2026, 3, 1))


class Died(Exception):
    """A process, at this place: its transaction is rolled back."""


class BillingMachine(RuleBasedStateMachine):
    """Two workers that die and come back under new names, one relay, a stream that gets lost."""

    runner: ClassVar[asyncio.Runner]
    scene: ClassVar[Scene]

    def __init__(self) -> None:
        super().__init__()
        self.events: dict[UUID, UsageEvent] = {}
        self.poison = self.names = 0
        self.is_away = False
        self.told: list[UUID] = []

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.do(self._begin())

    async def _begin(self) -> None:
        database, redis = self.scene.database, self.scene.redis
        await redis.flushdb()
        tables = "outbox", "usage_logs", "monthly_charges", "dead_letters"
        await books.run(database, *(f"DELETE FROM {table}" for table in tables))
        self.users = [(await make_user(database))[0] for _ in range(2)]
        self.relay = Relay(database, redis)
        self.workers = [await self._hired(), await self._hired()]

    async def _hired(self) -> GroupConsumer:
        self.names += 1
        made = self.scene.consumer(
            f"worker {self.names}",
            self._handle,
            claim_idle_ms=0,
            on_written=lambda events: self.told.extend(event.call_id for event in events),
        )
        await made.join()
        return made

    async def _handle(self, tx: Tx, events: Sequence[UsageEvent]) -> Sequence[UsageEvent]:
        written = await charges.apply(tx, events)
        if self.is_away:  # after all was written, so that it must be rolled back
            self.is_away = False
            raise ServiceUnavailable("The database does not answer.")
        return written

    @rule(
        plans=st.lists(st.sampled_from(["starter", "pro"]), min_size=1, max_size=4),
        user=st.integers(0, 1),
        month=st.sampled_from(MONTHS),
        hours=st.integers(-20, 20),
    )
    def settle(self, plans: list[str], user: int, month: date, hours: int) -> None:
        """A turn ends: its events are in the outbox."""
        made = [
            usage_event(
                self.users[user],
                plan=plan,
                month=month,
                cost=len(self.events) + place + 1,
                at=NOON + timedelta(hours=hours, seconds=place),
            )
            for place, plan in enumerate(plans)
        ]
        self.do(self.scene.commit(made))
        self.events |= {event.call_id: event for event in made}

    @rule()
    def send(self) -> None:
        self.do(self.relay.flush())

    @rule()
    def send_and_die_before_it_is_noted(self) -> None:
        async def work() -> None:
            async with self.scene.database.transaction() as tx:
                for row in await outbox.claim(tx, 100):
                    await self.scene.redis.xadd(USAGE_STREAM, {EVENT: row.payload})
                raise Died

        with suppress(Died):
            self.do(work())

    @rule()
    def send_again(self) -> None:
        self.do(self._send_again())

    async def _send_again(self) -> None:
        async with self.scene.database.transaction() as tx:
            await outbox.requeue_unapplied(tx, waiting_since=None, older_than_s=-60)

    @rule(worker=workers)
    def work(self, worker: int) -> None:
        self.do(self._step(worker))

    @rule(worker=workers)
    def work_while_the_database_goes_away(self, worker: int) -> None:
        self.is_away = True
        self.do(self._step(worker))
        self.is_away = False

    @rule(worker=workers)
    def look_at_its_own(self, worker: int) -> None:
        self.do(self._joined(worker))

    @rule(worker=workers)
    def claim(self, worker: int) -> None:
        async def work() -> None:
            await self._joined(worker)
            await self.workers[worker]._claim()

        self.do(work())

    async def _step(self, worker: int) -> int:
        try:
            return await self.workers[worker].step(block_ms=1)
        except ResponseError:  # no such group any more
            await self._joined(worker)
            return 1

    async def _joined(self, worker: int) -> None:
        await self.workers[worker].join()

    @rule(worker=workers, is_written=st.booleans())
    def die(self, worker: int, is_written: bool) -> None:
        """After reading, or after the commit: never acknowledged either way."""

        async def work() -> None:
            await self._joined(worker)
            dying = self.workers[worker]
            entries = await dying._read(">", 1)
            if is_written:
                known = [e.payload for e in entries if e.payload and b"poison" not in e.payload]
                async with self.scene.database.transaction() as tx:
                    await charges.apply(tx, [decode(payload, type=UsageEvent) for payload in known])
            self.workers[worker] = await self._hired()

        self.do(work())

    @rule()
    def put_poison_in(self) -> None:
        self.poison += 1
        self.do(self._put_poison_in())

    async def _put_poison_in(self) -> None:
        await self.scene.redis.xadd(USAGE_STREAM, {EVENT: b"poison %d" % self.poison})

    @rule(what=st.sampled_from(["flush", "group", "stream", "half"]))
    def lose(self, what: str) -> None:
        self.do(self._lose(what))

    async def _lose(self, what: str) -> None:
        redis = self.scene.redis
        if what == "flush":
            await redis.flushdb()
        elif what == "group" and await redis.exists(USAGE_STREAM):
            await redis.xgroup_destroy(USAGE_STREAM, USAGE_GROUP)
        elif what == "stream":
            await redis.delete(USAGE_STREAM)
        elif what == "half":
            length = await redis.xlen(USAGE_STREAM)
            await redis.xtrim(USAGE_STREAM, maxlen=length // 2, approximate=False)

    @rule()
    def shorten(self) -> None:
        self.do(trim(self.scene.redis, keep_ms=-60_000))

    @invariant()
    def what_is_written_is_what_was_settled_each_once(self) -> None:
        if hasattr(self, "workers"):
            self.do(self._agrees())

    async def _agrees(self) -> None:
        logged = await self.scene.logged()
        applied = await self.scene.rows("SELECT call_id FROM outbox WHERE applied_at IS NOT NULL")
        assert logged == {row.call_id for row in applied}
        assert len(self.told) == len(set(self.told))
        assert logged >= set(self.told)
        written = [self.events[call] for call in logged]
        assert await self.scene.charges() == totals(written)
        plans = await self.scene.rows("SELECT creator_id, month, plan FROM monthly_charges")
        assert {(row[0], row[1]): row[2] for row in plans} == newest_plans(written)

    def teardown(self) -> None:
        if hasattr(self, "workers"):
            self.do(self._come_to_rest())

    async def _come_to_rest(self) -> None:
        """Whatever happened: the next sweep, relay and worker bill all of it, and nothing stays."""
        await self._send_again()
        await self.relay.flush()
        heir = await self._hired()
        await heir._claim()
        while await heir.step(block_ms=1):
            pass
        for _ in range(DELIVERIES):
            await heir.join()
        assert await self.scene.logged() == set(self.events)
        assert await self.scene.unapplied() == 0
        assert await self.scene.pending() == 0
        letters = await self.scene.rows("SELECT payload FROM dead_letters")
        assert all(letter.payload.startswith(b"poison") for letter in letters)
        assert len(letters) <= self.poison
        await self._agrees()


def newest_plans(events: Sequence[UsageEvent]) -> dict[tuple[UUID, date], str]:
    plans: dict[tuple[UUID, date], str] = {}
    for event in sorted(events, key=lambda event: (event.at, event.call_id)):
        plans[event.creator_id, event.month] = event.plan
    return plans


def test_events_are_billed_once_whatever_happens(migrated: EngineUrls) -> None:
    async def opened() -> Scene:
        database = await stack.enter_async_context(open_database(migrated.database_url))
        redis = await stack.enter_async_context(aclosing(open_redis(migrated.redis_url)))
        return await stack.enter_async_context(scene_on(database, redis, migrated.redis_url))

    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        BillingMachine.runner, BillingMachine.scene = runner, runner.run(opened())
        case = BillingMachine.TestCase
        case.settings = settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        try:
            case().runTest()
        finally:
            runner.run(empty(BillingMachine.scene.database))
            runner.run(stack.aclose())
