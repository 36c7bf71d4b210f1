"""The dashboard: how things stand, for somebody new, for somebody busy, and for admins."""

from typing import Any

import pytest
from playwright.async_api import Route, expect

from server.domain.notices import Notice
from tests.browser.conftest import PHONE, VisitMaker
from tests.browser.test_notices import tell, threshold
from tests.browser.test_pages import LOOKS, inspect, label
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_somebody_new_is_told_where_to_begin_and_then_what_runs(visit: VisitMaker) -> None:
    one = await visit("/")
    page = one.page
    await expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    await expect(page.locator("causerie-spent")).to_contain_text("Nothing yet.")
    await page.get_by_role("link", name="Ask your first question").click()
    await page.wait_for_url("**/chat")
    await one.chat.say("Slowly, please [demo: slow]")
    await one.chat.writing()
    again = await visit("/", like=one)
    row = again.page.locator("causerie-recent li").first
    await expect(row).to_contain_text("An answer is being written")
    await expect(again.page.get_by_role("heading", name="First steps")).to_have_count(0)
    await one.chat.stop.click()
    await one.chat.ended(0)
    # Without a reload: it runs no more, and the month has a cost.
    await expect(row).not_to_contain_text("An answer is being written")
    await expect(again.page.locator("causerie-spent .sum")).to_contain_text("1 call")
    await row.get_by_role("link").click()
    await again.page.wait_for_url("**/chat/*")


async def test_what_is_told_arrives_and_one_failing_part_empties_no_other(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/", role="admin")
    one.refusals.add(503)

    async def refuse(route: Route) -> None:
        await route.fulfill(status=503, body="{}")

    await tell(live_server, one, Notice.CREDITS_GRANTED, {"credits": "500", "reason": "Welcome"})
    await one.page.route("**/api/insights?*", refuse)
    await one.page.reload()
    news = one.page.locator("causerie-news section")
    await expect(news.first).to_contain_text("500 credits were added")
    await expect(news.last.get_by_role("alert")).to_contain_text("Try again")
    await expect(one.page.locator("causerie-quota .balance")).to_be_visible()
    await expect(one.page.locator("causerie-today")).to_contain_text("today")
    await expect(one.page.locator("causerie-today")).to_contain_text("alert")
    await one.page.unroute("**/api/insights?*")
    await news.last.get_by_role("button", name="Try again").click()
    await expect(news.last.get_by_role("alert")).to_have_count(0)


async def test_a_threshold_covers_nothing(visit: VisitMaker, live_server: LiveServer) -> None:
    one = await visit("/chat", size=PHONE)
    await threshold(live_server, one, 95, "9.51")
    await one.page.reload()
    card = one.page.locator("causerie-threshold")
    await expect(card).to_be_visible()
    await one.page.reload()  # from now on it has a place of its own
    await expect(card).to_be_visible()
    edge = await card.bounding_box()
    header = await one.page.get_by_role("main").bounding_box()
    assert edge
    assert header
    assert header["y"] >= edge["y"] + edge["height"] - 1
    await one.page.get_by_role("button", name="Details").click()
    await expect(card).to_contain_text("$0.49 left")
    tall = await one.page.evaluate(
        "document.documentElement.scrollHeight - document.documentElement.clientHeight"
    )
    assert tall <= 1
    await one.page.get_by_role("button", name="Dismiss").click()
    await expect(card).to_have_count(0)
    box = await one.page.get_by_role("main").bounding_box()
    assert box
    assert box["y"] == 0


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_dashboard_looks(
    visit: VisitMaker, live_server: LiveServer, scheme: Any, size: Any
) -> None:
    one = await visit("/chat", scheme=scheme, size=size, role="admin")
    await one.chat.ask("Say hello [demo: fast]")
    await one.page.goto(one.origin + "/")
    await expect(one.page.locator("causerie-recent li").first).to_be_visible()
    await expect(one.page.locator("causerie-spent svg")).to_be_visible()
    await expect(one.page.locator("causerie-today a").last).to_be_visible()
    await inspect(one, label("dashboard", scheme, size))


async def test_a_model_that_cost_nothing_is_no_part_of_what_was_spent(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Compare the plans [demo: fail]")
    await one.page.goto(one.origin + "/")
    spent = one.page.locator("causerie-spent")
    await expect(spent.locator(".sum")).to_contain_text("1 call")
    await expect(spent.locator(".sum")).to_contain_text("$0.00")
    await expect(spent.get_by_role("listitem")).to_have_count(0)
