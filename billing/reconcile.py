"""Does everything add up? The invariants of money, asked of the running system."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import text

from billing.invariants import INVARIANTS, Invariant
from billing.ledger import SYSTEM_ACCOUNTS
from server.domain.clock import Clock, utc_now
from server.persistence.database import Database, Snapshot

GRACE = timedelta(minutes=2)
"""How long an event may be on its way, and a hold's end may lag behind its expiry."""

SHOWN_MAX = 20
"""Rows of one finding that are named; ``count`` has them all."""

_TIMEOUT = text("SET LOCAL statement_timeout = '5min'")
"""Sums over everything there ever was."""


class Finding(Struct, frozen=True, kw_only=True):
    """An invariant that does not hold: what should be true, and where it is not.

    ``ids`` name accounts, turns, calls or creators; ``rows`` say the same with their figures.
    """

    name: str
    says: str
    count: int
    ids: list[str]
    rows: list[dict[str, str]]


async def check(database: Database, clock: Clock = utc_now) -> list[Finding]:
    """All invariants in one snapshot; an empty list says that everything adds up.

    Whether a quota was ever passed at the moment of a hold, and whether a balance was ever below
    zero, is not asked: constraints and guards of the statements themselves forbid both.

    Raises ServiceUnavailable.
    """
    findings = []
    async with database.snapshot() as snapshot:
        await snapshot.execute(_TIMEOUT)
        values = {"now": clock(), "grace": GRACE, "system": list(SYSTEM_ACCOUNTS)}
        for invariant in INVARIANTS:
            finding = await _ask(snapshot, invariant, values)
            if finding is not None:
                findings.append(finding)
    return findings


async def _ask(snapshot: Snapshot, invariant: Invariant, values: dict[str, Any]) -> Finding | None:
    names = invariant.query.compile().params.keys()
    result = await snapshot.execute(invariant.query, {name: values[name] for name in names})
    rows = result.mappings().all()
    if not rows:
        return None
    shown = [{name: _text(value) for name, value in row.items()} for row in rows[:SHOWN_MAX]]
    return Finding(
        name=invariant.name,
        says=invariant.says,
        count=len(rows),
        ids=[next(iter(row.values())) for row in shown],
        rows=shown,
    )


def _text(value: object) -> str:
    """Sums of bigints come as decimals, which would show 8000000 as 8.00E+6."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
