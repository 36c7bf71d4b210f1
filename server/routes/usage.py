"""What one used, over any range, split one way."""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct, field

from billing.reports import Grouping, UsageGroup, usage
from server.accounts.access import Scope
from server.domain.clock import month_of
from server.domain.errors import Invalid
from server.domain.ids import UserId
from server.domain.money import usd_text
from server.routes.calls import Call
from server.routes.operations import Operation

RANGE_MAX = timedelta(days=3 * 366)
"""Longer than any report is read, and a bound for what one request makes the database add up."""

Moment = Annotated[datetime, Meta(tz=True)]


class UsageQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """From ``from`` (default: the start of this UTC month) up to and without ``to`` (now)."""

    start: Moment | None = field(default=None, name="from")
    end: Moment | None = field(default=None, name="to")
    group_by: Grouping = "model"


class UsageItem(Struct, frozen=True, kw_only=True, rename="camel"):
    """``costUsd`` is what providers took, ``chargedUsd`` what was taken from the balance."""

    key: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: str
    charged_usd: str


class UsageTotals(Struct, frozen=True, kw_only=True, rename="camel"):
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: str
    charged_usd: str


class UsageView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Days in their order, everything else the dearest first."""

    items: list[UsageItem]
    totals: UsageTotals


async def read_usage(call: Call) -> UsageView:
    caller, query, services = call.caller, call.query(UsageQuery), call.services
    now = services.clock()
    end = query.end or now
    month = month_of(end)
    start = query.start or end.replace(
        year=month.year, month=month.month, day=1, hour=0, minute=0, second=0, microsecond=0
    )
    if start >= end:
        raise Invalid("The range ends before it begins.", path="$query.to")
    if end - start > RANGE_MAX:
        raise Invalid("A range has at most three years.", path="$query.from")
    async with services.database.snapshot() as tx:
        report = await usage(
            tx, UserId(caller.user_id), start=start, end=end, group_by=query.group_by
        )
    totals = _item(report.totals)
    return UsageView(
        items=[_item(group) for group in report.items],
        totals=UsageTotals(
            calls=totals.calls,
            input_tokens=totals.input_tokens,
            output_tokens=totals.output_tokens,
            cost_usd=totals.cost_usd,
            charged_usd=totals.charged_usd,
        ),
    )


def _item(group: UsageGroup) -> UsageItem:
    return UsageItem(
        key=group.key,
        calls=group.calls,
        input_tokens=group.input_tokens,
        output_tokens=group.output_tokens,
        cost_usd=usd_text(group.cost_usd),
        charged_usd=usd_text(group.charged_usd),
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/ai/usage",
        handler=read_usage,
        scope=Scope.READ,
        summary="Calls, tokens and dollars of a range, by model, feature, agent, provider or day.",
        tag="ai",
        query=UsageQuery,
        response=UsageView,
    ),
)
