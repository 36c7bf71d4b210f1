"""Users over HTTP: admins find, make and change them; nobody else learns that they are there."""

import asyncio
from functools import partial
from typing import Any

import pytest

from server.accounts.access import Scope
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.office import USERS, Office, office
from tests.server.routes.site import data, error
from tests.support.eventually import eventually


async def is_gone(here: Office, place: str) -> bool:
    return (await here.browser.get(place)).status_code == 404


async def test_users_are_listed_searched_and_filtered(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        one = await here.site.harness.person(plan="pro")
        two = await here.hosted("42")

        async def ids(**query: Any) -> list[str]:
            return [
                item["id"] for item in data(await here.browser.get(USERS, params=query))["items"]
            ]

        everybody = [str(who.user_id) for who in (two, one, here.admin)]
        assert await ids() == everybody
        assert await ids(role="admin") == [str(here.admin.user_id)]
        assert await ids(q=one.email) == await ids(q=str(one.user_id)) == [str(one.user_id)]
        assert await ids(q="42") != []
        assert await ids(id=f"{one.user_id},{new_id()},{two.user_id}") == everybody[:2]
        assert await ids(id=str(new_id())) == []
        assert await ids(suspended="true") == []
        assert await ids(suspended="false") == everybody
        first = data(await here.browser.get(USERS, params={"limit": 2}))
        assert await ids(limit=2, cursor=first["nextCursor"]) == everybody[2:]
        shown = first["items"][0]
        assert (shown["issuer"], shown["externalId"]) == ("https://host.example", "42")
        assert "password" not in str(shown).lower()
        for query in (
            {"role": "root"},
            {"suspended": "perhaps"},
            {"sort": "name"},
            {"q": ""},
            {"id": "x"},
        ):
            error(await here.browser.get(USERS, params=query), 400, "invalid")


async def test_one_user_is_shown_with_all_that_belongs_to_them(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person(credits=10, plan="pro")
        await here.site.program(caller)
        outcome = await here.site.harness.answer(caller, "hello")
        shown = data(await here.browser.get(f"{USERS}/{caller.user_id}"))
        assert (shown["email"], shown["plan"], shown["keys"]) == (caller.email, "pro", 1)
        (own,) = shown["workspaces"]
        assert (own["id"], own["personal"], own["role"]) == (
            str(caller.workspace_id),
            True,
            "owner",
        )
        assert shown["credits"] == shown["spendable"] == outcome["balance"]["credits"]
        assert shown["month"]["spentUsd"] != "0"
        assert (shown["month"]["heldUsd"], shown["month"]["limitUsd"]) == ("0", "50")
        error(await here.browser.get(f"{USERS}/{new_id()}"), 404, "not_found")
        error(await here.browser.get(f"{USERS}/somebody"), 404, "not_found")


async def test_a_user_is_made_and_signs_in_with_the_link(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated, signup_credits=25) as here:
        body = {"email": "Ada@Example.com", "role": "user", "plan": "pro"}
        made = data(await here.browser.post(USERS, json=body), 201)
        assert (made["email"], made["name"], made["plan"]) == ("ada@example.com", "ada", "pro")
        url = made["signInLink"]["url"]
        visitor = here.site.browser()
        answer = await visitor.post("/api/auth/sign-in", json={"link": url.partition("#")[2]})
        assert data(answer)["id"] == made["id"]
        assert data(await visitor.get("/api/credits"))["credits"] == "25"
        answer = await here.browser.post(USERS, json={"email": "ADA@example.com"})
        error(answer, 409, "conflict")
        bad = await here.browser.post(USERS, json={"email": "nobody"})
        assert error(bad, 400, "invalid")["path"] == "$.email"
        noted = await here.noted(targetId=made["id"])
        assert [entry["action"] for entry in noted] == ["user.create", "user.link"]
        assert noted[0]["after"] == {"role": "user", "plan": "pro"}
        assert url.partition("#")[2] not in str(noted)


async def test_a_change_is_made_noted_and_holds_at_once(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person(plan="starter")
        place, program = f"{USERS}/{caller.user_id}", await here.site.program(caller)
        error(await program.get(USERS), 403, "forbidden")
        changes = {"role": "admin", "plan": "business", "name": "Ada"}
        changed = data(await here.browser.patch(place, json=changes))
        assert {name: changed[name] for name in changes} == changes
        data(await program.get(USERS))
        assert data(await program.get("/api/auth/me"))["plan"] == "business"
        data(await here.browser.patch(place, json={"role": "user", "plan": None}))
        error(await program.get(USERS), 403, "forbidden")
        assert data(await here.browser.patch(place, json={}))["plan"] == "starter"
        noted = await here.noted(targetId=str(caller.user_id))
        assert [(e["action"], e["before"], e["after"]) for e in noted] == [
            ("user.name", None, None),
            ("user.role", {"role": "user"}, {"role": "admin"}),
            ("user.plan", {"plan": "starter"}, {"plan": "business"}),
            ("user.role", {"role": "admin"}, {"role": "user"}),
            ("user.plan", {"plan": "business"}, {"plan": None}),
        ]
        assert {entry["actorId"] for entry in noted} == {str(here.admin.user_id)}


async def test_who_is_suspended_is_kept_out_until_let_in_again(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person()
        place = f"{USERS}/{caller.user_id}"
        ways_in = await here.site.program(caller), await here.site.signed_in(caller)
        assert data(await here.browser.patch(place, json={"suspended": True}))["suspendedAt"]
        for client in ways_in:
            error(await client.get("/api/auth/me"), 401, "unauthenticated")
        listed = data(await here.browser.get(USERS, params={"suspended": "true"}))["items"]
        assert [item["id"] for item in listed] == [str(caller.user_id)]
        assert (
            data(await here.browser.patch(place, json={"suspended": False}))["suspendedAt"] is None
        )
        for client in ways_in:
            data(await client.get("/api/auth/me"))


async def test_the_last_admin_and_host_applications_users_stay_what_they_are(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        own, hosted = f"{USERS}/{here.admin.user_id}", await here.hosted("42")
        for change in ({"role": "user"}, {"suspended": True}):
            error(await here.browser.patch(own, json=change), 409, "conflict")
        answer = await here.browser.patch(f"{USERS}/{hosted.user_id}", json={"role": "admin"})
        assert error(answer, 409, "conflict")["path"] == "$.role"
        assert await here.noted() == []


async def test_of_admins_who_turn_each_other_out_one_is_left(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        other = await here.new_admin()
        second = await here.site.signed_in(other)
        answers = await asyncio.gather(
            here.browser.patch(f"{USERS}/{other.user_id}", json={"role": "user"}),
            second.patch(f"{USERS}/{here.admin.user_id}", json={"suspended": True}),
        )
        assert sorted(answer.status_code for answer in answers)[0] == 200
        assert {answer.status_code for answer in answers} <= {200, 401, 403}
        left = [
            client
            for client in (here.browser, second)
            if (await client.get(USERS)).status_code == 200
        ]
        assert len(left) == 1


async def test_a_user_is_deleted_and_it_is_noted_who_wanted_it(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        caller = await here.site.harness.person()
        program = await here.site.program(caller)
        place = f"{USERS}/{caller.user_id}"
        data(await here.browser.delete(place), 202)
        error(await program.get("/api/auth/me"), 401, "unauthenticated")
        await eventually(partial(is_gone, here, place))
        error(await here.browser.delete(place), 404, "not_found")
        own = f"{USERS}/{here.admin.user_id}"
        error(await here.browser.delete(own), 409, "conflict")
        (entry,) = await here.noted()
        assert (entry["action"], entry["targetId"]) == ("user.delete", str(caller.user_id))
        assert entry["before"] == {"role": "user", "plan": "business"}


async def test_a_narrowed_key_of_an_admin_does_what_its_scope_says(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        place = f"{USERS}/{(await here.site.harness.person()).user_id}"
        reader = await here.site.program(here.admin, [Scope.ADMIN_READ])
        planner = await here.site.program(here.admin, [Scope.PLANS])
        data(await reader.get(USERS))
        data(await reader.get(place))
        assert data(await planner.put(f"{place}/plan", json={"plan": "pro"}))["plan"] == "pro"
        for client in (reader, planner):
            error(await client.patch(place, json={"role": "admin"}), 403, "forbidden")
            error(await client.post(USERS, json={"email": "a@example.com"}), 403, "forbidden")
            error(await client.post(f"{place}/sign-in-link"), 403, "forbidden")
            error(await client.delete(place), 403, "forbidden")
        error(await reader.put(f"{place}/plan", json={"plan": "pro"}), 403, "forbidden")
        error(await planner.get(USERS), 403, "forbidden")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"role": "root"}, "$.role"),
        ({"role": None}, "$.role"),
        ({"plan": "gold"}, "$.plan"),
        ({"name": ""}, "$.name"),
        ({"name": " \t"}, "$.name"),
        ({"name": "Ada\x1b[2J"}, "$.name"),
        ({"suspended": "yes"}, "$.suspended"),
        ({"email": "x@example.com"}, "$.email"),
        ({"issuer": None}, "$.issuer"),
    ],
)
async def test_what_cannot_be_changed_is_refused_by_its_field(
    migrated: EngineUrls, database: Database, body: dict[str, Any], path: str
) -> None:
    async with office(migrated) as here:
        answer = await here.browser.patch(f"{USERS}/{here.admin.user_id}", json=body)
        assert error(answer, 400, "invalid")["path"] == path
