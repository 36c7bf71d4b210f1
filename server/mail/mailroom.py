"""Sending in the background: whoever asks for a mail neither waits for it nor hears how it went.

Nothing of it is stored. What a crash loses, its recipient asks for again.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from server.domain.clock import Clock
from server.mail.letters import Mail, compose
from server.mail.postman import Postman, Undelivered, Unwanted
from server.telemetry.logs import fields

AT_ONCE = 4
"""Mails on their way at the same time: connections to the mail server."""

WAITING_MAX = 1_000
"""Mails that may wait, a few kilobytes each. Limits on who may ask for one are far below."""

PAUSES_S = (5.0, 60.0)
"""Before the second and the third attempt: a server that restarts, one that has no room now."""

LATER_S = 1.0
"""Writing and storing a mail takes some 5 ms of the loop: seen in the answer to the next request of
whoever asks in a row, it would tell known addresses from unknown ones."""

GOODBYE_S = 5.0
"""For what is on its way when the process ends."""

log = logging.getLogger(__name__)


class Mailroom:
    """Made by ``open_mailroom``."""

    def __init__(
        self,
        postman: Postman,
        sender: str,
        tasks: asyncio.TaskGroup,
        clock: Clock,
        pauses_s: tuple[float, ...],
    ) -> None:
        self._postman = postman
        self._sender = sender
        self._tasks = tasks
        self._clock = clock
        self._pauses_s = pauses_s
        self._waiting: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(AT_ONCE)

    def post(self, mail: Mail) -> None:
        """Have it sent, after the commit of what it tells."""

        async def known() -> Mail:
            return mail

        self._begin(known)

    def write(self, letter: Callable[[], Awaitable[Mail]]) -> None:
        """Have written and sent what nobody may know of but its reader: a little later, when the
        work it takes delays no answer that whoever asked could be measuring."""

        async def later() -> Mail:
            await asyncio.sleep(random.uniform(0, LATER_S))  # noqa: S311 - for no secret
            return await letter()

        self._begin(later)

    def _begin(self, letter: Callable[[], Awaitable[Mail]]) -> None:
        if len(self._waiting) >= WAITING_MAX:
            log.warning("mail.dropped", extra=fields(waiting=len(self._waiting)))
            return
        task = self._tasks.create_task(self._send(letter))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def close(self) -> None:
        """Send what is on its way; give up what waits for another attempt."""
        if self._waiting:
            _, late = await asyncio.wait(self._waiting, timeout=GOODBYE_S)
            for task in late:
                task.cancel()
            if late:
                log.warning("mail.given_up", extra=fields(mails=len(late)))

    async def _send(self, letter: Callable[[], Awaitable[Mail]]) -> None:
        try:
            message = compose(await letter(), self._sender, self._clock())
            for pause_s in (*self._pauses_s, None):
                try:
                    async with self._places:
                        await self._postman.deliver(message)
                    log.info("mail.sent")
                    return
                except Unwanted as error:  # mostly an address that nobody has
                    log.warning("mail.refused", extra=fields(error=str(error)))
                    return
                except Undelivered as error:
                    if pause_s is None:
                        log.error("mail.lost", extra=fields(error=str(error)))
                        return
                    log.warning("mail.delayed", extra=fields(error=str(error)))
                await asyncio.sleep(pause_s)
        except Exception as error:
            # Without its words: they may hold an address or a link.
            log.error("mail.failed", extra=fields(error=type(error).__name__))


@asynccontextmanager
async def open_mailroom(
    postman: Postman, sender: str, clock: Clock, *, pauses_s: tuple[float, ...] = PAUSES_S
) -> AsyncIterator[Mailroom]:
    """``sender``: an address, or ``Name <address>``. Leaving sends what is on its way."""
    async with asyncio.TaskGroup() as tasks:
        room = Mailroom(postman, sender, tasks, clock, pauses_s)
        try:
            yield room
        finally:
            await room.close()
