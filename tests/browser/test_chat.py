"""The main job, seen: ask, watch it stream, read what it cost, stop, fail, come back."""

import asyncio
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.browser.conftest import VisitMaker
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_sign_in_link_works_and_leaves_no_secret_in_the_address(visit: VisitMaker) -> None:
    one = await visit()
    await expect(one.page.get_by_role("heading", name="New conversation")).to_be_visible()
    assert one.page.url == f"{one.origin}/chat"
    assert await one.page.evaluate("location.hash + history.length") in {"1", "2"}
    # Nobody is told which demo it is without being told that it is one.
    await expect(one.page.get_by_text("Answers come from the demo provider")).to_be_visible()


async def test_a_table_and_code_stream_in_and_the_receipt_tells_their_price(
    visit: VisitMaker,
) -> None:
    one = await visit()
    await one.chat.say("Compare the plans in a table and show a python function")
    answer = await one.chat.writing(30)
    # It can be read while it is being written.
    await expect(answer).to_have_attribute("aria-busy", "true")
    await one.chat.ended(0)
    await expect(answer.locator(".md table td").first).to_have_text("Starter")
    await expect(answer.locator(".md pre .hljs-keyword").first).to_be_visible()
    assert re.search(r"/chat/[0-9a-f-]{36}$", one.page.url)

    stored = await one.chat.api(f"/api/conversations/{one.chat.conversation}")
    receipt = stored["messages"][1]["receipt"]
    line = await one.chat.receipts.first.inner_text()
    tokens = sum(call["inputTokens"] + call["outputTokens"] for call in receipt["calls"])
    assert f"{tokens:,} tokens" in line
    await one.chat.receipts.first.click()
    sheet = one.page.get_by_role("region", name="Receipt")
    await expect(sheet).to_contain_text("Held")
    await expect(sheet).to_contain_text(stored["messages"][1]["turnId"])
    shown = await sheet.locator("dl").inner_text()
    assert f"${_micros(receipt['chargedUsd'])}" in shown
    # The list and the balance follow without a reload.
    balance = await one.chat.api("/api/credits")
    left = f"{float(balance['spendable']):,.2f}".rstrip("0").rstrip(".")
    await expect(one.page.locator("causerie-quota .credits")).to_have_text(left)
    await expect(one.page.locator("causerie-sidebar-row")).to_have_count(1)


async def test_stop_keeps_what_was_written_and_says_charge_and_release(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.say("Take your time [demo: slow]")
    await one.chat.writing(20)
    await one.chat.box.press("Escape")
    await expect(one.chat.notices).to_contain_text(re.compile(r"Stopped\. .* released"))
    text = await one.chat.answers.first.locator(".md").inner_text()
    assert text.startswith("This is the demo model")
    await expect(one.chat.stop).to_be_hidden()
    # The next question is answered as if nothing had been.
    await one.chat.ask("Say hello [demo: fast]")


async def test_a_failed_answer_says_why_and_that_nothing_was_charged(visit: VisitMaker) -> None:
    one = await visit()
    credits = one.page.locator("causerie-quota .credits")
    before = await credits.inner_text()
    await one.chat.ask("Compare the plans [demo: fail]")
    await expect(one.chat.notices).to_contain_text("Nothing was charged")
    await expect(one.chat.receipts.first).to_contain_text("nothing charged")
    await expect(credits).to_have_text(before)
    await expect(one.chat.notices.get_by_role("button", name="Try again")).to_be_visible()

    await one.chat.ask("Compare the plans in a table [demo: fail after 40]")
    await expect(one.chat.notices.last).to_contain_text("The answer breaks off here")
    await expect(one.chat.notices.last).to_contain_text("Nothing was charged")
    await expect(credits).to_have_text(before)
    # After a reload the same is still there to be read.
    await one.page.reload()
    await expect(one.chat.notices).to_have_count(2)
    await expect(one.chat.notices.first).to_contain_text("No answer.")


async def test_trying_again_answers_the_same_question(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Greet me [demo: fast]")
    await one.page.get_by_role("button", name="Write another answer").click()
    await eventually(lambda: _versions(one.chat), 15)
    await expect(one.page.locator("causerie-message article.user")).to_have_count(1)
    await expect(one.chat.answers).to_have_count(1)
    await one.page.reload()
    await expect(one.page.get_by_text("2 of 2")).to_be_visible()
    await one.page.get_by_role("button", name="Previous version").click()
    await expect(one.page.get_by_text("1 of 2")).to_be_visible()


async def test_a_question_without_an_answer_is_asked_again(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Compare the plans [demo: fail]")
    await one.chat.notices.get_by_role("button", name="Try again").click()

    async def is_asked_twice() -> bool:
        return bool((await one.chat.api("/api/ai/usage"))["totals"]["calls"] == 2)

    await eventually(is_asked_twice, 30)
    await one.chat.ended(0)
    await expect(one.chat.notices).to_have_count(1)
    await expect(one.page.locator("causerie-message article.user")).to_have_count(1)


def _micros(dollars: str) -> Decimal:
    """As the page rounds them: money is no float, and half a micro-dollar goes up."""
    return Decimal(dollars).quantize(Decimal("0.000001"), ROUND_HALF_UP)


async def _versions(chat: Any) -> bool:
    stored = await chat.api(f"/api/conversations/{chat.conversation}")
    return len(stored["messages"][-1]["siblings"]) == 2


async def test_messages_wait_for_the_running_answer_and_go_out_in_order(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.say("First, slowly [demo: slow]")
    await one.chat.writing(5)
    await one.chat.say("Second [demo: fast]")
    await one.chat.say("Third [demo: fast]")
    waiting = one.page.get_by_role("list", name="Messages that wait").get_by_role("listitem")
    await expect(waiting).to_have_count(2)
    await one.chat.stop.click()
    await one.chat.ended(2)
    questions = one.page.locator("causerie-message article.user .bubble")
    assert await questions.all_inner_texts() == [
        "First, slowly [demo: slow]",
        "Second [demo: fast]",
        "Third [demo: fast]",
    ]
    await expect(waiting).to_have_count(0)


async def test_after_a_failure_what_waits_is_held_back(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.say("Break off [demo: slow] [demo: fail after 12]")
    await one.chat.writing(5)
    await one.chat.say("I wait [demo: fast]")
    await expect(one.page.get_by_text("Paused until you resume")).to_be_visible(timeout=15_000)
    await one.page.reload()
    await one.page.get_by_role("button", name="Resume").click()
    await one.chat.ended(1)


async def test_a_reload_in_the_middle_shows_the_whole_answer(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.say("Compare the plans in a table and show a python function")
    await one.chat.writing(120)
    await one.page.reload()
    await one.chat.writing(1)
    answer = await one.chat.ended(0)
    stored = await one.chat.api(f"/api/conversations/{one.chat.conversation}")
    assert len(stored["messages"]) == 2
    seen = await one.chat.html(answer)
    await one.page.reload()
    await one.chat.ended(0)
    assert await one.chat.html(one.chat.answers.first) == seen


async def test_a_socket_cut_in_the_middle_loses_and_repeats_nothing(visit: VisitMaker) -> None:
    one = await visit()
    cuts: list[WebSocketRoute] = []

    def through(socket: WebSocketRoute) -> None:
        cuts.append(socket)
        socket.connect_to_server()

    await one.page.route_web_socket("**/ws", through)
    await one.page.reload()
    await one.chat.say("Compare the plans in a table and show a python function")
    for cut in range(3):
        await one.chat.writing(60 * (cut + 1))
        await cuts[-1].close(code=1011)
        await eventually(lambda: len(cuts) > cut + 1, 10)  # noqa: B023 - awaited right here
    answer = await one.chat.ended(0)
    seen = await one.chat.html(answer)
    assert len(cuts) == 4
    await one.page.reload()
    await one.chat.ended(0)
    assert await one.chat.html(one.chat.answers.first) == seen


async def test_a_start_whose_answer_is_lost_is_sent_again_and_charged_once(
    visit: VisitMaker,
) -> None:
    one = await visit()
    lost: list[str] = []
    closing: list[asyncio.Task[None]] = []

    def swallow_first_start(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            server.send(message)
            if "turn.start" in str(message) and not lost:
                lost.append(str(message))
                closing.append(asyncio.create_task(socket.close(code=1011)))

        socket.on_message(pass_on)

    await one.page.route_web_socket("**/ws", swallow_first_start)
    await one.page.reload()
    await one.chat.ask("Say hello [demo: fast]")
    assert lost
    stored = await one.chat.api("/api/conversations")
    assert [row["messageCount"] for row in stored["items"]] == [2]


async def test_two_tabs_of_one_person_show_the_same_answer(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Say hello [demo: fast]")
    two = await visit(f"/chat/{one.chat.conversation}", like=one)
    await two.chat.ended(0)
    await one.chat.say("Compare the plans in a table")
    await two.chat.writing(10, 1)
    await one.chat.ended(1)
    await two.chat.ended(1)
    assert await two.chat.html(two.chat.answers.nth(1)) == await one.chat.html(
        one.chat.answers.nth(1)
    )


async def test_a_draft_survives_a_reload_and_goes_with_its_turn(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.box.fill("Half a thou")
    await one.page.reload()
    await expect(one.chat.box).to_have_value("Half a thou")
    await one.chat.ask("Whole [demo: fast]")
    await one.page.reload()
    await expect(one.chat.box).to_have_value("")


async def test_enter_belongs_to_the_input_method_while_it_composes(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.box.fill("こんに")
    await one.chat.box.evaluate(
        """(box) => {
             box.dispatchEvent(new CompositionEvent("compositionstart"));
             const enter = { key: "Enter", isComposing: true, bubbles: true, cancelable: true };
             box.dispatchEvent(new KeyboardEvent("keydown", enter));
             box.dispatchEvent(new CompositionEvent("compositionend"));
           }"""
    )
    await expect(one.page.locator("causerie-message")).to_have_count(0)
    await expect(one.chat.box).to_have_value("こんに")


async def test_the_whole_job_can_be_done_by_keyboard(visit: VisitMaker) -> None:
    one = await visit()
    keyboard = one.page.keyboard
    await keyboard.press("Shift+Escape")
    await keyboard.type("Show me a function in python [demo: fast]")
    await keyboard.press("Enter")
    await one.chat.ended(0)
    await keyboard.press("Control+Shift+Semicolon")
    await expect(one.page.get_by_role("status").get_by_text("Copied")).to_be_visible()
    assert "most_common_words" in await one.page.evaluate("navigator.clipboard.readText()")
    # From the box backwards to the receipt, and open it.
    await one.chat.receipts.first.focus()
    await keyboard.press("Enter")
    await expect(one.page.get_by_role("region", name="Receipt")).to_be_visible()
    await keyboard.press("Control+Shift+o")
    await one.page.wait_for_url("**/chat")
    await expect(one.chat.box).to_be_focused()


async def test_rename_delete_and_take_back(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Say hello [demo: fast]")
    row = one.page.locator("causerie-sidebar-row")
    await row.hover()
    await row.get_by_role("button", name="Options").click()
    await one.page.get_by_role("menuitem", name="Rename").click()
    await one.page.get_by_role("textbox", name="New title").fill("A better title")
    await one.page.keyboard.press("Enter")
    await expect(one.page.get_by_role("heading", name="A better title")).to_be_visible()

    await row.hover()
    await row.get_by_role("button", name="Options").click()
    await one.page.get_by_role("menuitem", name="Delete conversation").click()
    await expect(row).to_have_count(0)
    await one.page.get_by_role("button", name="Undo").click()
    await expect(row).to_have_count(1)
    stored = await one.chat.api("/api/conversations")
    assert [item["title"] for item in stored["items"]] == ["A better title"]
