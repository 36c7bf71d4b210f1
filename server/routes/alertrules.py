"""The rules by which incidents open: admins see them, and choose from which figures on."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, convert, structs

from billing import thresholds
from billing.alerts import Kind, ScopeKind
from billing.detection.rules import rules_of
from billing.thresholds import Choice, Chosen, Minutes
from server.accounts.access import Scope
from server.alertsettings import AlertSettings, Percent
from server.domain.errors import Forbidden, Invalid
from server.domain.money import NanoUsd, usd_text
from server.environment import quota
from server.persistence.database import Tx
from server.routes import audit
from server.routes.calls import Call
from server.routes.operations import Access, Operation

TAG = "admin"
PATH = "/api/admin/alerts/rules"

Name: TypeAlias = Literal["dailyCostUsd", "errorPercent", "burstBlockMinutes"]

FIELDS: dict[Name, str] = {
    "dailyCostUsd": "alert_daily_cost_usd",
    "errorPercent": "alert_error_percent",
    "burstBlockMinutes": "burst_block_minutes",
}
"""What the settings are called that each stands before."""


class RuleView(Struct, frozen=True, kw_only=True, rename="camel"):
    """What opens incidents of a kind: about which scopes, over which windows, compared with what
    (``statistic``), and from which figures on. ``enabled`` false: it is switched off."""

    kind: Kind
    enabled: bool
    scopes: list[ScopeKind]
    window_seconds: list[int]
    statistic: str
    thresholds: dict[str, str]


class Figures(Struct, frozen=True, kw_only=True, rename="camel"):
    """``dailyCostUsd`` null: no day is too dear; ``burstBlockMinutes`` 0: nobody is paused."""

    daily_cost_usd: str | None
    error_percent: int
    burst_block_minutes: int


class RulesView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``everySeconds``: how often it is looked. ``quietMinutes``: after so many without anything
    out of the ordinary an incident closes. ``grownPercent``: risen by so much it is told again.

    ``figures`` are those in force, ``settings`` what the deployment says, ``chosen`` which of them
    an admin chose instead; ``chosenAt``, ``chosenBy``: the last time."""

    every_seconds: int
    quiet_minutes: int
    grown_percent: int
    rules: list[RuleView]
    figures: Figures
    settings: Figures
    chosen: list[Name]
    chosen_at: datetime | None
    chosen_by: UUID | None


class ChangeRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What is absent stays. ``dailyCostUsd`` null: no day is too dear. ``reset``: what is as the
    settings have it again."""

    daily_cost_usd: Annotated[str, Meta(min_length=1, max_length=40)] | UnsetType | None = UNSET
    error_percent: Percent | UnsetType = UNSET
    burst_block_minutes: Minutes | UnsetType = UNSET
    reset: list[Name] = []


async def get_alert_rules(call: Call) -> RulesView:
    async with call.services.database.snapshot() as tx:
        choice = await thresholds.current(tx)
    return _view(call.services.settings, choice)


async def change_alert_rules(call: Call) -> RulesView:
    body, services = call.body(ChangeRules), call.services
    wanted = _wanted(body)
    now = services.clock()

    async def change(tx: Tx) -> Choice:
        before = await thresholds.begin(tx)
        after = structs.replace(before.chosen, **wanted)
        if after == before.chosen:
            return before
        await thresholds.choose(tx, after, by=call.caller.user_id, now=now)
        await audit.record(
            tx,
            call,
            action="alerts.rules",
            target_kind="rules",
            target_id="alerts",
            before=_told(services.settings, before.chosen),
            after=_told(services.settings, after),
        )
        return Choice(chosen=after, set_at=now, set_by=call.caller.user_id)

    return _view(services.settings, await services.database.run(change))


def _wanted(body: ChangeRules) -> dict[str, Any]:
    """Changes by the names of the settings.

    Raises:
        Invalid: no dollars; or the same is chosen and reset.
    """
    wanted: dict[str, Any] = {}
    if body.daily_cost_usd is not UNSET:
        wanted["alert_daily_cost_usd"] = _dollars(body.daily_cost_usd)
    if body.error_percent is not UNSET:
        wanted["alert_error_percent"] = body.error_percent
    if body.burst_block_minutes is not UNSET:
        wanted["burst_block_minutes"] = body.burst_block_minutes
    for place, name in enumerate(body.reset):
        if FIELDS[name] in wanted and wanted[FIELDS[name]] is not UNSET:
            raise Invalid("It is chosen in the same request.", path=f"$.reset[{place}]")
        wanted[FIELDS[name]] = UNSET
    return wanted


def _dollars(typed: str | None) -> NanoUsd | None:
    try:
        return None if typed is None else quota(typed)
    except ValueError as error:
        raise Invalid(f"Expected dollars, 0 or more: {error}.", path="$.dailyCostUsd") from error


def _view(settings: AlertSettings, choice: Choice) -> RulesView:
    watch = thresholds.in_force(settings, choice.chosen)
    rules = rules_of(watch)
    chosen = choice.chosen.names
    return RulesView(
        every_seconds=rules.every_seconds,
        quiet_minutes=rules.quiet_minutes,
        grown_percent=rules.grown_percent,
        rules=convert(rules.rules, list[RuleView], from_attributes=True),
        figures=_figures(watch),
        settings=_figures(settings),
        chosen=[name for name, field in FIELDS.items() if field in chosen],
        chosen_at=choice.set_at,
        chosen_by=choice.set_by,
    )


def _figures(settings: AlertSettings) -> Figures:
    limit = settings.alert_daily_cost_usd
    return Figures(
        daily_cost_usd=None if limit is None else usd_text(limit),
        error_percent=settings.alert_error_percent,
        burst_block_minutes=settings.burst_block_minutes,
    )


def _told(settings: AlertSettings, chosen: Chosen) -> dict[str, Any]:
    """For the audit log: the figures in force, and what of them was chosen."""
    figures = _figures(thresholds.in_force(settings, chosen))
    named = [name for name, field in FIELDS.items() if field in chosen.names]
    return {
        "dailyCostUsd": figures.daily_cost_usd,
        "errorPercent": figures.error_percent,
        "burstBlockMinutes": figures.burst_block_minutes,
        "chosen": named,
    }


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        handler=get_alert_rules,
        scope=Scope.ADMIN_READ,
        summary="The rules in force: what opens incidents, from which figures on.",
        tag=TAG,
        access=Access.ADMIN,
        response=RulesView,
        errors=(Forbidden,),
    ),
    Operation(
        method="PATCH",
        path=PATH,
        handler=change_alert_rules,
        summary="Choose from which figures on incidents open; it holds within seconds.",
        tag=TAG,
        access=Access.ADMIN,
        request=ChangeRules,
        response=RulesView,
        errors=(Forbidden,),
    ),
)
