"""Tickets over HTTP."""

from datetime import datetime
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from server.accounts.access import EMBEDDED, Principal, Scope
from server.domain.clock import utc_now
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import Web, data, error, web

HOST = "https://host.example"


async def admin(site: Web) -> Principal:
    person = await site.harness.person()
    async with site.services.database.transaction() as tx:
        role = text("UPDATE users SET role = 'admin' WHERE id = :id")
        await tx.execute(role, {"id": person.user_id})
    return person


async def service(site: Web, **fields: Any) -> httpx2.AsyncClient:
    """A program with a service key."""
    browser = await site.signed_in(await admin(site))
    body = {"name": "host", "scopes": ["tickets:write"], "issuer": HOST, **fields}
    made = data(await browser.post("/api/api-keys", json=body), 201)
    return site.browser(headers={"Authorization": f"Bearer {made['key']}"})


async def spend(site: Web, answer: httpx2.Response) -> Principal:
    return await site.services.accounts.authenticator.by_ticket(data(answer, 201)["ticket"])


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
        again = await spend(site, await browser.post("/api/ws-tickets", json={}))
        assert again == found


async def test_strangers_get_none(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        error(await site.client.post("/api/ws-tickets"), 401, "unauthenticated")


async def test_a_service_key_asks_for_users_of_its_issuer_known_or_not(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await service(site)
        body = {"externalId": 42, "name": "Ada", "email": "Ada@host.example"}
        first = await spend(site, await program.post("/api/ws-tickets", json=body))
        assert (first.external_id, first.name, first.email) == ("42", "Ada", "ada@host.example")
        assert (first.role, first.scopes) == ("user", EMBEDDED)
        again = await spend(site, await program.post("/api/ws-tickets", json={"externalId": "42"}))
        assert (again.user_id, again.name) == (first.user_id, "Ada")
        other = await spend(site, await program.post("/api/ws-tickets", json={"externalId": "43"}))
        assert other.user_id != first.user_id
        stranger = await service(site, issuer="https://other.example")
        theirs = await spend(
            site, await stranger.post("/api/ws-tickets", json={"externalId": "42"})
        )
        assert theirs.user_id != first.user_id
        async with database.transaction() as tx:
            await tx.execute(text("UPDATE users SET suspended_at = now() WHERE external_id = '43'"))
        refused = await program.post("/api/ws-tickets", json={"externalId": "43"})
        error(refused, 403, "forbidden")


@pytest.mark.parametrize(
    "scopes", [None, [Scope.TICKETS], [Scope.TICKETS, Scope.READ], [Scope.TURNS]]
)
async def test_nobody_else_asks_for_others(
    migrated: EngineUrls, database: Database, scopes: list[Scope] | None
) -> None:
    async with web(migrated) as site:
        program = await site.program(scopes=scopes)
        error(await program.post("/api/ws-tickets", json={"externalId": "42"}), 403, "forbidden")
        as_admin = await site.program(await admin(site), scopes)
        error(await as_admin.post("/api/ws-tickets", json={"externalId": "42"}), 403, "forbidden")
        async with database.snapshot() as tx:
            assert await tx.scalar(text("SELECT count(*) FROM users")) == 2


async def test_bad_names_are_refused_with_their_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await service(site)
        for body, path in (
            ({"externalId": ""}, "$.externalId"),
            ({"externalId": "x" * 300}, "$.externalId"),
            ({"externalId": True}, "$.externalId"),
            ({"externalId": 1.5}, "$.externalId"),
            ({"externalId": None}, "$.externalId"),
            ({"externalId": "a\u0000"}, "$.externalId"),
            ({"name": "Ada"}, "$.externalId"),
            ({"userId": "42"}, "$.userId"),
        ):
            answer = await program.post("/api/ws-tickets", json=body)
            assert error(answer, 400, "invalid")["path"] == path
