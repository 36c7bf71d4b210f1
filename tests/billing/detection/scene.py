"""An installation with four weeks behind it, for tests of detection: real tables, own clock."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from billing.alerts import Alert, list_alerts
from billing.consumers import charges
from billing.detection.detector import Detector
from server.alertsettings import AlertSettings
from server.domain.ids import UserId, new_id
from server.domain.usage import UsageEvent
from server.persistence import outbox
from server.persistence.database import Database
from tests.billing.support import make_user, usage_event

AFTERNOON = datetime.fromisoformat("2026-03-17T14:02:00+00:00")
"""A Tuesday."""

CENT = 10_000_000

WHERE = {
    "feature": "chat",
    "agent": "assistant",
    "provider": "demo",
    "model": "demo/causerie-demo",
}

_PAST = text("""
INSERT INTO usage_hours (
    hour, creator_id, feature, agent, provider, model, calls, cost_usd, cost_squares)
SELECT hour, CAST(:creator AS uuid), :feature, :agent, :provider, :model, CAST(:calls AS bigint),
       CAST(:calls AS bigint) * CAST(:cost AS bigint),
       CAST(:calls AS numeric) * CAST(:cost AS bigint) * CAST(:cost AS bigint)
FROM generate_series(
    date_trunc('hour', CAST(:now AS timestamptz)) - interval '28 days',
    date_trunc('hour', CAST(:now AS timestamptz)) - interval '1 hour', '1 hour') AS hour
""")


_TURN = text("""
INSERT INTO turns (
    id, user_id, workspace_id, account_id, request_hash, user_message_id, message_id, state,
    boot_id, agent, provider, model, feature, plan, month, correlation_id, input_tokens, price,
    started, admitted_at)
VALUES (
    :id, :user, :other, :other, '', :other, :other, 'completed', :other, :agent, :provider,
    :model, :feature, 'pro', '2026-03-01', 'req-1', 1, '{}', '{}', :at)
""")


def _id_at(moment: datetime) -> UUID:
    """A UUIDv7 of that moment."""
    made = new_id().int & (1 << 80) - 1
    return UUID(int=int(moment.timestamp() * 1_000) << 80 | made)


class Scene:
    """``now`` is what the detector's clock says. Calls are of ``WHERE`` unless changed."""

    def __init__(self, database: Database, **settings: Any) -> None:
        self.database = database
        self.now = AFTERNOON
        settings.setdefault("alert_daily_cost_usd", None)
        self.settings = AlertSettings(**settings)
        self.detector = self.another()

    def another(self) -> Detector:
        """A detector of another process."""
        return Detector(self.database, self.settings, lambda: self.now)

    async def creator(self) -> UserId:
        user, _ = await make_user(self.database)
        return user

    async def past(self, creator: UUID, calls: int, cost: int = CENT, **changes: str) -> None:
        """So many calls in each hour of the last four weeks."""
        values = {"creator": creator, "calls": calls, "cost": cost, "now": AFTERNOON}
        async with self.database.transaction() as tx:
            await tx.execute(_PAST, {**WHERE, **values, **changes})

    def calls(
        self, creator: UserId, number: int, *, seconds: float = 60, cost: int = CENT, **more: Any
    ) -> list[UsageEvent]:
        """So many calls, evenly over the last ``seconds``."""
        return [
            usage_event(
                creator,
                at=self.now - timedelta(seconds=seconds * (index + 0.5) / number),
                cost=cost,
                **{**WHERE, **more},
            )
            for index in range(number)
        ]

    async def bill(self, events: list[UsageEvent]) -> None:
        async with self.database.transaction() as tx:
            await outbox.append(tx, events)
            await charges.apply(tx, events)

    async def owe(self, events: list[UsageEvent]) -> None:
        """Calls that billing has not written yet."""
        async with self.database.transaction() as tx:
            await outbox.append(tx, events)

    async def turns(self, creator: UUID, number: int, *, seconds: float = 60) -> None:
        """So many turns were admitted, evenly over the last ``seconds``."""
        moments = [
            self.now - timedelta(seconds=seconds * (index + 0.5) / number)
            for index in range(number)
        ]
        rows = [
            {"id": _id_at(moment), "other": new_id(), "user": creator, "at": moment}
            for moment in moments
        ]
        async with self.database.transaction() as tx:
            await tx.execute(_TURN, [{**WHERE, **row} for row in rows])

    async def look(self, after: float = 0) -> list[Alert]:
        """A round, ``after`` so many seconds; all incidents there are, oldest first."""
        self.now += timedelta(seconds=after)
        assert await self.detector.round()
        return await self.incidents()

    async def incidents(self) -> list[Alert]:
        everything: dict[str, Any] = dict.fromkeys(("state", "kind", "scope_kind", "scope_key"))
        async with self.database.snapshot() as tx:
            return (await list_alerts(tx, **everything, before=None, limit=50))[::-1]
