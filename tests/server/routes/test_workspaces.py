"""Workspaces over HTTP: made, changed and deleted by owners, there for nobody else."""

from server.accounts.access import Scope
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import data, error, web
from tests.support.teams import team


async def test_a_workspace_is_made_read_changed_and_deleted(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        made = data(await program.post("/api/workspaces", json={"name": "Acme"}), 201)
        assert made["requestsPerHour"] is None
        shown = ("name", "personal", "role", "pays", "members")
        assert tuple(made[name] for name in shown) == ("Acme", False, "owner", False, 1)
        path = f"/api/workspaces/{made['id']}"
        assert data(await program.get(path)) == made
        change = {"name": "Acme Ltd", "pays": True, "requestsPerHour": 7}
        changed = data(await program.patch(path, json=change))
        assert changed == {**made, **change}
        assert data(await program.patch(path, json={"requestsPerHour": None})) == {
            **changed,
            "requestsPerHour": None,
        }
        assert data(await program.patch(path, json={}))["name"] == "Acme Ltd"
        assert data(await program.delete(path)) is None
        error(await program.get(path), 404, "not_found")
        error(await program.delete(path), 404, "not_found")


async def test_lists_hold_one_s_own_too_and_go_on_from_their_cursor(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for name in ("a", "b"):
            data(await program.post("/api/workspaces", json={"name": name}), 201)
        first = data(await program.get("/api/workspaces?limit=2"))
        rest = data(await program.get(f"/api/workspaces?limit=2&cursor={first['nextCursor']}"))
        assert [item["name"] for item in first["items"]] == ["b", "a"]
        assert [item["personal"] for item in rest["items"]] == [True]
        assert rest["nextCursor"] is None


async def test_members_read_and_strangers_see_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        owner, member = await site.harness.person(), await site.harness.person()
        path = f"/api/workspaces/{await team(database, owner, member)}"
        colleague, stranger = await site.program(member), await site.program()
        assert data(await colleague.get(path))["role"] == "member"
        error(await colleague.patch(path, json={"name": "x"}), 403, "forbidden")
        error(await colleague.delete(path), 403, "forbidden")
        for answer in (
            await stranger.get(path),
            await stranger.patch(path, json={"name": "x"}),
            await stranger.delete(path),
            await stranger.get(f"/api/workspaces/{new_id()}"),
        ):
            error(answer, 404, "not_found")


async def test_credits_are_forfeited_only_when_asked_for(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        owner = await site.harness.person()
        path = f"/api/workspaces/{await team(database, owner, credits=2)}"
        program = await site.program(owner)
        refused = error(await program.delete(path), 409, "conflict")
        assert refused["metadata"] == {"credits": "2"}
        data(await program.delete(f"{path}?forfeit=true"))
        error(await program.get(path), 404, "not_found")


async def test_a_personal_one_is_renamed_and_nothing_else(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        program, path = await site.program(caller), f"/api/workspaces/{caller.workspace_id}"
        assert data(await program.patch(path, json={"name": "Mine"}))["name"] == "Mine"
        error(await program.patch(path, json={"pays": True}), 409, "conflict")
        error(await program.patch(path, json={"requestsPerHour": 1}), 409, "conflict")
        error(await program.delete(path), 409, "conflict")


async def test_keys_of_a_deleted_workspace_end(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        owner = await site.harness.person()
        workspace = await team(database, owner)
        program = await site.program(owner)
        body = {"name": "bound", "workspaceId": str(workspace)}
        secret = data(await program.post("/api/api-keys", json=body), 201)["key"]
        bound = site.browser(headers={"Authorization": f"Bearer {secret}"})
        listed = data(await bound.get("/api/workspaces"))["items"]
        assert [item["id"] for item in listed] == [str(workspace)]
        error(await bound.get(f"/api/workspaces/{owner.workspace_id}"), 404, "not_found")
        data(await program.delete(f"/api/workspaces/{workspace}"))
        error(await bound.get("/api/auth/me"), 401, "unauthenticated")


async def test_narrowed_keys_read_and_change_nothing(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        owner = await site.harness.person()
        path = f"/api/workspaces/{await team(database, owner)}"
        program = await site.program(owner, [Scope.READ, Scope.WRITE])
        data(await program.get(path))
        error(await program.post("/api/workspaces", json={"name": "x"}), 403, "forbidden")
        error(await program.patch(path, json={"name": "x"}), 403, "forbidden")
        error(await program.get(f"{path}/members"), 403, "forbidden")


async def test_bad_fields_are_refused_with_their_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for body, path in (
            ({}, "$.name"),
            ({"name": ""}, "$.name"),
            ({"name": " \n"}, "$.name"),
            ({"name": "Team \u202emaet"}, "$.name"),
            ({"name": "x", "requestsPerHour": 0}, "$.requestsPerHour"),
            ({"name": "x", "personal": True}, "$.personal"),
        ):
            answer = await program.post("/api/workspaces", json=body)
            assert error(answer, 400, "invalid")["path"] == path
        own = f"/api/workspaces/{data(await program.get('/api/auth/me'))['workspaceId']}"
        answer = await program.patch(own, json={"name": "\x1b[2J"})
        assert error(answer, 400, "invalid")["path"] == "$.name"
        assert data(await program.patch(own, json={"name": " At \n home"}))["name"] == "At home"
