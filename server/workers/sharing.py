"""Tells all creators what several of them have learned: hourly, by whoever comes first."""

import asyncio
import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from knowledge.network import AIKnowledgeNetwork
from server.domain.errors import AppError
from server.persistence.redis import SHARED_KEY, SHARED_TTL_S
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

LOOK_S = 60.0


async def keep_sharing(network: AIKnowledgeNetwork, redis: Redis) -> None:
    """For ever; outages are waited out. Of two that look at the same moment, both do the work, one
    after the other: that is rarer than a process that dies in between, and costs as little."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            if not await redis.exists(SHARED_KEY):
                shared = await network.share()
                await redis.set(SHARED_KEY, b"", ex=SHARED_TTL_S)
                log.info("insights.shared", extra=fields(shared=shared))
        except (AppError, SQLAlchemyError, RedisError, OSError, TimeoutError) as error:
            log.warning("insights.not_shared", extra=fields(error=repr(error)))
