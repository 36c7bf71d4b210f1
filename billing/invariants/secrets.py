"""I12 as far as a database can show it: no configured secret is in what is kept of turns.

The rows are read and searched here: a secret that went to the server as a parameter could end in
the server's own log.
"""

from collections.abc import Sequence

from msgspec.json import encode
from sqlalchemy import TextClause, text

from billing.invariants.base import Finding, told
from server.persistence.database import Snapshot

NAME = "I12 secrets"
SHORTEST = 8
"""Characters: a shorter one would be found in the middle of innocent words."""

BATCH = 500

_PLACES = (
    ("turns.outcome", text("SELECT id, outcome::text FROM turns WHERE outcome IS NOT NULL")),
    ("outbox.payload", text("SELECT call_id, payload::text FROM outbox")),
    (
        "dead_letters",
        text("SELECT id, reason || ' ' || encode(payload, 'escape') FROM dead_letters"),
    ),
)


async def check_secrets(snapshot: Snapshot, secrets: Sequence[str]) -> Finding | None:
    """Where one of ``secrets`` is written down; the finding does not repeat it."""
    wanted = _spellings(secrets)
    rows: list[dict[str, object]] = []
    for place, query in _PLACES if wanted else ():
        rows += [{"id": id_, "in": place} for id_ in await _found(snapshot, query, wanted)]
    return told(NAME, "no secret of the settings is kept with turns or usage events", rows)


async def _found(snapshot: Snapshot, query: TextClause, wanted: Sequence[str]) -> list[object]:
    found = []
    async with snapshot.stream(query) as result:
        async for batch in result.partitions(BATCH):
            found += [id_ for id_, written in batch if any(secret in written for secret in wanted)]
    return found


def _spellings(secrets: Sequence[str]) -> list[str]:
    """Each as it is, and as JSON writes it."""
    long_enough = [secret for secret in secrets if len(secret) >= SHORTEST]
    return sorted({form for one in long_enough for form in (one, encode(one).decode()[1:-1])})
