"""Notifications over HTTP: one's own, newest first, read one by one or up to one."""

from uuid import UUID

import pytest
from msgspec import to_builtins
from sqlalchemy import text

from server.accounts.access import Scope
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.domain.notices import FOR_ADMINS, Notice
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.notices import announce
from server.protocol.notices import EXAMPLES
from tests.server.routes.site import data, error, web
from tests.server.routes.test_keys import promote


async def tell(database: Database, user: UUID, event: Notice = Notice.PLAN_CHANGED) -> str:
    made = new_id()
    async with database.transaction() as tx:
        told = to_builtins(EXAMPLES[event])
        assert await announce(tx, user, event, told, id=made, key=str(made), now=utc_now())
    return str(made)


async def test_they_are_listed_with_what_is_unread_and_read_up_to_one(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        empty = data(await browser.get("/api/notifications"))
        assert empty == {"items": [], "unread": 0, "nextCursor": None}
        first, second, third = [await tell(database, caller.user_id) for _ in range(3)]
        page = data(await browser.get("/api/notifications?limit=2"))
        assert [one["id"] for one in page["items"]] == [third, second]
        assert page["unread"] == 3
        rest = data(await browser.get(f"/api/notifications?cursor={page['nextCursor']}"))
        assert [one["id"] for one in rest["items"]] == [first]
        assert data(await browser.post(f"/api/notifications/{third}/read")) == {"unread": 2}
        assert data(await browser.post("/api/notifications/read", json={"upTo": second})) == {
            "unread": 0
        }
        last = await tell(database, caller.user_id)
        unread = data(await browser.get("/api/notifications?unread=true"))
        assert [one["id"] for one in unread["items"]] == [last]
        listed = data(await browser.get("/api/notifications"))["items"]
        assert [one["readAt"] is None for one in listed] == [True, False, False, False]


async def test_they_are_told_by_kind(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        plan = await tell(database, caller.user_id)
        credits_ = [
            await tell(database, caller.user_id, event)
            for event in (Notice.CREDITS_GRANTED, Notice.CREDITS_REFUNDED)
        ]
        for kind, expected in (("plan", [plan]), ("credits", credits_[::-1]), ("quota", [])):
            page = data(await browser.get(f"/api/notifications?kind={kind}"))
            assert [one["id"] for one in page["items"]] == expected
            assert page["unread"] == 3
        refused = error(await browser.get("/api/notifications?kind=plan.changed"), 400, "invalid")
        assert refused["path"] == "$query.kind"


async def test_what_another_version_wrote_hides_nothing_else(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        known, foreign = [await tell(database, caller.user_id) for _ in range(2)]
        async with database.transaction() as tx:
            await tx.execute(
                text("UPDATE notifications SET data = '{\"later\": 1}' WHERE id = :id"),
                {"id": UUID(foreign)},
            )
        listed = data(await browser.get("/api/notifications"))
        assert [one["id"] for one in listed["items"]] == [known]
        assert data(await browser.post(f"/api/notifications/{foreign}/read")) == {"unread": 1}


@pytest.mark.parametrize("event", Notice)
async def test_each_event_says_what_it_has_to_say(
    migrated: EngineUrls, database: Database, event: Notice
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        if event in FOR_ADMINS:
            await promote(database, caller)
        browser = await site.signed_in(caller)
        await tell(database, caller.user_id, event)
        (one,) = data(await browser.get("/api/notifications"))["items"]
        assert one["event"] == event.value
        assert one["severity"] == "info"
        assert one["data"] == to_builtins(EXAMPLES[event])


async def test_nobody_elses_are_there(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        ada, bob = await site.harness.person(), await site.harness.person()
        theirs = await tell(database, bob.user_id)
        browser = await site.signed_in(ada)
        assert data(await browser.get("/api/notifications"))["items"] == []
        error(await browser.post(f"/api/notifications/{theirs}/read"), 404, "not_found")
        refused = await browser.post("/api/notifications/read", json={"upTo": theirs})
        assert error(refused, 404, "not_found")["path"] == "$.upTo"


async def test_a_key_that_reads_marks_nothing(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        reader = await site.program(caller, [Scope.READ])
        one = await tell(database, caller.user_id)
        data(await reader.get("/api/notifications"))
        error(await reader.post(f"/api/notifications/{one}/read"), 403, "forbidden")
        error(await reader.post("/api/notifications/read", json={"upTo": one}), 403, "forbidden")
