"""What the host application has told of a creator, as figures that an agent may repeat.

Pure. Amounts are dollars with two digits, rates are percentages: as people say them, because what
stands in a prompt stands in the answer. The most important come first, as briefs cut the last.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from agents.team.contexts import Figure
from knowledge.hostcontext import (
    DAYS,
    ActivityContext,
    CampaignContext,
    CreatorContext,
    PlatformContext,
    SubscriptionsContext,
)
from server.domain.money import NANOS_PER_USD, NanoUsd

_CENT = Decimal("0.01")


def figures_of(context: CreatorContext) -> tuple[Figure, ...]:
    return tuple(
        Figure(name=one_line(name), value=one_line(value))
        for name, value in _told(context)
        if value
    )


def _told(context: CreatorContext) -> Iterator[tuple[str, str]]:
    if context.subscriptions is not None:
        yield from _subscriptions(context.subscriptions)
    if context.activity is not None:
        yield from _activity(context.activity)
    for campaign in context.campaigns:
        yield _campaign(campaign)
    for platform in context.platforms:
        yield _platform(platform)


def _subscriptions(told: SubscriptionsContext) -> Iterator[tuple[str, str]]:
    yield "active subscriptions", str(told.active)
    yield "subscription revenue a month", _dollars(told.revenue)
    if told.average is not None:
        yield "average subscription price a month", _dollars(told.average)
    for platform, active in told.platforms.items():
        yield f"active subscriptions on {platform}", str(active)


def _activity(told: ActivityContext) -> Iterator[tuple[str, str]]:
    of, before = f"of the last {DAYS} days", f"against the {DAYS} days before"
    yield f"revenue {of}", _dollars(told.revenue)
    yield f"revenue {before}", _change(told.revenue_change)
    yield f"messages received {of}", str(told.received)
    yield f"messages received {before}", _change(told.received_change)
    yield f"response rate {of}", _percent(told.response_rate)
    yield f"response rate {before}", _change(told.response_rate_change)


def _campaign(told: CampaignContext) -> tuple[str, str]:
    rates = (
        ("opened", told.open_rate),
        ("clicked", told.click_rate),
        ("converted", told.conversion_rate),
    )
    parts = (
        f"spent {_dollars(told.spent)}",
        f"revenue {_dollars(told.revenue)}",
        f"sent {told.sent}",
        *(f"{name} {_percent(rate)}" for name, rate in rates if rate is not None),
    )
    return f"campaign {told.name} ({told.platform}, {told.status})", ", ".join(parts)


def _platform(told: PlatformContext) -> tuple[str, str]:
    return f"account on {told.platform}", told.name if told.is_connected else (
        f"{told.name} (not connected)"
    )


def _dollars(amount: NanoUsd) -> str:
    exact = Decimal(amount) / NANOS_PER_USD
    return f"{exact.quantize(_CENT, rounding=ROUND_HALF_UP)} USD"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _change(share: float | None) -> str:
    return "" if share is None else f"{share:+.1%}"


def one_line(text: str) -> str:
    """What a host calls something is one line, however it was written."""
    return " ".join(text.split())
