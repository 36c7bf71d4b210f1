"""Telling users how much of their month's quota is used: at 80 and 95 per cent of what was charged,
and, as 100, at the first refusal or stop by quota. Once each in a month, for each limit they have.

The notification is written in the transaction of what it tells of; open sessions hear after it.
"""

import logging
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from msgspec import to_builtins
from sqlalchemy.exc import SQLAlchemyError

from billing.ledger import Ledger
from billing.quotalimits import Used
from billing.quotas import THRESHOLDS, Mark
from server.domain.clock import Clock
from server.domain.errors import AppError
from server.domain.ids import new_id
from server.domain.money import NanoUsd
from server.domain.notices import Notice, Severity
from server.persistence.database import Database, Snapshot, Tx
from server.persistence.notices import announce
from server.persistence.told import told_of
from server.persistence.turns import NewTurn
from server.protocol.events import QuotaThreshold
from server.telemetry.logs import fields
from server.telemetry.metrics import Metrics
from server.turns.counting import UNCOUNTED
from server.turns.feed import QuotaEvent, TurnFeed
from server.turns.receipts import quota_of

log = logging.getLogger(__name__)

USED_UP: Mark = 100

SEVERITIES: dict[Mark, Severity] = {80: "info", 95: "warning", 100: "critical"}

REMEMBERED = 10_000
"""Refusals of which a process knows that their users were told; some megabytes."""


def key_of(month: date, mark: Mark, limit: NanoUsd) -> str:
    """By which a user is told once: whoever is given another limit is told of that one, too."""
    return f"quota:{month:%Y-%m}:{mark}:{limit}"


async def told_marks(
    tx: Tx | Snapshot, user: UUID, month: date, limit: NanoUsd | None
) -> list[Mark]:
    """Of which of this limit's marks the user was told."""
    if limit is None:
        return []
    keys = {key_of(month, mark, limit): mark for mark in (*THRESHOLDS, USED_UP)}
    known = await told_of(tx, user, list(keys))
    return [mark for key, mark in keys.items() if key in known]


async def note(
    tx: Tx,
    user: UUID,
    month: date,
    limit: NanoUsd,
    used: Used,
    marks: Iterable[Mark],
    *,
    now: datetime,
) -> list[QuotaThreshold]:
    """Announce those of ``marks`` that the user was not told of before, and answer them: what is
    said to their sessions after the commit."""
    told, quota = list[QuotaThreshold](), quota_of(month, limit, used.spent, used.held)
    for mark in marks:
        is_new = await announce(
            tx,
            user,
            Notice.QUOTA_THRESHOLD,
            {"percent": mark, "quota": to_builtins(quota)},
            id=new_id(),
            key=key_of(month, mark, limit),
            now=now,
            severity=SEVERITIES[mark],
        )
        if is_new:
            told.append(QuotaThreshold(percent=mark, quota=quota))
    return told


class Thresholds:
    """Of one process: says to sessions what was noted, and notes refusals."""

    def __init__(
        self, database: Database, ledger: Ledger, feed: TurnFeed, metrics: Metrics, *, clock: Clock
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._feed = feed
        self._metrics = metrics
        self._clock = clock
        self._known = set[tuple[UUID, date, NanoUsd]]()

    def tell(self, user: UUID, told: Iterable[QuotaEvent]) -> None:
        """After the commit: to every session of the user, in every process."""
        for event in told:
            self._feed.tell_user(user, event)
            if isinstance(event, QuotaThreshold):
                self._metrics.threshold_told(event.percent)

    async def refused(self, turn: NewTurn, limit: NanoUsd | None) -> None:
        """The quota did not cover ``turn``, and its transaction was rolled back. Only the first
        time costs anything. A database that is away changes nothing about the refusal; of a turn
        that nobody asked for nobody is told."""
        if turn.feature in UNCOUNTED:
            return
        key = (turn.user_id, turn.month, limit or NanoUsd(0))
        if key in self._known:
            return
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known.add(key)

        async def work(tx: Tx) -> list[QuotaThreshold]:
            figures = await self._ledger.figures(
                tx, turn.account_id, turn.user_id, turn.month, limit
            )
            used = Used(figures.quota_spent, figures.quota_held)
            return await note(
                tx, turn.user_id, turn.month, key[2], used, (USED_UP,), now=self._clock()
            )

        try:
            told = await self._database.run(work)
        except (AppError, SQLAlchemyError) as error:
            self._known.discard(key)
            log.warning("quota.refusal_not_noted", extra=fields(error=repr(error)))
            return
        self.tell(turn.user_id, told)
