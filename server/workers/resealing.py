"""Seals anew what was sealed with an earlier SECRET_KEY, so that the earlier one may go."""

import logging
from uuid import UUID

from server.accounts.sealing import Sealer, Unsealable
from server.persistence import webhooks
from server.persistence.database import Database, Tx
from server.persistence.webhooks import Sealed
from server.telemetry.logs import fields
from server.webhooks.signing import PURPOSE

log = logging.getLogger(__name__)


async def reseal(database: Database, sealer: Sealer) -> None:
    """All secrets of webhooks, page by page. One that does not open is left: its owner rotates it.

    Raises:
        ServiceUnavailable: the database does not answer.
    """
    after, done, lost = UUID(int=0), 0, 0
    while True:
        async with database.snapshot() as tx:
            page = await webhooks.sealed(tx, after=after)
        if not page:
            break
        after = page[-1].id
        for one in page:
            if not sealer.needs_resealing(one.secret):
                continue
            try:
                again = _anew(sealer, one)
            except Unsealable:
                lost += 1
                continue

            async def exchange(tx: Tx, one: Sealed = one, again: bytes = again) -> None:
                await webhooks.exchange(tx, one, again)

            await database.run(exchange)
            done += 1
    if done or lost:
        log.warning("webhooks.resealed", extra=fields(done=done, lost=lost))


def _anew(sealer: Sealer, one: Sealed) -> bytes:
    secret = sealer.open(one.secret, purpose=PURPOSE, row=one.id)
    return sealer.seal(secret, purpose=PURPOSE, row=one.id)
