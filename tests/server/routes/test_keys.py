"""API keys over HTTP: shown once, narrowed, revoked, never a way to more rights."""

from datetime import timedelta
from uuid import UUID

from server.accounts.access import Scope
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web


async def test_a_key_is_shown_once_works_and_ends_when_revoked(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        made = data(await browser.post("/api/api-keys", json={"name": "bot"}), 201)
        assert made["key"].startswith(made["prefix"])
        assert made["scopes"] is None
        program = site.browser(headers={"Authorization": f"Bearer {made['key']}"})
        assert data(await program.get("/api/auth/me"))["id"] == str(caller.user_id)
        listed = data(await browser.get("/api/api-keys"))["items"]
        assert [item["id"] for item in listed] == [made["id"]]
        assert made["key"] not in (await browser.get("/api/api-keys")).text
        assert listed[0]["lastUsedAt"] is not None
        ended: list[UUID] = []
        site.services.accounts.endings.listen(ended.append)
        data(await browser.delete(f"/api/api-keys/{made['id']}"))
        assert [str(key) for key in ended] == [made["id"]]
        error(await program.get("/api/auth/me"), 401, "unauthenticated")
        error(await browser.delete(f"/api/api-keys/{made['id']}"), 404, "not_found")


async def test_a_narrowed_key_cannot_make_itself_wider(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program(scopes=list(Scope))
        error(await program.post("/api/api-keys", json={"name": "wider"}), 403, "forbidden")
        error(await program.get("/api/api-keys"), 403, "forbidden")
        error(await program.delete(f"/api/api-keys/{new_id()}"), 403, "forbidden")


async def test_scopes_bound_what_a_key_may_do(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        reader = await site.program(caller, [Scope.READ])
        data(await reader.get("/api/conversations"))
        error(await reader.post("/api/conversations", json={}), 403, "forbidden")
        error(await reader.post("/api/ws-tickets"), 403, "forbidden")
        writer = await site.program(caller, [Scope.WRITE])
        data(await writer.post("/api/conversations", json={}), 201)
        error(await writer.get("/api/conversations"), 403, "forbidden")


async def test_somebody_elses_key_is_not_found(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        mine, other = await site.program(), await site.program()
        made = data(await mine.post("/api/api-keys", json={"name": "mine"}), 201)
        error(await other.delete(f"/api/api-keys/{made['id']}"), 404, "not_found")


async def test_bad_keys_are_refused_with_their_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        past = (utc_now() - timedelta(seconds=1)).isoformat()
        for body, path in (
            ({}, "$.name"),
            ({"name": ""}, "$.name"),
            ({"name": "x", "scopes": ["root"]}, "$.scopes[0]"),
            ({"name": "x", "scopes": []}, "$.scopes"),
            ({"name": "x", "expiresAt": past}, "$.expiresAt"),
            ({"name": "x", "expiresAt": "2030-01-01T00:00:00"}, "$.expiresAt"),
        ):
            answer = await program.post("/api/api-keys", json=body)
            assert error(answer, 400, "invalid")["path"] == path
