"""Goes on with users who are leaving, whichever process they asked and whatever became of that."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import AppError
from server.telemetry.logs import fields
from server.turns.leaving import Leaver

log = logging.getLogger(__name__)

LOOK_S = 2.0
"""Turns that a user leaves behind end within a heartbeat; the look is one query of an index that is
empty at almost all times."""


async def keep_burying(leaver: Leaver) -> None:
    """For ever; outages are waited out."""
    while True:
        try:
            await leaver.look()
        except (AppError, SQLAlchemyError) as error:
            log.warning("leaving.not_looked", extra=fields(error=repr(error)))
        await asyncio.sleep(LOOK_S)
