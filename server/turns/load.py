"""Whether this process can take more work: what its loop's ticks say, and who may start a turn.

A web process is one loop on one core, so its latency is queueing: it stays low until the core is
nearly full, and then explodes. What is refused before that costs microseconds and can go elsewhere;
what was admitted is never touched.
"""

import logging
import random
import time
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from server.domain.errors import Overloaded
from server.telemetry.logs import fields

log = logging.getLogger(__name__)

WINDOW_S = 1.0
TICKS_MIN = 5
"""Ticks that are looked at: those of a second, and never fewer than five. What counts is what more
than half of them say, so that a collection of garbage or an import, one tick each however long they
take, refuses nobody."""

BUSY_SHARE, CALM_SHARE = 0.75, 0.65
"""Of a core, from which and until below which a process is busy: queues begin to grow there."""

BUSY_LAG = 0.2
"""Part of the lag that is too much, from which a process is busy."""

EASE = 0.5
"""Part of a lag to which it must fall again before it is over: admitting again adds to it."""

ARRIVING_MAX = 200
"""Turns that may be on their way in. They wait for the database, not for the loop, hence no lag
tells of them; with everything on two cores 60 to 90 a second get through. From half of it on,
fair shares count."""

RETRY_FIRST_S, RETRY_MOST_S = 1.0, 15.0
"""A hint is as long as it has lasted so far, within these, and up to twice that by chance: whoever
was refused together comes back apart, and less often the longer it takes."""


class Level(IntEnum):
    """``BUSY``: fair shares count. ``OVERLOADED``: nobody starts anything."""

    CALM = 0
    BUSY = 1
    OVERLOADED = 2

    @property
    def label(self) -> str:
        return self.name.lower()


class Reading(NamedTuple):
    """``lag_s``: how late the loop's timer comes. ``busy``: CPU seconds of its thread a second."""

    lag_s: float
    busy: float


class Tick(NamedTuple):
    at: float
    reading: Reading


def median(ticks: deque[Tick]) -> Reading:
    """What more than half of the ticks reach, of each figure by itself."""
    middle = (len(ticks) - 1) // 2
    return Reading(
        sorted(tick.reading.lag_s for tick in ticks)[middle],
        sorted(tick.reading.busy for tick in ticks)[middle],
    )


def next_level(level: Level, reading: Reading, lag_limit_s: float) -> Level:
    """The level that follows ``level``. It falls later than it rises."""

    def lags(limit_s: float, rank: Level) -> bool:
        return reading.lag_s >= (limit_s * EASE if level >= rank else limit_s)

    if lags(lag_limit_s, Level.OVERLOADED):
        return Level.OVERLOADED
    share = CALM_SHARE if level >= Level.BUSY else BUSY_SHARE
    if reading.busy >= share or lags(lag_limit_s * BUSY_LAG, Level.BUSY):
        return Level.BUSY
    return Level.CALM


def level_of_arrivals(arriving: int) -> Level:
    if arriving >= ARRIVING_MAX:
        return Level.OVERLOADED
    return Level.BUSY if arriving >= ARRIVING_MAX // 2 else Level.CALM


class Standing(NamedTuple):
    """How one user stands among all who run turns here, themselves included."""

    mine: int
    running: int
    users: int

    @property
    def fair_share(self) -> int:
        """Turns that each may have: half as many again as there are for each, for nobody's come
        evenly, and always 1. Whoever is alone gets everything."""
        return self.running * 3 // (self.users * 2) + 1


def retry_after(lasted_s: float, chance: float) -> float:
    """Seconds; ``chance`` is below 1."""
    return round(min(max(lasted_s, RETRY_FIRST_S), RETRY_MOST_S) * (1 + chance), 3)


class LoadGuard:
    """One a process. ``lag_limit_s`` 0: it watches and refuses nobody.

    ``on_refused`` hears of every turn that is refused, and at which level.
    """

    def __init__(
        self,
        lag_limit_s: float,
        *,
        on_refused: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._lag_limit_s = lag_limit_s
        self._on_refused = on_refused
        self._now = now
        self._chance = chance
        self._ticks = deque[Tick]()
        self._since = now()
        self.level = Level.CALM
        self.reading = Reading(0.0, 0.0)

    def take(self, reading: Reading) -> None:
        """One more tick."""
        now, ticks = self._now(), self._ticks
        ticks.append(Tick(now, reading))
        while len(ticks) > TICKS_MIN and ticks[0].at < now - WINDOW_S:
            ticks.popleft()
        if len(ticks) < TICKS_MIN:
            return
        self.reading = median(ticks)
        if self._lag_limit_s:
            self._enter(next_level(self.level, self.reading, self._lag_limit_s), now)

    def _enter(self, level: Level, now: float) -> None:
        if level is self.level:
            return
        figures = fields(lag_ms=round(self.reading.lag_s * 1000), busy=round(self.reading.busy, 2))
        if level is Level.OVERLOADED:
            log.warning("load.refusing", extra=figures)
        elif self.level is Level.OVERLOADED:
            log.info("load.admitting", extra=figures)
        self.level, self._since = level, now

    def check_turn(self, standing: Standing, arriving: int) -> None:
        """``arriving``: turns that are on their way in.

        Raises:
            Overloaded: the user may start no turn here now.
        """
        if not self._lag_limit_s:
            return
        level = max(self.level, level_of_arrivals(arriving))
        if level is Level.CALM or (level is Level.BUSY and standing.mine < standing.fair_share):
            return
        self._on_refused(level.label)
        if self.level is Level.OVERLOADED:
            raise self._lags("The server has as much to do as it can do well; try again.")
        if level is Level.OVERLOADED:
            message = "Too many want to start turns at once; try again."
            raise self._refusal(message, "arriving_turns", arriving, ARRIVING_MAX)
        message = "The server is busy, and you run your share of its turns; wait for one to end."
        raise self._refusal(message, "running_turns", standing.mine, standing.fair_share)

    def check_session(self) -> None:
        """Raises Overloaded: no session may be opened here now."""
        if self.level is Level.OVERLOADED:
            raise self._lags("The server has as many sessions as it can serve well; try again.")

    def _lags(self, message: str) -> Overloaded:
        lag_ms, limit_ms = round(self.reading.lag_s * 1000), round(self._lag_limit_s * 1000)
        return self._refusal(message, "loop_lag_ms", lag_ms, limit_ms)

    def _refusal(self, message: str, measured: str, value: int, limit: int) -> Overloaded:
        lasted_s = 0.0 if self.level is Level.CALM else self._now() - self._since
        return Overloaded(
            message,
            retry_after=retry_after(lasted_s, self._chance()),
            metadata={"scope": "process", "measured": measured, "value": value, "limit": limit},
        )
