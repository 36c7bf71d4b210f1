"""A host application beside the server, each at names of its own, in a browser that finds both."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.chat import Chat
from tests.browser.chromium import FLAGS, chromium
from tests.support.dying import dying_with_us
from tests.support.server import ROOT, LiveServer, serving

SITE = "example.test"
PARTNER = "partner.test"
"""Another site than the server's, so that browsers keep its cookies back."""

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


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    async with async_playwright() as playwright:
        program = chromium(playwright)
        if program is None:
            pytest.skip("no Chromium: set CHROMIUM, or install the distribution's")
        names = "--host-resolver-rules=MAP *.test 127.0.0.1"
        browser = await playwright.chromium.launch(executable_path=program, args=[*FLAGS, names])
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            async with _opened(browser, listening, folder) as made:
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


@dataclass
class Guest:
    """A page of the host with elements of ours in it. ``asked``: what left it, by path."""

    page: Page
    chat: Chat
    asked: Counter[str] = field(default_factory=Counter)
    sockets: list[Any] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)


@asynccontextmanager
async def guest(stage: Stage, path: str, *, host: str = PARTNER) -> AsyncIterator[Guest]:
    context = await stage.browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-US", reduced_motion="reduce"
    )
    page = await context.new_page()
    one = Guest(page, Chat(page))
    page.on("request", lambda request: one.asked.update([_place(request.url)]))
    page.on("websocket", lambda socket: _keep(one, socket))
    page.on("pageerror", lambda error: one.trouble.append(str(error)))
    page.on("console", lambda said: _note(one, said.type, said.text))
    await page.goto(f"http://{host}:{stage.port}{path}")
    yield one
    assert await context.cookies() == []
    await context.close()


def _place(url: str) -> str:
    return re.sub(r"^\w+://([^/:]+)(:\d+)?([^?]*).*", r"\1\3", url)


def _keep(one: Guest, socket: Any) -> None:
    one.sockets.append(socket)


def _note(one: Guest, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        one.trouble.append(text)
