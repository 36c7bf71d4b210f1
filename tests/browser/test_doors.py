"""Getting in: signing up, a forgotten password, an invitation; each by the link that a mail has."""

import re

import pytest
from playwright.async_api import expect

from server.domain.ids import new_id
from tests.browser import mailbox
from tests.browser.conftest import VisitMaker
from tests.browser.people import CONFIRM, PASSWORD, fill, sign_in, sign_up
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BARE = re.compile(r"^[^#]+$")
"""An address that keeps no secret."""

RESET = "Choose a new password"


async def test_signing_up_is_confirmed_by_mail_and_signs_in(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    email = await sign_up(one, live_server)
    await expect(one.page.get_by_text("Your account is ready.")).to_be_visible()
    assert (await one.chat.api("/api/auth/me"))["email"] == email
    # The same link again: used up, in words, with a way on.
    await one.page.goto(await mailbox.link(live_server, email, subject=CONFIRM))
    await one.page.get_by_role("button", name="Confirm and sign in").click()
    await expect(
        one.page.get_by_role("heading", name="This link does not work any more")
    ).to_be_visible()


async def test_a_known_address_is_told_by_mail_and_by_nothing_else(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    email = await live_server.new_user()
    one = await visit("/sign-up", role=None)
    await fill(one, email=email, password=PASSWORD)
    await expect(one.page.get_by_role("heading", name="Check your mail")).to_be_visible()
    await mailbox.letter(live_server, email, subject="You have an account already")
    await one.page.get_by_role("link", name="Sign in").click()
    await one.page.get_by_role("link", name="Forgot your password?").click()
    await fill(one, email=f"{new_id()}@example.com")
    await expect(one.page.get_by_text("If there is an account for")).to_be_visible()


async def test_what_a_password_lacks_is_said_at_the_field(visit: VisitMaker) -> None:
    one = await visit("/sign-up", role=None)
    one.refusals.add(400)
    await fill(one, email="somebody@example.com", password="short")
    await expect(one.page.get_by_text("At least 8 characters.", exact=True)).to_be_visible()
    await expect(one.page.locator("input[name=password]:visible")).to_be_focused()
    await fill(one, password="password1")
    await expect(one.page.get_by_text("one of the first that are tried")).to_be_visible()


async def test_a_new_password_ends_what_the_old_one_opened(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    old = await visit("/sign-in", role=None)
    email = await sign_up(old, live_server)
    one = await visit("/sign-in", role=None)
    await one.page.get_by_role("link", name="Forgot your password?").click()
    await fill(one, email=email)
    await expect(one.page.get_by_role("heading", name="Check your mail")).to_be_focused()
    link = await mailbox.link(live_server, email, subject=RESET)
    await one.page.goto(link)
    await expect(one.page).to_have_url(BARE)
    await fill(one, password="seven geese by the lake")
    await expect(one.page.get_by_role("heading", name="Your password is changed")).to_be_focused()
    await expect(old.page.get_by_role("heading", name="Signed out")).to_be_visible()

    await one.page.get_by_role("link", name="Sign in").click()
    await fill(one, email=email, password=PASSWORD)
    await expect(one.page.get_by_text("do not match an account")).to_be_visible()
    await sign_in(one, email, "seven geese by the lake")
    await one.page.goto(link)
    await fill(one, password="eight geese on the road")
    await expect(
        one.page.get_by_role("heading", name="This link does not work any more")
    ).to_be_focused()


async def test_an_invitation_is_accepted_by_whoever_signs_in_with_it(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    owner = await visit("/workspaces")
    await fill(owner, name="Weavers")
    await expect(owner.page.get_by_role("heading", name="Weavers")).to_be_visible()
    await fill(owner, email="guest@example.com")
    secret = owner.page.locator("causerie-once code")
    link = await secret.inner_text()
    await expect(owner.page.get_by_text("invited", exact=True)).to_be_visible()

    guest = await visit("/sign-in", role=None)
    email = await sign_up(guest, live_server)
    await guest.page.context.clear_cookies()
    await guest.page.goto(link)
    await expect(guest.page).to_have_url(BARE)
    await fill(guest, email=email, password=PASSWORD)
    await expect(guest.page.get_by_text(f"You are signed in as {email}.")).to_be_visible()
    await guest.page.get_by_role("button", name="Accept invitation").click()
    await expect(guest.page.get_by_role("heading", name="Weavers")).to_be_visible()
    await expect(guest.page.get_by_role("button", name="Delete workspace")).to_have_count(0)

    await owner.page.reload()
    await expect(owner.page.get_by_text(email)).to_be_visible()
    guest.refusals.add(404)
    await guest.page.goto(link)
    await guest.page.get_by_role("button", name="Accept invitation").click()
    await expect(
        guest.page.get_by_role("heading", name="This invitation does not work any more")
    ).to_be_visible()
