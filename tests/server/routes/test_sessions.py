"""Where one is signed in, over HTTP."""

from uuid import UUID

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import ADDRESS, data, error, web


async def test_sessions_are_listed_with_what_tells_them_apart(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        person = await site.harness.person()
        other, mine = await site.signed_in(person), await site.signed_in(person)
        page = data(await mine.get("/api/auth/sessions"))
        assert page["nextCursor"] is None
        assert [item["current"] for item in page["items"]] == [True, False]
        (_, theirs) = page["items"]
        assert (theirs["userAgent"], theirs["address"]) == ("test", ADDRESS)
        assert theirs["createdAt"] < theirs["expiresAt"]
        assert theirs["lastSeenAt"]
        first = data(await other.get("/api/auth/sessions?limit=1"))
        rest = data(await other.get(f"/api/auth/sessions?cursor={first['nextCursor']}"))
        assert [item["current"] for item in rest["items"]] == [True]
        stranger = await site.signed_in(await site.harness.person())
        assert len(data(await stranger.get("/api/auth/sessions"))["items"]) == 1


async def test_one_session_is_ended_by_its_user_alone(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        person = await site.harness.person()
        other, mine = await site.signed_in(person), await site.signed_in(person)
        theirs = data(await mine.get("/api/auth/sessions"))["items"][1]["id"]
        stranger = await site.signed_in(await site.harness.person())
        error(await stranger.delete(f"/api/auth/sessions/{theirs}"), 404, "not_found")
        ended = set[UUID]()
        site.services.accounts.endings.listen(ended.add)
        data(await mine.delete(f"/api/auth/sessions/{theirs}"))
        assert [str(session) for session in ended] == [theirs]
        error(await other.get("/api/auth/me"), 401, "unauthenticated")
        error(await mine.delete(f"/api/auth/sessions/{theirs}"), 404, "not_found")
        data(await mine.get("/api/auth/me"))


async def test_all_others_are_ended_at_once(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        person = await site.harness.person()
        mine, *others = [await site.signed_in(person) for _ in "abc"]
        data(await mine.delete("/api/auth/sessions"))
        for other in others:
            error(await other.get("/api/auth/me"), 401, "unauthenticated")
        assert len(data(await mine.get("/api/auth/sessions"))["items"]) == 1
        program = await site.program(person)
        data(await program.delete("/api/auth/sessions"))
        error(await mine.get("/api/auth/me"), 401, "unauthenticated")
