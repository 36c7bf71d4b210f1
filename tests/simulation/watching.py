"""Detection let loose on made-up traffic: what it learns, and the incidents that it opens."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from billing.detection.baselines import Baseline, Hour, baseline
from billing.detection.costs import HOUR
from billing.detection.findings import Finding
from billing.detection.lifecycle import is_over
from billing.detection.providers import provider_errors
from billing.detection.recent import SLOT_S, Recent, Slot, Sum
from billing.detection.scopes import Scope, scopes_of
from billing.detection.spikes import spikes, wanted
from tests.simulation.traffic import DAY_S, START, CallMade, at, hour_of

ERROR_PERCENT = 5


class Seen(Struct, kw_only=True):
    """An incident from its opening to its closing."""

    finding: Finding
    opened_at: datetime
    quiet_since: datetime | None = None
    closed_at: datetime | None = None


class Watcher:
    """``learn`` hours of the past, then ``see`` days second by second."""

    def __init__(self, every_s: int) -> None:
        self.every_s = every_s
        self.incidents: list[Seen] = []
        self.rounds = 0
        self._recent = Recent()
        self._slots: defaultdict[int, list[Slot]] = defaultdict(list)
        self._hours_to_come: defaultdict[int, list[CallMade]] = defaultdict(list)
        self._hours: defaultdict[Scope, dict[int, Hour]] = defaultdict(dict)
        self._baselines: dict[Scope, Baseline] = {}
        self._hour = 0
        self._open: dict[tuple[str, Scope], Seen] = {}

    def learn(self, calls: Iterable[CallMade]) -> None:
        for call in calls:
            hour = hour_of(call.second)
            for scope in scopes_of(call.key):
                usd, count, squares = self._hours[scope].get(hour, Hour(0, 0, 0.0))
                self._hours[scope][hour] = Hour(usd + call.usd, count + 1, squares + call.usd**2)

    def see(self, calls: list[CallMade]) -> None:
        """A day, whose calls come in the order of time."""
        for call in calls:
            second = int(START.timestamp() + call.second) // SLOT_S * SLOT_S
            sums = Sum(usd=call.usd, calls=1, failed=call.failed, squares=float(call.usd**2))
            self._slots[second].append(Slot(second, call.key, sums))
            self._hours_to_come[hour_of(call.second)].append(call)
        first = int(calls[0].second // DAY_S) * DAY_S
        for second in range(first, first + DAY_S, self.every_s):
            hour = hour_of(second)
            if hour != self._hour:
                self.learn(self._hours_to_come.pop(hour - 1, ()))
                self._hour, self._baselines = hour, {}
            self._round(at(second))

    def _round(self, now: datetime) -> None:
        self.rounds += 1
        since = self._recent.since(now)
        read = [
            slot
            for second in range(int(since.timestamp()), int(now.timestamp()), SLOT_S)
            for slot in self._slots.get(second, ())
        ]
        self._recent.take(since, read, now)
        (hour,) = self._recent.windows(now, (HOUR,))
        known = self._known("cost_spike")
        for scope in wanted(hour, known):
            if scope not in self._baselines:
                self._baselines[scope] = baseline(self._hours[scope], self._hour)
        found = spikes(self._recent, self._baselines, known, now)
        failing = frozenset(self._known("provider_errors"))
        found += provider_errors(self._recent, ERROR_PERCENT, now, failing)
        self._settle({(one.kind, one.scope): one for one in found}, now)

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
                    seen.closed_at = now
                    del self._open[name]
