"""What one used, over any range, split one or two ways; and each call of it."""

from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.responses import Response

from billing.reports import STEPS, Figures, Group, Grouping, Range, Ranking, summed
from billing.reportsources import read_patiently
from server.accounts.access import Scope
from server.domain.errors import Invalid, RateLimited
from server.domain.money import credits_text, usd_text
from server.routes import csvs
from server.routes.calls import Call
from server.routes.costranges import CallQuery, grouping_of, key_text, own_filters, range_of
from server.routes.operations import Operation

GROUPS_MAX = 2_000
"""Groups in one report: three years by day, six weeks by hour."""


class UsageQuery(CallQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``groupBy``: one or two of feature, agent, model, provider, plan, hour, day, month, with a
    comma between them."""

    group_by: Annotated[str, Meta(min_length=1, max_length=50)] = "model"


class UsageTotals(Struct, frozen=True, kw_only=True, rename="camel"):
    """``costUsd`` is what providers took, ``chargedUsd`` what was taken from the balance."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: str
    charged_usd: str


class UsageItem(UsageTotals, frozen=True, kw_only=True):
    """``key`` is that of the first grouping, ``keys`` are those of each by its name."""

    key: str
    keys: dict[str, str]


class UsageView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Times in their order, everything else the dearest first."""

    items: list[UsageItem]
    totals: UsageTotals


async def read_usage(call: Call) -> UsageView | Response:
    if csvs.wants_csv(call.request):
        return await read_usage_table(call)
    _, ranking, group_by = _asked(call)
    async with call.services.database.snapshot() as tx:
        await read_patiently(tx)
        found = await ranking.page(tx, GROUPS_MAX, None)
    if found.count > GROUPS_MAX:
        raise Invalid(
            f"That is more than {GROUPS_MAX} groups: take a shorter range, or the table (CSV).",
            path="$query.groupBy",
        )
    totals = summed(group.figures for group in found.groups)
    return UsageView(
        items=[_item(group, group_by) for group in found.groups],
        totals=UsageTotals(**_sums(totals)),
    )


async def read_usage_table(call: Call) -> Response:
    """All groups, however many."""
    range_, ranking, group_by = _asked(call)
    database = call.services.database

    async def fill(write: csvs.Write) -> None:
        async with database.snapshot() as tx:
            await read_patiently(tx)
            async for groups in ranking.all(tx):
                await write(_cells(group, group_by) for group in groups)

    names = [f"{name} (UTC)" if name in STEPS else name for name in group_by]
    header = [*names, *UsageTotals.__struct_encode_fields__, "charged"]
    name = f"usage-by-{'-and-'.join(group_by)}-{csvs.days(range_.start, range_.end)}"
    return call.services.downloads.csv(call.caller, name, header, fill)


def _asked(call: Call) -> tuple[Range, Ranking, tuple[Grouping, ...]]:
    query = call.query(UsageQuery)
    range_, group_by = range_of(query, call.services.clock()), grouping_of(query.group_by)
    if "creator" in group_by:
        raise Invalid("All of this is yours.", path="$query.groupBy")
    filters = own_filters(query, call.caller.user_id)
    return range_, Ranking(filters, range_, group_by), group_by


def _item(group: Group, group_by: tuple[Grouping, ...]) -> UsageItem:
    keys = [key_text(key, name) for key, name in zip(group.keys, group_by, strict=True)]
    return UsageItem(
        key=keys[0],
        keys=dict(zip(group_by, keys, strict=True)),
        **_sums(group.figures),
    )


def _cells(group: Group, group_by: tuple[Grouping, ...]) -> list[object]:
    keys = (key_text(key, name) for key, name in zip(group.keys, group_by, strict=True))
    return [*keys, *_sums(group.figures).values(), credits_text(group.figures.charged)]


def _sums(figures: Figures) -> dict[str, Any]:
    """In the order of ``UsageTotals``."""
    return {
        "calls": figures.calls,
        "input_tokens": figures.input_tokens,
        "output_tokens": figures.output_tokens,
        "cost_usd": usd_text(figures.cost_usd),
        "charged_usd": usd_text(figures.charged_usd),
    }


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/ai/usage",
        handler=read_usage,
        scope=Scope.READ,
        summary="Calls, tokens and dollars of a range, split one or two ways: by model, feature,"
        " agent, provider, plan, hour, day or month, of all calls or those of some names; with"
        " Accept: text/csv as a table.",
        tag="ai",
        query=UsageQuery,
        response=UsageView,
        errors=(RateLimited,),
    ),
    Operation(
        method="GET",
        path="/api/ai/usage.csv",
        handler=read_usage_table,
        scope=Scope.READ,
        summary="The same as a table.",
        tag="ai",
        query=UsageQuery,
        enveloped=False,
        media=csvs.MEDIA,
        errors=(RateLimited,),
    ),
)
