"""Tickets over HTTP."""

from datetime import datetime

from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web


async def test_a_ticket_is_its_caller_for_thirty_seconds(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        issued = data(await browser.post("/api/ws-tickets"), 201)
        left = datetime.fromisoformat(issued["expiresAt"]) - utc_now()
        assert 25 < left.total_seconds() <= 30
        found = await site.services.accounts.authenticator.by_ticket(issued["ticket"])
        assert found.user_id == caller.user_id


async def test_strangers_get_none(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        error(await site.client.post("/api/ws-tickets"), 401, "unauthenticated")
