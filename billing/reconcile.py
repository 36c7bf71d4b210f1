"""Does everything add up? The invariants of money, asked of the running system."""

from collections.abc import Sequence
from typing import Any

from billing.invariants.base import GRACE, Finding, Invariant, told
from billing.invariants.money import MONEY
from billing.invariants.secrets import check_secrets
from billing.invariants.turns import TURNS
from billing.invariants.usage import USAGE
from billing.ledger import SYSTEM_ACCOUNTS
from server.domain.clock import Clock, utc_now
from server.persistence.database import Database, Snapshot, allow

INVARIANTS = (*MONEY, *TURNS, *USAGE)

STATEMENT_S = 300.0
"""Sums over everything there ever was."""


async def check(
    database: Database, clock: Clock = utc_now, *, secrets: Sequence[str] = ()
) -> list[Finding]:
    """All invariants of the database in one snapshot; an empty list says that everything adds up.

    ``secrets`` are what must not be written anywhere (I12).

    Whether a quota was ever passed at the moment of a hold, and whether a balance was ever below
    zero, is not asked: constraints and guards of the statements themselves forbid both.

    Raises ServiceUnavailable.
    """
    async with database.snapshot() as snapshot:
        await allow(snapshot, STATEMENT_S)
        values = {"now": clock(), "grace": GRACE, "system": list(SYSTEM_ACCOUNTS)}
        found = [await _ask(snapshot, invariant, values) for invariant in INVARIANTS]
        found.append(await check_secrets(snapshot, secrets))
    return [finding for finding in found if finding is not None]


async def _ask(snapshot: Snapshot, invariant: Invariant, values: dict[str, Any]) -> Finding | None:
    names = invariant.query.compile().params.keys()
    result = await snapshot.execute(invariant.query, {name: values[name] for name in names})
    return told(invariant.name, invariant.says, [dict(row) for row in result.mappings().all()])
