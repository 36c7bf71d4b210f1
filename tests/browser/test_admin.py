"""Administering users in the browser, and who may not."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import VisitMaker
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_whoever_is_no_admin_is_told_so_and_sees_nobody(visit: VisitMaker) -> None:
    one = await visit()
    one.refusals.add(403)
    for path in ("/admin/users", "/admin/audit"):
        await one.page.goto(one.origin + path)
        await expect(one.page.get_by_text("Only an admin may do that.")).to_be_visible()
        await expect(one.page.get_by_role("listitem")).to_have_count(0)
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
    await new.page.wait_for_url("**/chat")
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
    await user.page.wait_for_url("**/chat")


async def test_the_audit_log_is_narrowed_by_what_is_clicked_and_widened_by_going_back(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    admin = await visit(role="admin")
    who = (await admin.chat.api("/api/auth/me"))["id"]
    await admin.page.goto(f"{admin.origin}/admin/users/{who}")
    await admin.page.get_by_label("Plan").select_option("pro plan")
    await expect(admin.page.get_by_text("Changed.")).to_be_visible()
    await admin.page.get_by_role("link", name="What was changed about this user").click()
    await expect(admin.page.get_by_role("listitem")).to_have_count(3)
    await admin.page.get_by_role("button", name="user.plan").click()
    await expect(admin.page.get_by_role("listitem")).to_have_count(1)
    await expect(admin.page.locator("dd")).to_have_text("before: business → after: pro")
    await admin.page.go_back()
    await expect(admin.page.get_by_role("listitem")).to_have_count(3)
