"""What was put right afterwards, told beside the figures of calls and never mixed into them."""

from msgspec import Struct

from billing.reports import Range
from billing.reportsources import Filters, conditions
from server.domain.money import NanoUsd
from server.persistence.database import Snapshot
from server.persistence.prepared import Prepared


class Adjusted(Struct, frozen=True, kw_only=True, gc=False):
    """Sums of adjustments: differences, below zero where something was given back."""

    count: int
    cost_usd: NanoUsd
    charged: int
    charged_usd: NanoUsd


async def adjusted(tx: Snapshot, filters: Filters, range_: Range) -> Adjusted:
    """Adjustments that were made in the range, of calls that ``filters`` let through, whenever
    those were made."""
    where, values = conditions(filters)
    about = f"""
AND EXISTS (SELECT FROM usage_logs AS log WHERE log.call_id = adjustments.call_id{where})"""
    statement = Prepared(f"""
SELECT count(*) AS count, coalesce(sum(cost_usd), 0)::bigint AS cost_usd,
       coalesce(sum(charged), 0)::bigint AS charged,
       coalesce(sum(charged_usd), 0)::bigint AS charged_usd
FROM adjustments WHERE at >= :start AND at < :end {about if where else ""}
""")  # noqa: S608 - of names of ours
    row = await statement.one(tx, start=range_.start, end=range_.end, **values)
    return Adjusted(**row)
