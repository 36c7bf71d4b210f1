"""The watch over money and requests: a round every few seconds, never two at once.

Of several processes each does its rounds, on what it has learned itself; incidents are common to
all. A round that fails is said and left: the next one sees all of it.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from billing import pauses, thresholds
from billing.alerts import Alert, open_alerts
from billing.detection import bursts, observations, totals
from billing.detection.baselines import Baseline, baseline
from billing.detection.bursts import Burst, Habit
from billing.detection.costs import HOUR
from billing.detection.findings import Finding
from billing.detection.incidents import settle
from billing.detection.providers import provider_errors
from billing.detection.recent import Recent
from billing.detection.rules import EVERY_S
from billing.detection.scopes import Scope
from billing.detection.spikes import risen_of, spikes, wanted
from server.alertsettings import AlertSettings
from server.domain.clock import Clock, utc_now
from server.domain.errors import ServiceUnavailable
from server.domain.money import NanoUsd
from server.persistence.database import Database, Tx, allow

STATEMENT_S = 30.0
"""A month of hours of a busy installation takes longer than a turn may wait for a statement."""

LEARNED_MAX = 60
"""Baselines that are made in one round: some 40,000 hours are read for them in small steps, and
what follows of them is computed beside the loop."""

DETECTION_LOCK = 1_684_370_531
"""Number of the advisory lock under which one process at a time looks: ``detc`` in ASCII."""

_LOCK = text(f"SELECT pg_try_advisory_xact_lock({DETECTION_LOCK})")

_log = logging.getLogger(__name__)


class Detector:
    """``run`` is the body of a task; ``round`` one look at everything."""

    def __init__(self, database: Database, settings: AlertSettings, clock: Clock = utc_now) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._recent = Recent()
        self._baselines: dict[Scope, Baseline] = {}
        self._learned: dict[Scope, int] = {}
        self._habits: dict[UUID, Habit | None] = {}
        self._habits_of = 0

    async def run(self, every_s: float = EVERY_S) -> None:
        """Look until cancelled. Outages are waited out, and whatever else goes wrong stays here:
        the process goes on to write charges."""
        while True:
            try:
                await self.round()
            except (ServiceUnavailable, DBAPIError, OSError) as error:
                _log.warning("nothing was watched: %s", error)
            except Exception:
                _log.exception("nothing was watched")
            await asyncio.sleep(every_s)

    async def round(self) -> bool:
        """Find what is out of the ordinary and bring incidents up to date; False: another process
        is at it. No transaction is open while it is thought."""
        now = self._clock()
        async with self._database.transaction() as tx:
            if not await tx.scalar(_LOCK):
                return False
            await allow(tx, STATEMENT_S)
            known = await open_alerts(tx)
            watch = thresholds.in_force(self._settings, (await thresholds.current(tx)).chosen)
            since = self._recent.since(now)
            slots = await observations.slots(tx, since)
            seen = await self._turns(tx, known, now)
            findings = await self._totals(tx, known, now, watch.alert_daily_cost_usd)
        # Off the loop: usage events are consumed on it.
        await asyncio.to_thread(self._recent.take, since, slots, now)
        await self._learn(known, now)
        findings += await asyncio.to_thread(self._rises, known, now, watch.alert_error_percent)
        findings += self._bursts(seen, known, findings, now)
        async with self._database.transaction() as tx:
            if not await tx.scalar(_LOCK):
                return False
            await allow(tx, STATEMENT_S)
            await pauses.end_due(tx, now)
            await settle(
                tx,
                await open_alerts(tx),
                findings,
                now,
                detail=lambda finding: _dearest(tx, finding),
                block=timedelta(minutes=watch.burst_block_minutes),
            )
        return True

    async def _learn(self, known: list[Alert], now: datetime) -> None:
        """Baselines of what costs most now, a few a round, each anew with every hour; until then
        that of the hour before serves."""
        hour = int(now.timestamp() // 3_600)
        due = await asyncio.to_thread(self._due, known, now, hour)
        if not due:
            return
        async with self._database.snapshot() as tx:
            await allow(tx, STATEMENT_S)
            past = await observations.hours(tx, due, hour)
        self._baselines |= await asyncio.to_thread(
            lambda: {scope: baseline(past[scope], hour) for scope in due}
        )
        self._learned |= dict.fromkeys(due, hour)

    def _due(self, known: list[Alert], now: datetime, hour: int) -> list[Scope]:
        """What is to be learned now: what nothing is known of, then the dearest."""
        (window,) = self._recent.windows(now, (HOUR,))
        scopes = wanted(window, _scopes(known, "cost_spike"))
        for scope in self._learned.keys() - scopes:
            del self._learned[scope], self._baselines[scope]
        due = [scope for scope in scopes if self._learned.get(scope) != hour]
        due.sort(key=lambda scope: (scope in self._learned, -window.of(scope).usd))
        return due[:LEARNED_MAX]

    def _rises(self, known: list[Alert], now: datetime, percent: int) -> list[Finding]:
        rising, failing = _scopes(known, "cost_spike"), _scopes(known, "provider_errors")
        return [
            *spikes(self._recent, self._baselines, rising, now),
            *provider_errors(self._recent, percent, now, failing.keys()),
        ]

    async def _turns(self, tx: Tx, known: list[Alert], now: datetime) -> list[Burst]:
        """Who sends many, and their habits."""
        running = _scopes(known, "request_burst")
        least = bursts.LEAST * bursts.RELEASE if running else bursts.LEAST
        seen = await observations.turns(tx, now, round(least))
        hour = int(now.timestamp() // 3_600)
        if hour != self._habits_of:
            self._habits, self._habits_of = {}, hour
        unknown = {burst.creator for burst in seen} - self._habits.keys()
        if unknown:
            found = await observations.habits(tx, unknown, now - timedelta(hours=1))
            self._habits |= {creator: found.get(creator) for creator in unknown}
        return seen

    def _bursts(
        self, seen: list[Burst], known: list[Alert], found: list[Finding], now: datetime
    ) -> list[Finding]:
        habits = {creator: habit for creator, habit in self._habits.items() if habit is not None}
        running = _scopes(known, "request_burst")
        return bursts.bursts(seen, habits, running, now, risen_of(found))

    async def _totals(
        self, tx: Tx, known: list[Alert], now: datetime, limit: NanoUsd | None
    ) -> list[Finding]:
        found: list[Finding] = []
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if limit is not None:
            spent = await observations.spent_since(tx, day)
            if spent > limit:
                began = [at for at in _scopes(known, "daily_cost").values() if at >= day]
                since = min(began, default=now)
                tops = await observations.tops_since(tx, day)
                found.append(totals.daily_cost(spent, limit, tops, since, now))
        dead = await observations.dead(tx)
        if dead is not None:
            found.append(totals.dead_letters(dead))
        return found


def _scopes(known: list[Alert], kind: str) -> dict[Scope, datetime]:
    """Of open incidents of a kind: what they are about, and since when."""
    return {
        Scope(alert.scope_kind, alert.scope_key): alert.since
        for alert in known
        if alert.kind == kind
    }


async def _dearest(tx: Tx, finding: Finding) -> dict[str, Any]:
    """The request that cost most of a rise."""
    if finding.kind != "cost_spike":
        return {}
    call = await observations.dearest(tx, finding.scope, finding.since)
    return {} if call is None else {"call": call}
