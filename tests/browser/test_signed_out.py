"""A session that ends under somebody's hands: they sign in where they are, and go on."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Visit, VisitMaker
from tests.browser.people import PASSWORD, sign_up
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def revoke(one: Visit) -> None:
    """As another tab does that signs out."""
    path = one.origin + "/api/auth/sign-out"
    assert (await one.page.request.post(path, headers={"origin": one.origin})).ok


def dialog(one: Visit) -> Locator:
    return one.page.get_by_role("dialog", name="Signed out")


async def again(one: Visit, email: str) -> None:
    """By keys alone: the dialog has the keyboard."""
    await expect(one.page.locator("causerie-sign-in input").first).to_be_focused()
    await one.page.keyboard.type(email)
    await one.page.keyboard.press("Tab")
    await one.page.keyboard.type(PASSWORD)
    await one.page.keyboard.press("Enter")


async def test_what_was_typed_is_still_there_and_goes_on(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    email = await sign_up(one, live_server)
    await one.page.goto(one.origin + "/chat")
    await one.chat.ask("Say hello [demo: fast]")
    await one.chat.box.fill("Half a thought")
    second = await one.page.context.new_page()
    await second.goto(one.page.url)
    await Chat(second).ended(0)
    await revoke(one)
    await expect(dialog(one)).to_be_visible()
    await expect(second.get_by_role("dialog", name="Signed out")).to_be_visible()
    await one.page.bring_to_front()
    await again(one, email)
    await expect(dialog(one)).to_have_count(0)
    await expect(one.chat.box).to_be_focused()
    await expect(one.chat.box).to_have_value("Half a thought")
    await one.page.keyboard.press("Enter")
    await one.chat.ended(1)
    # The other tab needs no second time.
    await second.bring_to_front()
    await second.evaluate("dispatchEvent(new Event('focus'))")
    await expect(second.get_by_role("dialog", name="Signed out")).to_have_count(0)
    await Chat(second).ask("And here [demo: fast]")


async def test_somebody_else_begins_with_a_page_of_their_own(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    other = await visit("/sign-in", role=None)
    email = await sign_up(other, live_server)
    one = await visit("/sign-in", role=None)
    await sign_up(one, live_server)
    await one.page.goto(one.origin + "/chat")
    await one.chat.ask("A secret of mine [demo: fast]")
    await one.page.goto(one.origin + "/chat")
    await one.chat.box.fill("What I think of it")
    await revoke(one)
    await again(one, email)
    await one.page.wait_for_url(one.origin + "/")
    await expect(one.page.get_by_role("heading", level=1)).to_be_visible()
    await expect(one.page.get_by_text("A secret of mine")).to_have_count(0)
    await one.page.goto(one.origin + "/chat")
    await expect(one.chat.box).to_have_value("")
