"""Detection let loose on made-up traffic: what it learns, and the incidents that it opens."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from billing.detection.baselines import Baseline, Hour, baseline
from billing.detection.bursts import LEAST, Burst, Habit, bursts
from billing.detection.costs import FIVE, HOUR
from billing.detection.findings import Finding
from billing.detection.lifecycle import is_over
from billing.detection.providers import provider_errors
from billing.detection.recent import SLOT_S, Recent, Slot, Sum
from billing.detection.scopes import Scope, scopes_of
from billing.detection.spikes import risen_of, spikes, wanted
from billing.detection.statistics import quantile
from tests.simulation.traffic import HOUR_S, START, CallMade, at, hour_of

ERROR_PERCENT = 5


class Seen(Struct, kw_only=True):
    """An incident from its opening to its closing."""

    finding: Finding
    opened_at: datetime
    quiet_since: datetime | None = None


class Past:
    """What there is to learn from: hours of every scope, active five minutes of every creator."""

    def __init__(self) -> None:
        self.hours: defaultdict[Scope, dict[int, Hour]] = defaultdict(dict)
        self.fives: defaultdict[UUID, Counter[int]] = defaultdict(Counter)

    def learn(self, calls: Iterable[CallMade], *, are_known: bool = False) -> None:
        """``are_known``: they were an incident, and so are no habit of anybody's."""
        for call in calls:
            hour = hour_of(call.second)
            if not are_known:
                self.fives[call.key.creator][int(call.second // FIVE)] += 1
            for scope in scopes_of(call.key):
                usd, count, squares = self.hours[scope].get(hour, Hour(0, 0, 0.0))
                self.hours[scope][hour] = Hour(usd + call.usd, count + 1, squares + call.usd**2)

    def habit(self, creator: UUID, second: float) -> Habit | None:
        fives = {
            five: turns
            for five, turns in self.fives[creator].items()
            if second - 28 * 86_400 <= five * FIVE < second - HOUR_S
        }
        if not fives:
            return None
        turns = list(fives.values())
        middle, upper, high = (int(quantile(turns, share)) for share in (0.5, 0.75, 0.9))
        first = at(min(fives) * FIVE)
        return Habit(middle=middle, upper=upper, high=high, fives=len(fives), first=first)


class Watcher:
    """Knows ``past`` and looks every so many seconds."""

    def __init__(self, past: Past, every_s: int) -> None:
        self.every_s = every_s
        self.incidents: list[Seen] = []
        self.rounds = 0
        self._past = past
        self._recent = Recent()
        self._slots: defaultdict[int, list[Slot]] = defaultdict(list)
        self._baselines: dict[Scope, Baseline] = {}
        self._habits: dict[UUID, Habit | None] = {}
        self._hour = 0
        self._open: dict[tuple[str, Scope], Seen] = {}

    def see(self, calls: Iterable[CallMade], first: int, last: int) -> None:
        """Look from second ``first`` up to ``last``; the calls are all there are until then."""
        for call in calls:
            second = int(START.timestamp() + call.second) // SLOT_S * SLOT_S
            sums = Sum(usd=call.usd, calls=1, failed=call.failed, squares=float(call.usd**2))
            self._slots[second].append(Slot(second, call.key, sums))
        for second in range(first, last, self.every_s):
            if hour_of(second) != self._hour:
                self._hour = hour_of(second)
                self._baselines, self._habits = {}, {}
                old = START.timestamp() + second - 2 * HOUR_S
                for slot in [slot for slot in self._slots if slot < old]:
                    del self._slots[slot]
            self._round(second)

    def _round(self, second: int) -> None:
        self.rounds += 1
        now = at(second)
        since = self._recent.since(now)
        self._recent.take(since, self._read(since, now), now)
        (hour,) = self._recent.windows(now, (HOUR,))
        known = self._known("cost_spike")
        for scope in wanted(hour, known):
            if scope not in self._baselines:
                self._baselines[scope] = baseline(self._past.hours.get(scope, {}), self._hour)
        failing = self._known("provider_errors")
        rises = spikes(self._recent, self._baselines, known, now)
        found = [
            *rises,
            *provider_errors(self._recent, ERROR_PERCENT, now, failing),
            *self._bursts(second, now, risen_of(rises)),
        ]
        self._settle({(one.kind, one.scope): one for one in found}, now)

    def _read(self, since: datetime, now: datetime) -> list[Slot]:
        begin, end = int(since.timestamp()), int(now.timestamp())
        return [
            slot
            for second in range(begin - begin % SLOT_S, end, SLOT_S)
            for slot in self._slots.get(second, ())
        ]

    def _bursts(self, second: int, now: datetime, risen: dict[Scope, float]) -> list[Finding]:
        """Each call counts as a turn of its own."""
        turns: defaultdict[UUID, list[Slot]] = defaultdict(list)
        for slot in self._read(now - timedelta(seconds=FIVE), now):
            turns[slot.key.creator].append(slot)
        seen = []
        for creator, slots in turns.items():
            if len(slots) < LEAST // 2:
                continue
            if creator not in self._habits:
                self._habits[creator] = self._past.habit(creator, second)
            key, _ = Counter(slot.key for slot in slots).most_common(1)[0]
            tenth = slots[len(slots) // 10].second
            seen.append(
                Burst(
                    creator=creator,
                    turns=len(slots),
                    since=at(tenth - START.timestamp()),
                    feature=key.feature,
                    agent=key.agent,
                    model=key.model,
                )
            )
        habits = {creator: habit for creator, habit in self._habits.items() if habit}
        return bursts(seen, habits, self._known("request_burst"), now, risen)

    def _known(self, wanted: str) -> dict[Scope, datetime]:
        return {
            scope: seen.finding.since
            for (kind, scope), seen in self._open.items()
            if kind == wanted
        }

    def _settle(self, found: dict[tuple[str, Scope], Finding], now: datetime) -> None:
        for name, finding in found.items():
            if name not in self._open:
                self._open[name] = seen = Seen(finding=finding, opened_at=now)
                self.incidents.append(seen)
            self._open[name].quiet_since = None
        for name, seen in list(self._open.items()):
            if name not in found:
                seen.quiet_since = seen.quiet_since or now
                if is_over(seen.quiet_since, now):
                    del self._open[name]
