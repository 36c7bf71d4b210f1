"""A host application signs its own users in, from another origin, in a real browser."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.conftest import FLAGS, chromium
from tests.support.authjs import is_installed
from tests.support.dying import dying_with_us
from tests.support.eventually import eventually
from tests.support.server import ROOT, LiveServer, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SITE = "example.test"
SECRET = "the host application's own secret of Auth.js"
ISSUER = "https://shop.example"
USER = 4711
"""As a number, which is how many applications know their users."""


@dataclass
class Stage:
    """``port`` is the host application's; it answers at any name, which makes it any site."""

    server: LiveServer
    browser: Browser
    causerie: str
    port: int
    key_id: str
    admin: str

    @asynccontextmanager
    async def page(self, host: str) -> AsyncIterator[Any]:
        context = await self.browser.new_context()
        page = await context.new_page()
        await page.goto(f"http://{host}:{self.port}/")
        yield page
        await context.close()

    async def go(self, host: str, way: str) -> Any:
        async with self.page(host) as page:
            return await page.evaluate(f"ways.{way}()")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def host_application(listening: socket.socket, **known: object) -> AsyncIterator[None]:
    """In a process of its own."""
    process = subprocess.Popen(  # noqa: ASYNC220 - it lives as long as the block
        dying_with_us(sys.executable, "-m", "tests.host_application", str(listening.fileno())),
        cwd=ROOT,
        env={**os.environ, "HOST_APPLICATION": json.dumps(known)},
        pass_fds=[listening.fileno()],
    )
    try:
        yield
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 10)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    if not is_installed():
        pytest.skip("Auth.js is not installed: `make test` does that")
    async with async_playwright() as playwright:
        program = chromium(playwright)
        if program is None:
            pytest.skip("no Chromium: set CHROMIUM, or install the distribution's")
        names = "--host-resolver-rules=MAP *.test 127.0.0.1"
        browser = await playwright.chromium.launch(executable_path=program, args=[*FLAGS, names])
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            async with _opened(browser, listening, tmp_path_factory.mktemp("host")) as made:
                yield made
        await browser.close()


@asynccontextmanager
async def _opened(browser: Browser, listening: socket.socket, folder: Path) -> AsyncIterator[Stage]:
    port, own_port = int(listening.getsockname()[1]), free_port()
    causerie = f"http://chat.{SITE}:{own_port}"
    settings = {
        "PORT": str(own_port),
        "ALLOWED_ORIGINS": f"http://shop.{SITE}:{port},http://partner.test:{port}",
        "JWT_ISSUER": ISSUER,
        "JWT_AUDIENCE": "causerie",
        "JWT_JWKS_URL": f"http://127.0.0.1:{port}/.well-known/jwks.json",
        "AUTH_SECRET": SECRET,
    }
    async with serving(folder, **settings) as server:
        admin = await server.new_key(role="admin")
        async with server.http(admin) as client:
            answer = await client.post(
                "/api/api-keys",
                json={"name": "shop", "scopes": ["tickets:write"], "issuer": ISSUER},
            )
        made = answer.raise_for_status().json()["data"]
        known = {
            "causerie": causerie,
            "causerie_here": f"http://127.0.0.1:{own_port}",
            "service_key": made["key"],
            "issuer": ISSUER,
            "audience": "causerie",
            "auth_secret": SECRET,
            "domain": SITE,
            "user": USER,
        }
        async with host_application(listening, **known):
            yield Stage(server, browser, causerie, port, made["id"], admin)


def is_answered(said: dict[str, Any]) -> bool:
    return bool(said["code"] == 1000 and said["answer"] and said["receipt"]["calls"])


async def test_all_its_ways_lead_to_the_same_user(stage: Stage) -> None:
    ticket = await stage.go(f"shop.{SITE}", "byTicket")
    token = await stage.go(f"shop.{SITE}", "byToken")
    cookie = await stage.go(f"shop.{SITE}", "byCookie")
    for way in (ticket, token, cookie):
        assert is_answered(way["said"]), way
        assert way["me"]["status"] == 200, way
        assert way["me"]["data"]["name"] == "Noor"
    assert len({way["said"]["user"]["id"] for way in (ticket, token, cookie)}) == 1
    assert ticket["conversation"]["data"]["title"].startswith("[demo: fast] by ticket")
    (row,) = await stage.server.rows("SELECT issuer, external_id FROM users WHERE name = 'Noor'")
    assert tuple(row) == (ISSUER, str(USER))


async def test_across_sites_tickets_and_tokens_serve_and_cookies_stay_at_home(
    stage: Stage,
) -> None:
    for way in ("byTicket", "byToken"):
        done = await stage.go("partner.test", way)
        assert is_answered(done["said"]), done
        assert done["me"]["status"] == 200
    cookie = await stage.go("partner.test", "byCookie")
    assert cookie["said"] == {"answer": "", "code": 4401}
    assert cookie["me"]["status"] == 401


async def test_a_page_that_is_not_allowed_gets_nothing_even_with_all_of_it(stage: Stage) -> None:
    blocked = {"blocked": "TypeError: Failed to fetch"}
    ticket = await stage.go("stranger.test", "byTicket")
    assert ticket == {"said": {"answer": "", "code": 1006}, **blocked}
    token = await stage.go("stranger.test", "byToken")
    assert token == {"said": {"answer": "", "code": 1006}, "me": blocked}
    # Of the same site, so that the cookie goes along: the origin is looked at, not the site.
    cookie = await stage.go(f"other.{SITE}", "byCookie")
    assert cookie == {"said": {"answer": "", "code": 1006}, "me": blocked}


async def test_revoking_its_key_ends_what_it_has_opened(stage: Stage) -> None:
    async with stage.page(f"shop.{SITE}") as page, stage.server.http(stage.admin) as client:
        await page.evaluate("ways.stay()")
        (await client.delete(f"/api/api-keys/{stage.key_id}")).raise_for_status()
        assert await page.evaluate("ended") == 4401
        await eventually(lambda: page.evaluate("own('/ticket').then((said) => !said.success)"))
