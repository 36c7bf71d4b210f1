"""What every kind of session does: read, write, watch over access and age, end in good order."""

import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

import anyio
from anyio.abc import TaskGroup
from msgspec import Struct

from server.domain.errors import AppError
from server.protocol.codec import encode
from server.protocol.events import ServerEvent
from server.protocol.gate import refusal
from server.sockets.access import IDLE_S, Access
from server.sockets.channel import Channel, Gone, Stalled
from server.sockets.sendqueue import BEHIND_BYTES, SendQueue, TooSlow

RESTART = 1012
"""The close code that asks a client to come back at once; whatever waits is sent before it."""

FLUSH_S = 2.0
"""For what waits to leave before the close frame of an ending session."""


class PumpLimits(Struct, frozen=True, kw_only=True):
    """Figures: the specification's table of limits."""

    outgoing_bytes: int = BEHIND_BYTES
    age_s: float = 24 * 3600.0


class Pump:
    """Moves frames of one connection until either side ends it. ``now``: monotonic seconds.

    ``tasks`` is there while ``run`` is: what a session starts in it ends with the session.
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
        self.queue = SendQueue(now, behind_bytes=limits.outgoing_bytes)
        self.access = access
        self.address = address
        self.closed_with: int | None = None
        self.tasks: TaskGroup
        self._channel = channel
        self._now = now
        self._ends_at = now() + limits.age_s
        self._ending: tuple[int, str] | None = None

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
            self.queue.nudge()

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
        try:
            async with anyio.create_task_group() as self.tasks:
                self.tasks.start_soon(self._write)
                self.tasks.start_soon(self._watch)
                for work in beside:
                    self.tasks.start_soon(work)
                await self._read(hear)
                self.tasks.cancel_scope.cancel()
        finally:
            self.queue.close()

    async def _read(self, hear: Callable[[str | bytes], Awaitable[None]]) -> None:
        try:
            while True:
                frame = await self._channel.receive()
                if self._ending is None:
                    await hear(frame)
        except Gone as gone:
            self._closed(gone.code)

    async def _write(self) -> None:
        try:
            while self._ending is None:
                await self.queue.wait()
                for frame in self.queue.take():
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
        self._closed(code)
        await self._channel.close(code, reason)
        self.tasks.cancel_scope.cancel()

    async def _watch(self) -> None:
        while (left_s := self._ends_at - self._now()) > 0:
            # Spread, or the sessions that a restart has opened together would ask together.
            await anyio.sleep(min(left_s, IDLE_S * random.uniform(0.75, 1.25)))  # noqa: S311
            try:
                await self.access.check()
            except AppError as error:
                self.refuse(error)
                return
        self.end(RESTART, "open a new session")

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
    def address(self) -> str:
        return self.pump.address

    @property
    def is_idle(self) -> bool:
        return not self.pump.queue.following

    def tell(self, event: ServerEvent) -> None:
        self.pump.tell(event)

    def end(self, code: int, reason: str) -> None:
        self.pump.end(code, reason)
