"""Every way in by keys alone: a link, an account, a new password, an invitation, a second time."""

import pytest
from playwright.async_api import expect

from server.domain.ids import new_id
from tests.browser import mailbox
from tests.browser.conftest import Visit, VisitMaker, sign_in_link
from tests.browser.hands import Hands
from tests.browser.people import CONFIRM, PASSWORD, sign_up
from tests.browser.test_doors import RESET
from tests.browser.test_keyboard_pages import shown, start
from tests.browser.test_signed_out import revoke
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def inside(one: Visit, hands: Hands) -> None:
    """At the dashboard, with the keyboard where its content begins."""
    await one.page.wait_for_url(one.origin + "/")
    await hands.on("Dashboard")
    await hands.to("New chat")


async def test_a_link_signs_in_and_one_that_is_used_up_leads_to_the_form(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    hands = Hands(one.page)
    link = await sign_in_link(live_server, "user")
    await one.page.goto(link)
    await one.page.wait_for_url(one.origin + "/")
    await hands.to("New chat")
    await one.page.context.clear_cookies()
    await one.page.goto("about:blank")
    await one.page.goto(link)
    await shown(one.page.locator("causerie-sign-in .problem"))
    await hands.on("E-mail")


async def test_an_account_is_made_and_confirmed(visit: VisitMaker, live_server: LiveServer) -> None:
    one = await visit("/sign-in", role=None)
    hands = Hands(one.page)
    email = f"{new_id()}@example.com"
    await hands.on("E-mail")
    await hands.choose("Create an account")
    await hands.on("Name")
    await one.page.keyboard.type("Kay")
    await hands.fill(**{"E-mail": email, "Password": PASSWORD})
    await hands.choose("Create account")
    await hands.on("Check your mail")
    await hands.to("Sign in")
    await one.page.goto(await mailbox.link(live_server, email, subject=CONFIRM))
    await shown(one.page.get_by_role("button", name="Confirm and sign in"))
    await hands.choose("Confirm and sign in")
    await inside(one, hands)


async def test_a_forgotten_password_is_replaced(visit: VisitMaker, live_server: LiveServer) -> None:
    one = await visit("/sign-in", role=None)
    email = await sign_up(one, live_server)
    await one.page.context.clear_cookies()
    await one.page.goto(one.origin + "/sign-in")
    hands = Hands(one.page)
    await hands.on("E-mail")
    await hands.choose("Forgot your password?")
    await hands.on("E-mail")
    await one.page.keyboard.type(email)
    await hands.press("Enter")
    await hands.on("Check your mail")
    await hands.to("Sign in")
    await one.page.goto(await mailbox.link(live_server, email, subject=RESET))
    await hands.on("New password")
    # What is too short is said, and the field keeps the keyboard.
    await one.page.keyboard.type("short")
    await hands.press("Enter")
    await hands.on("New password")
    await hands.write("seven geese by the lake")
    await hands.choose("Set password")
    await hands.on("Your password is changed")
    await hands.choose("Sign in")
    await hands.on("E-mail")
    await one.page.keyboard.type(email)
    await hands.fill(Password="seven geese by the lake")
    await hands.press("Enter")
    await inside(one, hands)


async def test_an_invitation_is_accepted_after_signing_in_with_it(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    owner = await visit("/workspaces")
    hands = await start(owner, "/workspaces")
    await hands.fill(Name_of_the_workspace="Weavers")
    await hands.press("Enter")
    await hands.to("E-mail")
    await hands.write("guest@example.com")
    await hands.press("Enter")
    await shown(owner.page.locator("causerie-once code"))
    link = await owner.page.locator("causerie-once code").inner_text()

    guest = await visit("/sign-in", role=None)
    email = await sign_up(guest, live_server)
    await guest.page.context.clear_cookies()
    await guest.page.goto(link)
    hands = Hands(guest.page)
    await hands.on("E-mail")
    await guest.page.keyboard.type(email)
    await hands.fill(Password=PASSWORD)
    await hands.press("Enter")
    await shown(guest.page.get_by_role("button", name="Accept invitation"))
    await hands.somewhere()
    await hands.choose("Accept invitation")
    await shown(guest.page.get_by_role("heading", name="Weavers"))
    await hands.somewhere()
    await hands.choose("Leave workspace")
    await hands.choose("Cancel")
    await hands.on("Leave workspace")

    # The owner takes back what was given.
    hands = await start(owner, owner.page.url.removeprefix(owner.origin))
    await hands.to("Role of")
    await hands.press("o")
    await shown(owner.page.get_by_text("The role was changed."))
    await hands.on("Role of")
    await hands.choose("Remove")
    await hands.choose("Remove")
    await expect(owner.page.get_by_label("Role of")).to_have_count(0)
    await hands.somewhere()
    await hands.choose("Delete workspace")
    await hands.choose("Delete workspace")
    await owner.page.wait_for_url("**/workspaces")
    await hands.on("Workspaces")


async def test_a_session_that_ended_is_begun_again_over_the_page(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    email = await sign_up(one, live_server)
    hands = await start(one, "/settings")
    await hands.fill(Name="Half a name")
    await revoke(one)
    await hands.on("E-mail")
    await one.page.keyboard.type(email)
    await hands.fill(Password=PASSWORD)
    await hands.press("Enter")
    await hands.on("Name")
    await expect(one.page.get_by_label("Name", exact=True)).to_have_value("Half a name")
