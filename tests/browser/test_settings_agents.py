"""How agents speak for somebody, whom they can ask, what they keep; how the pages look."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Visit, VisitMaker
from tests.browser.test_pages import check

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def button(one: Visit, name: str) -> None:
    await one.page.get_by_role("button", name=name, exact=True).click()


async def test_a_form_says_how_agents_sound_and_loses_nothing(visit: VisitMaker) -> None:
    one = await visit("/settings/voice")
    page = one.page
    await page.get_by_label("Tone").fill("warm and dry")
    await page.get_by_label("Topics to stay away from").fill("politics")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Remove politics")).to_be_visible()
    await page.get_by_label("Language of answers").select_option("French")
    await page.get_by_role("combobox", name="Sales").select_option(index=1)

    one.refusals.add(503)
    await page.route("**/api/ai/config", lambda route: route.fulfill(status=503, body="{}"))
    await button(one, "Save")
    await expect(page.get_by_text("The server answered 503.")).to_be_visible()
    await expect(page.get_by_label("Tone")).to_have_value("warm and dry")
    await page.unroute("**/api/ai/config")

    await page.get_by_role("link", name="Quick replies").click()
    await expect(page.get_by_role("heading", name="Leave without saving?")).to_be_visible()
    await button(one, "Stay")
    await button(one, "Save")
    await expect(page.get_by_text("Agents know it from their next answer on.")).to_be_visible()
    await check(one)
    await page.reload()
    await page.get_by_role("link", name="Quick replies").click()
    await page.get_by_role("link", name="Agents and voice").click()
    await expect(page.get_by_label("Tone")).to_have_value("warm and dry")
    await expect(page.get_by_label("Language of answers")).to_have_value("fr")
    await expect(page.get_by_text("politics")).to_be_visible()
    await page.get_by_label("Tone").fill("something else")
    await page.go_back()
    await expect(page.get_by_role("heading", name="Leave without saving?")).to_be_visible()
    await button(one, "Stay")
    await button(one, "Discard changes")
    await expect(page.get_by_label("Tone")).to_have_value("warm and dry")
    await page.get_by_role("link", name="Quick replies").click()
    await expect(page.get_by_role("heading", name="Quick replies", level=1)).to_be_visible()


async def test_a_few_questions_say_it_too(visit: VisitMaker) -> None:
    one = await visit("/settings/voice", size=PHONE, scheme="dark")
    page = one.page
    await button(one, "Answer a few questions instead")
    await page.get_by_label("What you post about").fill("strength training")
    await page.get_by_label("Instagram").check()
    await button(one, "Next")
    for tone in ("Warm", "Playful", "Confident"):
        await page.get_by_label(tone).check()
    await expect(page.get_by_label("Flirty")).to_be_disabled()
    await check(one)
    await button(one, "Next")
    await page.get_by_label("One or two short sentences").check()
    await button(one, "Next")
    await page.get_by_label("Topics that nothing is written about").fill("family")
    await page.keyboard.press("Enter")
    await button(one, "Show what comes of it")
    await expect(page.get_by_text("warm, playful and confident")).to_be_visible()
    await expect(page.get_by_text("Posts about strength training on Instagram.")).to_be_visible()
    await check(one)
    await button(one, "Apply")
    await expect(page.get_by_label("Tone", exact=True)).to_have_value("warm, playful and confident")


async def test_an_agent_of_ones_own_is_made_changed_and_taken_back(visit: VisitMaker) -> None:
    one = await visit("/settings/agents")
    page = one.page
    await button(one, "New agent")
    await page.get_by_label("Name").fill("Story editor")
    await button(one, "Save agent")
    await expect(page.get_by_label("Instructions")).to_be_focused()
    await page.get_by_label("Instructions").fill("Make it shorter.")
    await page.get_by_label("Time and calendar").check()
    await button(one, "Save agent")
    row = page.get_by_role("listitem").filter(has_text="Story editor")
    await expect(row).to_contain_text("Time and calendar")

    one.refusals.add(409)
    await button(one, "New agent")
    await page.get_by_label("Name").fill("Story editor")
    await page.get_by_label("Instructions").fill("Another one.")
    await button(one, "Save agent")
    await expect(page.get_by_label("Instructions")).to_have_value("Another one.")
    await expect(page.locator("causerie-custom-agent-form .problem").first).to_be_visible()
    await button(one, "Cancel")
    await expect(page.get_by_role("button", name="New agent")).to_be_focused()

    await button(one, "Edit Story editor")
    await page.get_by_label("What it is for").fill("Shorter, with the joke")
    await page.keyboard.press("Enter")
    await expect(row).to_contain_text("Shorter, with the joke")
    await expect(page.get_by_role("button", name="Edit Story editor")).to_be_focused()
    await button(one, "Delete Story editor")
    await expect(row).to_have_count(0)
    await button(one, "Undo")
    await expect(row).to_be_visible()
    await check(one)
    await button(one, "Delete Story editor")
    await page.reload()
    await expect(page.get_by_text("None yet. An agent of your own")).to_be_visible()


async def test_quick_replies_are_kept_found_and_copied(visit: VisitMaker) -> None:
    one = await visit("/settings/replies")
    page = one.page
    await expect(page.get_by_text("None yet. Keep what you find")).to_be_visible()
    await button(one, "New quick reply")
    await page.get_by_label("Title").fill("Welcome")
    await page.get_by_label("Text").fill("So glad you are here.")
    await page.get_by_label("Text").press("Control+Enter")
    await expect(page.get_by_text("The quick reply is saved.")).to_be_visible()
    await button(one, "Copy Welcome")
    await expect(page.get_by_text("Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "So glad you are here."
    await check(one)


async def test_name_keys_and_looks_are_ones_own(visit: VisitMaker) -> None:
    one = await visit("/settings")
    page = one.page
    await page.get_by_label("Name").fill("Ada Lovelace")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Your name is saved.")).to_be_visible()
    await expect(page.locator("causerie-account")).to_contain_text("Ada Lovelace")

    await page.get_by_role("link", name="Shortcuts").click()
    row = page.locator("[data-command=new-chat]")
    await button(one, "Change the keys of: New chat")
    await page.keyboard.press("Control+t")
    await expect(page.get_by_text("Your browser needs these keys itself.")).to_be_visible()
    await button(one, "Change the keys of: New chat")
    await page.keyboard.press("Control+k")
    await expect(row.get_by_role("alert")).to_contain_text("Search conversations")
    await button(one, "Change the keys of: New chat")
    await page.keyboard.press("Control+Shift+y")
    await expect(row).to_contain_text("Y")
    await button(one, "Switch off: Stop the answer")
    await check(one)
    await page.reload()
    await expect(row).to_contain_text("Y")
    await button(one, "Reset all shortcuts")
    await expect(row).to_contain_text("O")

    await page.get_by_role("link", name="Appearance and language").click()
    await page.get_by_label("Dark", exact=True).check()
    await page.get_by_label("US dollars").check()
    await page.get_by_label("Read whole answers aloud").check()
    await check(one)
    await page.reload()
    await expect(page.get_by_label("Dark", exact=True)).to_be_checked()
    await expect(page.get_by_label("US dollars")).to_be_checked()
    await expect(page.get_by_label("Read whole answers aloud")).to_be_checked()

    await page.get_by_role("link", name="Scheduled reports").click()
    await page.get_by_label("Each week").check()
    await expect(page.get_by_text("The next one comes")).to_be_visible()
    await page.get_by_label("Never").check()
    await expect(page.get_by_text("The next one comes")).to_have_count(0)
