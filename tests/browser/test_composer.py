"""The box that one writes in: what waits, what goes along, what it would cost."""

import re

import pytest
from playwright.async_api import FilePayload, expect

from tests.browser.conftest import VisitMaker

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASTE = """([box, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
  const began = performance.now();
  box.dispatchEvent(event);
  return performance.now() - began;
}"""


async def test_files_go_with_a_message_and_are_kept_until_then(visit: VisitMaker) -> None:
    one = await visit()
    chips = one.page.get_by_role("list", name="Attached files").get_by_role("listitem")
    box = await one.chat.box.element_handle()
    spent_ms = await one.page.evaluate(PASTE, [box, "word " * 80_000])
    assert spent_ms < 100
    await expect(chips).to_contain_text("391 kB")
    await expect(one.chat.box).to_have_value("")
    await one.page.get_by_role("button", name="Remove Pasted text.txt").click()
    await expect(chips).to_have_count(0)

    one.refusals.add(415)
    chooser = one.page.locator('causerie-composer input[type="file"]')
    files: list[FilePayload] = [
        {"name": "été.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2"},
        {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"\0\0\0\x18ftypmp42"},
    ]
    await chooser.set_input_files(files)
    await expect(chips).to_have_count(2)
    await expect(chips.last).to_contain_text("Only text files and pictures")
    await expect(one.page.get_by_role("button", name="Send")).to_be_disabled()
    await one.page.get_by_role("button", name="Remove film.mp4").click()
    await expect(chips.first).to_contain_text("7 bytes")
    await one.page.reload()
    await expect(chips).to_have_count(1)
    await one.chat.ask("What is in it? [demo: fast]")
    await expect(chips).to_have_count(0)
    await expect(one.page.locator("causerie-attachments a")).to_have_text("été.csv")


async def test_what_waits_is_changed_where_it_stands(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.say("Slowly [demo: slow]")
    await one.chat.writing(5)
    await one.chat.say("First thought [demo: fast]")
    waiting = one.page.get_by_role("list", name="Messages that wait")
    await waiting.get_by_role("button", name="Edit waiting message").click()
    await waiting.get_by_role("textbox").fill("Second thought [demo: fast]")
    await waiting.get_by_role("textbox").press("Enter")
    await expect(waiting).to_contain_text("Second thought")
    await one.chat.stop.click()
    await one.chat.ended(1)
    await expect(one.page.locator("article.user .bubble").last).to_have_text(
        "Second thought [demo: fast]"
    )


async def test_the_next_message_has_a_price_before_it_is_sent(visit: VisitMaker) -> None:
    one = await visit()
    sent: list[str] = []
    one.page.on(
        "websocket",
        lambda socket: socket.on(
            "framesent", lambda frame: sent.append(str(frame)) if "estimate" in str(frame) else None
        ),
    )
    await one.page.reload()
    figures = one.page.locator("causerie-figures")
    await expect(figures).to_contain_text("once you write")
    await expect(figures).to_contain_text("told with the first answer")
    await one.chat.box.press_sequentially("Say hello [demo: fast]", delay=5)
    await expect(figures).to_contain_text(re.compile(r"≈ .*credits \(.*at most", re.DOTALL))
    await expect(one.page.locator("causerie-composer .note")).to_contain_text("Next ≈")
    assert len(sent) == 1
    await one.chat.box.press("Enter")
    await one.chat.ended(0)
    await expect(figures).to_contain_text("of 32,768 tokens")
