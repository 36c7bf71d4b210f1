"""Tells every process whose insights have changed: a short stream in Redis that each follows.

It carries no insight, only whose to ask PostgreSQL for again; so a flush loses nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from server.persistence.redis import BLOCK_MS, INSIGHTS_CAP, INSIGHTS_STREAM
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

CREATOR = b"creator"
"""The field of an entry: a creator's id, or nothing: what all share has changed."""

READ_MAX = 1_000
"""Entries of one reading. Who finds as many is behind, and may have lost some to the cap, which is
ten times that."""

AGAIN_S = 0.5

SILENCE_S = BLOCK_MS / 1000 + 1.0
"""A reading that is well comes back before that."""


async def announce(redis: Redis, creator: UUID | None) -> None:
    """After the commit. Never raises: where Redis is away, caches are off.

    A process that cannot reach Redis while others do is found out by their caches' own limit.
    """
    told = b"" if creator is None else creator.bytes
    try:
        await redis.xadd(INSIGHTS_STREAM, {CREATOR: told}, maxlen=INSIGHTS_CAP, approximate=True)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("insights.unannounced", extra=fields(error=repr(error)))


class Changes:
    """One a process. ``run`` is the body of a task; ``on_change`` hears whose insights changed;
    None: anybody's may have."""

    def __init__(
        self,
        commands: Redis,
        blocking: Redis,
        on_change: Callable[[UUID | None], None],
        now: Callable[[], float],
    ) -> None:
        """``now`` answers seconds that only grow."""
        self._commands = commands
        self._blocking = blocking
        self._on_change = on_change
        self._now = now
        self._heard_at: float | None = None
        self._is_deaf = False

    @property
    def is_heard(self) -> bool:
        """Whether changes elsewhere reach this process at the moment."""
        return self._heard_at is not None and self._now() - self._heard_at < SILENCE_S

    async def run(self) -> None:
        """Follow for ever; outages are waited out."""
        while True:
            try:
                await self._follow()
            except (RedisError, OSError, TimeoutError) as error:
                if not self._is_deaf:
                    log.warning("insights.not_followed", extra=fields(error=repr(error)))
            except Exception:
                log.exception("insights.crashed")
            self._heard_at, self._is_deaf = None, True
            await asyncio.sleep(AGAIN_S)

    async def _follow(self) -> None:
        position, added = await self._end()
        self._on_change(None)
        self._heard_at, self._is_deaf = self._now(), False
        while True:
            reply: Any = await self._blocking.xread(
                {INSIGHTS_STREAM: position}, count=READ_MAX, block=BLOCK_MS
            )
            entries = reply[0][1] if reply else []
            end, now_added = await self._end()
            if len(entries) >= READ_MAX or now_added < added:
                # Behind, or a flush has taken what we had not read.
                self._on_change(None)
                position = end
            else:
                for creator in {told.get(CREATOR, b"") for _, told in entries}:
                    self._on_change(UUID(bytes=creator) if len(creator) == _ID_BYTES else None)
                position = entries[-1][0] if entries else position
            added = now_added
            self._heard_at = self._now()

    async def _end(self) -> tuple[bytes | str, int]:
        """The newest entry, and how many there ever were."""
        try:
            info: Any = await self._commands.xinfo_stream(INSIGHTS_STREAM)
        except ResponseError:  # nothing has changed yet
            return "0-0", 0
        return info["last-generated-id"], int(info["entries-added"])


_ID_BYTES = 16
