"""What users are told beside their chats: thresholds once, a list, and how the month stands."""

from typing import Any

import pytest
from playwright.async_api import Locator, ViewportSize, expect
from sqlalchemy import text

from server.domain.clock import utc_now
from server.domain.ids import UserId, new_id
from server.domain.notices import Notice, Severity
from server.persistence import notices
from tests.browser.conftest import PHONE, WIDE, Visit, VisitMaker
from tests.browser.people import send
from tests.browser.test_pages import LOOKS, inspect, label
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


SHIFTED = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});"""


async def me(one: Visit) -> UserId:
    return UserId((await one.chat.api("/api/auth/me"))["id"])


async def tell(
    server: LiveServer,
    one: Visit,
    event: Notice,
    data: dict[str, Any],
    severity: Severity = "info",
) -> None:
    user = await me(one)
    async with server.database() as (_, database), database.transaction() as tx:
        await notices.announce(
            tx,
            user,
            event,
            data,
            id=(one_id := new_id()),
            key=f"test:{one_id}",
            now=utc_now(),
            severity=severity,
        )


def quota(spent: str, resets: str = "2099-12-01T00:00:00Z") -> dict[str, Any]:
    return {
        "month": "2099-11",
        "limitUsd": "10",
        "spentUsd": spent,
        "heldUsd": "0",
        "resetsAt": resets,
    }


async def threshold(server: LiveServer, one: Visit, percent: int, spent: str) -> None:
    data = {"percent": percent, "quota": quota(spent)}
    await tell(
        server,
        one,
        Notice.QUOTA_THRESHOLD,
        data,
        severity="critical" if percent == 100 else "warning",
    )


def card(one: Visit) -> Locator:
    return one.page.locator("causerie-threshold section")


async def test_a_threshold_that_was_crossed_elsewhere_is_told_on_coming_back_and_once(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit()
    await expect(card(one)).to_have_count(0)
    await threshold(live_server, one, 80, "8.01")
    await threshold(live_server, one, 95, "9.51")
    await one.page.reload()
    await expect(card(one)).to_contain_text("95% of this month's quota is used")
    await expect(card(one)).to_contain_text(
        "$9.51 of $10 spent, $0.49 left. It starts again on Dec 1 UTC."
    )
    await one.page.get_by_role("button", name="Dismiss").click()
    await expect(card(one)).to_have_count(0)
    await one.page.reload()
    await expect(one.page.locator("causerie-quota .credits")).to_be_visible()
    await one.page.wait_for_load_state("networkidle")
    await expect(card(one)).to_have_count(0)


async def test_a_threshold_is_told_as_it_is_crossed(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit()
    await one.chat.ask("Say hello [demo: fast]")
    async with live_server.database() as (_, database), database.transaction() as tx:
        # The next turn brings them over the first mark, whatever it costs.
        await tx.execute(
            text(
                "UPDATE users SET ai_plan = 'starter' WHERE id = :id",
            ),
            {"id": (user := await me(one))},
        )
        await tx.execute(
            text("UPDATE quotas SET spent = 7999999999 WHERE user_id = :id"), {"id": user}
        )
    await one.page.reload()
    await one.chat.ask("Say hello once more [demo: fast]")
    await expect(card(one)).to_contain_text("80% of this month's quota is used")


async def test_another_plan_is_seen_at_once_and_takes_the_marks_of_the_one_before_with_it(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit()
    user, admin = await me(one), await visit("/admin/users", role="admin")
    plan = f"/api/admin/users/{user}/plan"
    assert await send(admin, plan, {"plan": "starter"}, method="PUT") == 200
    meter = one.page.locator("causerie-quota")
    await expect(meter).to_contain_text("of $10")
    await threshold(live_server, one, 95, "9.51")
    await one.page.reload()
    await expect(card(one)).to_contain_text("95% of this month's quota is used")
    assert await send(admin, plan, {"plan": "pro"}, method="PUT") == 200
    await expect(meter).to_contain_text("of $50")
    await expect(card(one)).to_have_count(0)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_a_threshold_moves_nothing(
    visit: VisitMaker, live_server: LiveServer, size: ViewportSize
) -> None:
    one = await visit("/presets", size=size)
    await threshold(live_server, one, 80, "8.01")
    await one.page.add_init_script(SHIFTED)
    for floats in ("true", "false"):  # the first time it comes over the page
        await one.page.reload()
        await expect(card(one)).to_be_visible()
        await expect(one.page.locator("causerie-presets .rows")).to_be_visible()
        await one.page.wait_for_load_state("networkidle")
        assert await one.page.evaluate("window.shifted") <= 0.02
        strip = one.page.locator("causerie-threshold")
        assert str(await strip.evaluate("one => one.over")).lower() == floats
    await one.page.get_by_role("button", name="Dismiss").click()
    await expect(card(one)).to_have_count(0)


async def test_notifications_are_listed_and_read_one_by_one_or_all(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit()
    await tell(live_server, one, Notice.CREDITS_GRANTED, {"credits": "500", "reason": "Welcome"})
    await tell(
        live_server,
        one,
        Notice.PLAN_CHANGED,
        {"before": "starter", "plan": "pro", "limitUsd": "50"},
    )
    await threshold(live_server, one, 100, "10")
    await one.page.goto(one.origin + "/notifications")
    rows = one.page.locator("causerie-notifications").get_by_role("listitem")
    await expect(rows).to_have_count(3)
    await expect(rows.first).to_contain_text("This month's quota is reached")
    await expect(rows.nth(1)).to_contain_text("Your plan is Pro now")
    await expect(rows.nth(2)).to_contain_text("500 credits were added")
    await one.page.get_by_role("button", name="Mark as read: Your plan is Pro now").click()
    await expect(rows.nth(1).get_by_text("New", exact=True)).to_have_count(0)
    await one.page.get_by_role("radio", name="Unread").click()
    await expect(rows).to_have_count(2)
    places = one.page.get_by_role("navigation")
    await expect(places.get_by_role("link", name="Notifications")).to_contain_text("2")
    await one.page.get_by_role("combobox", name="About").select_option(label="Credits")
    await expect(rows).to_have_count(1)
    await expect(
        rows.get_by_role("link", name="See usage and limits: 500 credits were added")
    ).to_have_attribute("href", "/usage")
    await one.page.get_by_role("button", name="Mark all as read").click()
    await expect(one.page.get_by_text("Nothing about this.")).to_be_visible()
    await one.page.get_by_role("combobox", name="About").select_option(label="Everything")
    await expect(one.page.get_by_text("You have read everything.")).to_be_visible()
    await expect(card(one)).to_have_count(0)


async def test_settings_tell_plan_limit_and_pace(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit()
    user = await me(one)
    await one.chat.ask("Say hello [demo: fast]")
    async with live_server.database() as (_, database), database.transaction() as tx:
        await tx.execute(text("UPDATE users SET ai_plan = 'starter' WHERE id = :id"), {"id": user})
        await tx.execute(
            text("UPDATE quotas SET spent = 9000000000 WHERE user_id = :id"), {"id": user}
        )
    await one.page.goto(one.origin + "/settings")
    plan = one.page.locator("causerie-plan")
    await expect(plan).to_contain_text("Starter plan")
    await expect(plan).to_contain_text("This month: $9 of $10")
    await expect(plan.get_by_role("meter")).to_have_attribute("aria-valuenow", "90")
    await expect(plan).to_contain_text("at this pace")
    await expect(plan).to_contain_text("of 50 requests are left in this hour")


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_notices_look(
    visit: VisitMaker, live_server: LiveServer, scheme: Any, size: Any
) -> None:
    one = await visit(scheme=scheme, size=size, role="admin")
    await tell(
        live_server,
        one,
        Notice.WEBHOOK_DISABLED,
        {
            "webhookId": str(new_id()),
            "host": "hooks.example.com",
            "reason": "failing",
            "failingSince": "2026-05-01T12:00:00Z",
        },
        severity="warning",
    )
    await tell(
        live_server,
        one,
        Notice.ALERT_OPENED,
        {
            "alertId": str(new_id()),
            "kind": "cost_spike",
            "severity": "high",
            "state": "open",
            "version": 1,
            "scope": "model gemini/gemini-2.5-pro",
            "observed": "12.40 USD/min",
            "usual": "1.10 USD/min",
            "since": "2026-05-01T12:00:00Z",
            "explanation": "model gemini/gemini-2.5-pro costs 11 times the usual at this hour.",
            "acknowledged": False,
            "paused": False,
        },
        severity="critical",
    )
    await threshold(live_server, one, 95, "9.51")
    await one.page.reload()
    await expect(card(one)).to_be_visible()
    await inspect(one, label("threshold", scheme, size))
    await one.page.get_by_role("button", name="Dismiss").click()
    await one.page.goto(one.origin + "/notifications")
    await expect(one.page.get_by_text("Alert: model gemini")).to_be_visible()
    await inspect(one, label("notifications", scheme, size))
    await one.page.goto(one.origin + "/settings")
    await expect(one.page.locator("causerie-plan")).to_be_visible()
    await inspect(one, label("settings-plan", scheme, size))
