"""Every flow of the chat by keys alone: reached, seen, and never left nowhere afterwards."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, VisitMaker
from tests.browser.hands import Hands
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TYPED = "causerie-composer textarea"


async def test_from_the_dashboard_into_a_chat_and_through_an_answer(visit: VisitMaker) -> None:
    one = await visit("/")
    page, hands = one.page, Hands(one.page)
    await hands.press("Tab")
    await hands.on("Skip to content")
    await hands.press("Enter", "Tab")
    await hands.on("New chat")
    await hands.press("Shift+Tab")
    await hands.to("Chat", back=True)
    await hands.press("Enter")
    await hands.on("Message")
    await page.keyboard.type("Show me a python function [demo: fast]")
    await hands.press("Enter")
    answer = await one.chat.ended(0)
    await hands.on("Message")

    await hands.press("Alt+ArrowUp")
    await hands.choose("Copy answer")
    await hands.on("Copied")
    assert "```python" in await page.evaluate("navigator.clipboard.readText()")
    await hands.choose("Write another answer")
    await hands.on("Message")
    await expect(one.page.locator(".pager")).to_contain_text("2 of 2")
    await one.chat.ended(0)
    await hands.press("Alt+ArrowUp")
    await hands.choose("Previous version")
    await expect(page.locator(".pager")).to_contain_text("1 of 2")
    await hands.on("Previous version")
    await hands.press("ArrowRight")
    await expect(page.locator(".pager")).to_contain_text("2 of 2")
    await hands.on("Next version")

    # The receipt opens and gives the keyboard back.
    await hands.press("Shift+Tab")
    await hands.to("Demo", back=True)
    await hands.press("Enter")
    await hands.to("Receipt")
    await hands.press("Shift+Tab", "Enter")
    await expect(page.get_by_role("region", name="Receipt")).to_have_count(0)
    await hands.on("Demo")

    # The question in other words.
    await hands.press("Alt+ArrowUp")
    await hands.choose("Edit question")
    await hands.on("Your question in other words")
    await hands.write("Other words [demo: fast]")
    await hands.press("Enter")
    await hands.on("Message")
    await expect(page.locator("article.user")).to_contain_text("Other words")
    await one.chat.ended(0)
    await expect(answer).to_be_visible()


async def test_a_message_is_deleted_and_comes_back(visit: VisitMaker) -> None:
    one = await visit()
    hands = Hands(one.page)
    await one.chat.ask("First [demo: fast]")
    await hands.press("Alt+ArrowUp")
    await hands.choose("More")
    await hands.on("Download as Markdown")
    await hands.press("End", "Enter")
    await hands.on("Message")
    await expect(one.chat.answers).to_have_count(0)
    await hands.press("F6", "F6")
    await hands.on("Undo")
    await hands.press("Enter")
    await expect(one.chat.answers).to_have_count(1)
    await hands.on("Who answers")


async def test_stopping_the_queue_and_attachments(visit: VisitMaker, tmp_path: Path) -> None:
    one = await visit()
    page, hands = one.page, Hands(one.page)
    (tmp_path / "notes.csv").write_text("a,b")
    async with page.expect_file_chooser() as choosing:
        await hands.choose("Attach files")
    await (await choosing.value).set_files(tmp_path / "notes.csv")
    await hands.on("Message")
    await hands.to("Remove notes.csv", back=True)
    await hands.press("Enter")
    await hands.on("Message")

    await page.keyboard.type("Go on for long [demo: long 4000]")
    await hands.press("Enter")
    await one.chat.writing(40)
    for words in ("First in line", "Second in line", "Third in line"):
        await page.keyboard.type(words)
        await hands.press("Enter")
    waiting = page.locator("causerie-waiting li")
    await expect(waiting).to_have_count(3)
    for left in (2, 1, 0):
        await hands.to("Remove", back=True)
        await hands.press("Enter")
        await expect(waiting).to_have_count(left)
        await hands.on("Remove" if left else "Message")
        await hands.press("Tab")
    await hands.press("Shift+Escape", "Escape")
    await expect(page.get_by_role("button", name="Continue")).to_be_visible()
    await hands.on("Message")


async def test_model_parameters_and_a_preset_are_chosen(visit: VisitMaker) -> None:
    one = await visit()
    page, hands = one.page, Hands(one.page)
    await hands.press("Control+Shift+m", "Escape")
    await hands.on("Message")
    await hands.press("Control+Shift+m")
    await hands.on("Model")
    await hands.press("Enter")
    await hands.on("Message")
    await hands.press("Shift+Escape")
    await hands.choose("Who answers", "ArrowDown")
    await hands.choose("Instructions", "b", "e")
    await hands.choose("Temperature", "ArrowRight")
    await hands.choose("Save as preset")
    await hands.on("Name")
    await page.keyboard.type("By hand")
    await hands.press("Enter")
    await hands.on("Save as preset")
    await hands.to("Preset", back=True)
    await expect(page.locator("causerie-controls select").first).to_contain_text("By hand")


async def test_conversations_are_found_renamed_exported_and_deleted(visit: VisitMaker) -> None:
    one = await visit()
    page, hands = one.page, Hands(one.page)
    rows = page.locator("causerie-sidebar-row")
    for words in ("Alpha", "Beta", "Gamma"):
        await hands.press("Control+Shift+o")
        await page.wait_for_url("**/chat")
        await one.chat.ask(f"{words} [demo: fast]")
    await expect(rows).to_have_count(3)
    await hands.press("Control+k")
    await hands.on("Search conversations")
    await page.keyboard.type("beta")
    await expect(page.get_by_role("option", name="Beta").first).to_be_visible()
    await hands.press("Escape", "Escape")
    await hands.on("Message")

    # The list: one stop of Tab, arrows inside, a menu, another name, a way back.
    await hands.to("New chat", back=True)
    await hands.to("Gamma")
    await hands.press("ArrowDown")
    await hands.on("Beta")
    await hands.press("F2")
    await hands.on("New title")
    await hands.write("Between")
    await hands.press("Enter")
    await hands.on("Between")
    await hands.press("Tab")
    await hands.on("Options for Between")
    await hands.press("Enter", "End", "Enter")
    await expect(rows).to_have_count(2)
    await hands.on("Alpha")
    await hands.press("Delete")
    await expect(rows).to_have_count(1)
    await hands.on("Gamma")
    await hands.press("Shift+F6")
    await hands.on("Undo")
    await hands.press("Enter")
    await expect(rows).to_have_count(2)
    await hands.on("Gamma")

    await hands.choose("Options for this chat")
    async with page.expect_download():
        await hands.press("ArrowDown", "ArrowDown", "Enter")
    await hands.on("Options for this chat")
    # The open one goes: a new chat takes its place, ready to be written in.
    await hands.press("Enter", "End", "Enter")
    await page.wait_for_url("**/chat")
    await hands.on("Message")


async def test_help_opens_and_leads_to_other_keys(visit: VisitMaker) -> None:
    one = await visit()
    hands = Hands(one.page)
    await hands.press("Control+/")
    await hands.on("Close")
    await hands.press("Escape")
    await hands.on("Message")
    await hands.press("Control+/")
    await hands.choose("Change")
    await hands.on("Shortcuts")
    await hands.choose("Change the keys of: Search")
    await hands.press("Control+;")
    await hands.on("Change the keys of: Search")
    await hands.press("Control+;")
    await hands.on("Search conversations")
    await hands.press("Escape")
    await hands.on("Change the keys of: Search")
    await hands.choose("Switch off: Search")
    await hands.on("Reset the keys of: Search")
    await hands.press("Enter")
    await hands.on("Switch off: Search")


async def test_a_hit_opens_where_it_stands_and_the_keyboard_with_it(visit: VisitMaker) -> None:
    one = await visit()
    page, hands = one.page, Hands(one.page)
    await one.chat.ask("Tell me of the quokka on Rottnest [demo: fast]")
    await hands.press("Control+Shift+o")
    await page.wait_for_url("**/chat")
    await hands.press("Control+k")
    await hands.on("Search conversations")
    await page.keyboard.type("rottnest quokka")
    hit = page.get_by_role("option", name="You: ")
    await expect(hit).to_be_visible()
    while await hit.get_attribute("aria-selected") != "true":
        await hands.press("ArrowDown")
    await hands.press("Enter")
    await page.wait_for_url("**?message=*")

    async def is_there() -> bool:
        return bool((await hands.at())["role"] == "article")

    await eventually(is_there)
    await hands.to("Edit question")


async def test_what_waits_is_rewritten_sent_on_after_a_failure_and_discarded(
    visit: VisitMaker,
) -> None:
    one = await visit()
    page, hands = one.page, Hands(one.page)
    for last in ("Resume", "Discard"):
        await page.keyboard.type("Break off [demo: slow] [demo: fail after 12]")
        await hands.press("Enter")
        await one.chat.writing(1)
        await page.keyboard.type("Half a thought")
        await hands.press("Enter")
        await hands.to("Edit waiting message", back=True)
        await hands.press("Enter")
        await hands.on("Edit waiting message")
        await hands.write("A whole thought [demo: fast]")
        await hands.press("Enter")
        await hands.on("Edit waiting message")
        await expect(page.get_by_role("button", name=last)).to_be_visible(timeout=20_000)
        await hands.to(last, back=True)
        await hands.press("Enter")
        await expect(page.locator("causerie-waiting li")).to_have_count(0)
        await hands.on("Message")
        if last == "Resume":
            await expect(page.locator("article.user").last).to_contain_text("A whole thought")
            await one.chat.ended(1)
            await hands.press("Control+Shift+o")
            await page.wait_for_url("**/chat")
            await hands.on("Message")


async def test_after_a_failure_it_is_tried_again(visit: VisitMaker) -> None:
    one = await visit()
    hands = Hands(one.page)
    await one.page.keyboard.type("Compare the plans [demo: fail]")
    await hands.press("Enter")
    await expect(one.chat.notices).to_be_visible()
    await hands.press("Alt+ArrowUp")
    await hands.choose("Try again")
    await hands.on("Message")


async def test_on_a_phone_what_is_folded_away_opens_and_gives_the_keyboard_back(
    visit: VisitMaker,
) -> None:
    one = await visit(size=PHONE)
    page, hands = one.page, Hands(one.page)
    await one.chat.ask("Say hello [demo: fast]")
    await hands.to("Show conversations", back=True)
    await hands.press("Enter")
    await hands.somewhere()
    await hands.to("New chat")
    await hands.press("Escape")
    await hands.on("Show conversations")
    await hands.choose("Settings of this chat")
    await hands.to("Temperature")
    await hands.press("Escape")
    await hands.on("Settings of this chat")
    await page.goto(one.origin + "/settings")
    await hands.to("Show pages")
    await hands.press("Enter")
    await hands.on("Dashboard")
    await hands.press("Escape")
    await hands.on("Show pages")
