"""Every page in both themes, wide and on a phone: accessible, nothing cut off, kept as pictures."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import ViewportSize, expect

from tests.browser.conftest import PHONE, WIDE, Scheme, Visit, VisitMaker

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AXE = Path(__file__).parents[2] / "static" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

LOOKS = [
    pytest.param(scheme, size, id=f"{scheme}-{size['width']}")
    for scheme in ("light", "dark")
    for size in (WIDE, PHONE)
]


async def inspect(one: Visit, name: str) -> None:
    """Axe finds nothing, nothing is wider than the window; a picture is kept."""
    await one.shot(name)
    await check(one)


async def check(one: Visit) -> None:
    # The page's policy forbids scripts from strings, so axe comes by the debugger's door, once.
    if not await one.page.evaluate("'axe' in window"):
        await one.page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = await one.page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags}).then((result) => result.violations.map("
        "({id, nodes}) => ({id, targets: nodes.map((node) => node.target.join(' '))})))",
        RULES,
    )
    assert found == []
    widths = await one.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths[0] <= widths[1]


def label(page: str, scheme: Scheme, size: ViewportSize) -> str:
    return f"{page}-{scheme}-{size['width']}"


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_chat(visit: VisitMaker, scheme: Scheme, size: ViewportSize) -> None:
    one = await visit(scheme=scheme, size=size)
    await expect(one.page.locator("causerie-empty .demo")).to_be_visible()
    await inspect(one, label("chat-empty", scheme, size))
    await one.chat.say("Compare the plans in a table and show a python function")
    await one.chat.writing(150)
    await one.shot(label("chat-streaming", scheme, size))
    await one.chat.ended(0)
    await one.chat.receipts.first.click()
    await inspect(one, label("chat-receipt", scheme, size))
    await one.chat.ask("Once more [demo: fail after 20]")
    await inspect(one, label("chat-failed", scheme, size))
    await one.chat.say("Slowly, please [demo: slow]")
    await one.chat.writing(10)
    await one.chat.box.fill("This one waits")
    await one.page.get_by_role("button", name="Send next").click()
    await inspect(one, label("chat-waiting", scheme, size))
    await one.chat.stop.click()


async def test_the_rest_interface_fits_a_phone(visit: VisitMaker) -> None:
    """Too long a page for a picture of all of it."""
    one = await visit(size=PHONE)
    await one.page.goto(one.origin + "/api/docs")
    await check(one)


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_menus(visit: VisitMaker, scheme: Scheme, size: ViewportSize) -> None:
    one = await visit(scheme=scheme, size=size, role="admin")
    await one.page.get_by_role("button", name="Model:").click()
    await expect(one.page.get_by_role("option").first).to_be_visible()
    await inspect(one, label("models", scheme, size))
    await one.page.keyboard.press("Escape")
    if size is PHONE:
        await one.page.get_by_role("button", name="Show conversations").click()
    await one.page.get_by_role("button", name="Account").click()
    await expect(one.page.get_by_role("menuitem", name="Live costs")).to_be_visible()
    await inspect(one, label("account", scheme, size))


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_live_costs(visit: VisitMaker, scheme: Scheme, size: ViewportSize) -> None:
    one = await visit(scheme=scheme, size=size, role="admin")
    await one.chat.ask("Say hello [demo: fast]")
    await one.page.goto(one.origin + "/admin/costs")
    await expect(one.page.locator(".ranking tbody tr").first).to_be_visible()
    await expect(one.page.locator("causerie-chart canvas")).to_be_visible()
    await one.page.wait_for_timeout(300)
    await inspect(one, label("live-costs", scheme, size))


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_keys_not_found_and_sign_in(
    visit: VisitMaker, scheme: Scheme, size: ViewportSize
) -> None:
    one = await visit("/settings/keys", scheme=scheme, size=size)
    await one.page.get_by_role("textbox", name="Name of the key").fill("Nightly report")
    await one.page.keyboard.press("Enter")
    await expect(one.page.get_by_text("It will not be shown again")).to_be_visible()
    await inspect(one, label("keys", scheme, size))
    await one.page.get_by_role("button", name="Revoke Nightly report").click()
    await inspect(one, label("keys-revoke", scheme, size))
    await one.page.get_by_role("button", name="Revoke", exact=True).click()
    await expect(one.page.get_by_text("No keys yet.")).to_be_visible()

    await one.page.get_by_role("link", name="Causerie").click()
    await one.page.wait_for_url(one.origin + "/")
    await one.page.evaluate("history.pushState(null, '', '/chat/nowhere/at-all')")
    await one.page.reload()
    await expect(one.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    await inspect(one, label("not-found", scheme, size))

    if size is PHONE:
        await one.page.get_by_role("button", name="Show pages").click()
    await one.page.get_by_role("button", name="Account").click()
    await one.page.get_by_role("menuitem", name="Sign out").click()
    await expect(one.page.get_by_role("heading", name="Sign in to Causerie")).to_be_visible()
    await one.page.get_by_role("button", name="Sign in").click()
    await expect(one.page.get_by_text("Fill in this field.").first).to_be_visible()
    await one.page.wait_for_timeout(200)
    await inspect(one, label("sign-in", scheme, size))
    # That nobody is signed in is an answer, though the browser's console counts it as an error.
    one.trouble[:] = [line for line in one.trouble if "401" not in line]


async def test_the_chosen_theme_is_kept(visit: VisitMaker) -> None:
    one = await visit()
    ground = "getComputedStyle(document.body).backgroundColor"
    light = await one.page.evaluate(ground)
    await one.page.get_by_role("button", name="Account").click()
    await one.page.get_by_role("menuitemradio", name="Dark").click()
    dark = await one.page.evaluate(ground)
    assert light != dark
    await one.page.reload()
    await expect(one.page.locator("causerie-empty")).to_be_visible()
    assert await one.page.evaluate(ground) == dark
