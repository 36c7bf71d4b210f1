"""Provider calls of a range, one by one: what an alert's request was, and tables of all of them."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from billing import calllists
from billing.calllists import ListedCall, Order, Place, Sought
from billing.reports import Range
from billing.reportsources import read_patiently
from server.accounts.access import Scope
from server.domain.errors import Forbidden, RateLimited
from server.domain.money import MAX_AMOUNT, credits_text, usd_text
from server.routes import csvs, cursors
from server.routes.calls import Call
from server.routes.costranges import FilterQuery, filters_of, range_of
from server.routes.cursors import LIMIT_DEFAULT, Cursor, Limit
from server.routes.envelope import Page
from server.routes.operations import Access, Operation

TAG = "admin"

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
"""Before there was anything to call."""


class CallQuery(FilterQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``callId``, ``turnId``: looked for in all of the past, unless ``from`` is given.
    ``correlationId``: of a request; the id that its answer named."""

    call_id: UUID | None = None
    turn_id: UUID | None = None
    correlation_id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    order: Order = "newest"
    limit: Limit = LIMIT_DEFAULT
    cursor: Cursor | None = None


class CostCall(Struct, frozen=True, kw_only=True, rename="camel"):
    """One provider call. ``audioMs``: milliseconds. ``billed`` false: it is settled, and its usage
    row is yet to be written."""

    call_id: UUID
    turn_id: UUID
    at: datetime
    creator_id: UUID
    creator_name: str | None
    workspace_id: UUID
    feature: str
    agent: str
    provider: str
    model: str
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    images: int | UnsetType = UNSET
    characters: int | UnsetType = UNSET
    audio_ms: int | UnsetType = UNSET
    cost_usd: str
    charged: str
    charged_usd: str
    usage_source: str
    outcome: str
    plan: str
    correlation_id: str
    duration_ms: int
    billed: bool


class CostCallPage(Page, frozen=True, kw_only=True):
    items: list[CostCall]


async def list_cost_calls(call: Call) -> CostCallPage | Response:
    if csvs.wants_csv(call.request):
        return await read_calls_table(call)
    query = call.query(CallQuery)
    after = _place(query)
    async with call.services.database.snapshot() as tx:
        await read_patiently(tx)
        found = await calllists.page(
            tx,
            await filters_of(tx, query, served=call.caller.issuer),
            _range(call, query),
            sought=_sought(query),
            order=query.order,
            limit=query.limit + 1,
            after=after,
        )
    shown, last = cursors.page(found, query.limit)
    return CostCallPage(
        items=[_view(one) for one in shown],
        next_cursor=cursors.write((last.cost_usd, last.at, last.call_id)) if last else None,
    )


async def read_calls_table(call: Call) -> Response:
    """The oldest first, whatever ``order`` says, and all of them."""
    query, services = call.query(CallQuery), call.services
    range_, sought = _range(call, query), _sought(query)
    async with services.database.snapshot() as tx:
        filters = await filters_of(tx, query, served=call.caller.issuer)

    async def fill(write: csvs.Write) -> None:
        async with services.database.snapshot() as tx:
            await read_patiently(tx)
            async for calls in calllists.every(tx, filters, range_, sought):
                await write(_cells(one) for one in calls)

    name = f"ai-calls-{csvs.days(range_.start, range_.end)}"
    return services.downloads.csv(call.caller, name, _HEADER, fill)


def _range(call: Call, query: CallQuery) -> Range:
    found = range_of(query, call.services.clock())
    if query.start is None and (query.call_id or query.turn_id):
        return Range(start=min(BEGINNING, found.start), end=found.end)
    return found


def _sought(query: CallQuery) -> Sought:
    return Sought(call_id=query.call_id, turn_id=query.turn_id, correlation_id=query.correlation_id)


def _place(query: CallQuery) -> Place | None:
    cost = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
    return cursors.read(query.cursor, tuple[cost, datetime, UUID])


def _view(call: ListedCall) -> CostCall:
    return CostCall(
        call_id=call.call_id,
        turn_id=call.turn_id,
        at=call.at,
        creator_id=call.creator_id,
        creator_name=call.creator_name,
        workspace_id=call.workspace_id,
        feature=call.feature,
        agent=call.agent,
        provider=call.provider,
        model=call.model,
        input_tokens=call.input_tokens,
        cached_input_tokens=call.cached_input_tokens,
        output_tokens=call.output_tokens,
        reasoning_tokens=call.reasoning_tokens,
        images=call.images or UNSET,
        characters=call.characters or UNSET,
        audio_ms=call.audio_ms or UNSET,
        cost_usd=usd_text(call.cost_usd),
        charged=credits_text(call.charged),
        charged_usd=usd_text(call.charged_usd),
        usage_source=call.usage_source,
        outcome=call.outcome,
        plan=call.plan,
        correlation_id=call.correlation_id,
        duration_ms=call.duration_ms,
        billed=call.is_billed,
    )


_HEADER = ["at (UTC)", *(name for name in CostCall.__struct_encode_fields__ if name != "at")]


def _cells(call: ListedCall) -> tuple[object, ...]:
    """In the order of ``_HEADER``."""
    return (
        csvs.moment(call.at),
        call.call_id,
        call.turn_id,
        call.creator_id,
        call.creator_name,
        call.workspace_id,
        call.feature,
        call.agent,
        call.provider,
        call.model,
        call.input_tokens,
        call.cached_input_tokens,
        call.output_tokens,
        call.reasoning_tokens,
        call.images,
        call.characters,
        call.audio_ms,
        usd_text(call.cost_usd),
        credits_text(call.charged),
        usd_text(call.charged_usd),
        call.usage_source,
        call.outcome,
        call.plan,
        call.correlation_id,
        call.duration_ms,
        "yes" if call.is_billed else "no",
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/admin/ai-costs/calls",
        handler=list_cost_calls,
        scope=Scope.ADMIN_READ,
        summary="Provider calls of a range, the newest or the dearest first; with Accept: text/csv"
        " all of them as a table.",
        tag=TAG,
        access=Access.ADMIN,
        query=CallQuery,
        response=CostCallPage,
        errors=(Forbidden, RateLimited),
    ),
    Operation(
        method="GET",
        path="/api/admin/ai-costs/calls.csv",
        handler=read_calls_table,
        scope=Scope.ADMIN_READ,
        summary="Every provider call of a range as a table, the oldest first.",
        tag=TAG,
        access=Access.ADMIN,
        query=CallQuery,
        enveloped=False,
        media=csvs.MEDIA,
        errors=(Forbidden, RateLimited),
    ),
)
