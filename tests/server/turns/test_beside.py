"""Work that a conversation can do without fails into the log."""

import asyncio
import logging

import pytest

from server.domain.errors import AppError, InsufficientCredits, ProviderError, QuotaExceeded
from server.domain.ids import ConversationId, new_id
from server.turns.beside import beside

CONVERSATION = ConversationId(new_id())


@pytest.mark.parametrize(
    ("error", "level", "event"),
    [
        (InsufficientCredits("x"), logging.INFO, "title.not_paid"),
        (QuotaExceeded("x"), logging.INFO, "title.not_paid"),
        (ProviderError("x"), logging.INFO, "title.not_made"),
        (AppError("x"), logging.INFO, "title.not_made"),
        (LookupError("nobody foresaw this"), logging.ERROR, "title.crashed"),
    ],
)
async def test_what_goes_wrong_is_logged(
    caplog: pytest.LogCaptureFixture, error: Exception, level: int, event: str
) -> None:
    caplog.set_level(logging.INFO)

    async def work() -> None:
        raise error

    await beside("title", work(), conversation=CONVERSATION)
    (record,) = caplog.records
    assert (record.levelno, record.message) == (level, event)
    assert record.fields["conversation"] == str(CONVERSATION)  # type: ignore[attr-defined]  # extra


async def test_a_cancellation_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    waiting = asyncio.create_task(beside("title", asyncio.sleep(60), conversation=CONVERSATION))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert caplog.records == []
