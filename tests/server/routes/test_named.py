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
