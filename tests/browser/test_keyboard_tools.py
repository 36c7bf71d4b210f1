"""Tests of sales messages, and who was asked in which turn, by keys alone."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import VisitMaker
from tests.browser.test_keyboard_pages import shown, start

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_messages_are_tested_reported_and_the_test_ended(visit: VisitMaker) -> None:
    one = await visit("/creator/sales")
    page, hands = one.page, await start(one, "/creator/sales")
    await hands.choose("New test")
    await hands.somewhere()
    await hands.on("Name of the test")
    await page.keyboard.type("Two openings")
    await hands.fill(Message_A="Shall I show you the harbour?", Message_B="The harbour is waiting.")
    await hands.choose("Start the test")
    await shown(page.get_by_role("heading", name="Two openings"))
    await hands.somewhere()
    await hands.choose("Assign, report, end")
    await hands.fill(Fan="fan-7")
    await hands.choose("Which message?")
    await shown(page.locator("causerie-experiment").get_by_role("status"))
    await hands.choose("Report")
    await shown(page.get_by_text("Noted."))
    await hands.choose("End the test")
    await shown(page.get_by_text("It ended without a winner."))
    await hands.somewhere()


async def test_turns_are_narrowed_to_who_was_asked_and_all_shown_again(visit: VisitMaker) -> None:
    admin = await visit("/admin/providers", role="admin")
    asked = {"fanId": "fan-1", "message": "Is there more? [demo: fast]"}
    origin = {"origin": admin.origin}
    made = await admin.page.request.post(
        admin.origin + "/api/ai/chat", data=asked, headers=origin, timeout=60_000
    )
    assert made.ok
    page, hands = admin.page, await start(admin, "/admin/providers")
    await hands.choose("Health", "ArrowRight")
    rows = page.locator("causerie-routing .entry")
    await expect(rows.first).to_be_visible()
    name = str(
        (await hands.to(str(await rows.first.locator("button.link").first.inner_text())))["name"]
    )
    await hands.press("Enter")
    narrowed = page.locator("causerie-routing .chosen button")
    await expect(narrowed).to_contain_text(name)
    await hands.somewhere()
    label = await narrowed.get_attribute("aria-label")
    await hands.to(str(label), back=True)
    await hands.press("Enter")
    await expect(narrowed).to_have_count(0)
    await hands.somewhere()
