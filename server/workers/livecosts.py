"""Tells the live feeds what this process runs: its turns' cost so far and what is held for them."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from billing.live import PUBLISH_EVERY_S, LiveAggregate, LiveCost, publish, withdraw
from billing.pricing import charged_usd
from server.domain.clock import Clock
from server.domain.ids import BootId
from server.domain.money import MicroCredits, NanoUsd
from server.telemetry.logs import fields
from server.turns.live import LiveTurns
from server.turns.meter import Strand
from server.turns.run import Run

log = logging.getLogger(__name__)


class LivePublisher:
    """``run`` is the body of a task. An idle process says once that it is idle, then nothing."""

    def __init__(
        self, redis: Redis, live: LiveTurns, boot: BootId, clock: Clock, credits_per_usd: int
    ) -> None:
        self._redis = redis
        self._live = live
        self._boot = boot
        self._clock = clock
        self._credits_per_usd = credits_per_usd
        self._was_busy = False

    async def run(self) -> None:
        while True:
            try:
                await self.publish()
            except (RedisError, OSError) as error:
                log.debug("live.unpublished", extra=fields(error=repr(error)))
            await asyncio.sleep(PUBLISH_EVERY_S)

    async def publish(self) -> None:
        """Publish what runs at this moment. Raises RedisError."""
        is_busy = len(self._live) > 0
        if is_busy or self._was_busy:
            items = aggregate(self._live, self._credits_per_usd)
            await publish(
                self._redis, LiveAggregate(boot=self._boot, at=self._clock(), items=items)
            )
        self._was_busy = is_busy

    async def close(self) -> None:
        """Take back what was published: this process is about to end."""
        await withdraw(self._redis, self._boot)


class _Part(NamedTuple):
    """What one agent does in a turn; a turn is counted once, with the first of them."""

    turns: int
    cost_usd: NanoUsd
    held: MicroCredits


def aggregate(runs: LiveTurns, credits_per_usd: int) -> list[LiveCost]:
    """Running turns, summed by everything that a feed can group by."""
    groups: dict[tuple[UUID, str, str, str, str], list[_Part]] = defaultdict(list)
    for run in runs:
        turn = run.turn
        for agent, strand, part in _parts(run):
            # Perhaps one that stands in for the model that was asked for.
            provider, model = strand.model or (turn.provider, turn.model)
            groups[turn.user_id, turn.feature, agent, model, provider].append(part)
    return [
        LiveCost(
            creator=creator,
            feature=feature,
            agent=agent,
            model=model,
            provider=provider,
            turns=sum(part.turns for part in parts),
            cost_usd=NanoUsd(sum(part.cost_usd for part in parts)),
            held_usd=charged_usd(MicroCredits(sum(part.held for part in parts)), credits_per_usd),
        )
        for (creator, feature, agent, model, provider), parts in groups.items()
    ]


def _parts(run: Run) -> Iterator[tuple[str, Strand, _Part]]:
    """By agent; what is held and nobody has drawn is told with the turn's own."""
    main = run.meter.main
    spare = MicroCredits(run.held - run.branches.held)
    yield run.turn.agent, main, _Part(1, main.cost_so_far(), spare)
    for branch in run.branches:
        yield branch.agent, branch.strand, _Part(0, branch.strand.cost_so_far(), branch.held)
