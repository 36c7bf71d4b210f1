"""``months``: what was charged in each, closed and frozen."""

import asyncio
import re
import sys
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import click
from msgspec import Struct

from billing import months as store
from billing.months import Month, Sums
from server.cli import people
from server.cli.context import show
from server.domain.clock import utc_now
from server.domain.money import credits_text, usd_text


class MonthName(click.ParamType[date]):
    """A month as in 2026-03."""

    name = "month"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        if isinstance(value, date):
            return value
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", str(value)):
            self.fail(f"a month is written as in 2026-03, not {value}", param, ctx)
        try:
            return date.fromisoformat(f"{value}-01")
        except ValueError:
            self.fail(f"there is no month {value}", param, ctx)


@click.group()
def months() -> None:
    """See what was charged in each month; close one, which freezes its invoices."""


@months.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"items"} and nothing else.')
def list_months(*, as_json: bool) -> None:
    """List months, newest first: what they add up to, and what has changed since they were closed.

    A month that has ended is closed by the billing process, MONTH_CLOSES_AFTER_DAYS after its end
    and once nothing of it waits to be billed.
    """
    found = asyncio.run(_list())
    lines = [_line(month) for month in found]
    text = "\n".join(lines) or "nothing was charged yet"
    show({"items": [_told(month) for month in found]}, as_json=as_json, text=text)


@months.command("show")
@click.argument("month", type=MonthName())
@click.option("--json", "as_json", is_flag=True, help='Print {"month", …, "wrong"}.')
def show_month(*, month: date, as_json: bool) -> None:
    """Show MONTH and check it: exit status 1 when somebody's charges are not the sum of their usage
    rows and adjustments (`reconcile --repair` sums them anew)."""
    found = asyncio.run(_show(month))
    lines = [_line(found.month)]
    lines += [f"  does not add up: {creator}" for creator in found.wrong]
    lines += [] if found.wrong else ["  adds up to its usage rows and adjustments"]
    answer = _told(found.month) | {"wrong": [str(creator) for creator in found.wrong]}
    show(answer, as_json=as_json, text="\n".join(lines))
    if found.wrong:
        sys.exit(1)


@months.command("close")
@click.argument("month", type=MonthName())
@click.option(
    "--anyway", is_flag=True, help="Also where calls wait to be billed: they show as a difference."
)
@click.option("--json", "as_json", is_flag=True, help='Print {"closed", "month", …}.')
def close_month(*, month: date, anyway: bool, as_json: bool) -> None:
    """Close MONTH now: freeze what everybody owes for it. A closed month is left as it is."""
    is_closed, found = asyncio.run(_close(month, anyway=anyway))
    said = "closed" if is_closed else "closed before, nothing done"
    show({"closed": is_closed} | _told(found), as_json=as_json, text=f"{said}\n{_line(found)}")


class _Checked(Struct, frozen=True, kw_only=True):
    month: Month
    wrong: list[UUID]


async def _list() -> list[Month]:
    async with people.open_running() as (_, database), database.snapshot() as tx:
        return await store.months(tx)


async def _show(month: date) -> _Checked:
    async with people.open_running() as (_, database), database.snapshot() as tx:
        return _Checked(month=await store.find(tx, month), wrong=await store.wrong(tx, month))


async def _close(month: date, *, anyway: bool) -> tuple[bool, Month]:
    now = utc_now()
    async with people.open_running() as (_, database):
        async with database.transaction() as tx:
            is_closed = await store.close(tx, month, now, anyway=anyway)
            found = await store.find(tx, month)
            if is_closed:
                await people.note(
                    tx,
                    "month.close",
                    target_kind="month",
                    target_id=f"{month:%Y-%m}",
                    after={"charged": credits_text(found.now.charged), "anyway": anyway},
                )
        return is_closed, found


def _told(month: Month) -> dict[str, Any]:
    frozen = month.invoiced
    return {
        "month": f"{month.month:%Y-%m}",
        "closedAt": None if month.closed_at is None else _moment(month.closed_at),
        "creators": month.creators,
        "waiting": month.waiting,
        **_sums(month.now),
        "invoice": None if frozen is None else _sums(frozen),
        "difference": None if frozen is None else _sums(month.now - frozen),
    }


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "costUsd": usd_text(sums.cost_usd),
        "charged": credits_text(sums.charged),
        "chargedUsd": usd_text(sums.charged_usd),
        "requestCount": sums.request_count,
    }


def _line(month: Month) -> str:
    now = month.now
    state = "open" if month.closed_at is None else f"closed {month.closed_at:%Y-%m-%d}"
    said = [
        f"{month.month:%Y-%m}",
        state,
        f"{month.creators} creators",
        f"{now.request_count} calls",
        f"cost ${usd_text(now.cost_usd)}",
        f"charged {credits_text(now.charged)} credits (${usd_text(now.charged_usd)})",
    ]
    if month.invoiced is not None and now != month.invoiced:
        since = now - month.invoiced
        said.append(f"since it was closed {credits_text(since.charged)} credits")
    if month.waiting:
        said.append(f"{month.waiting} not billed yet")
    return "  ".join(said)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
