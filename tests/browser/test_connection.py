"""What a page says of its connection, and that nothing typed is lost whatever becomes of it."""

import json
from collections.abc import Callable

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.browser.conftest import Visit, VisitMaker
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


RECONNECT_MS = 15_000
"""It is offered after ten seconds."""


class Line:
    """The sockets of a page: each can be cut, and none gets through while it is down. ``refusals``:
    codes that the next turns are refused with, and the seconds to wait, before any is let through.
    """

    def __init__(self) -> None:
        self.sockets: list[WebSocketRoute] = []
        self.is_down = False
        self.refusals: list[tuple[str, int]] = []

    async def take(self, one: Visit) -> None:
        await one.page.route_web_socket("**/ws", self._through)
        await one.page.reload()
        await one.page.wait_for_selector("causerie-link-state [title=Connected]")

    async def _through(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        if self.is_down:
            await socket.close(code=1011)
            return
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            command = json.loads(message)
            if command["type"] != "turn.start" or not self.refusals:
                server.send(message)
                return
            code, after = self.refusals.pop(0)
            refused = {"type": "error", "re": command["id"], "code": code, "message": code}
            socket.send(json.dumps({**refused, "retryable": True, "retryAfter": after}))

        socket.on_message(pass_on)

    def opened(self, count: int) -> Callable[[], bool]:
        return lambda: len(self.sockets) >= count


async def test_a_lost_connection_is_told_in_words_and_waits_for_nobody(visit: VisitMaker) -> None:
    one, line = await visit(), Line()
    await line.take(one)
    told = one.page.locator("causerie-link-state").get_by_role("status")
    await one.chat.box.fill("Half a thought")
    line.is_down = True
    await line.sockets[-1].close(code=1011)
    await expect(told).to_have_text("Connection lost. Trying again.")
    now = one.page.get_by_role("button", name="Reconnect now")
    await expect(now).to_be_visible(timeout=RECONNECT_MS)
    line.is_down = False
    tried = len(line.sockets)
    # However many say at once that it may work again, there is one socket.
    await now.evaluate(
        """(button) => {
             button.click();
             dispatchEvent(new Event("online"));
             document.dispatchEvent(new Event("visibilitychange"));
           }"""
    )
    await expect(told).to_have_text("Connected")
    await expect(now).to_have_count(0)
    assert len(line.sockets) <= tried + 1
    await expect(one.chat.box).to_have_value("Half a thought")
    await one.chat.ask("Say hello [demo: fast]")


async def test_a_server_that_restarts_says_so_and_the_answer_goes_on(visit: VisitMaker) -> None:
    one, line = await visit(), Line()
    await line.take(one)
    await one.chat.say("Compare the plans in a table and show a python function")
    await one.chat.writing(60)
    line.sockets[-1].send(json.dumps({"type": "server.draining", "graceSeconds": 20}))
    banner = one.page.locator("causerie-chat .banner")
    await expect(banner).to_have_text("The server is restarting. Running answers continue there.")
    opened = len(line.sockets)
    await line.sockets[-1].close(code=1012)
    await eventually(line.opened(opened + 1), 10)
    await expect(banner).to_have_count(0)
    answer = await one.chat.ended(0)
    seen = await one.chat.html(answer)
    await one.page.reload()
    await one.chat.ended(0)
    assert await one.chat.html(one.chat.answers.first) == seen


async def test_a_session_that_expires_keeps_the_page_and_what_was_typed(visit: VisitMaker) -> None:
    one, line = await visit(), Line()
    one.refusals.add(401)
    await line.take(one)
    await one.chat.ask("Say hello [demo: fast]")
    await one.chat.box.fill("Half a thought")
    await one.page.context.clear_cookies()
    await line.sockets[-1].close(code=4401)
    dialog = one.page.get_by_role("dialog", name="Signed out")
    await expect(dialog).to_be_visible()
    await one.page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()
    await expect(one.chat.answers).to_have_count(1)
    await expect(one.page.locator("causerie-composer textarea")).to_have_value("Half a thought")


async def test_a_network_that_is_gone_is_noticed_at_once(visit: VisitMaker) -> None:
    one = await visit()
    told = one.page.locator("causerie-link-state").get_by_role("status")
    await one.chat.ask("Hello [demo: fast]")
    await one.page.context.set_offline(True)
    await expect(told).to_contain_text("You are offline")
    await one.chat.say("Said in a tunnel [demo: fast]")
    await one.page.context.set_offline(False)
    await one.chat.ended(1)
    await expect(one.chat.answers).to_have_count(2)
    one.trouble.clear()  # the browser has told of the network that was gone


async def test_what_is_deleted_elsewhere_is_left_with_what_was_not_said_yet(
    visit: VisitMaker,
) -> None:
    one = await visit()
    await one.chat.ask("Hello [demo: fast]")
    deleted = one.chat.conversation
    other = await visit(f"/chat/{deleted}", like=one)
    one.refusals.add(404)  # either may have been reading it
    other.refusals.add(404)
    await expect(other.chat.answers).to_have_count(1)
    await other.chat.say("Tell me more [demo: slow]")
    await other.chat.writing()
    await other.chat.say("Waiting")
    await other.chat.box.fill("Half a thought")
    await one.page.evaluate(f"fetch('/api/conversations/{deleted}', {{method: 'DELETE'}})")
    await expect(other.page.get_by_text("This conversation was deleted elsewhere.")).to_be_visible()
    await expect(other.page).to_have_url(f"{other.origin}/chat")
    await expect(other.chat.box).to_have_value("Waiting\n\nHalf a thought")
    await expect(one.page).to_have_url(f"{one.origin}/chat")
