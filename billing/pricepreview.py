"""What a price would have made of the calls there were: one model's, over last month.

Each call is priced anew by itself, rounded up once as ``billing.pricing`` rounds, in the integers
of PostgreSQL's numeric type; a test holds the two together.
"""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import text

from billing.pricing import MS_PER_SECOND, PICOS_PER_NANO, PPM
from server.domain.clock import month_of
from server.domain.money import MICROS_PER_CREDIT, NANOS_PER_USD, NanoUsd
from server.domain.usage import Price
from server.persistence.database import Snapshot, allow

STATEMENT_S = 30.0
"""A month of a busy model takes longer than a turn may wait for a statement."""

LATELY = timedelta(days=30)
"""Looked at where last month has no calls of the model: it is new, or has only just been found."""


class PriceEffect(Struct, frozen=True, kw_only=True, gc=False):
    """Sums over the calls from ``start`` up to and without ``end``, as they were and as they would
    have been."""

    start: datetime
    end: datetime
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: NanoUsd
    new_cost_usd: NanoUsd
    charged_usd: NanoUsd
    new_charged_usd: NanoUsd


# A charge follows the new price only where all of the old one was taken: what was refunded stays
# free, what was short of balance stays within what there was. A charge that comes out the same is
# the same in dollars too, which rows round over the whole turn.
_EFFECT = text("""
WITH terms AS (
    SELECT CAST(:input AS numeric) AS input, CAST(:cached AS numeric) AS cached,
           CAST(:write AS numeric) AS write, CAST(:output AS numeric) AS output,
           CAST(:picos AS numeric) AS picos,
           CAST(:micros AS numeric) AS micros, CAST(:new_micros AS numeric) AS new_micros,
           CAST(:unit AS numeric) AS unit,
           CAST(:nanos AS numeric) AS nanos, CAST(:per_usd AS numeric) AS per_usd,
           CAST(:image AS numeric) AS image, CAST(:character AS numeric) AS character,
           CAST(:second AS numeric) AS second, CAST(:ms AS numeric) AS ms
), calls AS (
    SELECT u.input_tokens, u.output_tokens, u.cost_usd, u.charged, u.charged_usd, u.outcome,
           u.images, u.characters, u.audio_ms,
           CAST(u.prices->>'multiplier_ppm' AS numeric) AS multiplier,
           least(u.cached_input_tokens, u.input_tokens) AS hit,
           coalesce(u.cache_write_tokens, 0) AS wrote
    FROM usage_logs u
    WHERE u.model = :model AND u.at >= :start AND u.at < :end
), parts AS (
    SELECT *, least(wrote, input_tokens - hit) AS written FROM calls
), picos AS (
    SELECT parts.*, ((input_tokens - hit - written) * input + hit * cached + written * write
                     + output_tokens * output + images * image + characters * character) * ms
                    + audio_ms * second AS amount
    FROM parts, terms
), costs AS (
    SELECT calls.*, div(amount + picos * ms - 1, picos * ms) AS new_cost
    FROM picos AS calls, terms
), owed AS (
    SELECT costs.*, div(cost_usd * multiplier * micros + unit - 1, unit) AS owed,
           div(new_cost * new_micros + unit - 1, unit) AS new_owed
    FROM costs, terms
), charges AS (
    SELECT *, CASE WHEN charged < owed OR (outcome = 'failed' AND charged = 0)
                   THEN least(charged, new_owed) ELSE new_owed END AS new_charged
    FROM owed
)
SELECT count(*) AS calls, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
       sum(cost_usd) AS cost_usd, sum(new_cost) AS new_cost_usd, sum(charged_usd) AS charged_usd,
       sum(CASE WHEN new_charged = charged THEN charged_usd
                ELSE div(new_charged * nanos + per_usd - 1, per_usd) END) AS new_charged_usd
FROM charges, terms
""")


async def preview(
    snapshot: Snapshot, model: str, price: Price, *, now: datetime, credits_per_usd: int
) -> PriceEffect:
    """``price`` against the calls of the last whole month (UTC); of the last thirty days, where
    that month has none."""
    await allow(snapshot, STATEMENT_S)
    end = datetime.combine(month_of(now), time(), UTC)
    start = datetime.combine(month_of(end - timedelta(days=1)), time(), UTC)
    monthly = await _effect(snapshot, model, price, start, end, credits_per_usd)
    if monthly.calls:
        return monthly
    return await _effect(snapshot, model, price, now - LATELY, now, credits_per_usd)


async def _effect(
    snapshot: Snapshot,
    model: str,
    price: Price,
    start: datetime,
    end: datetime,
    credits_per_usd: int,
) -> PriceEffect:
    # asyncpg wants a Decimal for numeric.
    terms = {
        "input": Decimal(price.input),
        "cached": Decimal(price.input if price.cached_input is None else price.cached_input),
        "write": Decimal(price.input if price.cache_write is None else price.cache_write),
        "output": Decimal(price.output),
        "picos": Decimal(PICOS_PER_NANO),
        "micros": Decimal(credits_per_usd * MICROS_PER_CREDIT),
        "new_micros": Decimal(price.multiplier_ppm * credits_per_usd * MICROS_PER_CREDIT),
        "unit": Decimal(PPM * NANOS_PER_USD),
        "nanos": Decimal(NANOS_PER_USD // MICROS_PER_CREDIT),
        "per_usd": Decimal(credits_per_usd),
        "image": Decimal(price.image or 0),
        "character": Decimal(price.character or 0),
        "second": Decimal(price.second or 0),
        "ms": Decimal(MS_PER_SECOND),
    }
    found = await snapshot.execute(_EFFECT, {"model": model, "start": start, "end": end, **terms})
    row: Any = found.one()
    return PriceEffect(
        start=start,
        end=end,
        calls=row.calls,
        # Sums come as numeric; the sum of no rows is null.
        input_tokens=int(row.input_tokens or 0),
        output_tokens=int(row.output_tokens or 0),
        cost_usd=NanoUsd(int(row.cost_usd or 0)),
        new_cost_usd=NanoUsd(int(row.new_cost_usd or 0)),
        charged_usd=NanoUsd(int(row.charged_usd or 0)),
        new_charged_usd=NanoUsd(int(row.new_charged_usd or 0)),
    )
