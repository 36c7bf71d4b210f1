"""The audit log over HTTP: admins read what was done, by whom and from where."""

import httpx2

from server.accounts.access import Scope
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.office import AUDIT, USERS, office
from tests.server.routes.site import ADDRESS, data, error

PRICES = "/api/admin/prices"
LATER = "2999-01-01T00:00:00Z"


async def set_price(client: httpx2.AsyncClient, model: str, request_id: str = "r-1") -> None:
    body = {"model": model, "input": "1", "output": "2", "effectiveFrom": LATER}
    data(await client.post(PRICES, json=body, headers={"X-Request-Id": request_id}), 201)


async def test_prices_that_are_set_and_taken_back_are_noted(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        await set_price(here.browser, "openai/x")
        key = {"model": "openai/x", "effectiveFrom": LATER}
        data(await here.browser.delete(PRICES, params=key))
        error(await here.browser.delete(PRICES, params=key), 404, "not_found")
        listed = data(await here.browser.get(AUDIT))
        assert listed["nextCursor"] is None
        taken, made = listed["items"]
        assert [made["action"], taken["action"]] == ["price.set", "price.delete"]
        assert (made["actorId"], made["address"]) == (str(here.admin.user_id), ADDRESS)
        assert (made["requestId"], made["targetId"]) == ("r-1", "openai/x")
        assert (made["before"], taken["after"]) == (None, None)
        assert made["after"] == taken["before"]
        assert made["after"]["effectiveFrom"] == LATER


async def test_entries_are_filtered_and_paged(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as here:
        for model in ("openai/a", "openai/b", "openai/c"):
            await set_price(here.browser, model)

        async def models(**query: str) -> list[str]:
            items = data(await here.browser.get(AUDIT, params=query))["items"]
            return [item["targetId"] for item in items]

        assert await models() == ["openai/c", "openai/b", "openai/a"]
        assert await models(targetId="openai/b") == ["openai/b"]
        assert await models(action="price.delete") == []
        assert len(await models(action="price.set", actorId=str(here.admin.user_id))) == 3
        first = data(await here.browser.get(AUDIT, params={"limit": 2}))
        assert await models(limit="2", cursor=first["nextCursor"]) == ["openai/a"]
        moments = [item["at"] for item in data(await here.browser.get(AUDIT))["items"]]
        # The begin is part of the time, the end is not.
        between = {"from": moments[1], "to": moments[0]}
        assert await models(**between) == ["openai/b"]
        assert await models(**{"from": LATER}) == []
        refused = await here.browser.get(AUDIT, params={"from": LATER, "to": moments[0]})
        assert error(refused, 400, "invalid")["path"] == "$query.to"
        answer = await here.browser.get(AUDIT, params={"actorId": "me"})
        assert error(answer, 400, "invalid")["path"] == "$query.actorId"


async def test_entries_about_a_host_applications_user_are_found_by_its_name_for_them(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        person = await here.hosted("42")
        place = f"{USERS}/external:42"
        data(await here.browser.patch(place, json={"plan": "pro"}))
        (entry,) = await here.noted(targetId="external:42")
        assert (entry["action"], entry["targetId"]) == ("user.plan", str(person.user_id))
        answer = await here.browser.get(AUDIT, params={"targetId": "external:43"})
        error(answer, 404, "not_found")


async def test_only_admins_read_it_and_their_keys_with_the_scope(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        error(await here.site.client.get(AUDIT), 401, "unauthenticated")
        error(await (await here.site.program()).get(AUDIT), 403, "forbidden")
        error(
            await (await here.site.program(here.admin, [Scope.READ])).get(AUDIT), 403, "forbidden"
        )
        data(await (await here.site.program(here.admin, [Scope.ADMIN_READ])).get(AUDIT))
