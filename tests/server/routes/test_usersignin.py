"""How users get in, in the hands of admins."""

from uuid import UUID

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.office import USERS, office
from tests.server.routes.site import data, error


async def test_a_link_signs_in_as_the_user_once(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person()
        made = data(await here.browser.post(f"{USERS}/{caller.user_id}/sign-in-link"), 201)
        origin, _, secret = made["url"].partition("/sign-in#")
        assert origin == "http://127.0.0.1:8000"
        visitor = here.site.browser()
        signed = await visitor.post("/api/auth/sign-in", json={"link": secret})
        assert data(signed)["id"] == str(caller.user_id)
        again = await visitor.post("/api/auth/sign-in", json={"link": secret})
        error(again, 401, "unauthenticated")
        (entry,) = await here.noted()
        assert (entry["action"], entry["targetId"]) == ("user.link", str(caller.user_id))
        assert secret not in str(entry)


async def test_no_link_is_made_for_who_may_not_sign_in_here(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        hosted, other = await here.hosted("42"), await here.site.harness.person()
        error(await here.browser.post(f"{USERS}/{hosted.user_id}/sign-in-link"), 409, "conflict")
        link = f"{USERS}/{other.user_id}/sign-in-link"
        made = data(await here.browser.post(link), 201)
        data(await here.browser.patch(f"{USERS}/{other.user_id}", json={"suspended": True}))
        error(await here.browser.post(link), 409, "conflict")
        body = {"link": made["url"].partition("#")[2]}
        answer = await here.site.browser().post("/api/auth/sign-in", json=body)
        error(answer, 403, "forbidden")


async def test_signing_out_ends_every_browser_and_no_key(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person()
        browsers = [await here.site.signed_in(caller) for _ in range(2)]
        program = await here.site.program(caller)
        ended: list[UUID] = []
        here.site.services.accounts.endings.listen(ended.append)
        data(await here.browser.post(f"{USERS}/{caller.user_id}/sign-out"))
        assert len(ended) == 2
        for browser in browsers:
            error(await browser.get("/api/auth/me"), 401, "unauthenticated")
        data(await program.get("/api/auth/me"))
        data(await here.browser.get("/api/auth/me"))
        (entry,) = await here.noted()
        assert (entry["action"], entry["after"]) == ("user.sign-out", {"sessions": 2})
