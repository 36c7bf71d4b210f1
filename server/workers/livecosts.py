"""Tells the live feeds what this process runs: its turns' cost so far and what is held for them."""

import asyncio
import logging
from collections import defaultdict
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


def aggregate(runs: LiveTurns, credits_per_usd: int) -> list[LiveCost]:
    """Running turns, summed by everything that a feed can group by."""
    groups: dict[tuple[UUID, str, str, str, str], list[Run]] = defaultdict(list)
    for run in runs:
        turn = run.turn
        # Perhaps one that stands in for the model that was asked for.
        provider, model = run.meter.model or (turn.provider, turn.model)
        key = (turn.user_id, turn.feature, turn.agent, model, provider)
        groups[key].append(run)
    return [
        LiveCost(
            creator=creator,
            feature=feature,
            agent=agent,
            model=model,
            provider=provider,
            turns=len(members),
            cost_usd=NanoUsd(sum(run.meter.cost_so_far() for run in members)),
            held_usd=charged_usd(MicroCredits(sum(run.held for run in members)), credits_per_usd),
        )
        for (creator, feature, agent, model, provider), members in groups.items()
    ]
