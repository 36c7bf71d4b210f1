"""The chat without a pointer: the keyboard is never left nowhere, and what happens is said."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import VisitMaker

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at === document.body ? "nowhere" : at.getAttribute("aria-label") ?? at.textContent.trim();
}"""

# The regions are written anew with each word: what they said is kept.
LISTEN = """() => {
  window.said = [];
  const find = (root) => root.querySelector("causerie-announcer") ??
    [...root.querySelectorAll("*")].reduce((found, each) =>
      found ?? (each.shadowRoot && find(each.shadowRoot)), null);
  const root = find(document).shadowRoot;
  new MutationObserver(() => {
    for (const region of root.querySelectorAll("[role]")) {
      const text = region.textContent.trim();
      if (text && window.said.at(-1) !== text) window.said.push(text);
    }
  }).observe(root, { childList: true, subtree: true, characterData: true });
}"""


async def focused(page: Page) -> str:
    label: str = await page.evaluate(FOCUSED)
    return label


async def heard(page: Page, words: str) -> None:
    await page.wait_for_function("(w) => window.said.some((one) => one.includes(w))", arg=words)


async def test_editing_answering_anew_and_stopping_keep_the_keyboard(visit: VisitMaker) -> None:
    one = await visit()
    page, chat = one.page, one.chat
    await page.evaluate(LISTEN)
    await chat.ask("First words [demo: fast]")
    await heard(page, "The answer has started.")
    await heard(page, "The answer is finished:")
    await expect(chat.receipts).not_to_contain_text("causerie-demo")

    await chat.box.press("ArrowUp")
    editor = page.get_by_role("textbox", name="Your question in other words")
    await expect(editor).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(chat.box).to_be_focused()
    await chat.box.press("ArrowUp")
    await editor.fill("Other words [demo: fast]")
    await page.keyboard.press("Enter")
    await chat.ended(0)
    await expect(page.locator("causerie-message article.user")).to_contain_text("Other words")
    assert await focused(page) == "Message"

    await page.get_by_role("button", name="Write another answer").focus()
    await page.keyboard.press("Enter")
    assert await focused(page) == "Message"
    await chat.ended(0)

    await chat.say("Go on for long [demo: long 4000]")
    await chat.writing(40, 1)
    await chat.stop.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert await focused(page) == "Message"
    await heard(page, "Stopped.")
    await page.get_by_role("button", name="Continue").focus()
    await page.keyboard.press("Enter")
    assert await focused(page) == "Message"
    await chat.ended(2)

    # Round the regions and back, nowhere on none of them.
    for _ in range(8):
        await page.keyboard.press("F6")
        assert await focused(page) != "nowhere"


async def test_a_team_is_named_after_a_reload_and_details_open_by_key(visit: VisitMaker) -> None:
    one = await visit()
    await one.page.get_by_label("Who answers").select_option("team")
    await one.chat.ask(
        "Write a caption for my new beach video and tell me how to price it. [demo: fast]"
    )
    summary = one.page.locator("details.event summary").first
    await summary.focus()
    await one.page.keyboard.press("Enter")
    await expect(one.page.locator("details.event p").first).to_be_visible()
    await one.page.reload()
    await expect(one.page.get_by_text("Answered by ")).to_contain_text(" and ")
