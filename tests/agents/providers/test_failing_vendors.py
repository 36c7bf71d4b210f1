"""Each failure has one name, follows what was said before it, and no request is made twice."""

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
from tests.support.providers.hearing import SHORT, Vendor, end_of, hear, text_of, unsaid_of
from tests.support.providers.plays import BEHIND_THE_END, Call, Play
from tests.support.providers.vendors import RAW, VENDORS

NO_UTF8 = b'{"type":"\xff","choices":[{"delta":{"content":"\xff"}}]}'

every_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)


@every_vendor
@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (Play(status=302), ProviderError),
        (Play(status=400), Invalid),
        (Play(status=401), ProviderError),
        (Play(status=402), ProviderError),
        (Play(status=403), ProviderError),
        (Play(status=404), ModelUnavailable),
        (Play(status=408), ProviderTimeout),
        (Play(status=409), ProviderError),
        (Play(status=413), Invalid),
        (Play(status=422), Invalid),
        (Play(status=422, body=b"<html>"), Invalid),
        (Play(status=429, retry_after="7"), ProviderRateLimited),
        (Play(status=500), ProviderError),
        (Play(status=503, retry_after="7"), ProviderError),
        (Play(status=504), ProviderTimeout),
        (Play(status=529), ProviderError),
        (Play(status=502, body=b"<html>", content_type="text/html"), ProviderError),
        (Play(hangs_up=True), ProviderError),
        (Play(mute=True), ProviderTimeout),
        (Play(silent=0), ProviderTimeout),
        (Play(body=b"<html>busy</html>", content_type="text/html"), ProviderProtocol),
        (Play(body=b'{"choices":[]}', content_type="application/json"), ProviderProtocol),
        (Play(body=b""), ProviderProtocol),
        (Play(cut=0), ProviderError),
        (Play(cut=0, how="fin"), ProviderError),
        (Play(cut=0, how="clean"), ProviderProtocol),
        (Play(garbage=0), ProviderProtocol),
        (Play(error_event=0), ProviderError),
    ],
)
async def test_a_failure_before_the_first_token_has_a_name(
    vendor: Vendor, play: Play, kind: type[AppError]
) -> None:
    async with vendor.talking(play, timeouts=SHORT) as (stub, provider):
        events, error = await hear(provider)
    assert events == []
    assert type(error) is kind
    assert error.message
    assert "sk-" not in error.message
    assert "AIza" not in error.message
    assert error.metadata["provider"] == provider.name
    if play.status != 200:
        assert error.metadata == {"provider": provider.name, "status": play.status}
    assert error.retry_after == (7.0 if play.retry_after else None)
    assert len(stub.exchanges) == 1


@every_vendor
@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (Play(cut=3), ProviderError),
        (Play(cut=3, how="fin"), ProviderError),
        (Play(cut=3, how="clean"), ProviderProtocol),
        (Play(silent=3), ProviderTimeout),
        (Play(garbage=3), ProviderProtocol),
        (Play(garbage=3, one_write=True), ProviderProtocol),
        (Play(error_event=3), ProviderError),
        (Play(error_event=3, one_write=True), ProviderError),
        (Play(tokens=3, finish=None), ProviderProtocol),
        (Play(tokens=3, finish=None, done=False, usage=False), ProviderProtocol),
    ],
)
async def test_what_came_before_a_failure_is_delivered_then_the_failure_told(
    vendor: Vendor, play: Play, kind: type[AppError]
) -> None:
    async with vendor.talking(play, timeouts=SHORT) as (stub, provider):
        events, error = await hear(provider)
    assert text_of(events) == "The meter runs"
    assert not any(isinstance(event, StreamEnd) for event in events)
    assert type(error) is kind
    assert len(stub.exchanges) == 1


@pytest.mark.parametrize("vendor", RAW.values(), ids=RAW)
async def test_text_that_is_no_utf8_is_garbage(vendor: Vendor) -> None:
    async with vendor.talking(Play(garbage=3, rubbish=NO_UTF8)) as (_, provider):
        events, error = await hear(provider)
    assert text_of(events) == "The meter runs"
    assert type(error) is ProviderProtocol


@every_vendor
@pytest.mark.parametrize("how", ["rst", "fin"])
@pytest.mark.parametrize("done", [True, False])
async def test_a_connection_that_dies_behind_the_end_changes_nothing(
    vendor: Vendor, how: Literal["rst", "fin"], done: bool
) -> None:
    play = Play(tokens=3, done=done, cut=BEHIND_THE_END, how=how)
    async with vendor.talking(play, timeouts=SHORT) as (_, provider):
        events, error = await hear(provider)
    assert error is None
    assert text_of(events) == "The meter runs"
    assert end_of(events).usage is not None


@every_vendor
async def test_a_server_that_nobody_listens_at_cannot_be_reached(vendor: Vendor) -> None:
    async with vendor.stub() as stub, stub.away(), httpx2.AsyncClient() as http:
        _, error = await hear(vendor.at(stub.url, http, SHORT))
    assert type(error) is ProviderError
    assert "cannot be reached" in error.message


@every_vendor
async def test_a_stream_cut_in_the_middle_of_a_tool_call_is_a_failure(vendor: Vendor) -> None:
    steps = 2 if vendor.cuts_tool_calls else 1
    play = Play(tokens=1, calls=(Call("look", ("{", "}")),), cut=1 + steps, how="clean")
    async with vendor.talking(play) as (_, provider):
        events, error = await hear(provider)
    assert unsaid_of(events) == ("{" if vendor.cuts_tool_calls else "{}")
    assert type(error) is ProviderProtocol
