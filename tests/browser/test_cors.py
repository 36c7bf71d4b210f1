"""Pages elsewhere, in a real browser: those of an allowed origin may call us, others may not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.conftest import sign_in_link
from tests.support.server import LiveServer, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CALL = """
async ({url, key, method, cookies}) => {
  try {
    const answer = await fetch(url, {
      method,
      credentials: cookies ? 'include' : 'omit',
      headers: key ? {Authorization: `Bearer ${key}`, 'Content-Type': 'application/json'} : {},
      body: method === 'POST' ? '{"title": "from elsewhere"}' : undefined,
    });
    const body = await answer.json();
    return {status: answer.status, id: answer.headers.get('x-request-id'), success: body.success};
  } catch (error) {
    return {blocked: String(error)};
  }
}
"""
BLOCKED = {"blocked": "TypeError: Failed to fetch"}


@dataclass
class Elsewhere:
    """``server`` lets pages of ``allowed`` in; ``other`` is any other site."""

    server: LiveServer
    allowed: str
    other: str

    async def call(
        self,
        page: Page,
        *,
        path: str = "/api/conversations",
        key: str | None = None,
        method: str = "GET",
        cookies: bool = False,
    ) -> Any:
        asked = {"url": self.server.url + path, "key": key, "method": method, "cookies": cookies}
        return await page.evaluate(CALL, asked)


@asynccontextmanager
async def site() -> AsyncIterator[str]:
    """A page at an origin of its own."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        page = b"<!doctype html><title>elsewhere</title>"
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(page), page)
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def elsewhere(
    live_server: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Elsewhere]:
    async with AsyncExitStack() as stack:
        allowed, other = [await stack.enter_async_context(site()) for _ in range(2)]
        environment = {
            name: live_server.environment[name]
            for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
        }
        folder = tmp_path_factory.mktemp("cors")
        server = await stack.enter_async_context(
            serving(folder, ALLOWED_ORIGINS=allowed, **environment)
        )
        yield Elsewhere(server, allowed, other)


async def test_a_page_of_an_allowed_origin_calls_with_a_bearer(
    elsewhere: Elsewhere, browser: Browser
) -> None:
    key = await elsewhere.server.new_key()
    page = await browser.new_page()
    await page.goto(elsewhere.allowed)
    read = await elsewhere.call(page, key=key)
    assert (read["status"], read["success"]) == (200, True)
    assert read["id"], "the id of a request can be read, to be told to whoever can help"
    assert (await elsewhere.call(page, key=key, method="POST"))["status"] == 201
    refused = await elsewhere.call(page, key="ck_" + "x" * 43)
    assert (refused["status"], refused["success"]) == (401, False)
    assert await elsewhere.call(page, key=key, path="/healthz") == BLOCKED
    assert await elsewhere.call(page, key=key, path="/metrics") == BLOCKED
    await page.close()


async def test_a_page_of_another_origin_does_not(elsewhere: Elsewhere, browser: Browser) -> None:
    key = await elsewhere.server.new_key()
    page = await browser.new_page()
    await page.goto(elsewhere.other)
    for method in ("GET", "POST"):
        assert await elsewhere.call(page, key=key, method=method) == BLOCKED
    async with elsewhere.server.http(key) as http:
        assert (await http.get("/api/conversations")).json()["data"]["items"] == []
    await page.close()


async def test_a_cookie_serves_pages_of_our_own_site_that_are_allowed_alone(
    elsewhere: Elsewhere, browser: Browser
) -> None:
    """Ports differ, so origins do; the site is the same, so browsers send the cookie along."""
    page = await browser.new_page()
    await page.goto(await sign_in_link(elsewhere.server, "user"))
    await page.wait_for_url(elsewhere.server.url + "/")
    await page.goto(elsewhere.allowed)
    assert (await elsewhere.call(page, cookies=True))["status"] == 200
    assert (await elsewhere.call(page))["status"] == 401
    await page.goto(elsewhere.other)
    assert await elsewhere.call(page, cookies=True) == BLOCKED
    await page.close()
