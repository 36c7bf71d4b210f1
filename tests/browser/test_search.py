"""Finding, exporting and walking: the frame of the chat as a person uses it."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import VisitMaker
from tests.browser.test_pages import inspect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_message_is_found_by_its_words_and_opened(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Tell me of the quokka on Rottnest [demo: fast]")
    conversation = one.chat.conversation
    keyboard = one.page.keyboard
    await keyboard.press("Control+Shift+o")
    await one.page.wait_for_url("**/chat")
    await keyboard.press("Control+k")
    field = one.page.get_by_role("combobox", name="Search conversations")
    await expect(field).to_be_focused()
    await expect(
        one.page.get_by_role("listbox", name="Found").get_by_role("option").first
    ).to_contain_text("Tell me of the quokka")
    await keyboard.type("ROTTNEST quokka")
    hit = one.page.get_by_role("option", name="You: ")
    await expect(hit.locator("mark")).to_have_text("Rottnest")
    await inspect(one, "search")
    while await hit.get_attribute("aria-selected") != "true":
        await keyboard.press("ArrowDown")
    await keyboard.press("Enter")
    await one.page.wait_for_url(f"**/chat/{conversation}?message=*")
    await expect(one.chat.answers).to_have_count(1)
    # Nothing found is said; Escape empties the field first, then closes.
    await keyboard.press("Control+k")
    await keyboard.type("zebrafinch")
    await expect(one.page.get_by_text("No message or title has all of")).to_be_visible()
    await keyboard.press("Escape")
    await expect(field).to_have_value("")
    await keyboard.press("Escape")
    await expect(field).to_have_count(0)


async def test_a_conversation_is_exported_and_renamed_from_its_line(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Say hello [demo: fast]")
    await one.page.get_by_role("button", name="Say hello [demo: fast]", exact=True).click()
    await one.page.get_by_role("textbox", name="New title").fill("Été: drop")
    await one.page.keyboard.press("Enter")
    await expect(one.page.locator("causerie-sidebar-row")).to_contain_text("Été: drop")
    menu = one.page.get_by_role("button", name="Options for this chat")
    for item, name, begin in (
        ("Export as Markdown", "Été- drop.md", "# Été: drop"),
        ("Export as JSON", "Été- drop.json", '{"id":'),
    ):
        await menu.click()
        async with one.page.expect_download() as downloading:
            await one.page.get_by_role("menuitem", name=item).click()
        download = await downloading.value
        assert download.suggested_filename == name
        file = await download.path()
        assert _text(file).startswith(begin)


async def test_help_regions_and_list_by_keyboard(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("First [demo: fast]")
    keyboard, rows = one.page.keyboard, one.page.locator("causerie-sidebar-row")
    await keyboard.press("Control+Shift+o")
    await one.page.wait_for_url("**/chat")
    await one.chat.ask("Second [demo: fast]")
    await keyboard.press("Control+/")
    help_ = one.page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(
        one.page.locator("causerie-help").get_by_text("Show keyboard shortcuts")
    ).to_be_visible()
    await inspect(one, "help")
    await keyboard.press("Control+/")
    await expect(help_).to_have_count(0)

    await one.chat.box.focus()
    await keyboard.press("F6")
    await expect(one.page.get_by_label("Who answers")).to_be_focused()
    await keyboard.press("F6")
    await expect(one.page.get_by_role("link", name="Causerie")).to_be_focused()
    await rows.first.get_by_role("link").focus()
    await keyboard.press("ArrowDown")
    await expect(rows.nth(1).get_by_role("link")).to_be_focused()
    await keyboard.press("F2")
    await keyboard.type("Renamed")
    await keyboard.press("Enter")
    await expect(rows.nth(1)).to_contain_text("Renamed")
    await expect(rows.nth(1).get_by_role("link")).to_be_focused()
    await keyboard.press("Home")
    await keyboard.press("Delete")
    await expect(rows).to_have_count(1)
    # It was the one that was shown: an empty chat takes its place.
    await expect(one.chat.box).to_be_focused()
    # It is deleted though the page is left before the time to take it back has passed.
    await one.page.goto(one.origin + "/settings")
    await one.page.goto(one.origin + "/chat")
    await expect(rows).to_have_count(1)
    stored = await one.chat.api("/api/conversations")
    assert [item["title"] for item in stored["items"]] == ["Renamed"]


async def test_another_window_renames_and_an_answer_elsewhere_is_marked(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("First [demo: fast]")
    first = one.chat.conversation
    two = await visit(f"/chat/{first}", like=one)
    await one.chat.say("Compare the plans in a table")
    await one.chat.writing(10, 1)
    await one.page.keyboard.press("Control+Shift+o")
    await one.page.wait_for_url("**/chat")
    row = one.page.locator("causerie-sidebar-row")
    await expect(row.get_by_role("img", name="An answer is being written")).to_be_visible()
    await expect(row.get_by_role("img", name="A new answer is here")).to_be_visible(timeout=20_000)
    await two.page.get_by_role("button", name="First [demo: fast]", exact=True).click()
    await two.page.get_by_role("textbox", name="New title").fill("From afar")
    await two.page.keyboard.press("Enter")
    await expect(row).to_contain_text("From afar")
    await row.get_by_role("link").click()
    await expect(row.get_by_role("img", name="A new answer is here")).to_have_count(0)
    await expect(one.page.get_by_role("heading", level=1)).to_contain_text("From afar")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")
