"""Several agents at the same time in one turn, none of which can harm another.

Each works in a task of its own, with its own deadline. It tells one event, and goes on when that
one has been dealt with: a call that may not be made is stopped before it is, and whoever reads
slowly slows all down. Whatever becomes of a branch, it ends once, and says how.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from types import TracebackType

from msgspec import Struct

from agents.events import AgentEvent, BranchEnded
from server.domain.errors import AppError, Internal, ProviderTimeout
from server.telemetry.logs import fields

log = logging.getLogger(__name__)


class Heard(Struct, frozen=True, kw_only=True):
    """What a branch said; ``BranchEnded`` is the last of it."""

    branch: "Branch"
    event: AgentEvent

    @property
    def name(self) -> str:
        return self.branch.name


class Branch:
    """One agent at work: its events, read in a task of its own."""

    def __init__(
        self,
        name: str,
        events: AsyncGenerator[AgentEvent, None],
        heard: asyncio.Queue[Heard],
        seconds: float,
        is_patient: bool,
    ) -> None:
        self.name = name
        self._events = events
        self._heard = heard
        self._seconds = seconds
        self._is_patient = is_patient
        self._reason: AppError | None = None
        self._is_closed = False
        self._go_on = asyncio.Event()
        self.task = asyncio.create_task(self._tell_all(), name=f"branch {name}")
        # Not the task's last line: one that is stopped before its first has none.
        self.task.add_done_callback(self._end)

    def stop(self, reason: AppError) -> None:
        """End it now, as failed for ``reason``; the first one counts. One that has ended stays as
        it is."""
        if self._reason is None and self.task.cancel():
            self._reason = reason

    def close(self) -> None:
        """End it without a word: nobody hears it any more."""
        self._is_closed = True
        self.task.cancel()

    def go_on(self) -> None:
        """What it said last has been dealt with."""
        self._go_on.set()

    def _end(self, task: asyncio.Task[None]) -> None:
        raised = asyncio.CancelledError() if task.cancelled() else task.exception()
        # Stopped, it may have raised anything while it was being closed.
        error = self._reason
        if error is None and raised is not None and not self._is_closed:
            error = raised if isinstance(raised, AppError) else self._crashed(raised)
        ended = BranchEnded(branch=self.name, error=error)
        self._heard.put_nowait(Heard(branch=self, event=ended))

    def _crashed(self, raised: BaseException) -> AppError:
        log.error("branch.crashed", exc_info=raised, extra=fields(agent=self.name))
        return Internal("Something went wrong on our side.")

    async def _tell_all(self) -> None:
        try:
            async with asyncio.timeout(self._seconds) as scope, aclosing(self._events) as events:
                async for event in events:
                    self._go_on.clear()
                    self._heard.put_nowait(Heard(branch=self, event=event))
                    await self._go_on.wait()
                    if self._is_patient:
                        scope.reschedule(asyncio.get_running_loop().time() + self._seconds)
        except TimeoutError:
            if not scope.expired():
                raise
            raise ProviderTimeout(
                f"The {self.name} agent took longer than {self._seconds:g} seconds."
            ) from None


class Branches:
    """Those of one turn. Leaving the context ends all that are left, connections closed."""

    def __init__(self, seconds: float, *, is_patient: bool = False) -> None:
        """``seconds``: how long each of them may take; ``is_patient``: may be silent, however long
        an answer becomes that somebody reads as it comes."""
        self._seconds = seconds
        self._is_patient = is_patient
        # Never longer than there are branches: each waits until it has been heard.
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._open: dict[str, Branch] = {}
        self._last: Heard | None = None
        self._hurry: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> "Branches":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
        for branch in self._open.values():
            branch.close()
        if self._open:
            await asyncio.wait({branch.task for branch in self._open.values()})

    def begin(self, name: str, events: AsyncGenerator[AgentEvent, None]) -> None:
        """``name`` is that of no other branch of the turn."""
        self._open[name] = Branch(name, events, self._heard, self._seconds, self._is_patient)

    def hurry(self, seconds: float) -> None:
        """Those that are at work now have so many seconds left: nobody waits longer for them."""
        late = ProviderTimeout("The agent was not ready when the others were.")
        self._hurry = asyncio.get_running_loop().call_later(
            seconds, _stop, tuple(self._open.values()), late
        )

    def stop_all(self, reason: AppError) -> None:
        _stop(self._open.values(), reason)

    async def next(self) -> Heard | None:
        """What is said next, by whichever branch; None: all have ended. Asking for it lets the
        branch that spoke last go on."""
        if self._last is not None:
            self._last.branch.go_on()
            self._last = None
        if not self._open:
            return None
        heard = self._last = await self._heard.get()
        if isinstance(heard.event, BranchEnded):
            del self._open[heard.name]
        return heard


def _stop(branches: Iterable[Branch], reason: AppError) -> None:
    for branch in branches:
        branch.stop(reason)
