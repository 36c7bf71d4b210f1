"""Work beside the turns that nobody waits for: what goes wrong is for the log."""

import logging
from collections.abc import Awaitable
from uuid import UUID

from server.domain.errors import AppError, InsufficientCredits, QuotaExceeded
from server.telemetry.logs import fields

log = logging.getLogger(__name__)


async def beside(feature: str, work: Awaitable[None], **about: UUID) -> None:
    """Await ``work``. Raises nothing but a cancellation. ``about``: ids for the log, by name."""
    told = {name: str(id) for name, id in about.items()}
    try:
        await work
    except (InsufficientCredits, QuotaExceeded):
        log.info(f"{feature}.not_paid", extra=fields(**told))
    except AppError as error:
        log.info(f"{feature}.not_made", extra=fields(**told, error=error.code))
    except Exception:
        log.exception(f"{feature}.crashed", extra=fields(**told))
