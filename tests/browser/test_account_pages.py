"""Doors, settings, workspaces and administration, in both themes, wide and on a phone."""

import pytest
from playwright.async_api import ViewportSize, expect

from server.persistence import people
from tests.browser.conftest import PHONE, WIDE, Scheme, Visit, VisitMaker
from tests.browser.people import PASSWORD, fill, sign_up
from tests.browser.test_pages import inspect, label
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MOVED_MAX = 0.02
"""Layout shift of a page that comes together."""

WATCH = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});"""


SIZES = [pytest.param(size, id=str(size["width"])) for size in (WIDE, PHONE)]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

SETTLED = "Promise.all(document.getAnimations().map((animation) => animation.finished))"
"""Colours change within a moment."""


async def inspect_both(one: Visit, name: str, size: ViewportSize) -> None:
    """The page as it is, in both themes: those differ in colours alone."""
    for scheme in SCHEMES:
        await one.page.emulate_media(color_scheme=scheme)
        await one.page.evaluate(SETTLED)
        await inspect(one, label(name, scheme, size))


async def opened(one: Visit, path: str, heading: str) -> None:
    """Goes there; nothing moves while the page comes together."""
    await one.page.goto(one.origin + path)
    await expect(one.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    await one.page.wait_for_load_state("networkidle")
    assert await one.page.evaluate("window.shifted") <= MOVED_MAX


@pytest.mark.parametrize("size", SIZES)
async def test_doors(visit: VisitMaker, live_server: LiveServer, size: ViewportSize) -> None:
    one = await visit("/sign-in", role=None, size=size)
    await one.page.add_init_script(WATCH)
    await opened(one, "/sign-in", "Sign in to Causerie")
    await inspect_both(one, "door-sign-in", size)
    await opened(one, "/sign-up", "Create an account")
    await fill(one, email="somebody@example.com", password="short")
    await inspect_both(one, "door-sign-up", size)
    await fill(one, password=PASSWORD)
    await expect(one.page.get_by_role("heading", name="Check your mail")).to_be_visible()
    await inspect_both(one, "door-sign-up-sent", size)
    await opened(one, "/forgot", "Forgot your password?")
    await inspect_both(one, "door-forgot", size)
    await opened(one, "/confirm#cl_nothing", "Confirm your e-mail address")
    await inspect_both(one, "door-confirm", size)
    await one.page.get_by_role("button", name="Confirm and sign in").click()
    await expect(one.page.get_by_text("It has been used")).to_be_visible()
    await inspect_both(one, "door-confirm-spent", size)
    await opened(one, "/reset#cl_nothing", "Set a new password")
    await inspect_both(one, "door-reset", size)
    await opened(one, "/invitation#ci_nothing", "You are invited to a workspace")
    await inspect_both(one, "door-invitation", size)
    await sign_up(one, live_server)
    await opened(one, "/invitation#ci_nothing", "You are invited to a workspace")
    await inspect_both(one, "door-invitation-accept", size)


@pytest.mark.parametrize("size", SIZES)
async def test_settings_and_keys(
    visit: VisitMaker, live_server: LiveServer, size: ViewportSize
) -> None:
    one = await visit("/sign-in", role=None, size=size)
    await one.page.add_init_script(WATCH)
    await sign_up(one, live_server)
    await opened(one, "/settings", "Settings")
    await inspect_both(one, "settings", size)
    await one.page.get_by_role("button", name="Delete account").click()
    await fill(one, confirm="no")
    await inspect_both(one, "settings-delete", size)

    await opened(one, "/workspaces", "Workspaces")
    await fill(one, name="Weavers")
    await expect(one.page.get_by_role("heading", name="Weavers")).to_be_visible()
    await opened(one, "/settings/keys", "API keys")
    await fill(one, name="Nightly report")
    await one.page.get_by_text("What it may do, how long, and where").click()
    await one.page.get_by_label("Only what it needs").check()
    await one.page.get_by_label("Expires").select_option("in 30 days")
    await one.page.get_by_label("Its turns belong to").select_option("Weavers")
    await fill(one, name="Embedded chat of the shop")
    await expect(one.page.get_by_text("Only: read, turns")).to_be_visible()
    await inspect_both(one, "keys-narrow", size)
    await one.page.get_by_role("button", name="Rotate Nightly report").click()
    await inspect_both(one, "keys-rotate", size)


@pytest.mark.parametrize("size", SIZES)
async def test_workspaces(visit: VisitMaker, size: ViewportSize) -> None:
    one = await visit(size=size)
    await one.page.add_init_script(WATCH)
    await opened(one, "/workspaces", "Workspaces")
    await fill(one, name="Weavers of the north")
    await expect(one.page.get_by_role("heading", name="Weavers of the north")).to_be_visible()
    await fill(one, email="guest@example.com")
    link = await one.page.locator("causerie-once code").inner_text()
    guest = await visit()
    await guest.page.goto(link)
    await guest.page.get_by_role("button", name="Accept invitation").click()
    await expect(guest.page.get_by_text("Everybody pays for their own")).to_be_visible()
    await opened(one, one.page.url.removeprefix(one.origin), "Weavers of the north Owner")
    await fill(one, email="another@example.com")
    await one.page.get_by_role("switch").check()
    await expect(one.page.get_by_text("The workspace pays for turns in it.")).to_be_visible()
    await expect(one.page.get_by_text("until an administrator grants it some")).to_be_visible()
    await inspect_both(one, "workspace", size)
    await one.page.get_by_role("button", name="Remove").click()
    await inspect_both(one, "workspace-remove", size)
    await one.page.get_by_role("button", name="Cancel").click()
    await one.page.get_by_label("Role of").select_option("Owner")
    await expect(one.page.get_by_text("The role was changed.")).to_be_visible()
    await one.page.get_by_role("button", name="Leave workspace").click()
    await one.page.get_by_role("button", name="Leave workspace").last.click()
    await expect(one.page.get_by_text("You have left the workspace.")).to_be_visible()
    await inspect_both(one, "workspaces", size)


@pytest.mark.parametrize("size", SIZES)
async def test_administration(
    visit: VisitMaker, live_server: LiveServer, size: ViewportSize
) -> None:
    one = await visit(role="admin", size=size)
    await one.page.add_init_script(WATCH)
    email = await live_server.new_user()
    await opened(one, "/admin/users", "Users")
    await one.page.get_by_role("button", name="New user").click()
    await inspect_both(one, "users", size)
    await one.page.get_by_label("Name, e-mail or id").fill(email)
    await expect(one.page.locator("causerie-users").get_by_role("listitem")).to_have_count(1)
    await one.page.get_by_role("link", name=email.partition("@")[0]).click()
    await one.page.get_by_label("Plan").select_option("Pro plan")
    await expect(one.page.get_by_text("Changed.").first).to_be_visible()
    await one.page.get_by_role("button", name="Make link").click()
    await expect(one.page.locator("causerie-once code")).to_contain_text("/sign-in#")
    await one.page.get_by_role("button", name="Suspend").click()
    await expect(one.page.get_by_role("button", name="Let in")).to_be_visible()
    await inspect_both(one, "user", size)
    await one.page.get_by_role("link", name="What was changed about this user").click()
    await expect(one.page.get_by_role("button", name="User suspended")).to_be_visible()
    await inspect_both(one, "audit", size)
    await one.page.go_back()
    await one.page.get_by_role("button", name="Delete user").click()
    await one.page.get_by_role("button", name="Delete user").last.hover()
    await inspect_both(one, "user-delete", size)
    await one.page.get_by_role("button", name="Delete user").last.click()
    await expect(one.page.get_by_text("The user is being deleted.")).to_be_visible()
    await one.page.get_by_label("Name, e-mail or id").fill(email)
    leaving = one.page.get_by_text("being deleted", exact=True)
    await expect(leaving.or_(one.page.get_by_text("Nobody fits."))).to_be_visible()


async def test_nothing_is_wider_than_the_narrowest_screen(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit(role="admin", size={"width": 320, "height": 640}, has_touch=True)
    user = (await one.chat.api("/api/auth/me"))["id"]
    async with live_server.database() as (_, database), database.transaction() as tx:
        await people.change(tx, user, {"email": f"{user}{'w' * 60}@example.com"})
    await one.page.goto(one.origin + "/workspaces")
    await fill(one, name="W" * 100)
    await one.page.wait_for_url("**/workspaces/*")
    await fill(one, email=f"{'somebody' * 6}@{'example' * 8}.com")
    await expect(one.page.locator("causerie-once")).to_be_visible()
    here = one.page.url.removeprefix(one.origin)
    for path in (
        here,
        "/workspaces",
        "/settings",
        "/settings/keys",
        "/admin/users",
        f"/admin/users/{user}",
        "/admin/audit",
        "/forgot",
    ):
        await one.page.goto(one.origin + path)
        await one.page.wait_for_load_state("networkidle")
        await expect(one.page.locator("h1").first).to_be_visible()
        assert await one.page.evaluate("document.documentElement.scrollWidth") == 320, path
