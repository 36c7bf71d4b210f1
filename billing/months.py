"""Months of charges: closed some days after their end, when what each creator owed is frozen.

A closed month goes on adding up: usage that is billed late and adjustments count where they belong,
in the month of their turn. The invoice stays what it was, and the difference is shown beside it.
"""

import logging
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct

from billing.invariants.usage import BILLED
from server.domain.clock import next_month
from server.domain.errors import Conflict, NotFound
from server.domain.money import MicroCredits, NanoUsd
from server.persistence.database import Database, Snapshot, Tx, allow
from server.persistence.prepared import Prepared
from server.telemetry.logs import fields

STATEMENT_S = 30.0
"""For sums over everybody's month."""

BATCH = 100

_log = logging.getLogger(__name__)


class Sums(Struct, frozen=True, kw_only=True, gc=False):
    """Of one creator's month, or of a whole one: nano-dollars, micro-credits, provider calls."""

    cost_usd: NanoUsd
    charged: MicroCredits
    charged_usd: NanoUsd
    request_count: int

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(
            cost_usd=NanoUsd(self.cost_usd - other.cost_usd),
            charged=MicroCredits(self.charged - other.charged),
            charged_usd=NanoUsd(self.charged_usd - other.charged_usd),
            request_count=self.request_count - other.request_count,
        )


class Month(Struct, frozen=True, kw_only=True):
    """``closed_at`` and ``invoiced`` None: open. ``invoiced``: what was frozen then; ``now``: what
    it adds up to. ``waiting``: settled calls that are not billed yet, and turns that still run."""

    month: date
    closed_at: datetime | None
    closed_by: UUID | None
    creators: int
    invoiced: Sums | None
    now: Sums
    waiting: int

    @property
    def ends_at(self) -> datetime:
        return next_month(self.month)


class Account(Struct, frozen=True, kw_only=True):
    """One creator's month. ``invoiced`` None: it is open; of whom nothing was there when it was
    closed, nothing was frozen. ``plan``: that of the invoice, else of the newest call."""

    month: date
    creator_id: UUID
    name: str | None
    external_id: str | None
    plan: str
    closed_at: datetime | None
    invoiced: Sums | None
    now: Sums


Place = tuple[NanoUsd, UUID]
"""Of an account among those of its month: what it was charged, and whose it is."""

_WAITING = """
    SELECT (SELECT count(*) FROM outbox
            WHERE applied_at IS NULL AND payload->>'month' = {month}::text)
         + (SELECT count(*) FROM turns
            WHERE state IN ('admitted', 'running') AND turns.month = {month})"""

_AMOUNTS = ("cost_usd", "charged", "charged_usd", "request_count")

_SUMMED = ", ".join(f"sum({name})::bigint AS {name}" for name in _AMOUNTS)

_BOTH = ", ".join(
    f"coalesce({table}.{name}, 0) AS {prefix}_{name}"
    for table, prefix in (("charges", "now"), ("invoices", "invoiced"))
    for name in _AMOUNTS
)

_MONTHS = Prepared(f"""
SELECT found.*, ({_WAITING.format(month="found.month")}) AS waiting
FROM (
    SELECT month, closed_at, closed_by, coalesce(creators, 0) AS creators, {_BOTH}
    FROM closed_months
    FULL JOIN (SELECT month, count(*) AS creators, {_SUMMED} FROM monthly_charges GROUP BY month)
        AS charges USING (month)
    LEFT JOIN (SELECT month, {_SUMMED} FROM invoices GROUP BY month) AS invoices USING (month)
    WHERE CAST(:month AS date) IS NULL OR month = :month) AS found
ORDER BY month DESC
""")  # noqa: S608 - names of this file

_ACCOUNTS = f"""
SELECT * FROM (
    SELECT month, creator_id, coalesce(nullif(users.name, ''), users.email) AS name,
           users.external_id, coalesce(invoices.plan, charges.plan) AS plan, closed_at, {_BOTH}
    FROM (SELECT * FROM monthly_charges WHERE {{one}}) AS charges
    FULL JOIN (SELECT * FROM invoices WHERE {{one}}) AS invoices USING (month, creator_id)
    LEFT JOIN closed_months USING (month)
    LEFT JOIN users ON users.id = creator_id) AS accounts
"""  # noqa: S608

_PAGE = Prepared(
    _ACCOUNTS.format(one="month = :month")
    + """
WHERE CAST(:usd AS bigint) IS NULL OR (-now_charged_usd, creator_id) > (-:usd, :creator)
ORDER BY -now_charged_usd, creator_id LIMIT :most
"""
)

_EVERY = Prepared(_ACCOUNTS.format(one="month = :month") + "ORDER BY -now_charged_usd, creator_id")

_OWN = Prepared(
    _ACCOUNTS.format(one="creator_id = :creator")
    + """
WHERE CAST(:before AS date) IS NULL OR month < :before ORDER BY month DESC LIMIT :most
"""
)

_CLOSE = Prepared("""
INSERT INTO closed_months (month, closed_at, closed_by) VALUES (:month, :now, :actor)
ON CONFLICT DO NOTHING RETURNING month
""")

_INVOICE = Prepared("""
INSERT INTO invoices (month, creator_id, cost_usd, charged, charged_usd, request_count, plan)
SELECT month, creator_id, cost_usd, charged, charged_usd, request_count, plan
FROM monthly_charges WHERE month = :month ORDER BY creator_id
""")

_DUE = Prepared("""
SELECT DISTINCT month FROM monthly_charges
WHERE month <= :last AND NOT EXISTS (SELECT FROM closed_months WHERE month = monthly_charges.month)
ORDER BY month
""")

_HELD_UP = Prepared(f"SELECT ({_WAITING.format(month='CAST(:month AS date)')}) AS waiting")


_WRONG = Prepared(f"""
SELECT creator_id
FROM (SELECT * FROM monthly_charges WHERE month = :month) AS charges
FULL JOIN ({BILLED} WHERE month = :month GROUP BY creator_id, month) AS lines
    USING (creator_id, month)
WHERE (charges.cost_usd, charges.charged, charges.charged_usd, charges.request_count)
      IS DISTINCT FROM (lines.cost_usd, lines.charged, lines.charged_usd, lines.request_count)
ORDER BY creator_id
""")  # noqa: S608


async def months(tx: Snapshot | Tx) -> list[Month]:
    """All in which something was charged, or that are closed, newest first."""
    await allow(tx, STATEMENT_S)
    return [_month(row) for row in await _MONTHS.rows(tx, month=None)]


async def find(tx: Snapshot | Tx, month: date) -> Month:
    """Raises NotFound: nothing was charged in it, and it is not closed."""
    await allow(tx, STATEMENT_S)
    row = await _MONTHS.row(tx, month=month)
    if row is None:
        raise NotFound("There is nothing in that month.")
    return _month(row)


async def wrong(tx: Snapshot, month: date) -> list[UUID]:
    """Creators whose month does not add up to their usage rows and adjustments: nobody, unless
    somebody wrote there by hand. ``reconcile --repair`` sums such a month anew."""
    await allow(tx, STATEMENT_S)
    return [row["creator_id"] for row in await _WRONG.rows(tx, month=month)]


async def accounts(
    tx: Snapshot, month: date, *, limit: int, after: Place | None = None
) -> list[Account]:
    """Creators of a month, those who were charged most first."""
    usd, creator = after or (None, UUID(int=0))
    rows = await _PAGE.rows(tx, month=month, usd=usd, creator=creator, most=limit)
    return [_account(row) for row in rows]


async def every(tx: Snapshot, month: date) -> AsyncIterator[list[Account]]:
    """All creators of a month, some at a time."""
    await allow(tx, STATEMENT_S)
    async for rows in _EVERY.batches(tx, BATCH, month=month):
        yield [_account(row) for row in rows]


async def own(
    tx: Snapshot, creator: UUID, *, limit: int, before: date | None = None
) -> list[Account]:
    """A creator's months, newest first."""
    rows = await _OWN.rows(tx, creator=creator, before=before, most=limit)
    return [_account(row) for row in rows]


async def close(
    tx: Tx, month: date, now: datetime, *, actor: UUID | None = None, anyway: bool = False
) -> bool:
    """Freeze what every creator owes for ``month``. Answers False when it is closed already.

    ``anyway``: also where something of it is not billed yet; that will show as a difference.

    Raises:
        Conflict: it has not ended, or something of it waits.
    """
    if now < next_month(month):
        raise Conflict("That month has not ended.")
    await allow(tx, STATEMENT_S)
    waiting = int(await _HELD_UP.value(tx, month=month))
    if waiting and not anyway:
        raise Conflict(
            f"{waiting} calls and turns of that month are not billed yet.",
            metadata={"waiting": waiting},
        )
    # Of two that close it at once, one waits here for the other's end, and finds it done.
    if await _CLOSE.value(tx, month=month, now=now, actor=actor) is None:
        return False
    await _INVOICE.run(tx, month=month)
    return True


async def close_due(database: Database, now: datetime, after_days: int) -> list[date]:
    """Close what ended ``after_days`` ago and waits for nothing; answers what was closed."""
    ended = (now - timedelta(days=after_days)).date().replace(day=1)
    async with database.snapshot() as snapshot:
        # A month ends where the next begins: what is due lies before the month of that moment.
        rows = await _DUE.rows(snapshot, last=ended - timedelta(days=1))
    closed = []
    for row in rows:
        month: date = row["month"]

        async def attempt(tx: Tx, month: date = month) -> bool:
            return await close(tx, month, now)

        try:
            is_closed = await database.run(attempt)
        except Conflict as error:
            _log.warning("month.waits", extra=fields(month=str(month), detail=error.message))
            continue
        if is_closed:
            _log.info("month.closed", extra=fields(month=str(month)))
            closed.append(month)
    return closed


def _month(row: Any) -> Month:
    return Month(
        month=row["month"],
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
        creators=row["creators"],
        invoiced=_invoiced(row),
        now=_sums(row, "now"),
        waiting=row["waiting"],
    )


def _account(row: Any) -> Account:
    return Account(
        month=row["month"],
        creator_id=row["creator_id"],
        name=row["name"],
        external_id=row["external_id"],
        plan=row["plan"],
        closed_at=row["closed_at"],
        invoiced=_invoiced(row),
        now=_sums(row, "now"),
    )


def _invoiced(row: Any) -> Sums | None:
    return None if row["closed_at"] is None else _sums(row, "invoiced")


def _sums(row: Any, kind: str) -> Sums:
    return Sums(**{name: row[f"{kind}_{name}"] for name in _AMOUNTS})
