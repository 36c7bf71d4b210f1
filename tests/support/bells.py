"""Bells of processes that are not there: each rings and listens for itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from server.background import end
from server.domain.ids import BootId, new_id
from server.persistence.bell import Bell
from server.persistence.redis import open_blocking_redis, open_redis
from tests.support.eventually import eventually


class HeardBell(Bell):
    """``boot`` is the process it belongs to; ``heard`` the users whose news arrives, as confirmed
    by Redis, once for each time."""

    def __init__(self, url: str) -> None:
        self.boot = BootId(new_id())
        self.commands, self.subscriber = open_redis(url), open_blocking_redis(url)
        super().__init__(self.commands, self.subscriber, self.boot)
        self.heard: list[UUID] = []
        self.when_heard(lambda user, _: self.heard.append(user))

    async def hears(self, user: UUID) -> None:
        """Watch ``user`` until news arrives."""
        self.watch(user)
        await eventually(lambda: user in self.heard)


def still_bell() -> HeardBell:
    """One that rings for nobody."""
    return HeardBell("unix:///nonexistent/valkey.sock")


@asynccontextmanager
async def ringing_bell(url: str) -> AsyncIterator[HeardBell]:
    bell = HeardBell(url)
    running = [asyncio.create_task(work) for work in (bell.keep_ringing(), bell.keep_listening())]
    try:
        yield bell
    finally:
        await end(running)
        await bell.commands.aclose()
        await bell.subscriber.aclose()
