"""Usage and credits: what was charged, down to the call; limits; figures that change live."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from billing.consumers import charges
from server.domain.clock import utc_now
from server.domain.ids import UserId
from server.persistence import outbox
from tests.billing.support import usage_event
from tests.browser.conftest import Visit, VisitMaker
from tests.browser.test_admin import CAPTION
from tests.browser.test_notices import me
from tests.browser.test_pages import LOOKS, inspect, label
from tests.support.server import LiveServer

BOTH = re.compile("m-large .0.25.*m-small .0.05")

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def spend(server: LiveServer, one: Visit) -> str:
    """Calls of the last week, of two models; answers the day of two of them."""
    user = UserId(UUID(str(await me(one))))
    noon = utc_now().replace(hour=12, minute=30, second=0, microsecond=0) - timedelta(days=2)
    calls: tuple[tuple[timedelta, int, str, str], ...] = (
        (timedelta(0), 250_000_000, "acme/m-large", "caption"),
        (timedelta(hours=3), 50_000_000, "acme/m-small", "chat"),
        (timedelta(days=-3), 100_000_000, "acme/m-small", "chat"),
        (timedelta(days=-70), 1_000_000_000, "acme/m-old", "chat"),
    )
    events = [
        usage_event(
            user,
            at=(at := noon + away),
            cost=cost,
            model=model,
            feature=feature,
            month=at.date().replace(day=1),
        )
        for away, cost, model, feature in calls
    ]
    async with server.database() as (_, database):
        async with database.transaction() as tx:
            await outbox.append(tx, events)
        async with database.transaction() as tx:
            await charges.apply(tx, events)
    return noon.strftime("%Y-%m-%d")


async def test_a_day_is_opened_down_to_its_calls_and_the_address_says_so(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/notifications")
    day = await spend(live_server, one)
    page = one.page
    await page.goto(one.origin + "/usage?range=7d")
    chart = page.locator("causerie-usage-chart")
    bars = chart.get_by_role("slider")
    await expect(chart.locator(".sum")).to_have_text("$0.40, 3 calls")
    # Read by keyboard: the last step is today, two to the left is the day of two calls.
    await bars.focus()
    for _ in range(3):
        await page.keyboard.press("ArrowLeft")
    await expect(bars).to_have_attribute("aria-valuetext", BOTH)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/usage?range=7d&day={day}")
    await expect(chart.locator(".sum")).to_have_text("$0.30, 2 calls")
    calls = page.locator("section causerie-usage-calls").first
    await expect(calls.get_by_role("listitem")).to_have_count(2)
    await chart.get_by_role("button", name="Show as table").click()
    await chart.get_by_role("button", name="12:00").click()
    await page.wait_for_url(f"**/usage?range=7d&day={day}&hour=12")
    await expect(calls.get_by_role("listitem")).to_have_count(1)
    await calls.get_by_role("button", name="m-large").click()
    await expect(calls.locator("dl")).to_contain_text("250 credits")
    await expect(calls.locator("dl")).to_contain_text("$0.25")
    # The way back is the browser's.
    await page.go_back()
    await page.go_back()
    await expect(chart.locator(".sum")).to_have_text("$0.40, 3 calls")
    await chart.get_by_role("button", name="Show as chart").click()
    await chart.get_by_title("Only m-small").click()
    await expect(chart.locator(".sum")).to_have_text("$0.15, 2 calls")
    csv = await page.get_by_role("link", name="Calls as CSV").get_attribute("href")
    assert csv is not None
    table = await page.evaluate("(path) => fetch(path).then((answer) => answer.text())", csv)
    assert table.count("m-small") == 2
    assert "m-large" not in table
    await page.get_by_role("button", name="Not only m-small").click()
    await page.get_by_role("radio", name="Feature").click()
    await expect(chart.get_by_title("Only Captions")).to_be_visible()
    # A month further back, found among the months.
    months = page.locator("causerie-usage-months tbody tr")
    await months.last.get_by_role("button").click()
    await expect(chart.locator(".sum")).to_contain_text("$1")


async def test_figures_change_as_a_turn_ends_and_the_page_keeps_its_place(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit()
    await one.chat.ask("Say hello [demo: fast]")
    again = await visit("/usage", like=one)
    entries = again.page.locator("causerie-ledger .row")
    await expect(entries).to_have_count(2)
    await expect(entries.first).to_contain_text("Taken for an answer")
    before = await again.page.locator("causerie-quota .balance").text_content()
    await entries.first.scroll_into_view_if_needed()
    place = await again.page.evaluate("scrollY")
    await one.chat.ask("Say hello again [demo: fast]")
    await expect(entries).to_have_count(3)
    await expect(again.page.locator("causerie-quota .balance")).not_to_have_text(before or "")
    assert abs(await again.page.evaluate("scrollY") - place) < 200
    await entries.first.get_by_role("button", name="Calls").click()
    await expect(entries.first.locator("causerie-usage-calls li").first).to_be_visible()
    await entries.first.get_by_role("link", name="Open the chat").click()
    await again.page.wait_for_url(f"**/chat/{one.chat.conversation}")


async def test_what_a_tool_took_leads_to_no_chat(visit: VisitMaker) -> None:
    one = await visit("/usage")
    await one.page.evaluate(CAPTION)
    entries = one.page.locator("causerie-ledger .row")
    await expect(entries).to_have_count(2)
    await expect(entries.first.get_by_role("button", name="Calls")).to_be_visible()
    await expect(entries.first.get_by_role("link")).to_have_count(0)


async def test_limits_of_ones_own_are_set_refused_and_lifted(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/notifications")
    one.refusals.add(400)
    async with live_server.database() as (_, database), database.transaction() as tx:
        await tx.execute(
            text("UPDATE users SET ai_plan = 'starter' WHERE id = :id"), {"id": await me(one)}
        )
    await one.page.goto(one.origin + "/usage")
    limits = one.page.locator("causerie-limits")
    dollars = limits.get_by_role("textbox", name="Dollars a month")
    await dollars.fill("0")
    await dollars.press("Enter")
    await expect(limits).to_contain_text("An amount above zero")
    await dollars.fill("11")
    await dollars.press("Enter")
    await expect(limits).to_contain_text("Your plan allows $10 at most.")
    await expect(dollars).to_be_focused()
    await dollars.fill("2,5")
    await dollars.press("Enter")
    await expect(one.page.locator("causerie-toasts")).to_contain_text("Your limits hold")
    await expect(dollars).to_have_value("2.5")
    assert (await one.chat.api("/api/limits"))["monthlyUsd"]["holds"] == "2.5"
    await limits.get_by_role("button", name="Lift all").click()
    await expect(dollars).to_have_value("")
    plans = one.page.locator("causerie-plans")
    await expect(plans.get_by_role("row", name="Starter")).to_contain_text("Yours")


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_usage_looks(
    visit: VisitMaker, live_server: LiveServer, scheme: Any, size: Any
) -> None:
    one = await visit("/notifications", scheme=scheme, size=size)
    await spend(live_server, one)
    await one.page.goto(one.origin + "/usage")
    await expect(one.page.locator("causerie-usage-chart .plot svg")).to_be_visible()
    await expect(one.page.locator("causerie-plans table")).to_be_visible()
    calls = one.page.locator("section causerie-usage-calls").first
    await calls.get_by_role("button", name="m-large").click()
    await inspect(one, label("usage", scheme, size))


OWN = """() => fetch("/api/agents", {
  method: "POST", headers: { "content-type": "application/json" },
  body: JSON.stringify({ name: "Story editor", description: "", instructions: "Make it shorter.",
    model: null, tools: [] }),
}).then((answer) => answer.json()).then(({ data }) => data.id)"""


async def test_an_agent_of_ones_own_is_called_as_its_maker_calls_it(visit: VisitMaker) -> None:
    one = await visit()
    agent = await one.page.evaluate(OWN)
    await one.page.goto(f"{one.origin}/chat?agent={agent}")
    await one.chat.ask("Say hello [demo: fast]")
    await one.page.goto(one.origin + "/usage?by=agent")
    await expect(one.page.locator("causerie-usage-chart .legend")).to_contain_text("Story editor")
    call = one.page.locator("causerie-usage-calls")
    await call.locator(".head").click()
    await expect(call.locator("dl")).to_contain_text("Story editor")
    await expect(call.locator("dl")).to_contain_text("demo causerie-demo")
    # Who administers knows it by its end.
    admin = await visit("/admin/costs?group=agent", role="admin")
    name = f"Own agent …{agent[-4:]}"
    await expect(admin.page.get_by_role("rowheader", name=name)).to_be_visible()
