"""Whoever makes a request, the call that it belongs to hears of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from agents.providers.hooks import Requests, watch
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play

TIMEOUT = httpx2.Timeout(7.0, connect=3.0)


@asynccontextmanager
async def watched(*plays: Play) -> AsyncIterator[tuple[OpenAIStub, httpx2.AsyncClient]]:
    async with OpenAIStub() as stub, httpx2.AsyncClient() as http:
        stub.plays(*plays)
        watch(http)
        yield stub, http


async def ask(http: httpx2.AsyncClient, url: str) -> httpx2.Response:
    request = http.build_request("POST", f"{url}/chat/completions", json={}, timeout=None)
    return await http.send(request, stream=True)


async def test_a_response_that_nobody_closes_is_closed_with_the_call() -> None:
    async with watched(Play(tokens=1000, gap=0.01)) as (stub, http):
        requests = Requests(TIMEOUT)
        with requests.watched():
            await ask(http, stub.url)
        await requests.aclose()
        await stub.exchanges[0].client_left()
        assert stub.exchanges[0].finished_at is None


async def test_a_body_that_was_read_leaves_its_connection_to_the_next_request() -> None:
    async with watched() as (stub, http):
        for _ in range(2):
            requests = Requests(TIMEOUT)
            with requests.watched():
                response = await ask(http, stub.url)
            await response.aread()
            await requests.aclose()
        assert stub.connections == 1


async def test_a_request_has_the_calls_timeouts_instead_of_its_own() -> None:
    async with watched() as (stub, http):
        requests = Requests(TIMEOUT)
        with requests.watched():
            response = await ask(http, stub.url)
        await response.aread()
        assert response.request.extensions["timeout"] == TIMEOUT.as_dict()


async def test_requests_of_others_are_left_alone() -> None:
    """Before and after, and those that another task makes in the meantime."""
    async with watched() as (stub, http):
        requests = Requests(TIMEOUT)
        began, others = asyncio.Event(), asyncio.Event()

        async def another() -> None:
            await began.wait()
            response = await ask(http, stub.url)
            await response.aread()
            assert response.request.extensions["timeout"]["connect"] is None
            others.set()

        task = asyncio.create_task(another())
        with requests.watched():
            began.set()
            await others.wait()
        await task
        await (await ask(http, stub.url)).aread()
        assert requests.responses == []


async def test_headers_that_are_not_wanted_are_gone() -> None:
    async with watched() as (stub, http):
        requests = Requests(TIMEOUT, without=("X-Request-Id", "x-not-there"))
        with requests.watched():
            response = await ask(http, stub.url)
        assert "x-request-id" not in response.headers
        await requests.aclose()


@pytest.mark.parametrize("times", [1, 3])
async def test_hooks_are_installed_once(times: int) -> None:
    async with httpx2.AsyncClient() as http:
        for _ in range(times):
            watch(http)
        assert len(http.event_hooks["request"]) == len(http.event_hooks["response"]) == 1
