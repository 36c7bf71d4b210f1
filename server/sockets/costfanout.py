"""Live costs to everybody in this process who watches: one round for all of them.

Who watches the same shares a screen: it is computed, compared and encoded once. A round takes at
most a tenth of the process's time: the more different things are watched, the rarer they move, and
turns go on as if nobody did.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from billing.costs import LiveCosts
from billing.costviews import Query
from server.domain.clock import Clock
from server.domain.errors import Overloaded, ServiceUnavailable
from server.protocol.feed import UPDATES_PER_SECOND, FeedStale
from server.sockets.alertnews import AlertNews
from server.sockets.costscreen import Screen
from server.sockets.pump import OUR_BUG, Pump

log = logging.getLogger(__name__)

SCREENS_MAX = 32
"""Different subscriptions at once. A busy installation's takes some megabytes."""

READY_S = 15.0
"""For the first snapshot of a process to be read: it sums up to a month of calls."""

PERIOD_S = 1 / UPDATES_PER_SECOND

REST = 9
"""Times the length of a round that passes before the next."""

BATCH = 25
"""Watchers told in one go: others wait for half a millisecond."""

CHECK_S = 10.0
"""A watcher says nothing, so that its access is looked at this often. One who signs out or loses
the role is closed at once; this finds what the process missed."""


class Place:
    """What one watcher has been told. Times are those of the loop."""

    __slots__ = (
        "alerts_mark",
        "check_at",
        "due",
        "mark",
        "period_s",
        "pump",
        "re",
        "screen",
        "stale",
    )

    def __init__(self, pump: Pump, now: float) -> None:
        self.pump = pump
        self.screen: Screen | None = None
        self.re = ""
        self.period_s = PERIOD_S
        self.due = 0.0
        self.check_at = now + CHECK_S
        self.mark = self.alerts_mark = 0
        self.stale = False

    def wait(self, now: float) -> None:
        """For its next beat, the same for all, so that what they lack is the same."""
        self.due = (now // self.period_s + 1) * self.period_s


class Fanout:
    """Runs while somebody is ``joined``."""

    def __init__(self, costs: LiveCosts, clock: Clock) -> None:
        self._costs = costs
        self._clock = clock
        self._places: set[Place] = set()
        self._screens: dict[Query, Screen] = {}
        self._news = AlertNews()
        self._running: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def joined(self, pump: Pump) -> AsyncIterator[Place]:
        """A place for a watcher, who is told nothing before it has subscribed."""
        place = Place(pump, asyncio.get_running_loop().time())
        self._places.add(place)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        try:
            async with self._costs.watching():
                yield place
        finally:
            self._places.discard(place)
            self._sit(place, None)
            if not self._places:
                self._running.cancel()
                self._running = None
                self._news = AlertNews()

    async def subscribe(self, place: Place, re: str, query: Query, per_second: int) -> None:
        """Send the snapshot of ``query``, and go on from it.

        Raises:
            ServiceUnavailable: an engine does not answer.
            Overloaded: too many different things are watched already.
        """
        with anyio.move_on_after(READY_S):
            while not self._costs.is_ready:
                await self._costs.changed(self._costs.watermark)
        if not self._costs.is_ready:
            raise ServiceUnavailable("The figures cannot be read now; try again.", retry_after=5)
        if (known := self._screens.get(query)) is not None:
            await known.renew()
        screen = self._screens.get(query) or await self._open(query, place)
        # From here on without waiting: nothing may be told of it before its snapshot.
        self._sit(place, screen)
        place.re, place.period_s = re, 1 / per_second
        place.wait(asyncio.get_running_loop().time())
        screen.refresh()
        self._look_at_alerts()
        self._show(place, screen)

    async def _open(self, query: Query, place: Place) -> Screen:
        left = place.screen is not None and not self._is_seen(place.screen, but=place)
        if len(self._screens) - left >= SCREENS_MAX:
            raise Overloaded(
                "Too many different views of live costs are open; choose one that others watch.",
                retry_after=5,
            )
        screen = Screen(self._costs, query, self._clock)
        await screen.open()
        if (others := self._screens.get(query)) is not None:  # opened meanwhile
            screen.close()
            return others
        self._screens[query] = screen
        return screen

    def _sit(self, place: Place, screen: Screen | None) -> None:
        """Look at ``screen`` from now on; what nobody looks at any more is forgotten."""
        before, place.screen = place.screen, screen
        if before is None or self._is_seen(before):
            return
        if self._screens.get(before.query) is before:
            del self._screens[before.query]
        before.close()

    def _is_seen(self, screen: Screen, but: Place | None = None) -> bool:
        return any(place.screen is screen for place in self._places if place is not but)

    def _look_at_alerts(self) -> None:
        if self._news.mark != self._costs.watermark:
            self._news.refresh(self._costs.alerts, self._costs.watermark)

    def _show(self, place: Place, screen: Screen) -> None:
        news = self._news
        place.mark, place.alerts_mark, place.stale = screen.mark, news.mark, False
        place.pump.queue.put(screen.snapshot(place.re, news.alerts, news.mark))

    async def _run(self) -> None:
        loop, mark = asyncio.get_running_loop(), 0
        while True:
            mark = await self._costs.changed(mark)
            began, waited = loop.time(), 0.0
            by_screen: dict[Screen | None, list[Place]] = {}
            for place in self._places:
                by_screen.setdefault(place.screen, []).append(place)
            for screen, places in by_screen.items():
                left = loop.time()
                await self._begin_anew(screen, places)
                waited += loop.time() - left
                try:
                    self._refresh(screen)
                except Exception:
                    self._fail(places)
                for first in range(0, len(places), BATCH):
                    for place in places[first : first + BATCH]:
                        self._look_after(place, screen)
                    left = loop.time()
                    await asyncio.sleep(0)
                    waited += loop.time() - left
            elapsed = loop.time() - began
            await asyncio.sleep(max(PERIOD_S - elapsed, (elapsed - waited) * REST))

    async def _begin_anew(self, screen: Screen | None, places: list[Place]) -> None:
        if screen is None or not screen.is_over or not self._costs.is_ready:
            return
        try:
            await screen.begin()
        except Exception:
            self._fail(places)
        if self._screens.get(screen.query) is not screen:  # all have left meanwhile
            screen.close()

    def _fail(self, places: list[Place]) -> None:
        log.exception("feed.failed")
        for place in places:
            place.pump.end(1011, OUR_BUG)

    def _refresh(self, screen: Screen | None) -> None:
        if self._costs.is_ready and self._costs.stale_since is None:
            self._look_at_alerts()
            if screen is not None:
                screen.refresh()

    def _look_after(self, place: Place, screen: Screen | None) -> None:
        try:
            now = asyncio.get_running_loop().time()
            if now >= place.check_at:
                place.check_at = now + CHECK_S
                place.pump.look_after()
            if screen is not None and place.screen is screen:
                self._tell(place, screen, now)
        except Exception:
            self._fail([place])

    def _tell(self, place: Place, screen: Screen, now: float) -> None:
        """What ``place`` lacks, if it is time, and if it has taken the last: else the next says all
        that happened since."""
        costs = self._costs
        if now < place.due or place.pump.queue.has_more:
            return
        place.wait(now)
        if costs.stale_since is not None:
            if not place.stale:
                place.stale = True
                place.pump.tell(FeedStale(since=costs.stale_since))
        elif not costs.is_ready:
            return
        elif place.stale or not self._can_follow(place, screen):
            self._show(place, screen)
        else:
            self._update(place, screen)

    def _can_follow(self, place: Place, screen: Screen) -> bool:
        return screen.follows(place.mark) and self._news.follows(place.alerts_mark)

    def _update(self, place: Place, screen: Screen) -> None:
        update = screen.since(place.mark)
        place.mark = screen.mark
        if update is not None:
            place.pump.queue.put(update)
        for frame in self._news.since(place.alerts_mark):
            place.pump.queue.put(frame)
        place.alerts_mark = self._news.mark
