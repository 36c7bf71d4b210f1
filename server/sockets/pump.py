"""What every kind of session does: read, write, watch over access and age, end in good order.

A session that waits for its client is one task: what is done for it beside that begins when there
is something to do.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context, copy_context
from datetime import datetime
from typing import Any
from uuid import UUID

import anyio
from msgspec import Struct

from server.domain.errors import AppError
from server.protocol.codec import encode
from server.protocol.events import ServerEvent
from server.protocol.gate import refusal
from server.sockets.access import Access
from server.sockets.channel import Channel, Gone, Stalled
from server.sockets.sendqueue import BEHIND_BYTES, SendQueue, TooSlow
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

RESTART = 1012
"""The close code that asks a client to come back at once; whatever waits is sent before it."""

FLUSH_S = 2.0
"""For what waits to leave before the close frame of an ending session."""

OUR_BUG = "something went wrong on our side"

STOP_AGAIN_S = 0.1
"""Between two attempts to cancel what a session has started: a driver may swallow one."""


class PumpLimits(Struct, frozen=True, kw_only=True):
    """Figures: the specification's table of limits."""

    outgoing_bytes: int = BEHIND_BYTES
    age_s: float = 24 * 3600.0


class Pump:
    """Moves frames of one connection until either side ends it. ``now``: monotonic seconds.

    ``closed_with`` is the close code in the end, ours or the peer's.
    """

    def __init__(
        self,
        channel: Channel,
        access: Access,
        *,
        address: str,
        now: Callable[[], float],
        limits: PumpLimits,
    ) -> None:
        self.queue = SendQueue(now, behind_bytes=limits.outgoing_bytes, news=self._write_soon)
        self.access = access
        self.address = address
        self.closed_with: int | None = None
        self._channel = channel
        self._now = now
        self._ends_at = now() + limits.age_s
        self._ending: tuple[int, str] | None = None
        self._reading: asyncio.Task[Any] | None = None
        self._loop = asyncio.get_running_loop()  # asking for it is a system call
        self._context: Context
        self._writes = True  # or is about to; before ``run`` nothing is sent
        self._tasks: dict[asyncio.Task[None], None] = {}  # empty, a set is three times as large

    @property
    def user_id(self) -> UUID:
        return self.access.principal.user_id

    @property
    def credential_id(self) -> UUID:
        return self.access.principal.credential_id

    def tell(self, event: Any) -> None:
        self.queue.put(encode(event))

    def greet(self, event: Any) -> None:
        """Say ``event`` before anything that was said already."""
        self.queue.put_first(encode(event))

    def end(self, code: int, reason: str) -> None:
        """Send the answers that wait, then close; before a restart the turns that wait, too."""
        if self._ending is None:
            self._ending = (code, reason)
            if code != RESTART:
                self.queue.close()
            self._write_soon()

    def refuse(self, error: AppError) -> None:
        """End the session because of ``error``, and say so."""
        self.tell(refusal(error))
        self.end(error.close or 1011, error.message)

    async def run(
        self,
        hear: Callable[[str | bytes], Awaitable[None]],
        *beside: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """Until the session ends. ``hear`` gets every frame, one after the other; ``beside`` runs
        as long."""
        self._reading = asyncio.current_task()
        self._context = copy_context()
        try:
            self._writes = False
            self._write_soon()
            for work in beside:
                self.start(work)
            await self._read(hear)
        finally:
            self._reading = None
            self.queue.close()
            await self._stop()

    def start(self, work: Callable[..., Coroutine[Any, Any, None]], *arguments: Any) -> None:
        """Do ``work`` beside everything else. It ends with the session; its failure ends that."""
        task = self._loop.create_task(work(*arguments))
        self._tasks[task] = None
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if not task.cancelled() and (failure := task.exception()):
            log.error("session.failed", exc_info=failure, extra=fields(user_id=str(self.user_id)))
            self.end(1011, OUR_BUG)

    async def _stop(self) -> None:
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=STOP_AGAIN_S)

    async def _read(self, hear: Callable[[str | bytes], Awaitable[None]]) -> None:
        try:
            while True:
                frame = await self._channel.receive()
                if self._ending is None:
                    await hear(frame)
        except Gone as gone:
            self._closed(gone.code)
        except asyncio.CancelledError:
            # Either we have closed, and need not hear the rest, or the process ends.
            task = asyncio.current_task()
            if self.closed_with is None or task is None or task.uncancel():
                raise

    def _write_soon(self) -> None:
        if not self._writes:
            self._writes = True
            # Not at once: what comes in the same moment goes out together. In the session's own
            # context, for news come from others, with their ids for the log.
            self._loop.call_soon(self._flush, context=self._context)

    def _flush(self) -> None:
        """Write what waits. This is all as long as the reader keeps up: a task is for who does not,
        and for the end."""
        if self._reading is None:
            return
        frames: list[bytes] = []
        try:
            while self._ending is None:
                frames = self.queue.take()
                if not frames:
                    self._writes = False
                    return
                while frames and self._channel.try_send(frames[0]):
                    del frames[0]
                if frames:
                    break
                if not self.queue.has_more:
                    self._writes = False
                    return
        except Exception as failure:
            self.start(self._write, frames, failure)
        else:
            self.start(self._write, frames)

    async def _write(self, frames: list[bytes], failure: Exception | None = None) -> None:
        """Write ``frames`` and what comes after them, at the reader's pace, until it has it all."""
        try:
            if failure is not None:
                raise failure
            for frame in frames:
                await self._channel.send(frame)
            while self._ending is None:
                frames = self.queue.take()
                if not frames:
                    self._writes = False
                    return
                for frame in frames:
                    await self._channel.send(frame)
            code, reason = self._ending
            with anyio.move_on_after(FLUSH_S):
                while frames := self.queue.take():
                    for frame in frames:
                        await self._channel.send(frame)
        except (TooSlow, Stalled):
            code, reason = 1013, "reader too slow"
        except Gone as gone:
            code, reason = gone.code, ""
        except Exception:
            log.exception("session.failed")
            code, reason = 1011, OUR_BUG
        self._closed(code)
        await self._channel.close(code, reason)
        if self._reading is not None:
            self._reading.cancel()

    def look_after(self) -> None:
        """To be called from time to time: whether it may go on."""
        if self._now() >= self._ends_at:
            self.end(RESTART, "open a new session")
        else:
            self.start(self._check_access)

    def doubt(self) -> None:
        """Its user may do other things now: ask at once whether it may go on."""
        self.access.doubt()
        self.start(self._check_access)

    async def _check_access(self) -> None:
        try:
            await self.access.check()
        except AppError as error:
            self.refuse(error)

    def _closed(self, code: int) -> None:
        if self.closed_with is None:
            self.closed_with = code


class SessionMember:
    """What a session of any dialect is to the hub; idle while it follows no running turn."""

    def __init__(self, pump: Pump) -> None:
        self.pump = pump

    @property
    def user_id(self) -> UUID:
        return self.pump.user_id

    @property
    def credential_id(self) -> UUID:
        return self.pump.credential_id

    @property
    def sponsor_id(self) -> UUID | None:
        return self.pump.access.principal.sponsor_id

    @property
    def expires_at(self) -> datetime | None:
        return self.pump.access.principal.expires_at

    @property
    def address(self) -> str:
        return self.pump.address

    @property
    def is_idle(self) -> bool:
        return not self.pump.queue.following

    def tell(self, event: ServerEvent) -> None:
        self.pump.tell(event)

    def end(self, code: int, reason: str) -> None:
        self.pump.end(code, reason)

    def look_after(self) -> None:
        self.pump.look_after()

    def doubt(self) -> None:
        self.pump.doubt()
