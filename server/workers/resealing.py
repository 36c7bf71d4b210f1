"""Seals anew what was sealed with an earlier SECRET_KEY, so that the earlier one may go."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

from msgspec import structs

from knowledge import platforms
from server.accounts.sealing import Sealer, Unsealable
from server.persistence import webhooks
from server.persistence.database import Database, Snapshot, Tx
from server.telemetry.logs import fields
from server.webhooks.signing import PURPOSE

log = logging.getLogger(__name__)


async def reseal(database: Database, sealer: Sealer) -> None:
    """All secrets of webhooks and tokens of platforms, page by page. What does not open is left:
    its owner rotates it, the host sends it again.

    Raises:
        ServiceUnavailable: the database does not answer.
    """
    await _each(
        database,
        "webhooks",
        lambda tx, after: webhooks.sealed(tx, after=after),
        partial(_hook_anew, sealer),
        webhooks.exchange,
    )
    await _each(
        database,
        "platforms",
        lambda tx, after: platforms.sealed(tx, after=after),
        partial(_account_anew, sealer),
        platforms.exchange,
    )


class _Row(Protocol):
    @property
    def id(self) -> UUID: ...


Row = TypeVar("Row", bound=_Row)
New = TypeVar("New")


async def _each(
    database: Database,
    what: str,
    read: Callable[[Snapshot, UUID], Awaitable[Sequence[Row]]],
    anew: Callable[[Row], New | None],
    exchange: Callable[[Tx, Row, New], Awaitable[None]],
) -> None:
    """``anew`` answers None of what needs nothing, and raises Unsealable."""
    after, done, lost = UUID(int=0), 0, 0
    while True:
        async with database.snapshot() as tx:
            page = await read(tx, after)
        if not page:
            break
        after = page[-1].id
        for one in page:
            try:
                again = anew(one)
            except Unsealable:
                lost += 1
                continue
            if again is not None:
                await database.run(partial(_exchange, exchange, one, again))
                done += 1
    if done or lost:
        log.warning(f"{what}.resealed", extra=fields(done=done, lost=lost))


async def _exchange(
    exchange: Callable[[Tx, Row, New], Awaitable[None]], old: Row, new: New, tx: Tx
) -> None:
    await exchange(tx, old, new)


def _hook_anew(sealer: Sealer, one: webhooks.Sealed) -> bytes | None:
    if not sealer.needs_resealing(one.secret):
        return None
    return _anew(sealer, one.secret, PURPOSE, one.id)


def _account_anew(sealer: Sealer, one: platforms.Sealed) -> platforms.Sealed | None:
    kept = (one.access_token, one.refresh_token)
    if not any(token and sealer.needs_resealing(token) for token in kept):
        return None
    access, refresh = (
        None if token is None else _anew(sealer, token, purpose, one.id)
        for token, purpose in zip(kept, (platforms.ACCESS, platforms.REFRESH), strict=True)
    )
    return structs.replace(one, access_token=access, refresh_token=refresh)


def _anew(sealer: Sealer, sealed: bytes, purpose: str, row: UUID) -> bytes:
    return sealer.seal(sealer.open(sealed, purpose=purpose, row=row), purpose=purpose, row=row)
