"""Months of charges: for admins all of them, for everybody their own; as JSON and as a table."""

import re
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from billing import months
from billing.months import Account, Month, Place, Sums
from server.accounts.access import Scope
from server.domain.errors import Forbidden, Invalid, NotFound, RateLimited
from server.domain.money import MAX_AMOUNT, credits_text, usd_text
from server.routes import csvs, cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Access, Operation

TAG = "admin"

_Usd = Annotated[int, Meta(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


class MonthSums(Struct, frozen=True, kw_only=True, rename="camel"):
    """``requestCount``: provider calls. Adjustments are in the amounts."""

    cost_usd: str
    charged: str
    charged_usd: str
    request_count: int


class MonthView(MonthSums, frozen=True, kw_only=True):
    """What the month adds up to. ``invoice``: what was frozen when it was closed; ``difference``:
    what has come or gone since. ``waiting``: calls and turns of it that are not billed yet, for
    which its closing waits."""

    month: str
    closed_at: datetime | None
    creators: int
    waiting: int
    invoice: MonthSums | None
    difference: MonthSums | None


class MonthList(Struct, frozen=True, kw_only=True, rename="camel"):
    """All there are, newest first: ``nextCursor`` is always null."""

    items: list[MonthView]
    next_cursor: None = None


class OwnMonth(MonthSums, frozen=True, kw_only=True):
    """``plan``: that of the invoice, else of the newest call. Without ``closedAt`` the month is
    open, and has no ``invoice`` yet; of whom nothing was there when it was closed, it is 0."""

    month: str
    plan: str
    closed_at: datetime | None
    invoice: MonthSums | None
    difference: MonthSums | None


class OwnMonthPage(Page, frozen=True, kw_only=True):
    items: list[OwnMonth]


class MonthAccount(OwnMonth, frozen=True, kw_only=True):
    creator_id: UUID
    name: str | None
    external_id: str | UnsetType = UNSET


class MonthReport(Page, frozen=True, kw_only=True):
    """Who was charged most comes first."""

    totals: MonthView
    items: list[MonthAccount]


async def list_months(call: Call) -> MonthList:
    async with call.services.database.snapshot() as tx:
        return MonthList(items=[_month(month) for month in await months.months(tx)])


async def read_month(call: Call) -> MonthReport | Response:
    if csvs.wants_csv(call.request):
        return await read_month_table(call)
    query, month = call.query(ListQuery), _named(call)
    after: Place | None = cursors.read(query.cursor, tuple[_Usd, UUID])  # type: ignore[assignment]  # an int of ours
    async with call.services.database.snapshot() as tx:
        totals = await months.find(tx, month)
        found = await months.accounts(tx, month, limit=query.limit + 1, after=after)
    shown, last = cursors.page(found, query.limit)
    return MonthReport(
        totals=_month(totals),
        items=[
            MonthAccount(
                creator_id=one.creator_id,
                name=one.name,
                external_id=one.external_id or UNSET,
                **_account(one),
            )
            for one in shown
        ],
        next_cursor=cursors.write((last.now.charged_usd, last.creator_id)) if last else None,
    )


async def read_month_table(call: Call) -> Response:
    """All creators of the month."""
    month, database = _named(call), call.services.database
    async with database.snapshot() as tx:
        await months.find(tx, month)

    async def fill(write: csvs.Write) -> None:
        async with database.snapshot() as tx:
            async for found in months.every(tx, month):
                await write(_cells(one) for one in found)

    return call.services.downloads.csv(call.caller, f"month-{month:%Y-%m}", _HEADER, fill)


async def list_own_months(call: Call) -> OwnMonthPage:
    query = call.query(ListQuery)
    before = cursors.read(query.cursor, tuple[date])
    async with call.services.database.snapshot() as tx:
        found = await months.own(
            tx,
            call.caller.user_id,
            limit=query.limit + 1,
            before=None if before is None else before[0],
        )
    shown, last = cursors.page(found, query.limit)
    return OwnMonthPage(
        items=[OwnMonth(**_account(one)) for one in shown],
        next_cursor=cursors.write((last.month,)) if last else None,
    )


def _named(call: Call) -> date:
    given = _MONTH.fullmatch(call.request.path_params["month"])
    if given is None or given[1] == "0000":
        raise Invalid("A month is written as in 2026-03.", path="$path.month")
    return date(int(given[1]), int(given[2]), 1)


def _month(month: Month) -> MonthView:
    return MonthView(
        month=f"{month.month:%Y-%m}",
        closed_at=month.closed_at,
        creators=month.creators,
        waiting=month.waiting,
        **_both(month),
    )


def _account(account: Account) -> dict[str, Any]:
    return {
        "month": f"{account.month:%Y-%m}",
        "plan": account.plan,
        "closed_at": account.closed_at,
        **_both(account),
    }


def _both(of: Month | Account) -> dict[str, Any]:
    """What it adds up to, and where it was closed what was frozen, and the difference."""
    invoice = difference = None
    if of.invoiced is not None:
        invoice = MonthSums(**_texts(of.invoiced))
        difference = MonthSums(**_texts(of.now - of.invoiced))
    return {**_texts(of.now), "invoice": invoice, "difference": difference}


def _texts(sums: Sums) -> dict[str, Any]:
    return {
        "cost_usd": usd_text(sums.cost_usd),
        "charged": credits_text(sums.charged),
        "charged_usd": usd_text(sums.charged_usd),
        "request_count": sums.request_count,
    }


_HEADER = [
    "month (UTC)",
    "creatorId",
    "creatorName",
    "creatorExternalId",
    "plan",
    "closedAt (UTC)",
    *MonthSums.__struct_encode_fields__,
    *(f"invoiced {name}" for name in MonthSums.__struct_encode_fields__),
]


def _cells(account: Account) -> list[object]:
    """In the order of ``_HEADER``."""
    frozen = [None] * len(_texts(account.now))
    return [
        f"{account.month:%Y-%m}",
        account.creator_id,
        account.name,
        account.external_id,
        account.plan,
        None if account.closed_at is None else csvs.moment(account.closed_at),
        *_texts(account.now).values(),
        *(frozen if account.invoiced is None else _texts(account.invoiced).values()),
    ]


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/admin/months",
        handler=list_months,
        scope=Scope.ADMIN_READ,
        summary="Months of charges, what was invoiced and what has changed since.",
        tag=TAG,
        access=Access.ADMIN,
        response=MonthList,
        errors=(Forbidden,),
    ),
    # Before the other one, whose path fits as well.
    Operation(
        method="GET",
        path="/api/admin/months/{month}.csv",
        handler=read_month_table,
        scope=Scope.ADMIN_READ,
        summary="Every creator's charges and invoice of a month as a table.",
        tag=TAG,
        access=Access.ADMIN,
        query=ListQuery,
        enveloped=False,
        media=csvs.MEDIA,
        errors=(Forbidden, NotFound, RateLimited),
    ),
    Operation(
        method="GET",
        path="/api/admin/months/{month}",
        handler=read_month,
        scope=Scope.ADMIN_READ,
        summary="Every creator's charges and invoice of a month (2026-03), who was charged most"
        " first; with Accept: text/csv all of them as a table.",
        tag=TAG,
        access=Access.ADMIN,
        query=ListQuery,
        response=MonthReport,
        errors=(Forbidden, NotFound, RateLimited),
    ),
    Operation(
        method="GET",
        path="/api/ai/usage/months",
        handler=list_own_months,
        scope=Scope.READ,
        summary="What one was charged in each month, and the invoices, newest first.",
        tag="ai",
        query=ListQuery,
        response=OwnMonthPage,
    ),
)
