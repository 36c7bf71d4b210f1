"""What everything costs, for admins: ranges, filters, groups, trends; as JSON and as a table."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, field
from starlette.responses import Response

from billing.adjusted import adjusted
from billing.reports import STEPS, Grouping, Place, Range, Ranking, Step, creator, overview
from billing.reportsources import Filters, read_patiently
from server.accounts.access import Scope
from server.domain.errors import Forbidden, NotFound, RateLimited
from server.domain.money import MAX_AMOUNT
from server.persistence.database import Snapshot
from server.routes import csvs, cursors
from server.routes.calls import Call
from server.routes.costranges import (
    FilterQuery,
    Moment,
    RangeQuery,
    filters_of,
    grouping_of,
    range_of,
    step_of,
)
from server.routes.costviews import (
    CostGroup,
    CostOverview,
    CostReport,
    group_cells,
    group_header,
    group_view,
    overview_parts,
)
from server.routes.cursors import LIMIT_DEFAULT, Limit
from server.routes.named import NAMED, NamedQuery, user_named
from server.routes.operations import Access, Operation

TAG = "admin"

CREATOR_GROUPS = 200
"""Features, models, and pairs of both, of one creator: more than anybody uses."""

LongCursor = Annotated[str, Meta(min_length=1, max_length=1_000)]


class CostQuery(FilterQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``groupBy``: one or two of creator, feature, agent, model, provider, plan, hour, day, month,
    with a comma between them. ``step`` of the series; absent: what suits the range."""

    group_by: Annotated[str, Meta(min_length=1, max_length=50)] = "creator"
    step: Step | None = None
    limit: Limit = LIMIT_DEFAULT
    cursor: LongCursor | None = None


class CreatorQuery(NamedQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From ``from`` (default: the start of the UTC month of ``to``) up to and without ``to``
    (default: now)."""

    start: Moment | None = field(default=None, name="from")
    end: Moment | None = field(default=None, name="to")
    step: Step | None = None


class CreatorView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whose figures they are; those of somebody who has left stay."""

    id: UUID
    name: str | None
    external_id: str | None
    deleted: bool


class CreatorCosts(CostOverview, frozen=True, kw_only=True):
    """The dearest first."""

    creator: CreatorView
    features: list[CostGroup]
    models: list[CostGroup]
    features_and_models: list[CostGroup]


async def read_costs(call: Call) -> CostReport | Response:
    query = call.query(CostQuery)
    range_, group_by = range_of(query, call.services.clock()), grouping_of(query.group_by)
    step, after = step_of(range_, query.step), _place(query.cursor, group_by)
    if csvs.wants_csv(call.request):
        return await read_costs_table(call)
    async with call.services.database.snapshot() as tx:
        await read_patiently(tx)
        filters = await filters_of(tx, query, served=call.caller.issuer)
        ranking = Ranking(filters, range_, group_by)
        found = await ranking.page(tx, query.limit + 1, after)
        shown, last = cursors.page(found.groups, query.limit)
        return CostReport(
            **await _overview(tx, filters, range_, step),
            group_by=list(group_by),
            items=[group_view(group, group_by) for group in shown],
            group_count=found.count,
            next_cursor=cursors.write((last.figures.cost_usd, last.keys)) if last else None,
        )


async def _overview(tx: Snapshot, filters: Filters, range_: Range, step: Step) -> dict[str, Any]:
    return overview_parts(
        await overview(tx, filters, range_, step), await adjusted(tx, filters, range_)
    )


async def read_costs_table(call: Call) -> Response:
    """All groups: a page of them makes no table."""
    query, services = call.query(CostQuery), call.services
    range_, group_by = range_of(query, services.clock()), grouping_of(query.group_by)
    async with services.database.snapshot() as tx:
        filters = await filters_of(tx, query, served=call.caller.issuer)

    async def fill(write: csvs.Write) -> None:
        async with services.database.snapshot() as tx:
            await read_patiently(tx)
            async for groups in Ranking(filters, range_, group_by).all(tx):
                await write(group_cells(group, group_by) for group in groups)

    name = f"ai-costs-by-{'-and-'.join(group_by)}-{csvs.days(range_.start, range_.end)}"
    return services.downloads.csv(call.caller, name, group_header(group_by), fill)


def _place(cursor: str | None, group_by: tuple[Grouping, ...]) -> Place | None:
    kinds = tuple(
        Moment if name in STEPS else UUID if name == "creator" else str for name in group_by
    )
    cost = Annotated[int, Meta(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
    kind: Any = tuple[cost, tuple[kinds]]  # type: ignore[valid-type]  # one for each grouping
    found: Place | None = cursors.read(cursor, kind)
    return found


async def read_creator_costs(call: Call) -> CreatorCosts:
    query, database = call.query(CreatorQuery), call.services.database
    range_ = range_of(RangeQuery(start=query.start, end=query.end), call.services.clock())
    step = step_of(range_, query.step)
    async with database.snapshot() as tx:
        await read_patiently(tx)
        found = await creator(tx, await user_named(tx, call))
        if found is None:
            raise NotFound("There is no such user.")
        filters = Filters(creator=found.id)
        return CreatorCosts(
            **await _overview(tx, filters, range_, step),
            creator=CreatorView(
                id=found.id,
                name=found.name,
                external_id=found.external_id,
                deleted=found.is_deleted,
            ),
            features=await _groups(tx, filters, range_, ("feature",)),
            models=await _groups(tx, filters, range_, ("model",)),
            features_and_models=await _groups(tx, filters, range_, ("feature", "model")),
        )


async def _groups(
    tx: Snapshot, filters: Filters, range_: Range, group_by: tuple[Grouping, ...]
) -> list[CostGroup]:
    found = await Ranking(filters, range_, group_by).page(tx, CREATOR_GROUPS, None)
    return [group_view(group, group_by) for group in found.groups]


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/admin/ai-costs",
        handler=read_costs,
        scope=Scope.ADMIN_READ,
        summary="Costs, charges and calls of any range, filtered and grouped, against the range"
        " before it; with Accept: text/csv all groups as a table.",
        tag=TAG,
        access=Access.ADMIN,
        query=CostQuery,
        response=CostReport,
        errors=(Forbidden, NotFound, RateLimited),
    ),
    Operation(
        method="GET",
        path="/api/admin/ai-costs.csv",
        handler=read_costs_table,
        scope=Scope.ADMIN_READ,
        summary="All groups of such a report as a table.",
        tag=TAG,
        access=Access.ADMIN,
        query=CostQuery,
        enveloped=False,
        media=csvs.MEDIA,
        errors=(Forbidden, NotFound, RateLimited),
    ),
    Operation(
        method="GET",
        path="/api/admin/ai-costs/creators/{user:path}",
        handler=read_creator_costs,
        scope=Scope.ADMIN_READ,
        summary=f"What one creator cost, by feature and model. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=CreatorQuery,
        response=CreatorCosts,
        errors=(Forbidden, NotFound),
    ),
)
