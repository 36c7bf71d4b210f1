"""Who is in a workspace over HTTP, and how they leave it."""

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.office import office
from tests.server.routes.site import data, error, web
from tests.support.teams import team


async def test_members_are_seen_by_members_page_by_page(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        people = [await site.harness.person() for _ in range(3)]
        path = f"/api/workspaces/{await team(database, *people)}/members"
        program, stranger = await site.program(people[1]), await site.program()
        first = data(await program.get(f"{path}?limit=2"))
        rest = data(await program.get(f"{path}?limit=2&cursor={first['nextCursor']}"))
        seen = first["items"] + rest["items"]
        assert [item["userId"] for item in seen] == sorted(str(one.user_id) for one in people)
        assert sorted(item["role"] for item in seen) == ["member", "member", "owner"]
        assert {item["email"] for item in seen} == {one.email for one in people}
        error(await stranger.get(path), 404, "not_found")


async def test_owners_change_roles_and_remove(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        owner, member = await site.harness.person(), await site.harness.person()
        path = f"/api/workspaces/{await team(database, owner, member)}/members"
        mine, theirs = await site.program(owner), await site.program(member)
        role = {"role": "owner"}
        error(await theirs.patch(f"{path}/{member.user_id}", json=role), 403, "forbidden")
        error(await theirs.delete(f"{path}/{owner.user_id}"), 403, "forbidden")
        stranger = await site.harness.person()
        error(await mine.delete(f"{path}/{stranger.user_id}"), 404, "not_found")
        refused = await mine.patch(f"{path}/{owner.user_id}", json={"role": "member"})
        error(refused, 409, "conflict")
        changed = data(await mine.patch(f"{path}/{member.user_id}", json=role))
        assert (changed["userId"], changed["role"]) == (str(member.user_id), "owner")
        data(await theirs.delete(f"{path}/{owner.user_id}"))
        error(await mine.get(path), 404, "not_found")


async def test_anybody_leaves_but_the_last_owner(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        owner, member = await site.harness.person(), await site.harness.person()
        path = f"/api/workspaces/{await team(database, owner, member)}/members"
        mine, theirs = await site.program(owner), await site.program(member)
        error(await mine.delete(f"{path}/{owner.user_id}"), 409, "conflict")
        data(await theirs.delete(f"{path}/{member.user_id}"))
        error(await theirs.get(path), 404, "not_found")


async def test_keys_bound_to_it_end_with_the_membership(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        owner, member = await site.harness.person(), await site.harness.person()
        workspace = await team(database, owner, member)
        mine, theirs = await site.program(owner), await site.program(member)
        body = {"name": "bound", "workspaceId": str(workspace)}
        secret = data(await theirs.post("/api/api-keys", json=body), 201)["key"]
        bound = site.browser(headers={"Authorization": f"Bearer {secret}"})
        data(await bound.get("/api/auth/me"))
        data(await mine.delete(f"/api/workspaces/{workspace}/members/{member.user_id}"))
        error(await bound.get("/api/auth/me"), 401, "unauthenticated")
        data(await theirs.get("/api/auth/me"))


async def test_what_owners_do_to_others_is_on_record(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        site = here.site
        owner, member = await site.harness.person(), await site.harness.person()
        workspace = str(await team(database, owner, member))
        mine, path = await site.program(owner), f"/api/workspaces/{workspace}"
        for role in ("member", "owner", "owner", "member"):
            data(await mine.patch(f"{path}/members/{member.user_id}", json={"role": role}))
        data(await mine.patch(path, json={"pays": False, "name": "Acme"}))
        data(await mine.patch(path, json={"pays": False}))
        data(await mine.delete(f"{path}/members/{member.user_id}"))
        data(await mine.delete(path))
        noted = await here.noted(targetId=workspace)
        who = {"userId": str(member.user_id)}
        assert [(entry["action"], entry["before"], entry["after"]) for entry in noted] == [
            ("workspace.role", {**who, "role": "member"}, {**who, "role": "owner"}),
            ("workspace.role", {**who, "role": "owner"}, {**who, "role": "member"}),
            ("workspace.pays", {"pays": True}, {"pays": False}),
            ("workspace.remove", who, None),
            ("workspace.delete", None, None),
        ]
        assert {entry["actorId"] for entry in noted} == {str(owner.user_id)}
        assert {entry["targetKind"] for entry in noted} == {"workspace"}
