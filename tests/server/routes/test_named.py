"""A path names a user by id, or by what their host application calls them."""

from urllib.parse import quote

import pytest

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.office import USERS, office
from tests.server.routes.site import data, error


@pytest.mark.parametrize("external_id", ["42", "auth0|a/b", "a b:c@d.e", "../../x", "é€"])
async def test_a_host_applications_user_is_named_by_external_id(
    migrated: EngineUrls, database: Database, external_id: str
) -> None:
    async with office(migrated) as here:
        person = await here.hosted(external_id)
        place = f"{USERS}/external:{quote(external_id, safe='')}"
        assert data(await here.browser.get(place))["id"] == str(person.user_id)
        changed = data(await here.browser.patch(place, json={"plan": "pro"}))
        assert changed["id"] == str(person.user_id)
        planned = data(await here.browser.put(f"{place}/plan", json={"plan": None}))
        assert planned["id"] == str(person.user_id)
        data(await here.browser.post(f"{place}/sign-out"))


async def test_of_two_issuers_one_is_named(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as here:
        one = await here.hosted("42", "https://one.example")
        await here.hosted("42", "https://two.example")
        place = f"{USERS}/external:42"
        assert error(await here.browser.get(place), 400, "invalid")["path"] == "$query.issuer"
        answer = await here.browser.get(place, params={"issuer": "https://one.example"})
        assert data(answer)["id"] == str(one.user_id)
        answer = await here.browser.get(place, params={"issuer": "https://three.example"})
        error(answer, 404, "not_found")


async def test_a_service_key_names_users_of_its_issuer(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        theirs = await here.hosted("42", "https://one.example")
        other = await here.hosted("42", "https://two.example")
        terms = {"name": "x", "scopes": ["plans:write"], "issuer": "https://one.example"}
        key = data(await here.browser.post("/api/api-keys", json=terms), 201)["key"]
        program = here.site.browser(headers={"Authorization": f"Bearer {key}"})
        for name in ("external:42", str(theirs.user_id)):
            answer = await program.put(f"{USERS}/{name}/plan", json={"plan": "pro"})
            assert data(answer)["id"] == str(theirs.user_id)
        elsewhere = f"{USERS}/external:42/plan?issuer=https%3A%2F%2Ftwo.example"
        others = [f"{USERS}/{user.user_id}/plan" for user in (other, here.admin)]
        for place in (elsewhere, *others):
            error(await program.put(place, json={"plan": "pro"}), 404, "not_found")


@pytest.mark.parametrize(
    "name", ["external:%00", "external:4%002", "external:%ff", "%00", "%ED%A0%80"]
)
async def test_what_can_be_nobodys_name_is_not_found(
    migrated: EngineUrls, database: Database, name: str
) -> None:
    async with office(migrated) as here:
        error(await here.browser.get(f"{USERS}/{name}"), 404, "not_found")
