"""Webhooks from the page: made, tried at a server of one's own, read about, replaced, ended."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import VisitMaker
from tests.browser.test_pages import check
from tests.support.eventually import eventually
from tests.support.receiver import answer, receiving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_webhook_is_made_tried_and_read_about(visit: VisitMaker) -> None:
    one = await visit("/settings/webhooks")
    page, button = one.page, one.page.get_by_role
    one.refusals.add(400)
    async with receiving() as receiver:
        receiver.usual = answer(200, b"thank you")
        await button("button", name="New webhook").click()
        await page.get_by_label("Address").fill("http://10.1.2.3/hook")
        await button("button", name="Save webhook").click()
        await expect(page.get_by_text("Choose at least one event.")).to_be_visible()
        await page.get_by_label("A scheduled report is ready").check()
        await expect(page.get_by_label("An alert opened")).to_have_count(0)
        await button("button", name="Save webhook").click()
        await expect(page.get_by_label("Address")).to_have_attribute("aria-invalid", "true")
        await expect(page.get_by_label("A scheduled report is ready")).to_be_checked()
        await page.get_by_label("Address").fill(receiver.url())
        await page.get_by_label("What it is for").fill("Back office")
        await button("button", name="Save webhook").click()
        secret = page.locator("causerie-once code")
        await expect(secret).to_contain_text("whsec_")
        first = await secret.inner_text()
        await button("button", name="Copy secret").click()
        await expect(page.get_by_text("Copied").first).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == first
        await check(one)

        await button("button", name="Send a test to Back office").click()
        rows = (
            page.locator("causerie-deliveries")
            .get_by_role("listitem")
            .filter(has_text="webhook.test")
        )
        await expect(rows.first).to_contain_text("delivered", timeout=20_000)
        await expect(rows.first).to_contain_text("answered 200")
        await expect(rows.first).to_contain_text("thank you")
        await expect(page.get_by_text(first)).to_have_count(0)
        await check(one)
        await page.wait_for_timeout(1_100)  # one delivery a second may be asked for
        await page.get_by_role("button", name="Send again: webhook.test").click()
        await expect(rows.first.locator("ol li")).to_have_count(2, timeout=20_000)
        assert len(set(receiver.ids)) == 1

        await button("button", name="All webhooks").click()
        await expect(button("button", name="Deliveries to Back office")).to_be_focused()
        await button("button", name="New secret for Back office").click()
        await button("button", name="Make new secret").click()
        await expect(secret).not_to_have_text(first)
        await expect(page.get_by_text("The secret before also signs until")).to_be_visible()

        await button("button", name="Disable Back office").click()
        await expect(page.get_by_text("You disabled it.")).to_be_visible()
        await button("button", name="Enable Back office").click()
        await expect(page.get_by_text("active", exact=True)).to_be_visible()

        receiver.usual = answer(410)
        await button("button", name="Send a test to Back office").click()
        await expect(rows.first).to_contain_text("answered 410", timeout=20_000)

        async def gone() -> bool:
            hooks = (await (await page.request.get(one.origin + "/api/ai/hooks")).json())["data"]
            return not hooks["items"][0]["enabled"]

        await eventually(gone)
        await button("button", name="All webhooks").click()
        await expect(page.get_by_text("wants nothing more (410)")).to_be_visible()
        await button("button", name="Delete Back office").click()
        await button("button", name="Delete webhook").click()
        await expect(page.get_by_text("None yet. A webhook tells")).to_be_visible()
