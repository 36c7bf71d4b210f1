"""Prices in the browser: where they come from, what a change would do, setting and taking back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit, VisitMaker
from tests.browser.test_pages import LOOKS, inspect, label

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MODEL = "demo/causerie-demo"


async def opened(one: Visit, model: str = MODEL) -> Locator:
    await one.page.goto(one.origin + "/admin/prices")
    await one.page.get_by_role("radio", name="All").click()
    await one.page.get_by_label("Find a model").fill(model)
    await one.page.get_by_role("button", name=model).click()
    shown = one.page.locator("causerie-model-price")
    await expect(shown).to_contain_text("holds now")
    return shown


async def test_a_change_is_shown_on_past_calls_before_it_is_set_and_taken_back_before_it_begins(
    visit: VisitMaker,
) -> None:
    creator = await visit()
    await creator.chat.ask("Say hello [demo: fast]")
    admin = await visit(role="admin")
    shown = await opened(admin)
    await shown.get_by_role("button", name="Set price").click()
    output = shown.get_by_label("Output, $ per million tokens")
    await expect(shown.get_by_label("Input, $ per million tokens")).to_be_focused()
    await output.fill("much")
    await admin.page.keyboard.press("Enter")
    admin.refusals.add(400)
    await expect(shown).to_contain_text("Expected dollars per million")
    await output.fill("20")
    await shown.get_by_role("radio", name="From a date").click()
    # The first day of a year that nobody charges anything in yet.
    begins = (datetime.now(UTC) + timedelta(days=800)).replace(month=1, day=1)
    await shown.get_by_label("From, UTC").fill(begins.strftime("%Y-%m-%dT00:00"))
    await shown.get_by_role("button", name="Show what it changes").click()
    effect = shown.locator(".effect")
    await expect(effect).to_be_focused()
    await expect(effect.get_by_role("row", name="Cost")).to_contain_text("+$")
    # Other figures have another effect: what was shown goes, and cannot be saved.
    await output.fill("21")
    await expect(effect).to_have_count(0)
    await shown.get_by_role("button", name="Show what it changes").click()
    await effect.get_by_role("button", name="Set price from Jan 1").click()
    row = admin.page.get_by_role("row", name=f"Jan 1, {begins.year}, 00:00")
    await expect(row).to_contain_text("Output $21")
    await expect(row).to_contain_text("coming")
    await row.get_by_role("button", name="Delete").click()
    dialog = shown.locator("causerie-dialog")
    await expect(dialog).to_contain_text(f"From Jan 1, {begins.year}, 00:00 UTC on")
    await dialog.get_by_role("button", name="Delete").click()
    await expect(row).to_have_count(0)
    await admin.page.goto(admin.origin + "/admin/audit?action=price.delete")
    newest = admin.page.locator("causerie-audit").get_by_role("listitem").first
    await expect(newest).to_contain_text(MODEL)


async def test_putting_the_past_right_says_what_it_comes_to_and_what_it_never_does(
    visit: VisitMaker,
) -> None:
    admin = await visit(role="admin")
    shown = await opened(admin)
    await shown.get_by_role("button", name="Put the past right").click()
    await expect(shown).to_contain_text("History is never edited")
    await shown.get_by_role("button", name="Show what it changes").click()
    await expect(shown.get_by_label("Reason")).to_be_focused()
    await shown.get_by_label("Reason").fill("The list was wrong")
    await shown.get_by_label("Calls that ended from, UTC").fill("2026-01-01T00:00")
    await shown.get_by_label("Up to, UTC").fill("2026-01-01T00:00")
    await shown.get_by_role("button", name="Show what it changes").click()
    await expect(shown).to_contain_text("The range ends before it begins.")
    await shown.get_by_label("Up to, UTC").fill("2026-01-02T00:00")
    await shown.get_by_role("button", name="Show what it changes").click()
    await expect(shown.get_by_role("status")).to_contain_text("nothing to put right")
    await shown.get_by_role("button", name="Cancel").click()
    await expect(shown.get_by_role("button", name="Put the past right")).to_be_focused()


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_prices_look(visit: VisitMaker, scheme: Any, size: Any) -> None:
    creator = await visit()
    await creator.chat.ask("Say hello [demo: fast]")
    admin = await visit(role="admin", scheme=scheme, size=size)
    shown = await opened(admin)
    await shown.get_by_role("button", name="Set price").click()
    await shown.get_by_text("Caches, media, multiplier").click()
    await shown.get_by_role("button", name="Show what it changes").click()
    await expect(shown.locator(".effect")).to_contain_text("Difference")
    await inspect(admin, label("prices", scheme, size))
