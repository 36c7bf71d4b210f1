"""What was spent, what may be spent and what things cost, by keys alone."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import VisitMaker
from tests.browser.test_keyboard_pages import shown, start

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MODEL = "demo/causerie-demo"


async def test_a_month_is_followed_down_to_a_receipt_and_back(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Say hello [demo: fast]")
    page, hands = one.page, await start(one, "/usage")
    await hands.to("By day")
    await hands.press("End", "Enter")
    await shown(page.get_by_role("button", name="All days"))
    await hands.somewhere()
    await hands.choose("Day before")
    await hands.on("Day before")
    await hands.choose("Day after")
    await hands.somewhere()
    await hands.to("All days", back=True)
    await hands.press("Enter")
    await expect(page.get_by_role("button", name="All days")).to_have_count(0)
    await hands.somewhere()

    # One model alone, and all of them again.
    await hands.to("causerie-demo")
    await hands.press("Enter")
    await shown(page.get_by_role("button", name="Not only"))
    await hands.somewhere()
    await hands.to("Not only", back=True)
    await hands.press("Enter")
    await expect(page.get_by_role("button", name="Not only")).to_have_count(0)
    await hands.somewhere()

    await hands.choose("Newest", "ArrowRight")
    await hands.on("Dearest")
    await hands.press("Tab", "Tab", "Tab")
    await shown(page.locator("causerie-usage-calls .head"))
    await hands.press("Enter")
    await shown(page.locator("causerie-usage-calls dl"))
    await hands.press("Enter")
    await expect(page.locator("causerie-usage-calls dl")).to_have_count(0)


async def test_limits_are_set_and_lifted(visit: VisitMaker) -> None:
    one = await visit("/usage")
    page, hands = one.page, await start(one, "/usage")
    await hands.fill(Dollars="much")
    await hands.choose("Save limits")
    await hands.on("Dollars")
    await hands.write("5")
    await hands.choose("Save limits")
    await shown(page.get_by_role("button", name="Lift all"))
    await hands.somewhere()
    await hands.to("Lift all")
    await hands.press("Enter")
    await expect(page.get_by_role("button", name="Lift all")).to_have_count(0)
    await hands.somewhere()


async def test_a_price_is_weighed_set_for_later_and_taken_back(visit: VisitMaker) -> None:
    creator = await visit()
    await creator.chat.ask("Say hello [demo: fast]")
    one = await visit("/admin/prices", role="admin")
    page, hands = one.page, await start(one, "/admin/prices")
    await hands.fill(Find_a_model=MODEL)
    await hands.choose(MODEL)
    await hands.on(MODEL)
    await hands.choose("Set price")
    await hands.on("Input, $ per million tokens")
    await hands.write("much")
    one.refusals.add(400)
    await hands.choose("Show what it changes")
    await hands.on("Input, $ per million tokens")
    await hands.write("2")
    await hands.fill(**{"Output, $ per million tokens": "20"})
    await hands.choose("Caches, media, multiplier")
    await hands.to("Cached input")
    await hands.to("From now on")
    await hands.press("ArrowRight")
    await hands.on("From a date")
    await hands.to("From, UTC")
    await hands.choose("Show what it changes")
    effect = page.locator("causerie-price-editor .effect")
    await shown(effect.get_by_role("row", name="Cost"))
    # The keyboard stands before what would have been, and the way on is the next stop.
    await hands.somewhere()
    await hands.press("Tab")
    await hands.on("Set price from")
    # Other figures: what was shown goes, and so does the button; the field keeps the keyboard.
    await hands.to("Output, $ per million tokens", back=True)
    await hands.write("21")
    await expect(effect).to_have_count(0)
    await hands.on("Output, $ per million tokens")
    await hands.press("Enter")
    await shown(effect)
    await hands.choose("Set price from")
    row = page.locator("causerie-model-price").get_by_role("row").filter(has_text="coming")
    await shown(row)
    await hands.somewhere()
    await hands.to("Prices set here", back=True)
    await hands.choose("Delete")
    await hands.on("Cancel")
    await hands.choose("Delete")
    await expect(row).to_have_count(0)
    await hands.somewhere()

    await hands.to("Set price")
    await hands.choose("Put the past right")
    await hands.on("Input, $ per million tokens")
    await hands.choose("Show what it changes")
    await hands.on("Reason")
    await hands.write("The list was wrong")
    await hands.press("Enter")
    await shown(page.locator("causerie-reprice .effect"))
    await hands.choose("Cancel")
    await hands.on("Put the past right")


async def test_a_pack_is_offered_and_deleted(visit: VisitMaker) -> None:
    one = await visit("/admin/prices", role="admin")
    page, hands = one.page, await start(one, "/admin/prices")
    await hands.to("In use")
    await hands.fill(Name="By hand", Credits="100")
    await hands.fill(**{"Price, $": "2"})
    await hands.press("Enter")
    pack = page.locator("causerie-packs .row").filter(has_text="By hand")
    await shown(pack)
    await hands.on("Price, $")
    await hands.choose("Stop offering")
    await shown(pack.get_by_role("button", name="Offer again"))
    await hands.somewhere()
    await hands.to("Offer pack")
    await hands.choose("Delete")
    await hands.on("Cancel")
    await hands.choose("Delete")
    await expect(pack).to_have_count(0)
    await hands.somewhere()
