"""Administering users in the browser, and who may not."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import VisitMaker
from tests.browser.test_pages import inspect
from tests.support.server import LiveServer

CAPTION = """() => fetch("/api/ai/generate-caption", {
  method: "POST", headers: { "content-type": "application/json" },
  body: JSON.stringify({ platform: "instagram",
    contentInfo: { type: "photo", description: "A walk at the sea" } }),
}).then((answer) => answer.text())"""

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_whoever_is_no_admin_is_told_so_and_sees_nobody(visit: VisitMaker) -> None:
    one = await visit()
    one.refusals.add(403)
    for path in ("/admin/users", "/admin/audit"):
        await one.page.goto(one.origin + path)
        await expect(one.page.get_by_text("Only an admin may do that.")).to_be_visible()
        await expect(
            one.page.locator("causerie-users, causerie-audit").get_by_role("listitem")
        ).to_have_count(0)
    await expect(one.page.get_by_role("link", name="Users")).to_have_count(0)


async def test_a_new_user_comes_in_by_the_link_that_is_shown_once(visit: VisitMaker) -> None:
    admin = await visit("/admin/users", role="admin")
    await admin.page.get_by_role("button", name="New user").click()
    await (
        admin.page.get_by_label("E-mail", exact=True)
        .filter(visible=True)
        .fill("New.One@example.com")
    )
    await admin.page.keyboard.press("Enter")
    link = await admin.page.locator("causerie-once code").inner_text()
    new = await visit("/sign-in", role=None)
    await new.page.goto(link)
    await new.page.wait_for_url(new.origin + "/")
    assert (await new.chat.api("/api/auth/me"))["email"] == "new.one@example.com"


async def test_who_is_suspended_is_out_at_once_and_comes_back(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    user = await visit()
    who = (await user.chat.api("/api/auth/me"))["id"]
    admin = await visit(f"/admin/users/{who}", role="admin")
    suspend = admin.page.get_by_role("button", name="Suspend")
    place = await suspend.bounding_box()
    await suspend.click()
    let_in = admin.page.get_by_role("button", name="Let in")
    await expect(let_in).to_be_visible()
    # Nothing graver has moved to where a second click would go.
    assert await let_in.bounding_box() == place
    await expect(user.page.get_by_role("heading", name="Signed out")).to_be_visible()
    await let_in.click()
    await expect(suspend).to_be_visible()
    await admin.page.get_by_role("button", name="Make link").click()
    await user.page.goto(await admin.page.locator("causerie-once code").inner_text())
    await user.page.wait_for_url(user.origin + "/")


async def test_the_audit_log_is_narrowed_by_what_is_clicked_and_widened_by_going_back(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    admin = await visit(role="admin")
    who = (await admin.chat.api("/api/auth/me"))["id"]
    await admin.page.goto(f"{admin.origin}/admin/users/{who}")
    await admin.page.get_by_label("Plan").select_option("Pro plan")
    await expect(admin.page.get_by_text("Changed.")).to_be_visible()
    await admin.page.get_by_role("link", name="What was changed about this user").click()
    await expect(admin.page.locator("causerie-audit").get_by_role("listitem")).to_have_count(3)
    entries = admin.page.locator("causerie-audit").get_by_role("listitem")
    what = admin.page.get_by_role("combobox", name="What", exact=True)
    await admin.page.get_by_role("button", name="Plan chosen").click()
    await expect(entries).to_have_count(1)
    await expect(admin.page.locator("dd")).to_have_text("before: business → after: pro")
    await expect(what).to_have_value("user.plan")
    assert "action=user.plan" in admin.page.url
    today = datetime.now(UTC).date()
    await admin.page.get_by_label("To, UTC").fill(str(today - timedelta(days=1)))
    await expect(admin.page.get_by_text("No entry fits.")).to_be_visible()
    await admin.page.get_by_label("To, UTC").fill(str(today + timedelta(days=1)))
    await expect(entries).to_have_count(1)
    await entries.get_by_role("link").click()
    await admin.page.wait_for_url(f"**/admin/users/{who}")
    await admin.page.go_back()
    await expect(entries).to_have_count(1)
    await admin.page.get_by_role("button", name="Clear filters").click()
    await expect(entries.nth(1)).to_be_visible()
    assert admin.page.url.endswith("/admin/audit")
    await admin.page.go_back()
    await expect(what).to_have_value("user.plan")
    await inspect(admin, "audit")


async def test_how_providers_do_and_who_was_asked_is_seen_and_narrowed(visit: VisitMaker) -> None:
    creator = await visit()
    who = (await creator.chat.api("/api/auth/me"))["id"]
    await creator.page.evaluate(CAPTION)
    admin = await visit("/admin/providers", role="admin")
    row = admin.page.get_by_role("row", name="causerie-demo")
    await expect(row).to_contain_text("answers")
    await inspect(admin, "providers")
    await admin.page.get_by_role("radio", name="Routing").click()
    await expect(admin.page.get_by_text("A post needs words.").first).to_be_visible()
    narrowed = f"{admin.origin}/admin/providers?view=routing&creatorId={who}"
    await admin.page.goto(f"{narrowed}&agent=analytics")
    await expect(admin.page.get_by_text("No decision fits.")).to_be_visible()
    await admin.page.get_by_role("combobox", name="Agent").select_option("content")
    await expect(admin.page.get_by_text("A post needs words.")).to_have_count(1)
    assert admin.page.url == f"{narrowed}&agent=content"
    await inspect(admin, "routing")
