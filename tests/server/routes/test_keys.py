"""API keys over HTTP: shown once, narrowed, revoked, never a way to more rights."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from server.accounts.access import Principal, Scope
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence import audit
from server.persistence.database import Database
from tests.server.routes.site import data, error, web
from tests.support import hostapp


async def promote(database: Database, person: Principal) -> None:
    async with database.transaction() as tx:
        role = text("UPDATE users SET role = 'admin' WHERE id = :id")
        await tx.execute(role, {"id": person.user_id})


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
        error(await program.post(f"/api/api-keys/{new_id()}/rotate"), 403, "forbidden")
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
        error(await other.post(f"/api/api-keys/{made['id']}/rotate"), 404, "not_found")


async def test_bad_keys_are_refused_with_their_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        past = (utc_now() - timedelta(seconds=1)).isoformat()
        for body, path in (
            ({}, "$.name"),
            ({"name": ""}, "$.name"),
            ({"name": "bot\x9b2J"}, "$.name"),
            ({"name": "x", "scopes": ["root"]}, "$.scopes[0]"),
            ({"name": "x", "scopes": []}, "$.scopes"),
            ({"name": "x", "expiresAt": past}, "$.expiresAt"),
            ({"name": "x", "expiresAt": "2030-01-01T00:00:00"}, "$.expiresAt"),
            ({"name": "x", "issuer": ""}, "$.issuer"),
            ({"name": "x", "workspaceId": "mine"}, "$.workspaceId"),
        ):
            answer = await program.post("/api/api-keys", json=body)
            assert error(answer, 400, "invalid")["path"] == path
        for grace in (-1, 7 * 86_400 + 1, "1"):
            answer = await program.post(
                f"/api/api-keys/{new_id()}/rotate", json={"graceSeconds": grace}
            )
            assert error(answer, 400, "invalid")["path"] == "$.graceSeconds"


async def test_a_rotated_key_is_replaced_at_once_or_after_a_while(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        browser = await site.signed_in(await site.harness.person())
        ended: list[UUID] = []
        site.services.accounts.endings.listen(ended.append)
        key = data(await browser.post("/api/api-keys", json={"name": "bot"}), 201)
        for grace, both_work in (({"graceSeconds": 60}, True), ({}, False), (None, False)):
            rotate = f"/api/api-keys/{key['id']}/rotate"
            new = data(await browser.post(rotate, json=grace), 201)
            assert (new["name"], new["scopes"]) == ("bot", None)
            for secret, works in ((new["key"], True), (key["key"], both_work)):
                program = site.browser(headers={"Authorization": f"Bearer {secret}"})
                assert (await program.get("/api/auth/me")).is_success == works
            assert (key["id"] in map(str, ended)) != both_work
            key = new


async def test_only_an_admin_makes_service_keys_and_what_becomes_of_them_is_noted(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, **hostapp.SETTINGS) as site:
        person, other = await site.harness.person(), await site.harness.person()
        await promote(database, person)
        browser, user = await site.signed_in(person), await site.signed_in(other)
        for scopes, issuer in (
            (["plans:write"], hostapp.ISSUER),
            (["integrations:write", "read"], hostapp.ISSUER),
            (["tickets:write"], hostapp.ISSUER),
            (["read"], None),
        ):
            body = {"name": "x", "scopes": scopes}
            made = data(await browser.post("/api/api-keys", json=body), 201)
            assert made["issuer"] == issuer
            theirs = await user.post("/api/api-keys", json=body)
            if scopes[0] in {"read", "tickets:write"}:
                assert data(theirs, 201)["issuer"] is None
            else:
                error(theirs, 403, "forbidden")
        body = {"name": "x", "scopes": ["tickets:write"], "issuer": "elsewhere"}
        error(await user.post("/api/api-keys", json=body), 403, "forbidden")
        key = data(await browser.post("/api/api-keys", json=body), 201)
        assert key["issuer"] == "elsewhere"
        key = data(await browser.post(f"/api/api-keys/{key['id']}/rotate"), 201)
        assert (key["issuer"], key["scopes"]) == ("elsewhere", ["tickets:write"])
        data(await browser.delete(f"/api/api-keys/{key['id']}"))
        async with database.snapshot() as tx:
            noted = await audit.list_entries(
                tx, actor=person.user_id, target=None, action=None, before=None, limit=50
            )
        told = ["key.revoke", "key.rotate", *["key.create"] * 4]
        assert [entry.action for entry in noted] == told
        assert noted[0].before is not None
        assert noted[0].before["id"] == key["id"]
        assert key["key"] not in str(noted)


async def test_a_key_for_a_workspace_says_so_and_makes_no_other(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller, stranger = await site.harness.person(), await site.harness.person()
        browser = await site.signed_in(caller)
        body = {"name": "x", "workspaceId": str(caller.workspace_id)}
        made = data(await browser.post("/api/api-keys", json=body), 201)
        assert made["workspaceId"] == str(caller.workspace_id)
        (listed,) = data(await browser.get("/api/api-keys"))["items"]
        assert listed["workspaceId"] == made["workspaceId"]
        program = site.browser(headers={"Authorization": f"Bearer {made['key']}"})
        data(await program.get("/api/conversations"))
        error(await program.post("/api/api-keys", json={"name": "free"}), 403, "forbidden")
        body["workspaceId"] = str(stranger.workspace_id)
        refused = error(await browser.post("/api/api-keys", json=body), 404, "not_found")
        assert refused["path"] == "$.workspaceId"
