"""Credits as admins book them: given once an order number, given back for a turn, sold in packs."""

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit, VisitMaker
from tests.browser.test_pages import LOOKS, inspect, label

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def opened(visit: VisitMaker, **options: Any) -> tuple[Visit, Visit]:
    """Somebody who has asked something, and an admin on their page."""
    creator = await visit()
    await creator.chat.ask("Say hello [demo: fast]")
    who = (await creator.chat.api("/api/auth/me"))["id"]
    admin = await visit(role="admin", **options)
    await admin.page.goto(f"{admin.origin}/admin/users/{who}")
    await expect(admin.page.locator("causerie-user-turns").get_by_role("listitem")).to_have_count(
        1, timeout=15_000
    )
    return creator, admin


async def spendable(creator: Visit) -> float:
    return float((await creator.chat.api("/api/credits?limit=1"))["spendable"])


def dialog(admin: Visit, element: str) -> Locator:
    return admin.page.locator(f"{element} causerie-dialog")


async def test_credits_are_given_once_an_order_number_and_seen_by_whoever_gets_them(
    visit: VisitMaker,
) -> None:
    creator, admin = await opened(visit)
    before = await spendable(creator)
    form = admin.page.locator("causerie-booking")
    order = f"Order {id(creator)}"
    for words in ("25 credits are booked. The balance", "That was booked before: 25 credits"):
        await form.get_by_label("Credits", exact=True).fill("25")
        await form.get_by_label("Reason").fill("For the outage")
        await form.get_by_label("Order number").fill(order)
        await form.get_by_role("button", name="Give credits").first.click()
        await expect(form.get_by_text("25 credits are booked for")).to_be_visible()
        await dialog(admin, "causerie-booking").get_by_role("button", name="Give credits").click()
        await expect(admin.page.get_by_text(words)).to_be_visible()
    assert await spendable(creator) == pytest.approx(before + 25)
    await form.get_by_label("Credits", exact=True).fill("-3")
    await form.get_by_label("Reason").fill("Nothing")
    await form.get_by_role("button", name="Give credits").first.click()
    await expect(form.get_by_text("A number above 0")).to_be_visible()
    await admin.page.get_by_role("link", name="What was changed about this user").click()
    entry = admin.page.locator("causerie-audit").get_by_role("listitem").first
    await expect(entry).to_contain_text("For the outage")


async def test_a_turn_is_given_back_with_a_reason(visit: VisitMaker) -> None:
    creator, admin = await opened(visit)
    before = await spendable(creator)
    turns = admin.page.locator("causerie-user-turns")
    await turns.get_by_role("button", name="Refund").first.click()
    await turns.get_by_label("Reason").fill("It was cut off")
    await dialog(admin, "causerie-user-turns").get_by_role("button", name="Refund").click()
    await expect(admin.page.get_by_text("0 are left of what was charged.")).to_be_visible()
    assert await spendable(creator) > before
    # Nothing is left of it: the server's words stand in the dialog, and nothing is booked.
    admin.refusals.add(409)
    await turns.get_by_role("button", name="Refund").first.click()
    await turns.get_by_label("Reason").fill("Once more")
    await dialog(admin, "causerie-user-turns").get_by_role("button", name="Refund").click()
    await expect(turns.locator(".problem")).to_be_visible()


async def test_packs_are_made_offered_or_not_and_sold(visit: VisitMaker) -> None:
    creator, admin = await opened(visit)
    page = admin.page.url
    await admin.page.goto(admin.origin + "/admin/prices")
    packs = admin.page.locator("causerie-packs")
    name = f"Pack {id(creator)}"
    await packs.get_by_label("Name").fill(name)
    await packs.get_by_label("Credits", exact=True).fill("100")
    await packs.get_by_label("Price, $").fill("9.50")
    await packs.get_by_role("button", name="Offer pack").click()
    row = packs.get_by_role("listitem").filter(has_text=name)
    await expect(row).to_contain_text("100 credits for $9.50")
    await admin.page.goto(page)
    form = admin.page.locator("causerie-booking")
    await form.get_by_label("What").select_option(label=f"{name}: 100 credits for $9.50")
    await form.get_by_label("Reason").fill("Paid in the shop")
    await form.get_by_role("button", name="Give credits").first.click()
    await dialog(admin, "causerie-booking").get_by_role("button", name="Give credits").click()
    await expect(admin.page.get_by_text("100 credits are booked.")).to_be_visible()
    await admin.page.goto(admin.origin + "/admin/prices")
    await row.get_by_role("button", name="Stop offering").click()
    await expect(row).to_contain_text("not offered")
    await row.get_by_role("button", name="Delete").click()
    await dialog(admin, "causerie-packs").get_by_role("button", name="Delete").click()
    await expect(row).to_have_count(0)


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_a_user_looks(visit: VisitMaker, scheme: Any, size: Any) -> None:
    _, admin = await opened(visit, scheme=scheme, size=size)
    await inspect(admin, label("admin-user", scheme, size))
