"""A server, a browser, and people in front of it.

All tests of this folder share one event loop: the browser and the server live as long as it does.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from server.local.engines import EngineUrls
from tests.browser.chat import Chat
from tests.browser.chromium import FLAGS, chromium
from tests.browser.mailbox import MAILS
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer

DATABASE = database_name("browser")
ARTIFACTS = Path(__file__).parents[1] / "artifacts"

WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI a browser shares two cores with the whole suite: what fails there is tried once more,
    and the summary names it. Elsewhere a test that fails now and then shows it."""
    if os.environ.get("CI"):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def live_server(
    engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveServer]:
    """A server with the demo provider alone, on a database of its own; anybody may sign up, and
    mails are files."""
    await drop_database(engines, DATABASE)
    url = await create_database(engines, DATABASE)
    folder = tmp_path_factory.mktemp("browser")
    server = LiveServer(
        folder,
        DATABASE_URL=url,
        REDIS_URL=redis_url(engines, 1),
        SECRET_KEY="a-secret-key-of-more-than-32-characters",
        REGISTRATION="open",
        MAIL_URL=f"file:{folder / MAILS}",
        SIGN_UPS_PER_ADDRESS="1000",
        RESETS_PER_ADDRESS="1000",
        LINK_MAILS_PER_EMAIL="1000",
        WEBHOOK_NETWORKS="127.0.0.0/8",
    )
    await server.start()
    yield server
    await server.stop()
    await drop_database(engines, DATABASE)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def provider() -> AsyncIterator[OpenAIStub]:
    """What stands where a provider would: it says what a test has it say."""
    async with OpenAIStub() as opened:
        yield opened


@asynccontextmanager
async def stubbed(
    engines: EngineUrls, folder: Path, provider: OpenAIStub, name: str
) -> AsyncIterator[LiveServer]:
    """A server that asks that provider, on a database of its own."""
    await drop_database(engines, database := database_name(name))
    url = await create_database(engines, database)
    server = LiveServer(
        folder,
        DATABASE_URL=url,
        REDIS_URL=redis_url(engines, 2),
        SECRET_KEY="a-secret-key-of-more-than-32-characters",
        OPENAI_BASE_URL=provider.url,
        OPENAI_MODELS="stub-model=2.5/10,backup-model=2.5/10",
        OPENAI_API_KEY="sk-stub-0001",
        DEFAULT_MODEL="openai/stub-model",
        MODEL_FALLBACKS="openai/stub-model=openai/backup-model",
        DRAIN_SECONDS="1",
    )
    await server.start()
    try:
        yield server
    finally:
        if server.is_running:
            await server.stop()
        await drop_database(engines, database)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        program = chromium(playwright)
        if program is None:
            pytest.skip("no Chromium: set CHROMIUM, or install the distribution's")
        opened = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        await opened.close()


async def sign_in_link(server: LiveServer, role: str, plan: str = "business") -> str:
    """The link of somebody new."""
    return await server.new_link(role=role, plan=plan)


@dataclass
class Visit:
    """One person's browser window, signed in. ``trouble``: what the page complained about."""

    page: Page
    chat: Chat
    origin: str
    trouble: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    refusals: set[int] = field(default_factory=set)
    """Statuses that are answers here, though the browser's console counts them as errors."""

    @property
    def complaints(self) -> list[str]:
        refused = tuple(f"status of {status} " for status in self.refusals)
        return [line for line in self.trouble if not any(each in line for each in refused)]

    @property
    def foreign(self) -> list[str]:
        """Requests that left for another host."""
        own = (self.origin, self.origin.replace("http", "ws", 1), "data:", "blob:", "about:")
        return [url for url in self.requests if not url.startswith(own)]

    async def shot(self, name: str) -> None:
        """Keep a picture for a person to look at."""
        ARTIFACTS.mkdir(exist_ok=True)
        await self.page.evaluate("scrollTo(0, 0)")
        await self.page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)


Scheme: TypeAlias = Literal["light", "dark"]
VisitMaker: TypeAlias = Callable[..., Awaitable[Visit]]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(live_server: LiveServer, browser: Browser) -> AsyncIterator[VisitMaker]:
    """Opens windows: ``await visit("/chat", role="admin", scheme="dark", size=PHONE)``.

    Each is somebody new, unless ``like`` names a window whose person opens another; ``role`` None
    is nobody yet. At the end of the test no window may have complained: errors in the console,
    refused by policy, left the site.
    """
    opened: list[Visit] = []
    async with AsyncExitStack() as stack:

        async def make(
            path: str = "/chat",
            *,
            role: str | None = "user",
            scheme: Scheme = "light",
            size: ViewportSize = WIDE,
            like: Visit | None = None,
            **options: Any,
        ) -> Visit:
            if like is not None:
                options["storage_state"] = await like.page.context.storage_state()
            options.setdefault("locale", "en-US")
            # Colours on their way to others are nobody's; tests of motion ask for it.
            options.setdefault("reduced_motion", "reduce")
            context = await browser.new_context(viewport=size, color_scheme=scheme, **options)
            await context.grant_permissions(["clipboard-read", "clipboard-write"])
            stack.push_async_callback(context.close)
            page = await context.new_page()
            one = Visit(page, Chat(page), live_server.url)
            opened.append(one)
            page.on("pageerror", lambda error: one.trouble.append(f"error: {error}"))
            page.on("console", lambda said: _complain(one, said.type, said.text))
            page.on("request", lambda request: one.requests.append(request.url))
            page.on("websocket", lambda socket: one.requests.append(socket.url))
            if role is None:
                one.refusals.add(401)
            elif like is None:
                secret = (await sign_in_link(live_server, role)).partition("#")[2]
                entered = await context.request.post(
                    live_server.url + "/api/auth/sign-in",
                    data={"link": secret},
                    headers={"origin": live_server.url},
                )
                assert entered.ok
            await page.goto(live_server.url + path)
            await page.wait_for_selector("h1")
            return one

        yield make
    for one in opened:
        assert one.complaints == []
        assert one.foreign == []


def _complain(one: Visit, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        one.trouble.append(f"{kind}: {text}")
