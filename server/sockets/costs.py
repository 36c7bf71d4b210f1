"""The admin feed, ``GET /ws/admin/costs``: a snapshot, then what changes, for every watcher.

One follower of the usage stream serves all watchers of a process (``billing.costs``), and one
fan-out tells them (``costfanout``); a session says only what it wants to see. Who reads slowly sees
fewer updates, each of them whole.
"""

import logging
import time

from msgspec.json import Decoder

from billing.costs import LiveCosts
from server.accounts import access
from server.accounts.access import Principal
from server.domain.clock import Clock
from server.domain.errors import AppError, Internal
from server.protocol.codec import Bounds, decode_frame
from server.protocol.feed import (
    SUBPROTOCOL,
    UPDATES_PER_SECOND,
    SubscribeFeed,
)
from server.protocol.gate import Close, Gate, MachineLimits, Refuse, refusal
from server.sockets import costframes
from server.sockets.access import Access
from server.sockets.channel import Receive, Scope, Send
from server.sockets.costfanout import Fanout, Place
from server.sockets.handshake import Door, open_session, turn_away
from server.sockets.hub import Hub
from server.sockets.pump import Pump, PumpLimits, SessionMember

__all__ = ["SUBPROTOCOL", "CostsEndpoint", "admit"]

log = logging.getLogger(__name__)

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
        self._fanout = Fanout(costs, clock)
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
            pump, self._fanout, Gate(self._machine, self._clock(), _decode), self._clock
        )
        try:
            with self._hub.joined(watcher):
                await watcher.run()
        except AppError as error:  # the hub has no room
            await turn_away(opened.channel, error)


class Watcher(SessionMember):
    """One session of the feed."""

    def __init__(self, pump: Pump, fanout: Fanout, gate: Gate[SubscribeFeed], clock: Clock) -> None:
        super().__init__(pump)
        self._fanout = fanout
        self._gate = gate
        self._clock = clock
        self._place: Place

    async def run(self) -> None:
        """Until either side ends it."""
        async with self._fanout.joined(self.pump) as self._place:
            await self.pump.run(self._hear)

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
            most = command.max_per_second
            per_second = most if isinstance(most, int) else UPDATES_PER_SECOND
            query = costframes.query_of(command)
            await self._fanout.subscribe(self._place, command.id, query, per_second)
        except AppError as error:
            self.pump.tell(refusal(error, re=command.id))
        except Exception:
            log.exception("feed.subscribe_failed")
            ours = Internal("Something went wrong on our side.")
            self.pump.tell(refusal(ours, re=command.id))
        self._gate.answered(command.id)
