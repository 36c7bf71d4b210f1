"""What was sent, with each attempt; tests and replays, not too often."""

from uuid import UUID

import msgspec

from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.domain.notices import Notice
from server.local.engines import EngineUrls
from server.persistence import deliveries
from server.persistence.database import Database
from tests.server.routes.site import data, error
from tests.server.routes.test_hooks import made, receivable
from tests.server.routes.test_notifications import tell
from tests.support.eventually import eventually
from tests.support.receiver import answer


async def test_events_are_told_with_an_example_that_is_one(
    migrated: EngineUrls, database: Database
) -> None:
    async with receivable(migrated) as (site, _):
        browser = await site.signed_in(await site.harness.person())
        items = data(await browser.get("/api/ai/hooks/events"))["items"]
        assert [one["event"] for one in items] == [*Notice, "webhook.test"]
        assert [one["event"] for one in items if one["forAdmins"]] == [
            "alert.opened",
            "alert.updated",
            "alert.closed",
        ]
        for one in items:
            assert one["example"]["type"] == one["event"]
            assert set(one["example"]) == {"type", "timestamp", "id", "data"}


async def test_what_happens_is_delivered_and_what_came_of_it_is_listed(
    migrated: EngineUrls, database: Database
) -> None:
    async with receivable(migrated) as (site, receiver):
        receiver.plays = [answer(500, b"not now")]
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        hook = await made(browser, receiver)
        path = f"/api/ai/hooks/{hook['id']}"
        events = [await tell(database, caller.user_id)]
        await eventually(lambda: len(receiver.received) == 1)
        events.append(await tell(database, caller.user_id))
        await eventually(lambda: len(receiver.received) == 2)

        async def both_noted() -> bool:
            listed = data(await browser.get(f"{path}/deliveries"))["items"]
            return all(one["attempts"] for one in listed)

        await eventually(both_noted)
        page = data(await browser.get(f"{path}/deliveries?limit=1"))
        (newest,) = page["items"]
        (oldest,) = data(
            await browser.get(f"{path}/deliveries?limit=1&cursor={page['nextCursor']}")
        )["items"]
        assert [oldest["eventId"], newest["eventId"]] == events
        assert (newest["state"], newest["nextAt"]) == ("delivered", None)
        assert (oldest["state"], oldest["finishedAt"]) == ("waiting", None)
        (attempt,) = oldest["attempts"]
        assert attempt == {
            "at": attempt["at"],
            "durationMs": attempt["durationMs"],
            "status": 500,
            "excerpt": "not now",
            "error": None,
        }
        sent = msgspec.json.decode(receiver.received[1].body)
        assert (sent["type"], sent["id"]) == ("plan.changed", events[1])


async def test_one_is_sent_again_for_the_asking_under_the_same_id(
    migrated: EngineUrls, database: Database
) -> None:
    async with receivable(migrated) as (site, receiver):
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        hook = await made(browser, receiver)
        path = f"/api/ai/hooks/{hook['id']}"
        event = await tell(database, caller.user_id)

        async def is_delivered() -> bool:
            (one,) = data(await browser.get(f"{path}/deliveries"))["items"]
            return bool(one["state"] == "delivered")

        await eventually(is_delivered)
        asked = data(await browser.post(f"{path}/deliveries/{event}/replay"), 202)
        assert (asked["state"], asked["eventId"]) == ("waiting", event)
        await eventually(lambda: len(receiver.received) == 2)
        assert receiver.ids == [event, event]
        assert receiver.received[0].body == receiver.received[1].body


async def test_asking_is_refused_too_often_for_what_is_disabled_and_for_what_is_not_ones_own(
    migrated: EngineUrls, database: Database
) -> None:
    async with receivable(migrated) as (site, receiver):
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        hook = await made(browser, receiver)
        path = f"/api/ai/hooks/{hook['id']}"
        error(await browser.post(f"{path}/deliveries/{new_id()}/replay"), 404, "not_found")
        data(await browser.post(f"{path}/test"), 202)
        often = error(await browser.post(f"{path}/test"), 429, "rate_limited")
        assert often["retryAfter"] == 1
        figures = {"scope": "webhook", "limit": 1, "remaining": 0, "windowSeconds": 1}
        assert often["metadata"] == figures
        event = await tell(database, caller.user_id)
        data(await browser.patch(path, json={"enabled": False}))
        for asked in (f"{path}/test", f"{path}/deliveries/{event}/replay"):
            error(await browser.post(asked), 409, "conflict")
        bob = await site.signed_in(await site.harness.person())
        for asked in (f"{path}/test", f"{path}/deliveries/{event}/replay"):
            error(await bob.post(asked), 404, "not_found")
        error(await bob.get(f"{path}/deliveries"), 404, "not_found")


async def test_who_is_no_admin_any_more_has_no_alert_sent_again(
    migrated: EngineUrls, database: Database
) -> None:
    async with receivable(migrated) as (site, receiver):
        browser = await site.signed_in(await site.harness.person())
        hook, alert = await made(browser, receiver), new_id()
        async with database.transaction() as tx:
            which = UUID(hook["id"]), alert, Notice.ALERT_OPENED
            await deliveries.add(tx, *which, "{}", utc_now())
        again = f"/api/ai/hooks/{hook['id']}/deliveries/{alert}/replay"
        error(await browser.post(again), 403, "forbidden")
        data(await browser.post(f"/api/ai/hooks/{hook['id']}/test"), 202)
        await eventually(lambda: len(receiver.received) == 1)
        assert str(alert) not in receiver.ids
