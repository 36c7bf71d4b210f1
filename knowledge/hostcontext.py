"""What the host application has told of a creator, in the few figures that an agent is told.

Figures are counted here and only repeated by agents. Amounts are nano-dollars, rates are shares.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, convert

from knowledge.tables import LIVE
from server.domain.insights import InsightKind
from server.domain.money import NanoUsd
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared

DAYS = 30
"""Whole days (UTC) that are summed up, and compared with as many before them."""

CAMPAIGNS = 5
"""Those that run, then those that changed last: more would crowd out what was asked."""

CAMPAIGN_INSIGHTS = 3


class PlatformContext(Struct, frozen=True, kw_only=True):
    """``is_connected``: the host can act there, by a token that is valid or can be renewed."""

    platform: str
    name: str
    is_connected: bool


class CampaignInsight(Struct, frozen=True, kw_only=True):
    """``confidence`` is as of ``confidence_at``."""

    id: UUID
    kind: InsightKind
    text: str
    confidence: float
    confidence_at: datetime


class CampaignContext(Struct, frozen=True, kw_only=True):
    """``external_id`` is the host's name for it, ``name`` people's. Rates are of what was sent;
    None: nothing was. ``insights``: the newest that are linked."""

    external_id: str
    name: str
    platform: str
    status: str
    spent: NanoUsd
    revenue: NanoUsd
    sent: int
    open_rate: float | None
    click_rate: float | None
    conversion_rate: float | None
    insights: tuple[CampaignInsight, ...]


class ActivityContext(Struct, frozen=True, kw_only=True):
    """Of ``DAYS`` days. Changes are of the share by which it is more (or, negative, less) than in
    the days before; None: then there was nothing, or no message to answer."""

    received: int
    response_rate: float | None
    revenue: NanoUsd
    received_change: float | None
    response_rate_change: float | None
    revenue_change: float | None


class SubscriptionsContext(Struct, frozen=True, kw_only=True):
    """Of now. ``revenue`` is that of a month, ``average`` of one subscription; ``platforms``:
    active ones by platform, most first."""

    active: int
    revenue: NanoUsd
    average: NanoUsd | None
    platforms: dict[str, int]


class CreatorContext(Struct, frozen=True, kw_only=True):
    """None: the host has told nothing of that."""

    platforms: tuple[PlatformContext, ...]
    campaigns: tuple[CampaignContext, ...]
    activity: ActivityContext | None
    subscriptions: SubscriptionsContext | None


async def read_context(tx: Tx | Snapshot, creator: UUID, now: datetime) -> CreatorContext:
    """All of it, in four questions."""
    return CreatorContext(
        platforms=await platforms(tx, creator, now),
        campaigns=await campaigns(tx, creator),
        activity=await activity(tx, creator, now),
        subscriptions=await subscriptions(tx, creator, now),
    )


async def platforms(tx: Tx | Snapshot, creator: UUID, now: datetime) -> tuple[PlatformContext, ...]:
    """In the order of their names."""
    rows = await _PLATFORMS.rows(tx, user=creator, now=now)
    return tuple(convert(dict(row), PlatformContext) for row in rows)


async def campaigns(tx: Tx | Snapshot, creator: UUID) -> tuple[CampaignContext, ...]:
    rows = await _CAMPAIGNS.rows(tx, user=creator, most=CAMPAIGNS, told=CAMPAIGN_INSIGHTS)
    return tuple(
        CampaignContext(
            external_id=row["external_id"],
            name=row["name"],
            platform=row["platform"],
            status=row["status"],
            spent=row["spent"],
            revenue=row["revenue"],
            sent=row["sent"],
            open_rate=_rate(row["opened"], row["sent"]),
            click_rate=_rate(row["clicked"], row["sent"]),
            conversion_rate=_rate(row["converted"], row["sent"]),
            insights=convert(row["insights"], tuple[CampaignInsight, ...]),
        )
        for row in rows
    )


async def activity(tx: Tx | Snapshot, creator: UUID, now: datetime) -> ActivityContext | None:
    """Today is left out: it is not over."""
    today = now.astimezone(UTC).date()
    period = timedelta(days=DAYS)
    row: Any = await _ACTIVITY.one(
        tx, user=creator, begin=today - 2 * period, middle=today - period, today=today
    )
    if not row["days"]:
        return None
    rate = _rate(row["answered"], row["received"])
    rate_before = _rate(row["answered_before"], row["received_before"])
    return ActivityContext(
        received=row["received"],
        response_rate=rate,
        revenue=row["revenue"],
        received_change=_change(row["received"], row["received_before"]),
        response_rate_change=_change(rate, rate_before),
        revenue_change=_change(row["revenue"], row["revenue_before"]),
    )


async def subscriptions(
    tx: Tx | Snapshot, creator: UUID, now: datetime
) -> SubscriptionsContext | None:
    rows = await _SUBSCRIPTIONS.rows(tx, user=creator, now=now)
    if not rows:
        return None
    active = sum(row["active"] for row in rows)
    revenue = sum(row["revenue"] for row in rows)
    return SubscriptionsContext(
        active=active,
        revenue=NanoUsd(revenue),
        average=NanoUsd(revenue // active) if active else None,
        platforms={row["platform"]: row["active"] for row in rows if row["active"]},
    )


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _change(now: float | None, before: float | None) -> float | None:
    return now / before - 1 if before and now is not None else None


_PLATFORMS = Prepared("""
SELECT platform, name,
  (access_token IS NOT NULL AND (expires_at IS NULL OR expires_at > :now))
    OR refresh_token IS NOT NULL AS is_connected
FROM oauth_accounts WHERE user_id = :user ORDER BY platform, name, id
""")

_CAMPAIGNS = Prepared(f"""
SELECT external_id, name, platform, status, spent, revenue, sent, opened, clicked, converted,
  (SELECT coalesce(jsonb_agg(to_jsonb(linked) ORDER BY id DESC), '[]') FROM (
     SELECT insights.id, kind, text, confidence, confidence_at
     FROM campaign_insights JOIN insights ON insights.id = insight_id
     WHERE campaign_id = marketing_campaigns.id AND {LIVE}
     ORDER BY insights.id DESC LIMIT :told) AS linked) AS insights
FROM marketing_campaigns WHERE user_id = :user
ORDER BY status = 'active' DESC, as_of DESC, id LIMIT :most
""")  # noqa: S608 - the condition is ours

_ACTIVITY = Prepared("""
SELECT count(*) AS days,
  CAST(coalesce(sum(received) FILTER (WHERE day >= :middle), 0) AS bigint) AS received,
  CAST(coalesce(sum(answered) FILTER (WHERE day >= :middle), 0) AS bigint) AS answered,
  CAST(coalesce(sum(revenue) FILTER (WHERE day >= :middle), 0) AS bigint) AS revenue,
  CAST(coalesce(sum(received) FILTER (WHERE day < :middle), 0) AS bigint) AS received_before,
  CAST(coalesce(sum(answered) FILTER (WHERE day < :middle), 0) AS bigint) AS answered_before,
  CAST(coalesce(sum(revenue) FILTER (WHERE day < :middle), 0) AS bigint) AS revenue_before
FROM user_stats WHERE user_id = :user AND day >= :begin AND day < :today
""")

_SUBSCRIPTIONS = Prepared("""
SELECT platform, count(*) FILTER (WHERE is_active) AS active,
  CAST(coalesce(sum(price) FILTER (WHERE is_active), 0) AS bigint) AS revenue
FROM (
  SELECT platform, price,
    started_at <= :now AND (ended_at IS NULL OR ended_at > :now) AS is_active
  FROM fan_subscriptions WHERE user_id = :user) AS known
GROUP BY platform ORDER BY active DESC, platform
""")
