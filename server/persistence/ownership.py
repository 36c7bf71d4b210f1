"""Whose a live turn is: what its owner asks, and how somebody else takes it away."""

from collections.abc import Collection
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import Float, Table, and_, cast, func, select, update

from server.domain.ids import TurnId
from server.domain.turn import LIVE
from server.persistence import workers
from server.persistence.database import Snapshot, Tx
from server.persistence.turns import Turn, TurnRow
from server.persistence.workers import WorkerRow

_turns: Table = TurnRow.__table__  # type: ignore[assignment]  # declarative tables are Tables
_LIVE = [state.value for state in LIVE]


class Standing(Struct, frozen=True, kw_only=True):
    """What the owner of a live turn asks the database about it. ``is_cancelled``: somebody wants it
    to stop; ``age_s``: since its admission."""

    id: TurnId
    fence: int
    is_cancelled: bool
    age_s: float


async def live_on(tx: Tx | Snapshot, boot: UUID) -> list[Standing]:
    """The live turns of one process, as the database has them."""
    rows = await tx.execute(
        select(
            _turns.c.id,
            _turns.c.fence,
            _turns.c.cancel_requested_at.is_not(None).label("is_cancelled"),
            cast(func.extract("epoch", func.now() - _turns.c.admitted_at), Float).label("age_s"),
        ).where(_turns.c.boot_id == boot, _turns.c.state.in_(_LIVE))
    )
    return [convert(row, Standing, from_attributes=True) for row in rows]


async def request_cancel_in(tx: Tx, conversation: UUID, user: UUID) -> None:
    """Note the wish on all live turns of a conversation of this user."""
    await tx.execute(
        update(_turns)
        .where(
            _turns.c.conversation_id == conversation,
            _turns.c.user_id == user,
            _turns.c.state.in_(_LIVE),
            _turns.c.cancel_requested_at.is_(None),
        )
        .values(cancel_requested_at=func.now())
    )


async def take_back(tx: Tx, boot: UUID, ids: Collection[UUID]) -> list[Turn]:
    """Fence live turns of our own ``boot`` that nobody here runs; they are ours to end."""
    rows = await tx.execute(
        update(_turns)
        .where(_turns.c.id.in_(list(ids)), _turns.c.boot_id == boot, _turns.c.state.in_(_LIVE))
        .values(fence=_turns.c.fence + 1)
        .returning(*_turns.c)
    )
    return [convert(row, Turn, from_attributes=True) for row in rows]


async def take_over(tx: Tx, boot: UUID, limit: int, *, ttl_s: float | None) -> list[Turn]:
    """Fence live turns of processes whose lease was not renewed for ``ttl_s``, and make them those
    of ``boot``: whoever has taken turns over answers for them with its own lease, so they are
    taken again only if it dies as well.

    Nothing is taken unless some process has renewed without a pause for ``ttl_s``: the database was
    there, so whoever lives could have renewed as well. After an outage all leases look over, and
    that proves nothing. ``ttl_s`` None: ``boot`` is the only process there is, so whatever is not
    its own is dead.
    """
    theirs = _turns.c.boot_id != boot
    if ttl_s is not None:
        renewed = select(WorkerRow.boot_id).where(workers.is_renewed(ttl_s))
        witness = select(WorkerRow).where(workers.is_steady(ttl_s))
        # In one statement: of a turn that it sees, it sees the lease as well.
        theirs = and_(theirs, _turns.c.boot_id.not_in(renewed), witness.exists())
    chosen = (
        select(_turns.c.id)
        .where(_turns.c.state.in_(_LIVE), theirs)
        .order_by(_turns.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=_turns)
    )
    rows = await tx.execute(
        update(_turns)
        .where(_turns.c.id.in_(chosen))
        .values(fence=_turns.c.fence + 1, boot_id=boot)
        .returning(*_turns.c)
    )
    return [convert(row, Turn, from_attributes=True) for row in rows]
