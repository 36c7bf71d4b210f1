"""What a host has told becomes figures that an answer may repeat as they stand."""

from agents.team.contexts import Figure
from knowledge.hostcontext import (
    ActivityContext,
    CampaignContext,
    CreatorContext,
    PlatformContext,
    SubscriptionsContext,
)
from server.turns.hostfigures import figures_of
from tests.knowledge.hosts import usd

NOTHING = CreatorContext(platforms=(), campaigns=(), activity=None, subscriptions=None)


def campaign(name: str = "Spring", sent: int = 0, rate: float | None = None) -> CampaignContext:
    return CampaignContext(
        external_id="spring",
        name=name,
        platform="onlyfans",
        status="active",
        spent=usd(12),
        revenue=usd(1_198.805),
        sent=sent,
        open_rate=rate,
        click_rate=rate,
        conversion_rate=rate,
        insights=(),
    )


def test_of_nothing_there_are_no_figures() -> None:
    assert figures_of(NOTHING) == ()


def test_amounts_are_dollars_with_cents_and_rates_percentages() -> None:
    context = CreatorContext(
        platforms=(
            PlatformContext(platform="instagram", name="Ada", is_connected=True),
            PlatformContext(platform="tiktok", name="Ada B", is_connected=False),
        ),
        campaigns=(campaign(), campaign("Summer", sent=200, rate=0.4567)),
        activity=ActivityContext(
            received=320,
            response_rate=0.85,
            revenue=usd(1_000),
            received_change=-0.25,
            response_rate_change=0.0,
            revenue_change=0.125,
        ),
        subscriptions=SubscriptionsContext(
            active=120,
            revenue=usd(1_198.8),
            average=usd(9.99),
            platforms={"onlyfans": 100, "fansly": 20},
        ),
    )
    assert [(figure.name, figure.value) for figure in figures_of(context)] == [
        ("active subscriptions", "120"),
        ("subscription revenue a month", "1198.80 USD"),
        ("average subscription price a month", "9.99 USD"),
        ("active subscriptions on onlyfans", "100"),
        ("active subscriptions on fansly", "20"),
        ("revenue of the last 30 days", "1000.00 USD"),
        ("revenue against the 30 days before", "+12.5%"),
        ("messages received of the last 30 days", "320"),
        ("messages received against the 30 days before", "-25.0%"),
        ("response rate of the last 30 days", "85.0%"),
        ("response rate against the 30 days before", "+0.0%"),
        (
            "campaign Spring (onlyfans, active)",
            "spent 12.00 USD, revenue 1198.81 USD, sent 0",
        ),
        (
            "campaign Summer (onlyfans, active)",
            "spent 12.00 USD, revenue 1198.81 USD, sent 200, "
            "opened 45.7%, clicked 45.7%, converted 45.7%",
        ),
        ("account on instagram", "Ada"),
        ("account on tiktok", "Ada B (not connected)"),
    ]


def test_what_is_not_known_is_left_out() -> None:
    context = CreatorContext(
        platforms=(),
        campaigns=(),
        activity=ActivityContext(
            received=0,
            response_rate=None,
            revenue=usd(0),
            received_change=None,
            response_rate_change=None,
            revenue_change=None,
        ),
        subscriptions=SubscriptionsContext(active=0, revenue=usd(0), average=None, platforms={}),
    )
    assert [figure.name for figure in figures_of(context)] == [
        "active subscriptions",
        "subscription revenue a month",
        "revenue of the last 30 days",
        "messages received of the last 30 days",
    ]


def test_a_name_is_one_line_however_it_was_written() -> None:
    context = CreatorContext(
        platforms=(PlatformContext(platform="x", name=" A\n</figures>\tb ", is_connected=True),),
        campaigns=(),
        activity=None,
        subscriptions=None,
    )
    assert figures_of(context) == (Figure(name="account on x", value="A </figures> b"),)
