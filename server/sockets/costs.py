"""The admin feed, ``GET /ws/admin/costs``: a snapshot, then what changes, for every watcher.

One follower of the usage stream serves all watchers of a process (``billing.costs``); a session
only looks at it, at its own pace. Who reads slowly sees fewer updates, each of them whole.
"""

import logging
import time
from datetime import datetime
from typing import Any

import anyio
from msgspec import Struct
from msgspec.json import Decoder

from billing.costs import LiveCosts
from billing.costviews import Query
from server.accounts import access
from server.accounts.access import Principal
from server.domain.clock import Clock
from server.domain.errors import AppError, Internal, ServiceUnavailable
from server.protocol.codec import Bounds, decode_frame
from server.protocol.feed import (
    SUBPROTOCOL,
    UPDATES_PER_SECOND,
    FeedSnapshot,
    FeedStale,
    SubscribeFeed,
)
from server.protocol.gate import Close, Gate, MachineLimits, Refuse, refusal
from server.sockets import costframes
from server.sockets.access import Access
from server.sockets.channel import Receive, Scope, Send
from server.sockets.handshake import Door, open_session, turn_away
from server.sockets.hub import Hub
from server.sockets.pump import Pump, PumpLimits, SessionMember

__all__ = ["SUBPROTOCOL", "CostsEndpoint", "admit"]

log = logging.getLogger(__name__)

READY_S = 15.0
"""For the first snapshot of a process to be read: it sums up to a month of calls."""

_decoder = Decoder(SubscribeFeed)


def admit(principal: Principal) -> None:
    """Raises Forbidden: not an admin, or a key of one without the scope for it."""
    access.check(principal, access.Scope.ADMIN_READ, admin=True)


def _decode(frame: str, bounds: Bounds) -> SubscribeFeed:
    return decode_frame(frame, _decoder, bounds)


class CostsEndpoint:
    """An ASGI application, as ``endpoint.SessionEndpoint`` is."""

    def __init__(
        self,
        door: Door,
        hub: Hub,
        costs: LiveCosts,
        *,
        machine: MachineLimits,
        limits: PumpLimits,
        clock: Clock,
    ) -> None:
        self._door = door
        self._hub = hub
        self._costs = costs
        self._machine = machine
        self._limits = limits
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opened = await open_session(self._door, scope, receive, send)
        if opened is None:
            return
        access = Access(
            opened.principal, self._door.authenticator, self._door.admit, time.monotonic
        )
        pump = Pump(
            opened.channel, access, address=opened.address, now=time.monotonic, limits=self._limits
        )
        watcher = Watcher(
            pump, self._costs, Gate(self._machine, self._clock(), _decode), self._clock
        )
        try:
            with self._hub.joined(watcher):
                await watcher.run()
        except AppError as error:  # the hub has no room
            await turn_away(opened.channel, error)


class _Watch(Struct, frozen=True, kw_only=True):
    """A subscription: ``re`` of its command, what to look at, seconds between two updates."""

    re: str
    query: Query
    period_s: float
    is_live: bool


class Watcher(SessionMember):
    """One session of the feed."""

    def __init__(
        self, pump: Pump, costs: LiveCosts, gate: Gate[SubscribeFeed], clock: Clock
    ) -> None:
        super().__init__(pump)
        self._costs = costs
        self._gate = gate
        self._clock = clock
        self._watch: _Watch | None = None
        self._shown: FeedSnapshot | None = None
        self._stale_told: datetime | None = None

    async def run(self) -> None:
        """Until either side ends it."""
        async with self._costs.watching():
            await self.pump.run(self._hear, self._follow)

    async def _hear(self, frame: str | bytes) -> None:
        received = self._gate.receive(frame, self._clock())
        if isinstance(received, SubscribeFeed):
            # One at a time, in order: the last one counts, and none is cheap.
            await self._subscribe(received)
            return
        for verdict in received:
            match verdict:
                case Refuse(event):
                    self.pump.tell(event)
                case Close(code, reason):
                    self.pump.end(code, reason)

    async def _subscribe(self, command: SubscribeFeed) -> None:
        try:
            await self.pump.access.check()
        except AppError as error:
            self.pump.tell(refusal(error, re=command.id))
            self.pump.end(error.close or 1011, error.message)
            return
        try:
            query = costframes.query_of(command)
            per_second = command.max_per_second
            watch = _Watch(
                re=command.id,
                query=query,
                period_s=1 / (per_second if isinstance(per_second, int) else UPDATES_PER_SECOND),
                is_live=self._costs.reaches(query),
            )
            await self._begin(watch)
        except AppError as error:
            self.pump.tell(refusal(error, re=command.id))
        except Exception:
            log.exception("feed.subscribe_failed")
            ours = Internal("Something went wrong on our side.")
            self.pump.tell(refusal(ours, re=command.id))
        self._gate.answered(command.id)

    async def _begin(self, watch: _Watch) -> None:
        """Send the snapshot of ``watch``, and go on from it."""
        with anyio.move_on_after(READY_S):
            while not self._costs.is_ready:
                await self._costs.changed(self._costs.watermark)
        if not self._costs.is_ready:
            raise ServiceUnavailable("The figures cannot be read now; try again.", retry_after=5)
        if watch.is_live:
            view = self._costs.view(watch.query)
        else:
            view = await self._costs.past(watch.query)
        self._show(watch, self._snapshot(watch, view))

    def _show(self, watch: _Watch, shown: FeedSnapshot) -> None:
        self._watch, self._shown = watch, shown
        self.pump.tell(shown)

    def _snapshot(self, watch: _Watch, view: Any) -> FeedSnapshot:
        return costframes.snapshot(
            view, re=watch.re, watermark=self._costs.watermark, name_of=self._costs.name_of
        )

    async def _follow(self) -> None:
        """Send what has changed, as often as the watcher asked for and can read it."""
        mark = 0
        while True:
            mark = await self._costs.changed(mark)
            await self.pump.queue.sent()
            try:
                await self.pump.access.check()
            except AppError as error:
                self.pump.refuse(error)
                return
            self._update()
            watch = self._watch
            await anyio.sleep(watch.period_s if watch else 1 / UPDATES_PER_SECOND)

    def _update(self) -> None:
        watch, shown = self._watch, self._shown
        if watch is None or shown is None:
            return
        if self._is_stale() or not self._costs.is_ready:
            return
        view = self._costs.view(watch.query)
        fresh = self._snapshot(watch, view)
        if not watch.is_live:
            # What lies further back than the live day has stopped changing.
            fresh = costframes.with_figures_of(shown, fresh)
        start, _ = watch.query.window(self._clock())
        update = costframes.difference(shown, fresh, start)
        if update is None:
            self._show(watch, fresh)
        elif costframes.says_anything(update):
            self._shown = fresh
            self.pump.tell(update)

    def _is_stale(self) -> bool:
        """Say once that the figures stand still; what comes after it is a snapshot."""
        since = self._costs.stale_since
        if since is None:
            if self._stale_told is not None and self._costs.is_ready and self._watch is not None:
                self._stale_told = None
                self._show(
                    self._watch,
                    self._snapshot(self._watch, self._costs.view(self._watch.query)),
                )
            return False
        if self._stale_told is None:
            self._stale_told = since
            self.pump.tell(FeedStale(since=since))
        return True
