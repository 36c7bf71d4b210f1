"""Every way in which Gemini can fail on the wire: what it is called, and what was said before."""

from typing import Literal

import httpx2
import pytest

from agents.events import StreamEnd
from server.domain.errors import (
    AppError,
    ContentBlocked,
    Invalid,
    ModelUnavailable,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
)
from tests.support.providers.gemini_dialect import BAD_KEY
from tests.support.providers.gemini_stub import GEMINI, GeminiStub
from tests.support.providers.hearing import SHORT, end_of, hear, text_of
from tests.support.providers.plays import Play

BLOCKED = b'{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}}'
END = b'{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3}}'
ERRORS = [
    b'{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}',
    b'{"error":{"message":"No code."}}',
    b'{"error":"No object."}',
]
GARBAGE = [
    b"7",
    b'{"candidates":7}',
    b'{"candidates":[{"content":{"parts":[{"text":7}]}}]}',
    b'{"candidates":{"content":[]}}',
    b'{"usageMetadata":"much"}',
    b"[" * 5000,
]


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (Play(status=500), ProviderError),
        (Play(status=503), ProviderError),
        (Play(status=504), ProviderTimeout),
        (Play(status=429, retry_after="7"), ProviderRateLimited),
        (Play(status=400, error=BAD_KEY), ProviderError),
        (Play(status=401), ProviderError),
        (Play(status=403), ProviderError),
        (Play(status=400), Invalid),
        (Play(status=404), ModelUnavailable),
        (Play(status=302), ProviderError),
        (
            Play(status=502, body=b"<html>Bad Gateway</html>", content_type="text/html"),
            ProviderError,
        ),
        (Play(mute=True), ProviderTimeout),
        (Play(silent=0), ProviderTimeout),
        (Play(body=b"<html>busy</html>", content_type="text/html"), ProviderProtocol),
        (Play(body=b'{"candidates":[]}', content_type="application/json"), ProviderProtocol),
        (Play(body=b""), ProviderProtocol),
        (Play(cut=0), ProviderError),
        (Play(cut=0, how="fin"), ProviderError),
        (Play(cut=0, how="clean"), ProviderProtocol),
        (Play(garbage=0), ProviderProtocol),
        (Play(garbage=0, rubbish=BLOCKED), ContentBlocked),
        (Play(error_event=0), ProviderError),
        (Play(finish="MALFORMED_FUNCTION_CALL", tokens=0), ProviderError),
    ],
)
async def test_a_failure_before_the_first_token_has_a_name_after_one_request(
    play: Play, kind: type[AppError]
) -> None:
    async with GEMINI.talking(play, timeouts=SHORT) as (stub, provider):
        events, error = await hear(provider)
    assert events == []
    assert type(error) is kind
    assert error.metadata["provider"] == "gemini"
    assert "sk-" not in error.message
    assert "AIza" not in error.message
    assert error.retry_after == (7.0 if play.retry_after else None)
    assert len(stub.exchanges) == 1


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (Play(cut=3), ProviderError),
        (Play(cut=3, how="fin"), ProviderError),
        (Play(cut=3, how="clean"), ProviderProtocol),
        (Play(silent=3), ProviderTimeout),
        (Play(garbage=3), ProviderProtocol),
        (Play(garbage=3, one_write=True), ProviderProtocol),
        (Play(garbage=3, rubbish=BLOCKED), ContentBlocked),
        (Play(error_event=3), ProviderError),
        (Play(error_event=3, error={"code": 429, "status": "X"}), ProviderRateLimited),
        (Play(error_event=3, one_write=True), ProviderError),
        (Play(tokens=3, finish=None), ProviderProtocol),
        (Play(tokens=3, finish="FINISH_REASON_UNSPECIFIED"), ProviderProtocol),
        (Play(tokens=3, finish="UNEXPECTED_TOOL_CALL"), ProviderError),
    ],
)
async def test_what_came_before_a_failure_is_delivered_then_the_failure_told(
    play: Play, kind: type[AppError]
) -> None:
    async with GEMINI.talking(play, timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert text_of(events) == "The meter runs"
    assert not any(isinstance(event, StreamEnd) for event in events)
    assert type(error) is kind


@pytest.mark.parametrize("rubbish", [*GARBAGE, *ERRORS])
async def test_an_event_of_another_shape_is_the_providers_failure(rubbish: bytes) -> None:
    """Whatever the SDK makes of it: most of these it takes apart without looking."""
    play = Play(garbage=3, rubbish=rubbish)
    async with GEMINI.talking(play, timeouts=SHORT) as (stub, provider):
        events, error = await hear(provider)
        assert text_of(events) == "The meter runs"
        assert isinstance(error, ProviderError | ProviderProtocol)
        await hear(provider)
    assert len(stub.exchanges) == 2


async def test_a_blocked_prompt_says_why() -> None:
    async with GEMINI.talking(Play(garbage=0, rubbish=BLOCKED)) as (_, provider):
        _, error = await hear(provider)
    assert error is not None
    assert error.message == "gemini refused the content: SAFETY"


async def test_an_event_that_says_nothing_passes() -> None:
    async with GEMINI.talking(Play(garbage=3, rubbish=b"[1]")) as (stub, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == stub.exchanges[0].text


@pytest.mark.parametrize("how", ["rst", "fin", "clean"])
async def test_a_connection_that_dies_behind_the_end_changes_nothing(
    how: Literal["rst", "fin", "clean"],
) -> None:
    play = Play(garbage=3, rubbish=END, cut=3, how=how)
    async with GEMINI.talking(play, timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "The meter runs"
    assert end_of(events).usage is not None


async def test_a_server_that_nobody_listens_at_cannot_be_reached() -> None:
    async with GeminiStub() as stub:
        url = stub.url
    async with httpx2.AsyncClient() as http:
        _, error = await hear(GEMINI.at(url, http, SHORT))
    assert type(error) is ProviderError
    assert "cannot be reached" in error.message
