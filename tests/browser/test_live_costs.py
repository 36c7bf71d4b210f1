"""The monitor: a cost is seen while it arises and within a second of its end, by admins only."""

import re
import time

import pytest
from playwright.async_api import expect

from tests.browser.conftest import VisitMaker
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WITHIN_S = 1.0
"""From the receipt in the chat to the figure in the monitor."""

TILE = """(name) => {
  const find = (root) => [...root.querySelectorAll("*")].flatMap((element) => [
    ...(element.matches(".tile") ? [element] : []),
    ...(element.shadowRoot ? find(element.shadowRoot) : []),
  ]);
  const tile = find(document).find((one) => one.querySelector("dt").textContent === name);
  return tile?.querySelector(".value").textContent;
}"""


async def test_a_cost_shows_while_it_arises_and_within_a_second_of_its_end(
    visit: VisitMaker,
) -> None:
    admin = await visit("/admin/costs", role="admin")
    await expect(admin.page.get_by_text(re.compile("^Live, "))).to_be_visible()
    await admin.page.wait_for_function(f"() => ({TILE})('Today') !== undefined")
    before = await admin.page.evaluate(TILE, "Today")
    creator = await visit()
    await creator.chat.say("Compare the plans in a table and show a python function")
    await creator.chat.writing(40)
    await admin.page.wait_for_function(f"() => ({TILE})('In flight') === '1 turn'", timeout=3_000)
    await admin.shot("live-costs-running")
    await creator.chat.ended(0)
    ended = time.monotonic()
    await admin.page.wait_for_function(
        f"(before) => ({TILE})('Today') !== before", arg=before, polling=20, timeout=5_000
    )
    took = time.monotonic() - ended
    await expect(admin.page.get_by_role("rowheader", name="causerie-demo")).to_be_visible()
    await expect(admin.page.locator(".dearest li").first).to_be_visible()
    await admin.page.wait_for_function(f"() => ({TILE})('In flight') === '0 turns'", timeout=5_000)
    assert took <= WITHIN_S


async def test_a_row_becomes_a_filter_in_the_address(visit: VisitMaker) -> None:
    creator = await visit()
    await creator.chat.ask("Say hello [demo: fast]")
    admin = await visit("/admin/costs?group=feature", role="admin")
    # As people know it, here and beside each of the dearest requests; the address keeps the wire's.
    await expect(admin.page.get_by_role("rowheader", name="Chat", exact=True)).to_be_visible()
    await expect(admin.page.locator(".dearest li").first).to_contain_text("Chat")
    await admin.page.get_by_role("rowheader", name="chat").get_by_role("button").click()
    assert admin.page.url.endswith("?group=feature&feature=chat")
    await admin.page.get_by_role("radio", name="1 h").click()
    await admin.page.reload()
    await expect(admin.page.get_by_role("radio", name="1 h")).to_be_checked()
    await admin.page.get_by_role("button", name="Remove filter chat").click()
    assert admin.page.url.endswith("/admin/costs?range=1h&group=feature")


async def test_a_filter_is_added_by_name_and_a_request_shows_its_receipt(
    visit: VisitMaker,
) -> None:
    creator = await visit()
    await creator.chat.ask("Say hello [demo: fast]")
    admin = await visit("/admin/costs?group=feature", role="admin")
    await admin.page.get_by_role("button", name="Filter", exact=True).click()
    choice = admin.page.locator("causerie-cost-filter")
    await choice.get_by_label("What").select_option("provider")
    await choice.get_by_label("Which").select_option("demo")
    await expect(admin.page.get_by_text("Provider: demo")).to_be_visible()
    assert admin.page.url.endswith("?group=feature&provider=demo")
    await admin.page.locator(".legend").get_by_role("button", name="chat").click()
    await expect(admin.page.get_by_text("Feature: chat")).to_be_visible()
    await admin.page.locator(".dearest").get_by_role("button").first.click()
    receipt = admin.page.locator("causerie-call-receipt")
    await expect(receipt).to_contain_text("Chat, Assistant, ")
    await expect(receipt).to_contain_text("demo/causerie-demo")
    await receipt.get_by_role("button", name="Close").click()
    await expect(receipt).to_have_count(0)
    chart = admin.page.get_by_role("img", name="Cost per second")
    await chart.focus()
    await admin.page.keyboard.press("ArrowLeft")
    await expect(chart.locator(".cursor")).to_be_visible()
    spoken = admin.page.locator("causerie-announcer").get_by_text(re.compile("UTC: "))
    await expect(spoken).to_have_count(1)


async def test_the_curve_can_be_read_as_a_table(visit: VisitMaker) -> None:
    creator = await visit()
    await creator.chat.ask("Say hello [demo: fast]")
    admin = await visit("/admin/costs", role="admin")
    await admin.page.get_by_role("button", name="Show as table").click()
    table = admin.page.get_by_role("table").first
    await expect(table.get_by_role("columnheader").first).to_have_text("Time, UTC")
    await expect(table.get_by_role("cell").first).to_contain_text("$")


async def test_a_long_name_leaves_room_for_its_figures(visit: VisitMaker) -> None:
    creator = await visit()
    rename = {"name": "Anastasia Konstantinopolskaya-Featherstonehaugh of Northumberland"}
    changed = await creator.page.context.request.patch(
        creator.origin + "/api/auth/me", data=rename, headers={"origin": creator.origin}
    )
    assert changed.ok
    await creator.chat.ask("Say hello [demo: fast]")
    who = (await creator.chat.api("/api/auth/me"))["id"]
    admin = await visit(f"/admin/costs?group=creator&creatorId={who}", role="admin")
    await expect(admin.page.get_by_role("rowheader", name="Anastasia")).to_be_visible()
    box = admin.page.get_by_role("region", name="Ranking")
    for width in (1440, 1180, 1024):
        await admin.page.set_viewport_size({"width": width, "height": 800})
        assert await box.evaluate("(box) => box.scrollWidth <= box.clientWidth"), width


async def test_what_is_shown_is_exported_call_by_call(visit: VisitMaker) -> None:
    creator = await visit()
    await creator.chat.ask("Say hello [demo: fast]")
    who = (await creator.chat.api("/api/auth/me"))["id"]
    admin = await visit(f"/admin/costs?creatorId={who}", role="admin")
    await expect(admin.page.locator(".dearest li")).to_have_count(1)
    async with admin.page.expect_download() as download:
        await admin.page.get_by_role("link", name="Export CSV").click()
    lines = (await (await download.value).path()).read_text("utf-8").splitlines()
    assert len(lines) == 2
    assert who in lines[1]


async def test_others_are_told_that_it_is_not_for_them(visit: VisitMaker) -> None:
    one = await visit("/admin/costs")
    await expect(one.page.get_by_text("Only administrators see this page.")).to_be_visible()
    await one.page.get_by_role("button", name="Account").click()
    await expect(one.page.get_by_role("menuitem", name="Live costs")).to_have_count(0)


async def test_a_curve_that_was_taken_out_and_put_back_follows_its_size(visit: VisitMaker) -> None:
    creator = await visit()
    await creator.chat.ask("Say hello [demo: fast]")
    admin = await visit("/admin/costs", role="admin")
    chart = admin.page.locator("causerie-chart")
    canvas = chart.locator("canvas")
    await expect(canvas).to_be_visible()
    # Nothing but its size has it drawn from here on.
    await admin.page.get_by_role("button", name="Pause").click()
    await chart.evaluate(
        "(chart) => { const at = chart.parentNode; chart.remove(); at.append(chart); }"
    )
    before = await canvas.evaluate("(canvas) => canvas.width")
    await admin.page.set_viewport_size({"width": 1200, "height": 900})

    async def is_drawn_anew() -> bool:
        return bool(await canvas.evaluate("(canvas) => canvas.width") < before)

    await eventually(is_drawn_anew)
