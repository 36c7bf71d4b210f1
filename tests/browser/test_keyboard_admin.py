"""What administrators do with people, incidents and live figures, by keys alone."""

import pytest
from playwright.async_api import expect

from server.domain.ids import new_id
from tests.browser.conftest import VisitMaker
from tests.browser.test_alerts import CALL, MODEL, Incidents, incidents, panel
from tests.browser.test_keyboard_pages import shown, start
from tests.support.server import LiveServer

__all__ = ["incidents"]

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_an_alert_is_acknowledged_its_scope_paused_and_let_go_on(
    visit: VisitMaker, incidents: Incidents
) -> None:
    await incidents.open("feature", "image", explanation="4.4 times the usual.")
    one = await visit("/admin/costs", role="admin")
    page, hands = one.page, await start(one, "/admin/costs")
    await shown(panel(one).get_by_role("listitem"))
    await hands.choose("Acknowledge")
    await expect(page.get_by_role("button", name="Acknowledged")).to_be_disabled()
    await hands.somewhere()
    await hands.to("Inspect", back=True)
    await hands.choose("Pause")
    await shown(panel(one).get_by_text("Paused: new turns of it are refused."))
    await hands.somewhere()
    # The way back is in the news, one region away.
    await hands.press("F6")
    await hands.on("Undo")
    await hands.press("Enter")
    await shown(panel(one).get_by_role("button", name="Pause"))
    await hands.somewhere()


async def test_live_figures_are_read_narrowed_and_opened(visit: VisitMaker) -> None:
    one = await visit(role="admin")
    await one.chat.ask("Say hello [demo: fast]")
    page, hands = one.page, await start(one, "/admin/costs?range=1h")
    await shown(page.locator(".dearest li"))
    await hands.to("Cost per second by model")
    await hands.press("End", "ArrowLeft", "ArrowLeft")
    await shown(page.locator("causerie-chart .cursor:not([hidden])"))
    await hands.choose("causerie-demo")
    await shown(page.locator("causerie-call-receipt dl"))
    await hands.on("Close")
    await hands.press("Enter")
    await hands.on("causerie-demo")

    await hands.to("Filter", back=True)
    await hands.press("Enter")
    await hands.on("What")
    await shown(page.get_by_label("Which"))
    await hands.to("Which")
    await hands.press("c")
    await shown(page.get_by_role("button", name="Remove filter Chat"))
    await hands.somewhere()
    await hands.to("Remove filter Chat", back=True)
    await hands.press("Enter")
    await expect(page.get_by_role("button", name="Remove filter Chat")).to_have_count(0)
    await hands.somewhere()
    await hands.to("1 h", back=True)
    await hands.press("ArrowRight", "ArrowRight")
    await hands.on("Dates")
    await hands.to("From, UTC")
    await hands.to("To, UTC")
    await hands.to("Model")
    await hands.press("ArrowLeft")
    await hands.on("Agent")


async def test_an_incident_is_opened_and_something_is_held_back(
    visit: VisitMaker, incidents: Incidents
) -> None:
    await incidents.open("model", MODEL, evidence={"call": CALL})
    one = await visit("/admin/alerts", role="admin")
    page, hands = one.page, await start(one, "/admin/alerts")
    incident = page.locator("causerie-incidents .head").first
    await shown(incident)
    await hands.choose("State", "o")
    await hands.to("About")
    await hands.press("Tab", "Enter")
    await expect(incident).to_have_attribute("aria-expanded", "true")
    await hands.choose("Acknowledge")
    await shown(page.get_by_role("button", name="Acknowledged"))
    await hands.somewhere()

    hands = await start(one, "/admin/alerts?view=pauses")
    await hands.choose("What", "f")
    await hands.fill(Name="image")
    await hands.choose("How long", "ArrowDown")
    await hands.fill(Reason="To see")
    await hands.choose("Pause")
    await hands.on("Cancel")
    await hands.press("Escape")
    await hands.on("Pause")
    await hands.press("Enter")
    await hands.choose("Pause")
    await shown(page.get_by_role("button", name="Let it go on"))
    await hands.somewhere()
    await hands.to("Pause", back=True)
    await hands.choose("Let it go on")
    await expect(page.get_by_role("button", name="Let it go on")).to_have_count(0)
    await hands.somewhere()


async def test_somebody_is_found_held_off_let_in_and_given_a_link(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    email = await live_server.new_user()
    one = await visit("/admin/users", role="admin")
    page, hands = one.page, await start(one, "/admin/users")
    await hands.choose("New user")
    await hands.on("E-mail")
    await one.page.keyboard.type(f"{new_id()}@example.com")
    await hands.press("Enter")
    await shown(page.locator("causerie-once"))
    await hands.choose("Copy link")
    await hands.on("Copy link")
    await hands.to("Name, e-mail or id")
    await hands.write(email)
    await expect(page.locator("causerie-users .row")).to_have_count(1)
    await hands.to("State")
    await hands.press("Tab", "Enter")
    await page.wait_for_url("**/admin/users/*")
    await shown(page.get_by_role("heading", level=1))
    await hands.choose("Suspend")
    await shown(page.get_by_role("button", name="Let in"))
    await hands.somewhere()
    await hands.to("Plan", back=True)
    await hands.choose("Let in")
    await shown(page.get_by_role("button", name="Suspend"))
    await hands.somewhere()
    await hands.choose("Make link")
    await shown(page.locator("causerie-once"))
    await hands.somewhere()
    await hands.choose("Delete user")
    await hands.on("Cancel")
    await hands.press("Enter")
    await hands.on("Delete user")
    await hands.to("All users", back=True)
    await hands.press("Enter")
    await page.wait_for_url("**/admin/users")
    await hands.somewhere()

    hands = await start(one, "/admin/audit")
    await hands.to("To, UTC")
    await shown(page.locator("causerie-audit .entry"))
    await hands.choose("Only this")
    await shown(page.get_by_role("button", name="Clear filters"))
    await hands.somewhere()
    await hands.to("Clear filters", back=True)
    await hands.press("Enter")
    await expect(page.get_by_role("button", name="Clear filters")).to_have_count(0)
    await hands.somewhere()
