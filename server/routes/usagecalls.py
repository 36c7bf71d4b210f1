"""One's own provider calls, one by one: the lines that usage is made of."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from billing import calllists
from billing.calllists import ListedCall, Order, Place, Sought
from billing.reportsources import read_patiently
from server.accounts.access import Scope
from server.domain.errors import RateLimited
from server.domain.money import MAX_AMOUNT, credits_text, usd_text
from server.routes import csvs, cursors
from server.routes.calls import Call
from server.routes.costranges import CallQuery, own_filters, range_of
from server.routes.cursors import LIMIT_DEFAULT, Cursor, Limit
from server.routes.envelope import Page
from server.routes.operations import Operation


class UsageCallQuery(CallQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``turnId``: the calls of one turn, in the range. ``feature``, ``agent``, ``model``,
    ``provider``: only calls of these names."""

    turn_id: UUID | None = None
    order: Order = "newest"
    limit: Limit = LIMIT_DEFAULT
    cursor: Cursor | None = None


class UsageCall(Struct, frozen=True, kw_only=True, rename="camel"):
    """As on the receipt of its turn. ``audioMs``: milliseconds."""

    at: datetime
    call_id: UUID
    turn_id: UUID
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
    duration_ms: int


class UsageCallPage(Page, frozen=True, kw_only=True):
    items: list[UsageCall]


async def list_usage_calls(call: Call) -> UsageCallPage | Response:
    if csvs.wants_csv(call.request):
        return await read_usage_calls_table(call)
    query = call.query(UsageCallQuery)
    cost = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
    after: Place | None = cursors.read(query.cursor, tuple[cost, datetime, UUID])
    async with call.services.database.snapshot() as tx:
        await read_patiently(tx)
        found = await calllists.page(
            tx,
            own_filters(query, call.caller.user_id),
            range_of(query, call.services.clock()),
            sought=Sought(turn_id=query.turn_id),
            order=query.order,
            limit=query.limit + 1,
            after=after,
        )
    shown, last = cursors.page(found, query.limit)
    return UsageCallPage(
        items=[_view(one) for one in shown],
        next_cursor=cursors.write((last.cost_usd, last.at, last.call_id)) if last else None,
    )


async def read_usage_calls_table(call: Call) -> Response:
    """All of the range, the oldest first."""
    query, database = call.query(UsageCallQuery), call.services.database
    range_ = range_of(query, call.services.clock())
    filters, sought = own_filters(query, call.caller.user_id), Sought(turn_id=query.turn_id)

    async def fill(write: csvs.Write) -> None:
        async with database.snapshot() as tx:
            await read_patiently(tx)
            async for calls in calllists.every(tx, filters, range_, sought):
                await write(_cells(one) for one in calls)

    name = f"usage-calls-{csvs.days(range_.start, range_.end)}"
    return call.services.downloads.csv(call.caller, name, _HEADER, fill)


def _view(call: ListedCall) -> UsageCall:
    return UsageCall(
        at=call.at,
        call_id=call.call_id,
        turn_id=call.turn_id,
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
        duration_ms=call.duration_ms,
    )


_HEADER = ["at (UTC)", *UsageCall.__struct_encode_fields__[1:]]


def _cells(call: ListedCall) -> list[object]:
    """In the order of ``_HEADER``."""
    view = _view(call)
    cells = [getattr(view, name) for name in UsageCall.__struct_fields__[1:]]
    return [csvs.moment(call.at), *(None if cell is UNSET else cell for cell in cells)]


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/ai/usage/calls",
        handler=list_usage_calls,
        scope=Scope.READ,
        summary="One's provider calls of a range, the newest or the dearest first; with Accept:"
        " text/csv all of them as a table.",
        tag="ai",
        query=UsageCallQuery,
        response=UsageCallPage,
        errors=(RateLimited,),
    ),
    Operation(
        method="GET",
        path="/api/ai/usage/calls.csv",
        handler=read_usage_calls_table,
        scope=Scope.READ,
        summary="The same as a table, the oldest first.",
        tag="ai",
        query=UsageCallQuery,
        enveloped=False,
        media=csvs.MEDIA,
        errors=(RateLimited,),
    ),
)
