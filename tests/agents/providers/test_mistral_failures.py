"""Every way in which Mistral can fail on the wire: what it is called, and what was said before."""

from typing import Literal

import httpx2
import pytest

from agents.events import StreamEnd
from server.domain.errors import (
    AppError,
    Invalid,
    ModelUnavailable,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
)
from tests.support.providers.hearing import SHORT, end_of, hear, text_of
from tests.support.providers.mistral_dialect import INVALID_MODEL
from tests.support.providers.mistral_stub import MISTRAL, MistralStub
from tests.support.providers.plays import Play

HTML = b"<html>Bad Gateway</html>"
END = (
    b'{"choices":[{"delta":{"content":""},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":3,"completion_tokens":3}}'
)
LIMITED = {"message": "Slow down.", "type": "rate_limited", "code": "1300"}


@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (Play(status=500), ProviderError),
        (Play(status=503), ProviderError),
        (Play(status=504), ProviderTimeout),
        (Play(status=429, retry_after="7"), ProviderRateLimited),
        (Play(status=401), ProviderError),
        (Play(status=403), ProviderError),
        (Play(status=400), Invalid),
        (Play(status=422), Invalid),
        (Play(status=422, body=HTML), Invalid),
        (Play(status=400, error=INVALID_MODEL), ModelUnavailable),
        (Play(status=404), ModelUnavailable),
        (Play(status=302), ProviderError),
        (Play(status=502, body=HTML, content_type="text/html"), ProviderError),
        (Play(mute=True), ProviderTimeout),
        (Play(silent=0), ProviderTimeout),
        (Play(body=HTML, content_type="text/html"), ProviderProtocol),
        (Play(body=b'{"choices":[]}', content_type="application/json"), ProviderProtocol),
        (Play(body=b""), ProviderProtocol),
        (Play(cut=0), ProviderError),
        (Play(cut=0, how="fin"), ProviderError),
        (Play(cut=0, how="clean"), ProviderProtocol),
        (Play(garbage=0), ProviderProtocol),
        (Play(error_event=0), ProviderError),
        (Play(finish="error", tokens=0), ProviderError),
    ],
)
async def test_a_failure_before_the_first_token_has_a_name_after_one_request(
    play: Play, kind: type[AppError]
) -> None:
    async with MISTRAL.talking(play, timeouts=SHORT) as (stub, provider):
        events, error = await hear(provider)
    assert events == []
    assert type(error) is kind
    assert error.metadata["provider"] == "mistral"
    assert "sk-" not in error.message
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
        (Play(garbage=3, rubbish=b'{"choices":7}'), ProviderProtocol),
        (Play(error_event=3), ProviderError),
        (Play(error_event=3, error=LIMITED), ProviderRateLimited),
        (Play(tokens=3, finish=None), ProviderProtocol),
        (Play(tokens=3, finish=None, done=False), ProviderProtocol),
        (Play(tokens=3, finish="error"), ProviderError),
    ],
)
async def test_what_came_before_a_failure_is_delivered_then_the_failure_told(
    play: Play, kind: type[AppError]
) -> None:
    async with MISTRAL.talking(play, timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert text_of(events) == "The meter runs"
    assert not any(isinstance(event, StreamEnd) for event in events)
    assert type(error) is kind


@pytest.mark.parametrize("how", ["rst", "fin", "clean"])
async def test_a_connection_that_dies_behind_the_end_changes_nothing(
    how: Literal["rst", "fin", "clean"],
) -> None:
    play = Play(garbage=3, rubbish=END, cut=3, how=how)
    async with MISTRAL.talking(play, timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "The meter runs"
    assert end_of(events).usage is not None


async def test_a_server_that_nobody_listens_at_cannot_be_reached() -> None:
    async with MistralStub() as stub:
        url = stub.url
    async with httpx2.AsyncClient() as http:
        _, error = await hear(MISTRAL.at(url, http, SHORT))
    assert type(error) is ProviderError
    assert "cannot be reached" in error.message
