"""A price that was wrong is put right for calls that were billed by it: adjustment lines, a call at
a time, while usage rows stay as they were written.

What a call cost becomes what the right price makes of it. What was charged only ever falls: where
the right price asks for less than was really taken, the rest goes back to whoever paid; where it
asks for more, the difference is the operator's. So doing it again changes nothing, one that was
ended in the middle is finished by being asked for again, and a further one builds on what stands.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from msgspec import Struct, json
from sqlalchemy import text

from billing import adjustments
from billing.adjustments import Balance, Line, Standing
from billing.pricing import charge, cost
from server.domain.errors import Invalid
from server.domain.money import MicroCredits, NanoUsd
from server.domain.usage import Price, Unit, Usage
from server.failpoints import reach
from server.persistence.database import Database, Snapshot, Tx, allow

BATCH = 200
"""Calls of one transaction: some tens of milliseconds, for which their payers' accounts are locked.
"""

STATEMENT_S = 60.0
"""Looking for the next calls of a model that is seldom used reads those of all others."""

UNITS: tuple[Unit, ...] = ("image", "character", "second")
"""What calls may have been sold by beside their tokens."""

_SPACE = UUID("5e2c6f0e-3a55-5b0c-9f0a-7d7f0e2b9a41")


class Place(NamedTuple):
    """The call after which it goes on."""

    at: datetime
    call_id: UUID


BEGINNING = Place(datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))


class Repricing(Struct, frozen=True, kw_only=True):
    """``price`` for the calls of ``model`` that ended from ``start`` up to and without ``end``.
    ``actor`` None: at the command line."""

    model: str
    start: datetime
    end: datetime
    price: Price
    reason: str
    actor: UUID | None
    credits_per_usd: int

    @property
    def batch(self) -> UUID:
        """Of all lines that it writes, however often it is asked for."""
        told = (self.model, self.start, self.end, self.price, self.reason)
        return uuid5(_SPACE, json.encode(told).decode())


class Sums(Struct, frozen=True, kw_only=True, gc=False):
    """``calls`` were looked at, ``changed`` of them got a line: ``cost_usd`` is what they cost more
    (below zero: less), ``back`` the credits that go back, ``back_usd`` the same in dollars."""

    calls: int = 0
    changed: int = 0
    cost_usd: NanoUsd = NanoUsd(0)
    back: MicroCredits = MicroCredits(0)
    back_usd: NanoUsd = NanoUsd(0)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            calls=self.calls + other.calls,
            changed=self.changed + other.changed,
            cost_usd=NanoUsd(self.cost_usd + other.cost_usd),
            back=MicroCredits(self.back + other.back),
            back_usd=NanoUsd(self.back_usd + other.back_usd),
        )


class Step(Struct, frozen=True, kw_only=True):
    """One batch, committed. ``next`` None: there are no more calls."""

    sums: Sums
    balances: list[Balance]
    next: Place | None


# One at a time, everywhere: two would both look before either has written. The number: "repr" in
# ASCII.
_ALONE = text("SELECT pg_advisory_xact_lock(1919250546)")

_PAGE = text("""
SELECT at, call_id, account_id
FROM usage_logs CROSS JOIN LATERAL (
    SELECT account_id FROM holds WHERE holds.turn_id = usage_logs.turn_id LIMIT 1) AS payer
WHERE model = :model AND at >= :start AND at < :end AND (at, call_id) > (:after, :after_call)
ORDER BY at, call_id LIMIT :most
""")

_STANDING = """
SELECT log.call_id, log.turn_id, payer.account_id, log.creator_id, log.month,
       log.cost_usd + coalesce(lines.cost_usd, 0) AS cost_usd,
       log.charged + coalesce(lines.charged, 0) AS charged,
       log.charged_usd + coalesce(lines.charged_usd, 0) AS charged_usd,
       coalesce(lines.times, 0) AS times, log.input_tokens, log.cached_input_tokens,
       coalesce(log.cache_write_tokens, 0) AS cache_write_tokens, log.output_tokens, log.images,
       log.characters, log.audio_ms,
       log.images > 0 AND log.prices->>'image' IS NOT NULL AS by_image,
       log.characters > 0 AND log.prices->>'character' IS NOT NULL AS by_character,
       log.audio_ms > 0 AND log.prices->>'second' IS NOT NULL AS by_second
FROM usage_logs AS log CROSS JOIN LATERAL (
    SELECT account_id FROM holds WHERE holds.turn_id = log.turn_id LIMIT 1) AS payer
LEFT JOIN LATERAL (
    SELECT sum(cost_usd)::bigint AS cost_usd, sum(charged)::bigint AS charged,
           sum(charged_usd)::bigint AS charged_usd,
           count(*) FILTER (WHERE kind = 'reprice') AS times
    FROM adjustments WHERE adjustments.call_id = log.call_id) AS lines ON true
"""

_OF_CALLS = text(f"{_STANDING} WHERE log.call_id = ANY(CAST(:calls AS uuid[])) ORDER BY call_id")

_OF_RANGE = text(f"{_STANDING} WHERE model = :model AND at >= :start AND at < :end")


async def preview(snapshot: Snapshot, wanted: Repricing) -> Sums:
    """What it would come to; nothing is written, and no more than a batch is in memory.

    Raises Invalid: as ``reprice``.
    """
    await allow(snapshot, STATEMENT_S)
    asked = {"model": wanted.model, "start": wanted.start, "end": wanted.end}
    sums = Sums()
    async with snapshot.stream(_OF_RANGE, asked) as result:
        async for rows in result.partitions(BATCH):
            sums += _sum(len(rows), _lines(rows, wanted))
    return sums


async def reprice(
    database: Database, wanted: Repricing, after: Place = BEGINNING
) -> AsyncIterator[Step]:
    """Do it, a batch a transaction: whatever was answered is done, whenever this is ended.

    Raises:
        Invalid: a call was sold by a unit that the price has not.
        ServiceUnavailable: the database does not answer, or is busy.
    """
    place: Place | None = after
    while place is not None:
        step = await _step(database, wanted, place)
        place = step.next
        yield step


async def _step(database: Database, wanted: Repricing, after: Place) -> Step:
    async def work(tx: Tx) -> Step:
        await allow(tx, STATEMENT_S)
        await tx.execute(_ALONE)
        page = (
            await tx.execute(
                _PAGE,
                {
                    "model": wanted.model,
                    "start": wanted.start,
                    "end": wanted.end,
                    "after": after.at,
                    "after_call": after.call_id,
                    "most": BATCH,
                },
            )
        ).all()
        await adjustments.lock(tx, sorted({row.account_id for row in page}))
        calls = {"calls": [row.call_id for row in page]}
        lines = _lines((await tx.execute(_OF_CALLS, calls)).all(), wanted)
        balances = await adjustments.write(
            tx,
            lines,
            kind="reprice",
            batch=wanted.batch,
            reason=wanted.reason,
            actor=wanted.actor,
        )
        last = Place(page[-1].at, page[-1].call_id) if len(page) == BATCH else None
        reach("repricing.writing")
        return Step(sums=_sum(len(page), lines), balances=balances, next=last)

    step = await database.run(work)
    reach("repricing.committed")
    return step


def _lines(rows: Iterable[Any], wanted: Repricing) -> list[Line]:
    found = (_line(row, wanted) for row in rows)
    return [line for line in found if line is not None]


def _line(row: Any, wanted: Repricing) -> Line | None:
    """None: the call stands as the price has it."""
    for unit in UNITS:
        if getattr(row, f"by_{unit}") and not wanted.price.sells(unit):
            raise Invalid(
                f"Calls of that time were sold by the {unit}, for which nothing is named: they"
                " would become free.",
                path=f"$.{unit}",
                metadata={"callId": str(row.call_id)},
            )
    usage = Usage(
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_input_tokens=row.cached_input_tokens,
        cache_write_tokens=row.cache_write_tokens,
        images=row.images,
        characters=row.characters,
        audio_ms=row.audio_ms,
    )
    right = cost(usage, wanted.price)
    owed = charge(right, wanted.price.multiplier_ppm, wanted.credits_per_usd)
    more, back = right - row.cost_usd, max(0, row.charged - owed)
    if not more and not back:
        return None
    call = Standing(
        call_id=row.call_id,
        turn_id=row.turn_id,
        account_id=row.account_id,
        creator_id=row.creator_id,
        month=row.month,
        cost_usd=row.cost_usd,
        charged=row.charged,
        charged_usd=row.charged_usd,
    )
    return Line(call=call, cost_usd=more, back=back, key=f"reprice:{row.call_id}:{row.times}")


def _sum(calls: int, lines: list[Line]) -> Sums:
    return Sums(
        calls=calls,
        changed=len(lines),
        cost_usd=NanoUsd(sum(line.cost_usd for line in lines)),
        back=MicroCredits(sum(line.back for line in lines)),
        back_usd=NanoUsd(sum(line.call.dollars_of(line.back) for line in lines)),
    )
