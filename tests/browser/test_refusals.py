"""What was turned down says why, what is left, and what could still be done."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from server.local.engines import EngineUrls
from tests.browser.chat import Chat
from tests.browser.conftest import sign_in_link
from tests.support.engines import create_database, database_name, drop_database, redis_url
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DATABASE = database_name("refusals")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def strict(
    engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveServer]:
    """A server that lets little through."""
    await drop_database(engines, DATABASE)
    server = LiveServer(
        tmp_path_factory.mktemp("refusals"),
        DATABASE_URL=await create_database(engines, DATABASE),
        REDIS_URL=redis_url(engines, 2),
        SECRET_KEY="a-secret-key-of-more-than-32-characters",
        RATE_BUSINESS_PER_HOUR="2",
    )
    await server.start()
    yield server
    await server.stop()
    await drop_database(engines, DATABASE)


async def open_chat(server: LiveServer, browser: Browser) -> Page:
    context = await browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    await page.goto(await sign_in_link(server, "user"))
    await page.wait_for_url(server.url + "/")
    await page.goto(f"{server.url}/chat")
    await page.wait_for_selector("causerie-empty")
    return page


async def test_what_came_too_early_counts_down_and_outlives_a_reload(
    strict: LiveServer, browser: Browser
) -> None:
    page = await open_chat(strict, browser)
    chat = Chat(page)
    for _ in range(2):
        await chat.ask("Hello [demo: fast]")
    await chat.say("One too many [demo: fast]")
    refusal = page.locator("causerie-refusal")
    await expect(refusal).to_contain_text("The limit of 2 requests an hour is reached.")
    await expect(refusal).to_contain_text(re.compile(r"Sends itself in (1:00:00|59:\d\d)\."))
    await chat.say("What is said next waits behind it")
    waiting = page.locator("causerie-waiting")
    await expect(waiting).to_contain_text("What is said next waits behind it")
    await page.reload()
    await expect(refusal).to_contain_text("Sends itself in")
    await expect(refusal).to_have_count(1)
    await expect(waiting).to_contain_text("What is said next waits behind it")
    await expect(waiting.get_by_role("button", name="Resume")).to_have_count(0)
    await expect(page.get_by_role("button", name="Go to the end")).to_have_count(0)
    await expect(chat.box).to_have_value("")
    window = await page.context.new_page()
    await window.goto(page.url)
    elsewhere = window.locator("causerie-refusal")
    await expect(elsewhere).to_contain_text("Sends itself in")
    await refusal.get_by_role("button", name="Cancel").click()
    await expect(elsewhere).to_have_count(0)
    await expect(refusal).not_to_contain_text("Sends itself in")
    await expect(waiting).to_contain_text("Paused")
    await refusal.get_by_role("button", name="Edit").click()
    await expect(chat.box).to_have_value("One too many [demo: fast]")
    await page.context.close()
