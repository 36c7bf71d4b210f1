"""Tickets exchanged over HTTP, and what the bearer may do."""

from datetime import datetime

from redis.asyncio import Redis

from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web


async def test_a_bearer_reads_and_writes_for_a_quarter_of_an_hour_and_no_more(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        ticket = data(await browser.post("/api/ws-tickets"), 201)["ticket"]
        answer = await site.client.post("/api/auth/exchange", json={"ticket": ticket})
        made = data(answer)
        assert made["user"]["id"] == str(caller.user_id)
        left = datetime.fromisoformat(made["expiresAt"]) - utc_now()
        assert 880 < left.total_seconds() <= 900
        part = site.browser(headers={"Authorization": f"Bearer {made['token']}"})
        assert data(await part.get("/api/auth/me"))["id"] == str(caller.user_id)
        data(await part.post("/api/conversations", json={}), 201)
        data(await part.get("/api/conversations"))
        for method, path in (
            ("GET", "/api/api-keys"),
            ("POST", "/api/ws-tickets"),
            ("GET", "/api/auth/sessions"),
        ):
            error(await part.request(method, path), 403, "forbidden")
        again = await site.client.post("/api/auth/exchange", json={"ticket": ticket})
        error(again, 401, "unauthenticated")
        data(await browser.post("/api/auth/sign-out"))
        error(await part.get("/api/auth/me"), 401, "unauthenticated")


async def test_a_bearer_signs_nobody_out(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        browser = await site.signed_in(await site.harness.person())
        ticket = data(await browser.post("/api/ws-tickets"), 201)["ticket"]
        made = data(await site.client.post("/api/auth/exchange", json={"ticket": ticket}))
        part = site.browser(headers={"Authorization": f"Bearer {made['token']}"})
        error(await part.post("/api/auth/sign-out"), 400, "invalid")
        data(await browser.get("/api/auth/me"))


async def test_nothing_but_tickets_is_exchanged(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        async with site.services.database.transaction() as tx:
            link = (await site.services.accounts.tickets.issue_link(tx, caller.user_id)).secret
        for wrong in (link, "ct_unknown", "ck_x", " "):
            answer = await site.client.post("/api/auth/exchange", json={"ticket": wrong})
            error(answer, 401, "unauthenticated")
        for body in ({}, {"ticket": ""}, {"ticket": "ct_" + "x" * 300}, {"ticket": "x", "a": 1}):
            error(await site.client.post("/api/auth/exchange", json=body), 400, "invalid")


async def test_an_address_exchanges_so_many_an_hour(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated, rate_address_per_hour=2) as site:
        for _ in range(2):
            answer = await site.client.post("/api/auth/exchange", json={"ticket": "ct_x"})
            error(answer, 401, "unauthenticated")
        answer = await site.client.post("/api/auth/exchange", json={"ticket": "ct_x"})
        assert error(answer, 429, "rate_limited")["metadata"]["scope"] == "address"
        async with site.browser(address="198.51.100.7") as elsewhere:
            answer = await elsewhere.post("/api/auth/exchange", json={"ticket": "ct_x"})
            error(answer, 401, "unauthenticated")
