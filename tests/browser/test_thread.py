"""Long conversations: few rows in the page, no jump, and one arrives where one wants to be."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visit, VisitMaker
from tests.browser.seeds import fill, message_id
from tests.support.eventually import eventually
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MESSAGES = 10_000
STEP, STEPS = 800, 60
"""Pixels of one turn of the wheel, and how many: 48,000."""

THREAD = """window.thread = () => {
  const find = (root) => root.querySelector("causerie-thread") ??
    [...root.querySelectorAll("*")].reduce((found, each) =>
      found ?? (each.shadowRoot && find(each.shadowRoot)), null);
  return find(document);
};
window.box = () => window.thread().shadowRoot.querySelector(".box");
window.rows = () => [...window.thread().shadowRoot.querySelectorAll("causerie-message")];
window.first = () => {
  const top = window.box().getBoundingClientRect().top;
  return window.rows().find((row) => row.getBoundingClientRect().bottom > top + 1);
};
window.still = async () => {
  let last = NaN;
  for (let same = 0; same < 3; ) {
    await new Promise(requestAnimationFrame);
    const { scrollTop } = window.box();
    same = scrollTop === last ? same + 1 : 0;
    last = scrollTop;
  }
};
window.nodes = () => {
  let count = 0;
  const walk = (root) => {
    for (const each of root.querySelectorAll("*")) {
      count++;
      if (each.shadowRoot) walk(each.shadowRoot);
    }
  };
  walk(document);
  return count;
};"""

GONE = """async () => {
  const box = window.box();
  return box.scrollHeight - box.scrollTop - box.clientHeight;
}"""


async def open_years(server: LiveServer, one: Visit) -> str:
    """A seeded conversation, opened; its id."""
    made: str = await one.page.evaluate(
        """() => fetch("/api/conversations", {method: "POST", body: "{}",
             headers: {"content-type": "application/json"}})
             .then((answer) => answer.json()).then(({data}) => data.id)"""
    )
    await fill(server, made, MESSAGES)
    await one.page.add_init_script(THREAD)
    await one.page.goto(f"{one.origin}/chat/{made}")
    await shown(one.page, MESSAGES)
    return made


async def shown(page: Page, number: int) -> None:
    """The message with that number is in sight."""
    row = page.locator("causerie-message").filter(has_text=f"Answer {number}")
    await expect(row.first).to_be_in_viewport()


async def test_ten_thousand_messages_scroll_without_a_jump(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit()
    one.refusals.add(404)  # what was seeded had no turns
    conversation = await open_years(live_server, one)
    page = one.page
    await page.mouse.move(800, 400)
    await page.evaluate("window.still()")
    moved = 0.0
    for _ in range(STEPS):
        before = await page.evaluate(
            "() => { window.row = window.first(); return window.row.getBoundingClientRect().top; }"
        )
        await page.mouse.wheel(0, -STEP)
        await page.evaluate("window.still()")
        moved += await page.evaluate("() => window.row.getBoundingClientRect().top") - before
    assert abs(moved - STEP * STEPS) <= 10
    assert await page.evaluate("window.rows().length") <= 300
    assert await page.evaluate("window.nodes()") <= 15_000

    # Whoever comes back finds the place where they stopped.
    place = """() => {
      const row = window.first();
      return [row.entry.id, Math.round(row.getBoundingClientRect().top)];
    }"""
    left = await page.evaluate(place)
    await page.reload()

    async def is_there() -> bool:
        if not await page.evaluate("!!window.thread() && window.rows().length > 0"):
            return False
        found: list[Any] = await page.evaluate(place)
        return bool(found[0] == left[0] and abs(found[1] - left[1]) <= 3)

    await eventually(is_there, 20)

    # The end is the end, though thousands of rows lie between.
    await page.get_by_role("button", name="Go to the end").click()
    await shown(page, MESSAGES)

    async def is_at_the_end() -> bool:
        return bool(await page.evaluate(GONE) <= 1)

    await eventually(is_at_the_end, 10)
    assert await page.evaluate("window.rows().length") <= 300

    # A link leads to its message, whose edge lights up.
    wanted = message_id(conversation, 5000)
    await page.goto(f"{one.origin}/chat/{conversation}?message={wanted}")
    await shown(page, 5000)
    assert await page.evaluate(
        "id => window.rows().find((row) => row.entry.id === id).matches(':focus')", wanted
    )
    # From there on, both ways.
    await page.keyboard.press("End")
    await expect(page.get_by_role("button", name="Go to the end")).to_be_visible()


async def test_reading_up_is_left_alone_while_text_arrives(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Write a table and a python function [demo: fast]")
    await one.chat.ask("Write a table and a python function [demo: fast]")
    await one.page.evaluate(THREAD)
    await one.chat.say("Take your time [demo: slow]")
    question = one.page.locator("causerie-message").filter(has_text="Take your time")
    await one.chat.writing(20)
    # The question stands in the upper third, and the answer has room below it.
    top = await question.first.evaluate(
        "(row) => (row.getBoundingClientRect().top - window.box().getBoundingClientRect().top)"
        " / window.box().clientHeight"
    )
    assert 0.1 < top < 0.45
    await one.page.mouse.move(800, 300)
    await one.page.mouse.wheel(0, -200)
    button = one.page.get_by_role("button", name="New text")
    await expect(button).to_be_visible()
    at = await one.page.evaluate("window.box().scrollTop")
    await one.chat.writing(120)
    assert await one.page.evaluate("window.box().scrollTop") == at
    await button.click()
    await expect(button).to_be_hidden()
    # Selecting text is reading, too.
    await one.chat.answers.last.locator(".md p").first.dblclick()
    await expect(button).to_be_visible()
    await one.chat.stop.click()


async def test_long_code_is_coloured_beside_the_page(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Greet me [demo: fast]")
    await one.page.evaluate(
        """() => {
          const { client } = document.querySelector("causerie-app");
          const turnId = crypto.randomUUID();
          const conversationId = location.pathname.split("/").at(-1);
          const thread = client.thread(conversationId);
          const userMessageId = thread.state.value.entries[0].id;
          client.receive({ type: "turn.started", turnId, seq: 1, conversationId, userMessageId,
            messageId: crypto.randomUUID(), agent: "assistant", provider: "demo", model: "demo",
            held: { credits: "1", usd: "0.01" } });
          const code = "return None  # once more\\n".repeat(450);
          client.receive({ type: "turn.delta", turnId, seq: 2, text: "```python\\n" + code });
          client.receive({ type: "turn.delta", turnId, seq: 3, text: "```\\n\\nDone.\\n\\n" });
        }"""
    )
    code = one.page.locator("figure.code[data-language=python] code")
    await expect(code.locator(".hljs-keyword").first).to_be_attached(timeout=20_000)
    assert await code.locator(".hljs-comment").count() == 450


async def test_nothing_scrolls_behind_the_conversation(visit: VisitMaker) -> None:
    one = await visit()
    for _ in range(3):
        await one.chat.ask("Tell me more [demo: long 400]")
    beyond = await one.page.evaluate(
        "document.documentElement.scrollHeight - document.documentElement.clientHeight"
    )
    assert beyond == 0
