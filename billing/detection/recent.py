"""The last hour's calls in memory, by time and key: each round reads only what is new.

Sums of ten seconds for the last minutes, of a minute beyond: what an hour takes is bounded by how
many keys there are, not by how many calls.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from billing.costbook import Key
from billing.detection.scopes import Scope, scopes_of

SLOT_S = 10
FINE_S = 360
SPAN_S = 3_600
MINUTE_S = 60

AGAIN_S = 60
"""A call that ended may be committed a moment later: so much is read again each time."""


class Sum(Struct, kw_only=True, gc=False):
    """Calls of one key or scope: nano-dollars, how many, how many failed, and the squares of each
    one's nano-dollars."""

    usd: int = 0
    calls: int = 0
    failed: int = 0
    squares: float = 0.0

    def add(self, other: "Sum") -> None:
        self.usd += other.usd
        self.calls += other.calls
        self.failed += other.failed
        self.squares += other.squares

    def take_away(self, other: "Sum", share: float) -> None:
        """A share of some of these calls; failures are left as they are."""
        self.usd -= round(share * other.usd)
        self.calls -= round(share * other.calls)
        self.squares -= share * other.squares

    @property
    def effective(self) -> float:
        """How many calls of equal cost would vary as these do: what a few dear ones make is less
        than it looks."""
        return self.usd**2 / self.squares if self.squares > 0 else 0.0


class Slot(NamedTuple):
    """Calls of one key in the ``SLOT_S`` seconds from ``second`` (Unix time) on."""

    second: int
    key: Key
    sum: Sum


class Window(Struct, frozen=True, kw_only=True):
    """The last ``seconds``: sums by key, and by everything that they count for."""

    seconds: int
    keys: Mapping[Key, Sum]
    scopes: Mapping[Scope, Sum]

    def of(self, scope: Scope) -> Sum:
        return self.scopes.get(scope, Sum())


class Recent:
    """Filled by ``take``; asked by ``windows`` and ``series``."""

    def __init__(self) -> None:
        self._fine: dict[int, dict[Key, Sum]] = {}
        self._coarse: dict[int, dict[Key, Sum]] = {}
        self._until: datetime | None = None

    def since(self, now: datetime) -> datetime:
        """From where on calls must be read to know the last hour: all of it at first, after a
        longer absence, and where the clock was put back; then what came since the last time, and a
        little of what was known."""
        oldest = now - timedelta(seconds=SPAN_S)
        absent = timedelta(seconds=FINE_S - 2 * AGAIN_S)
        if self._until is None or not now - absent <= self._until <= now:
            self._fine, self._coarse = {}, {}
            return _at(_floor(oldest, MINUTE_S))
        return _at(_floor(self._until - timedelta(seconds=AGAIN_S), SLOT_S))

    def take(self, since: datetime, slots: Iterable[Slot], now: datetime) -> None:
        """What was read: all calls from ``since`` on, in place of what was known of that time."""
        first = int(since.timestamp())
        self._fine = {second: kept for second, kept in self._fine.items() if second < first}
        for slot in slots:
            _add(self._fine.setdefault(slot.second, {}), slot.key, slot.sum)
        self._until = now
        fine = _floor(now - timedelta(seconds=FINE_S), MINUTE_S)
        for second in [second for second in self._fine if second < fine]:
            minute = self._coarse.setdefault(second - second % MINUTE_S, {})
            for key, sums in self._fine.pop(second).items():
                _add(minute, key, sums)
        oldest = _floor(now - timedelta(seconds=SPAN_S), MINUTE_S)
        for second in [second for second in self._coarse if second < oldest]:
            del self._coarse[second]

    def windows(self, now: datetime, spans: Iterable[int]) -> list[Window]:
        """The last so many seconds each, from short to long, up to an hour. Calls whose host's
        clock is ahead count as of now."""
        newest_first = sorted(
            [*self._fine.items(), *self._coarse.items()], key=lambda item: -item[0]
        )
        keys: dict[Key, Sum] = {}
        found: list[Window] = []
        position, moment = 0, now.timestamp()
        for span in spans:
            while position < len(newest_first) and newest_first[position][0] >= moment - span:
                for key, sums in newest_first[position][1].items():
                    _add(keys, key, sums)
                position += 1
            found.append(_window(span, keys))
        return found

    def series(self, now: datetime, counts: Callable[[Key], bool]) -> list[tuple[datetime, Sum]]:
        """Calls of some keys by minute, from an hour ago to the present one, idle ones as well."""
        last = _floor(now, MINUTE_S)
        found = {second: Sum() for second in range(last - SPAN_S, last + 1, MINUTE_S)}
        for second, keys in [*self._coarse.items(), *self._fine.items()]:
            minute = found.get(min(last, second - second % MINUTE_S))
            if minute is not None:
                for key, sums in keys.items():
                    if counts(key):
                        minute.add(sums)
        return [(_at(second), sums) for second, sums in found.items()]


def _window(seconds: int, keys: Mapping[Key, Sum]) -> Window:
    scopes: dict[Scope, Sum] = {}
    kept: dict[Key, Sum] = {}
    for key, sums in keys.items():
        _add(kept, key, sums)
        for scope in scopes_of(key):
            known = scopes.get(scope)
            if known is None:
                scopes[scope] = known = Sum()
            known.add(sums)
    return Window(seconds=seconds, keys=kept, scopes=scopes)


def _add(into: dict[Key, Sum], key: Key, sums: Sum) -> None:
    known = into.get(key)
    if known is None:
        into[key] = known = Sum()
    known.add(sums)


def _floor(moment: datetime, step_s: int) -> int:
    second = int(moment.timestamp())
    return second - second % step_s


def _at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
