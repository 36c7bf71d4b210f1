"""The rules in force, as data: what opens incidents, from which figures on. ``docs/alerts.md`` says
why."""

from msgspec import Struct

from billing.alerts import Kind, ScopeKind
from billing.detection import bursts, costs, lifecycle, providers
from billing.detection.baselines import YOUNG_HOURS
from billing.detection.findings import dollars
from billing.detection.scopes import DIMENSIONS
from server.alertsettings import AlertSettings
from server.domain.money import usd_text

EVERY_S = 10.0
"""Seconds from one look to the next: an alert a minute after what it is about leaves five of them
for the figures to say so."""


class Rule(Struct, frozen=True, kw_only=True):
    """What opens incidents of a kind: about which scopes, over which windows, compared with what,
    and from which figures on, as texts with their unit."""

    kind: Kind
    enabled: bool
    scopes: list[ScopeKind]
    window_seconds: list[int]
    statistic: str
    thresholds: dict[str, str]


class Rules(Struct, frozen=True, kw_only=True):
    every_seconds: int
    quiet_minutes: int
    grown_percent: int
    rules: list[Rule]


def rules_of(settings: AlertSettings) -> Rules:
    limit, block = settings.alert_daily_cost_usd, settings.burst_block_minutes
    return Rules(
        every_seconds=round(EVERY_S),
        quiet_minutes=round(lifecycle.QUIET.total_seconds() / 60),
        grown_percent=round(100 * (lifecycle.GROWN - 1)),
        rules=[
            Rule(
                kind="cost_spike",
                enabled=True,
                scopes=[*DIMENSIONS, "system"],
                window_seconds=list(costs.SECONDS),
                statistic=(
                    "The median of the same hour of the week and its neighbours, of four weeks"
                    " (younger: of the same hour of the day; used now and then: a busy hour of its"
                    " own), times the week's growth; beyond it Bennett's bound of a compound"
                    " Poisson sum above what high hours have been."
                ),
                thresholds={
                    "atLeast": f"{costs.TIMES:g} times the usual",
                    "excess": f"{dollars(costs.USD_MIN)} USD in the window",
                    "calls": f"{costs.CALLS_MIN} calls in the window",
                    "withoutUsual": f"{dollars(costs.YOUNG_USD)} USD in an hour, of a scope in its"
                    f" first {YOUNG_HOURS // 24} days",
                },
            ),
            Rule(
                kind="request_burst",
                enabled=True,
                scopes=["creator"],
                window_seconds=[costs.FIVE],
                statistic=(
                    "The median, upper quartile and upper tenth of the creator's own active five"
                    " minutes of four weeks."
                ),
                thresholds={
                    "requests": f"{bursts.LEAST} requests in the window",
                    "atLeast": f"{bursts.TIMES:g} times the upper quartile",
                    "withoutUsual": f"{bursts.YOUNG} requests in the window",
                    "pauses": f"{block} minutes" if block else "nobody",
                },
            ),
            Rule(
                kind="daily_cost",
                enabled=limit is not None,
                scopes=["system"],
                window_seconds=[86_400],
                statistic="The cost of all calls of the UTC day.",
                thresholds={} if limit is None else {"cost": f"{usd_text(limit)} USD"},
            ),
            Rule(
                kind="provider_errors",
                enabled=True,
                scopes=["provider"],
                window_seconds=[costs.FIVE],
                statistic="The lower end of Wilson's interval of the share of failed calls.",
                thresholds={
                    "share": f"{settings.alert_error_percent} %",
                    "failed": f"{providers.FAILED_MIN} failed calls in the window",
                },
            ),
            Rule(
                kind="dead_letters",
                enabled=True,
                scopes=["system"],
                window_seconds=[],
                statistic="Usage events that billing put aside and nobody replayed.",
                thresholds={"events": "1 event"},
            ),
        ],
    )
