"""Work beside the turns that a conversation can do without: what goes wrong is for the log."""

import logging
from collections.abc import Awaitable

from server.domain.errors import AppError, InsufficientCredits, QuotaExceeded
from server.domain.ids import ConversationId
from server.telemetry.logs import fields

log = logging.getLogger(__name__)


async def beside(feature: str, conversation: ConversationId, work: Awaitable[None]) -> None:
    """Await ``work``. Raises nothing but a cancellation."""
    told = fields(conversation=str(conversation))
    try:
        await work
    except (InsufficientCredits, QuotaExceeded):
        log.info(f"{feature}.not_paid", extra=told)
    except AppError as error:
        log.info(f"{feature}.not_made", extra={**told, **fields(error=error.code)})
    except Exception:
        log.exception(f"{feature}.crashed", extra=told)
