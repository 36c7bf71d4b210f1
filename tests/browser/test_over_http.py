"""Where no socket gets through, answers come over HTTP; nothing is lost, nothing charged twice."""

import pytest
from playwright.async_api import Route, WebSocketRoute, expect

from tests.browser.conftest import Visit, VisitMaker
from tests.browser.test_connection import Line

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SLOW_MS = 20_000
"""A socket is waited for before the other way is taken."""


async def without_sockets(visit: VisitMaker) -> Visit:
    one = await visit()
    await one.page.route_web_socket("**/ws", _closed)
    await one.page.reload()
    return one


async def _closed(socket: WebSocketRoute) -> None:
    await socket.close(code=1011)


async def test_a_new_chat_is_answered_and_goes_on(visit: VisitMaker) -> None:
    one = await without_sockets(visit)
    await one.chat.say("Say hello [demo: fast]")
    await expect(one.chat.receipts).to_have_count(1, timeout=SLOW_MS)
    told = one.page.locator("causerie-link-state").get_by_role("status")
    await expect(told).to_have_text("No live connection. Answers come all the same.")
    await one.chat.say("And once more [demo: fast]")  # nothing is waited for any more
    await expect(one.chat.receipts).to_have_count(2)
    listed = (await one.chat.api("/api/conversations"))["items"]
    assert [item["messageCount"] for item in listed] == [4]
    assert one.page.url.endswith(listed[0]["id"])


async def test_an_answer_is_stopped(visit: VisitMaker) -> None:
    one = await without_sockets(visit)
    await one.chat.say("At length [demo: slow]")
    await expect(one.chat.stop).to_be_visible(timeout=SLOW_MS)
    await one.chat.writing(5)
    await one.chat.stop.click()
    await expect(one.chat.notices.first).to_be_visible()
    await expect(one.chat.stop).to_have_count(0)


async def test_a_stream_that_breaks_off_is_seen_to_its_end(visit: VisitMaker) -> None:
    one = await without_sockets(visit)

    async def cut(route: Route) -> None:
        answer = await route.fetch()
        body = (await answer.body()).decode()
        await route.fulfill(response=answer, body=body[: body.index("\n\n") + 2])

    await one.page.route("**/messages", cut)
    await one.chat.say("Say hello [demo: fast]")
    await expect(one.chat.receipts).to_have_count(1, timeout=SLOW_MS)
    stored = (await one.chat.api("/api/conversations"))["items"]
    assert [item["messageCount"] for item in stored] == [2]


async def test_an_answer_lost_on_the_way_is_found_when_it_is_asked_for_again(
    visit: VisitMaker,
) -> None:
    """The turn was admitted, in a conversation made for it: no second one is begun or charged."""
    one = await without_sockets(visit)
    one.refusals.add(502)
    times = 0

    async def lose(route: Route) -> None:
        nonlocal times
        times += 1
        if times > 1:
            await route.continue_()
            return
        await route.fetch()
        await route.fulfill(status=502, body="bad gateway")

    await one.page.route("**/messages", lose)
    await one.chat.say("Say hello [demo: fast]")
    again = one.page.locator("causerie-refusal").get_by_role("button", name="Try again")
    await again.click(timeout=SLOW_MS)
    await expect(one.chat.receipts).to_have_count(1, timeout=SLOW_MS)
    stored = (await one.chat.api("/api/conversations"))["items"]
    assert [item["messageCount"] for item in stored] == [2]
    assert times == 2


async def test_a_refusal_is_told(visit: VisitMaker) -> None:
    one = await without_sockets(visit)
    one.refusals.add(402)

    async def refuse(route: Route) -> None:
        error = {"code": "insufficient_credits", "message": "Not enough.", "retryable": False}
        await route.fulfill(status=402, json={"success": False, "error": error})

    await one.page.route("**/messages", refuse)
    await one.chat.say("Say hello [demo: fast]")
    await expect(one.page.locator("causerie-refusal")).to_contain_text("credits", timeout=SLOW_MS)


async def test_when_a_socket_comes_it_is_taken_again(visit: VisitMaker) -> None:
    one, line = await visit(), Line()
    await line.take(one)
    line.is_down = True
    await line.sockets[-1].close(code=1011)
    await one.chat.say("Say hello [demo: fast]")
    await expect(one.chat.receipts).to_have_count(1, timeout=SLOW_MS)
    line.is_down = False
    await one.page.evaluate("dispatchEvent(new Event('online'))")
    told = one.page.locator("causerie-link-state").get_by_role("status")
    await expect(told).to_have_text("Connected")
    await one.page.route("**/messages", lambda route: route.abort())
    await one.chat.ask("Say hello [demo: fast]")
