"""Alerts on the monitor: seen as they open, understood, acknowledged, and their scope paused."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect
from sqlalchemy import text

from server.domain.ids import new_id
from tests.browser.conftest import Visit, VisitMaker
from tests.browser.test_pages import LOOKS, inspect, label
from tests.support.alerts import open_alert
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MODEL = "demo/causerie-demo"

CALL = {"callId": "01960000-0000-7000-8000-000000000001", "costUsd": "0.312", "model": MODEL}


PAUSE = text("""
INSERT INTO pauses (id, scope_kind, scope_key, reason, ends_at)
VALUES (:id, :kind, :key, '', now() + make_interval(secs => :seconds))
""")


class Incidents:
    """What the detector would write."""

    def __init__(self, server: LiveServer) -> None:
        self._server = server

    async def open(self, kind: str, key: str, **fields: Any) -> str:
        async with self._server.database() as (_, database):
            return str(await open_alert(database, kind, key, **fields))

    async def pause(self, kind: str, key: str, *, seconds: float) -> None:
        async with self._server.database() as (_, database), database.transaction() as tx:
            fields = {"kind": kind, "key": key, "seconds": seconds, "id": new_id()}
            await tx.execute(PAUSE, fields)

    async def close_all(self) -> None:
        async with self._server.database() as (_, database), database.transaction() as tx:
            await tx.execute(text("UPDATE alerts SET state = 'closed', closed_at = now()"))
            await tx.execute(text("UPDATE pauses SET lifted_at = now() WHERE lifted_at IS NULL"))


@pytest_asyncio.fixture(loop_scope="session")
async def incidents(live_server: LiveServer) -> AsyncIterator[Incidents]:
    made = Incidents(live_server)
    await made.close_all()  # answers that other tests had fail may have opened one
    yield made
    await made.close_all()


def panel(one: Visit) -> Locator:
    return one.page.locator("causerie-cost-alerts")


async def test_an_alert_is_seen_as_it_opens_and_goes_as_it_closes(
    visit: VisitMaker, incidents: Incidents
) -> None:
    admin = await visit("/admin/costs", role="admin")
    await expect(panel(admin)).to_contain_text("Nothing out of the ordinary.")
    await incidents.open("model", MODEL, explanation="4.4 times the usual.")
    alert = panel(admin).get_by_role("listitem")
    await expect(alert).to_contain_text("High", timeout=3_000)
    await expect(alert).to_contain_text("model demo/causerie-demo")
    await expect(alert).to_contain_text("4.10 USD in 5 min")
    await expect(alert).to_contain_text("usually 0.93 USD in 5 min")
    await expect(alert).to_contain_text("4.4 times the usual.")
    said = admin.page.locator("causerie-announcer").get_by_role("alert")
    await expect(said).to_have_text("High: 4.4 times the usual.")
    await incidents.close_all()
    await expect(alert).to_have_count(0, timeout=3_000)


async def test_inspecting_sets_the_window_around_the_incident(
    visit: VisitMaker, incidents: Incidents
) -> None:
    since = (datetime.now(UTC) - timedelta(minutes=3)).replace(second=0, microsecond=0)
    await incidents.open("system", "", since=since)
    creator = await visit()
    await creator.chat.ask("Say hello [demo: fast]")
    admin = await visit("/admin/costs", role="admin")
    await panel(admin).get_by_role("button", name="Inspect").click()
    await expect(admin.page.get_by_role("radio", name="Dates")).to_be_checked()
    begin = admin.page.get_by_label("From, UTC")
    before = (since - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M")
    await expect(begin).to_have_value(before)
    await expect(admin.page.locator(".dearest li").first).to_be_visible()
    await admin.page.reload()
    await expect(begin).to_have_value(before)
    await expect(admin.page.locator(".dearest li").first).to_be_visible()
    # Another hour altogether, in which nothing was spent.
    await begin.fill("2026-01-01T00:00")
    await begin.blur()
    await admin.page.get_by_label("To, UTC").fill("2026-01-02T00:00")
    await admin.page.get_by_label("To, UTC").blur()
    await expect(admin.page.locator(".dearest")).to_contain_text("No requests in this time.")


async def test_a_scope_is_paused_by_one_click_and_its_undo_lets_it_go_on(
    visit: VisitMaker, incidents: Incidents
) -> None:
    creator = await visit()
    who = (await creator.chat.api("/api/auth/me"))["id"]
    await incidents.open("creator", who)
    admin = await visit("/admin/costs", role="admin")
    await panel(admin).get_by_role("button", name="Pause").click()
    await expect(panel(admin)).to_contain_text("Paused: new turns of it are refused.")
    await creator.chat.say("Say hello [demo: fast]")
    await expect(creator.page.locator("causerie-refusal")).to_contain_text(
        "The operators have paused this: Its cost is being looked into."
    )
    await admin.page.get_by_role("button", name="Undo").click()
    await expect(panel(admin).get_by_role("button", name="Pause")).to_be_visible()
    await creator.page.get_by_role("button", name="Try again").click()
    await creator.chat.ended(0)


async def test_what_stays_paused_after_its_incident_can_be_let_go_on(
    visit: VisitMaker, incidents: Incidents
) -> None:
    alert = await incidents.open("feature", "image")
    admin = await visit("/admin/costs", role="admin")
    await panel(admin).get_by_role("button", name="Pause").click()
    await expect(panel(admin)).to_contain_text("Paused: new turns of it are refused.")
    async with incidents._server.database() as (_, database), database.transaction() as tx:
        await tx.execute(text("UPDATE alerts SET state = 'closed' WHERE id = :id"), {"id": alert})
    await expect(panel(admin)).to_contain_text("Paused since", timeout=3_000)
    await panel(admin).get_by_role("button", name="Let it go on").click()
    await expect(panel(admin)).to_contain_text("Nothing out of the ordinary.")


async def test_a_pause_of_no_incident_goes_when_it_ends_by_itself(
    visit: VisitMaker, incidents: Incidents
) -> None:
    admin = await visit("/", role="admin")
    await incidents.pause("feature", "image", seconds=8)
    await admin.page.goto(admin.origin + "/admin/costs")
    await expect(panel(admin)).to_contain_text("Paused since")
    await expect(panel(admin)).to_contain_text("Nothing out of the ordinary.", timeout=15_000)


async def test_an_alert_is_acknowledged_for_everybody(
    visit: VisitMaker, incidents: Incidents
) -> None:
    await incidents.open("model", MODEL, severity="watch", evidence={"call": CALL})
    one = await visit("/admin/costs", role="admin")
    other = await visit("/admin/costs", role="admin")
    await expect(panel(one)).to_contain_text("Dearest request: $0.3120, demo/causerie-demo")
    await panel(one).get_by_role("button", name="Acknowledge").click()
    for admin in (one, other):
        done = panel(admin).get_by_role("button", name="Acknowledged")
        await expect(done).to_be_disabled(timeout=3_000)


async def test_an_incident_is_found_again_with_what_is_behind_it_and_who_was_told(
    visit: VisitMaker, incidents: Incidents
) -> None:
    creator = await visit()
    who = (await creator.chat.api("/api/auth/me"))["id"]
    name = (await creator.chat.api("/api/auth/me"))["name"]
    call = {**CALL, "creatorId": who, "feature": "chat"}
    alert = await incidents.open(
        "feature", "image", evidence={"call": call}, explanation=f"Most of it by {who}."
    )
    admin = await visit("/", role="admin")
    await admin.page.goto(f"{admin.origin}/admin/alerts?id={alert}")
    shown = admin.page.locator("causerie-incident")
    await expect(shown).to_contain_text(f"Most of it by {name}.")
    await expect(shown).to_contain_text("$0.3120, demo/causerie-demo")
    await expect(shown).to_contain_text("Nobody yet.")
    await shown.get_by_role("button", name="Acknowledge").click()
    await expect(shown).to_contain_text("Changed,")
    await expect(shown.get_by_role("button", name="Acknowledged")).to_be_disabled()
    await shown.get_by_role("button", name="Pause").click()
    await expect(shown).to_contain_text("New turns of it are refused.")
    await expect(shown.get_by_role("link", name="Inspect")).to_have_attribute(
        "href", re.compile(r"/admin/costs\?from=.*feature=image")
    )
    await admin.page.get_by_label("State").select_option("over")
    await expect(admin.page.locator(f"causerie-incident >> text={name}")).to_have_count(0)
    await admin.page.get_by_role("radio", name="Pauses").click()
    pauses = admin.page.locator("causerie-pauses")
    row = pauses.get_by_role("listitem").filter(has_text="Feature image").first
    await expect(row).to_contain_text("Until somebody lifts it.")
    await row.get_by_role("button", name="Let it go on").click()
    await expect(row).to_contain_text("Lifted")
    # A name that is none is refused where it stands.
    admin.refusals.add(400)
    await pauses.get_by_label("Name").fill("nonsense")
    await pauses.get_by_label("Reason").fill("To see")
    await pauses.get_by_role("button", name="Pause").first.click()
    await pauses.locator("causerie-dialog").get_by_role("button", name="Pause").click()
    await expect(pauses).to_contain_text("The key of feature is one of")


async def test_a_figure_is_chosen_and_given_back_to_the_settings(visit: VisitMaker) -> None:
    admin = await visit("/", role="admin")
    await admin.page.goto(admin.origin + "/admin/alerts?view=rules")
    rules = admin.page.locator("causerie-rules")
    errors = rules.get_by_label("Failed calls of a provider, %")
    await expect(errors).to_have_value("5")
    await errors.fill("many")
    await rules.get_by_role("button", name="Save figures").click()
    await expect(rules).to_contain_text("A whole number.")
    await errors.fill("9")
    await rules.get_by_role("button", name="Save figures").click()
    await expect(rules.get_by_role("listitem").filter(has_text="Failing provider")).to_contain_text(
        "9 %"
    )
    await rules.get_by_role("button", name="Back to the setting: 5 %").click()
    await expect(errors).to_have_value("5")
    await rules.get_by_role("link", name="All changes").click()
    await expect(admin.page.locator("causerie-audit").get_by_role("listitem")).to_have_count(2)


@pytest.mark.parametrize("view", ["incidents", "pauses", "rules"])
@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_the_page_of_alerts_looks(
    visit: VisitMaker, incidents: Incidents, scheme: Any, size: Any, view: str
) -> None:
    alert = await incidents.open("model", MODEL, evidence={"call": CALL})
    await incidents.pause("feature", "image", seconds=600)
    one = await visit("/", scheme=scheme, size=size, role="admin")
    await one.page.goto(f"{one.origin}/admin/alerts?view={view}&id={alert}")
    await expect(one.page.locator("causerie-alert-history li").first).to_be_visible()
    await one.page.wait_for_timeout(300)
    await inspect(one, label(f"alerts-{view}", scheme, size))


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_alerts_look(visit: VisitMaker, incidents: Incidents, scheme: Any, size: Any) -> None:
    since = datetime.now(UTC) - timedelta(minutes=2)
    one = await visit(scheme=scheme, size=size, role="admin")
    await one.chat.ask("Say hello [demo: fast]")
    who = (await one.chat.api("/api/auth/me"))["id"]
    await incidents.open(
        "model",
        MODEL,
        since=since,
        evidence={"creator": who, "call": {**CALL, "creatorId": who, "feature": "chat"}},
        explanation=(
            "model demo/causerie-demo costs 4.4 times the usual since 14:02 UTC. Most of what is"
            f" above it was made by creator {who} (80 %) and feature chat (97 %)."
        ),
    )
    await incidents.open("provider", "demo", severity="watch", observed="6.1 % of 82 calls failed")
    await one.page.goto(one.origin + "/admin/costs")
    await expect(panel(one).get_by_role("listitem")).to_have_count(2)
    await expect(one.page.locator("causerie-chart canvas")).to_be_visible()
    await one.page.wait_for_timeout(400)
    await inspect(one, label("live-costs-alerts", scheme, size))
    await panel(one).get_by_role("button", name="Inspect").first.click()
    await expect(one.page.get_by_label("From, UTC")).to_be_visible()
    await one.page.wait_for_timeout(600)
    await inspect(one, label("live-costs-inspect", scheme, size))
