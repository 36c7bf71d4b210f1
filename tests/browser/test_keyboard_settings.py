"""Settings, workspaces, notifications and administration by keys alone."""

import pytest
from playwright.async_api import expect

from server.domain.notices import Notice
from tests.browser.conftest import VisitMaker
from tests.browser.people import sign_up
from tests.browser.test_alerts import MODEL, Incidents, incidents
from tests.browser.test_keyboard_pages import shown, start
from tests.browser.test_notices import tell
from tests.support.server import LiveServer

__all__ = ["incidents"]

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_profile_and_a_deletion_that_is_called_off(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    await sign_up(one, live_server)
    page, hands = one.page, await start(one, "/settings")
    await hands.fill(Name="Kay")
    await hands.choose("Save name")
    await shown(page.get_by_text("Kay").first)
    await hands.on("Name")
    await hands.choose("Prepare an archive")
    await shown(page.get_by_role("link", name="Download"))
    await hands.somewhere()
    await hands.choose("Delete account")
    await hands.on("Type delete to confirm")
    await hands.choose("Cancel")
    await hands.on("Delete account")


async def test_keys_are_made_and_revoked(visit: VisitMaker) -> None:
    one = await visit("/settings/keys")
    page, hands = one.page, await start(one, "/settings/keys")
    for name in ("First", "Second"):
        await hands.to("Name of the key")
        await hands.write(name)
        await hands.press("Enter")
        await shown(page.get_by_role("button", name=f"Revoke {name}"))
        await hands.on("Name of the key")
    await hands.choose("Copy key")
    assert str(await page.evaluate("navigator.clipboard.readText()")).startswith("ck_")
    await hands.on("Copy key")
    await hands.choose("Revoke Second")
    await hands.choose("Cancel")
    await hands.on("Revoke Second")
    await hands.press("Enter")
    await hands.choose("Revoke")
    await expect(page.get_by_role("button", name="Revoke Second")).to_have_count(0)
    await hands.on("Rotate First")
    await hands.choose("Revoke First")
    await hands.choose("Revoke")
    await expect(page.get_by_role("button", name="Revoke First")).to_have_count(0)
    await hands.on("Copy key")


async def test_a_webhook_and_a_quick_reply_are_made_and_deleted(visit: VisitMaker) -> None:
    one = await visit("/settings/webhooks")
    page, hands = one.page, await start(one, "/settings/webhooks")
    await hands.choose("New webhook")
    await hands.on("Address")
    await hands.write("http://127.0.0.1:9/hook")
    await hands.to("What it is for")
    await hands.press("Tab", "Space")
    await hands.choose("Save webhook")
    await shown(page.get_by_role("button", name="Delete http"))
    await hands.on("New webhook")
    await hands.choose("Disable http")
    await shown(page.get_by_role("button", name="Enable http"))
    await hands.somewhere()
    await hands.choose("Delete http")
    await hands.choose("Delete webhook")
    await expect(page.get_by_role("button", name="Delete http")).to_have_count(0)
    await hands.somewhere()

    hands = await start(one, "/settings/replies")
    await hands.choose("New quick reply")
    await hands.on("Title")
    await hands.write("Thanks")
    await hands.to("Text")
    await hands.write("Thank you!")
    await hands.choose("Save quick reply")
    await hands.on("New quick reply")
    await hands.choose("Copy Thanks")
    await hands.choose("Delete Thanks")
    await hands.on("New quick reply")


async def test_theme_language_and_money_are_chosen(visit: VisitMaker) -> None:
    one = await visit("/settings/appearance")
    page, hands = one.page, await start(one, "/settings/appearance")
    await hands.choose("System", "ArrowDown", "ArrowDown")
    await hands.on("Dark")
    assert await page.evaluate("document.documentElement.style.colorScheme") == "dark"
    await hands.choose("English", "ArrowDown")
    await shown(page.get_by_role("heading", name="Apparence"))
    await hands.on("Fran")


async def test_a_workspace_is_made_and_somebody_invited(visit: VisitMaker) -> None:
    one = await visit("/workspaces")
    page, hands = one.page, await start(one, "/workspaces")
    await hands.fill(Name_of_the_workspace="Weavers")
    await hands.choose("Create workspace")
    await shown(page.get_by_role("link", name="All workspaces"))
    await hands.somewhere()
    await hands.to("E-mail")
    await hands.write("guest@example.com")
    await hands.press("Enter")
    await hands.on("E-mail")
    await hands.choose("Copy")
    await hands.choose("Withdraw")
    await expect(page.get_by_role("button", name="Withdraw")).to_have_count(0)
    await hands.somewhere()


async def test_notifications_are_read(visit: VisitMaker, live_server: LiveServer) -> None:
    one = await visit()
    for credits in ("500", "600"):
        told = {"credits": credits, "reason": "Welcome"}
        await tell(live_server, one, Notice.CREDITS_GRANTED, told)
    hands = await start(one, "/notifications")
    await hands.choose("Mark as read: 600")
    await expect(one.page.get_by_role("button", name="Mark as read: 600")).to_have_count(0)
    await hands.somewhere()
    await hands.choose("All", "ArrowRight")
    await hands.on("Unread")
    await hands.choose("Mark all as read")
    await expect(one.page.get_by_role("button", name="Mark all as read")).to_have_count(0)
    await hands.somewhere()


async def test_costs_are_followed_and_an_alert_is_answered(
    visit: VisitMaker, incidents: Incidents
) -> None:
    one = await visit("/admin/costs", role="admin")
    await one.page.goto(one.origin + "/chat")
    await one.chat.ask("Say hello [demo: fast]")
    await incidents.open("model", MODEL, explanation="4.4 times the usual.")
    page, hands = one.page, await start(one, "/admin/costs")
    await hands.choose("Pause")
    await hands.on("Resume")
    await hands.press("Enter")
    await hands.choose("Filter")
    await hands.on("What")
    await hands.press("Escape")
    await hands.on("Filter")
    await hands.choose("Show as table")
    await hands.on("Show as chart")
    await hands.choose("Acknowledge")
    await expect(page.get_by_role("button", name="Acknowledge")).to_be_disabled()
    await hands.somewhere()
    await hands.choose("Inspect")
    await hands.somewhere()


async def test_people_prices_rules_and_the_log(visit: VisitMaker) -> None:
    one = await visit("/admin/users", role="admin")
    page, hands = one.page, await start(one, "/admin/users")
    await hands.choose("New user")
    await hands.on("E-mail")
    await hands.to("State")
    await hands.press("Tab", "Enter")
    await page.wait_for_url("**/admin/users/*")
    await hands.choose("Plan", "ArrowUp")
    await hands.to("Credits")
    await hands.write("50")
    await hands.to("Reason")
    await hands.write("Thanks")
    await hands.choose("Give credits")
    await hands.on("Cancel")
    await hands.choose("Give credits")
    await shown(page.get_by_text("50 credits are booked."))
    await hands.somewhere()

    hands = await start(one, "/admin/prices")
    await hands.choose("demo/causerie-demo")
    await hands.somewhere()

    hands = await start(one, "/admin/alerts?view=rules")
    await hands.fill(Failed_calls="9")
    await hands.choose("Save figures")
    await shown(page.get_by_role("button", name="Back to the setting: 5 %"))
    await hands.somewhere()
    await hands.choose("Back to the setting: 5 %")
    await expect(page.get_by_role("button", name="Back to the setting: 5 %")).to_have_count(0)
    await hands.somewhere()

    hands = await start(one, "/admin/audit")
    await hands.choose("What", "ArrowDown")
    await hands.on("What")
