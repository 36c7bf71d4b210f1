"""A creator's first day, from signing in to a quota used up, and the administrator who helps."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.conftest import VisitMaker, sign_in_link
from tests.browser.places import go
from tests.support.eventually import eventually
from tests.support.server import LiveServer, serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ANSWERED_MS = 20_000
QUOTA_USD = "0.03"
"""Enough for a fan, a caption and an analysis on the demo model, and not for many more."""

SPENT = """async () => {
  const answer = await fetch("/api/ai/quota");
  return Number((await answer.json()).data.spentUsd);
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveServer]:
    """A server where a starter may spend little."""
    folder = tmp_path_factory.mktemp("way")
    async with serving(folder, QUOTA_STARTER_USD=QUOTA_USD) as server:
        yield server


async def spent(page: Page, before: float) -> float:
    """What the month has cost, once that is more than ``before``."""

    async def more() -> float:
        now = float(await page.evaluate(SPENT))
        return now if now > before else 0

    return float(await eventually(more))


async def test_from_signing_in_to_a_quota_used_up_and_raised(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    page = one.page
    await page.goto(await sign_in_link(live_server, "user", "starter"))
    await page.wait_for_url(live_server.url + "/")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator("causerie-dashboard")).to_contain_text("1,000")

    await page.get_by_role("navigation", name="Pages").get_by_text("Fan replies").click()
    await page.get_by_role("textbox", name="Fan", exact=True).fill("luc-17")
    asked = page.get_by_role("textbox", name="What the fan wrote")
    await asked.fill("Is there more of the beach photos? [demo: fast]")
    await page.get_by_role("button", name="Write a reply").click()
    await expect(page.get_by_role("button", name="Copy: Reply")).to_be_visible(timeout=ANSWERED_MS)
    after_fan = await spent(page, 0)

    await page.get_by_role("navigation", name="Pages").get_by_text("Usage and credits").click()
    await expect(page.get_by_role("heading", name="Usage and credits")).to_be_visible()
    await expect(page.locator("causerie-usage")).to_contain_text("$0.0")

    await page.get_by_role("navigation", name="Pages").get_by_text("Captions").click()
    await page.get_by_role("textbox", name="What is seen").fill("A harbour at dawn [demo: fast]")
    await page.get_by_role("button", name="Write captions").click()
    await expect(page.get_by_role("heading", name="Hashtags")).to_be_visible(timeout=ANSWERED_MS)
    after_caption = await spent(page, after_fan)

    await page.get_by_role("navigation", name="Pages").get_by_text("Insights").click()
    await page.get_by_role("button", name="Try an example").click()
    await expect(page.get_by_role("heading", name="What to do")).to_be_visible(timeout=ANSWERED_MS)
    await spent(page, after_caption)

    await go(one, "/chat")
    refusal = page.locator("causerie-refusal, causerie-notice").filter(has_text="quota")
    for attempt in range(40):
        await one.chat.say(f"Tell me more, {attempt} [demo: fast]")
        await expect(one.chat.receipts.nth(attempt).or_(refusal).first).to_be_visible()
        if await refusal.count():
            break
    await expect(refusal.first).to_be_visible()

    me = await one.chat.api("/api/auth/me")
    admin = await visit(f"/admin/users/{me['id']}", role="admin")
    await admin.page.get_by_label("Plan").select_option("Pro plan")
    await expect(admin.page.get_by_text("$50").first).to_be_visible()

    await one.chat.ask("And now? [demo: fast]")
    assert (await one.chat.api("/api/ai/quota"))["plan"] == "pro"
