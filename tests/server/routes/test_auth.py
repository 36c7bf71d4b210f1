"""Signing in and out over HTTP."""

import asyncio

from argon2 import PasswordHasher
from redis.asyncio import Redis
from sqlalchemy import select, update

from server.accounts.passwords import Passwords
from server.accounts.provisioning import NewPerson
from server.domain.ids import UserId, WorkspaceId, new_id
from server.domain.money import MicroCredits
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.users import UserRow
from server.turns.onboarding import Welcome, create_user
from tests.server.accounts.people import START
from tests.server.routes.site import ORIGIN, Web, data, error, web
from tests.support import hostapp

PASSWORD = "correct horse battery staple"


async def person(site: Web, email: str = "ada@example.com") -> UserId:
    services, user = site.services, UserId(new_id())
    hashed = await services.accounts.passwords.hash(PASSWORD)
    async with services.database.transaction() as tx:
        await create_user(
            tx,
            services.ledger,
            NewPerson(
                user_id=user,
                workspace_id=WorkspaceId(new_id()),
                email=email,
                name="Ada",
                password_hash=hashed,
            ),
            Welcome(credits=MicroCredits(0), transfer_id=new_id()),
        )
    return user


async def test_a_password_opens_a_cookie_session_and_sign_out_ends_it(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        user = await person(site)
        client = site.browser(headers={"Origin": ORIGIN})
        signed = await client.post(
            "/api/auth/sign-in", json={"email": " ADA@Example.com ", "password": PASSWORD}
        )
        assert data(signed) == {
            "id": str(user),
            "email": "ada@example.com",
            "name": "Ada",
            "role": "user",
            "plan": "starter",
        }
        cookie = signed.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "Path=/"))
        assert "Secure" not in cookie
        me = data(await client.get("/api/auth/me"))
        assert me["id"] == str(user)
        data(await client.post("/api/auth/sign-out"))
        secret = cookie.partition("=")[2].partition(";")[0]
        stale = site.browser(cookies={site.services.accounts.cookies.name: secret})
        error(await stale.get("/api/auth/me"), 401, "unauthenticated")


async def test_a_wrong_password_and_an_unknown_address_are_told_alike(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        await person(site)
        wrong = await site.client.post(
            "/api/auth/sign-in", json={"email": "ada@example.com", "password": "wrong"}
        )
        unknown = await site.client.post(
            "/api/auth/sign-in", json={"email": "bob@example.com", "password": "wrong"}
        )
    said = error(wrong, 401, "unauthenticated")
    assert said == error(unknown, 401, "unauthenticated")
    assert "set-cookie" not in wrong.headers


async def test_a_link_signs_in_once_however_many_try(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        user = await person(site)
        async with site.services.database.transaction() as tx:
            issued = await site.services.accounts.tickets.issue_link(tx, user)
        answers = await asyncio.gather(
            *(site.client.post("/api/auth/sign-in", json={"link": issued.secret}) for _ in "12345")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]


async def test_another_sites_page_cannot_sign_a_visitor_in(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        await person(site)
        answer = await site.client.post(
            "/api/auth/sign-in",
            json={"email": "ada@example.com", "password": PASSWORD},
            headers={"Origin": "https://evil.example"},
        )
        error(answer, 403, "forbidden")


async def test_guessing_is_refused_with_the_time_to_wait(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated, sign_in_failures=2) as site:
        await person(site)
        body = {"email": "ada@example.com", "password": "wrong"}
        for _ in range(2):
            error(await site.client.post("/api/auth/sign-in", json=body), 401, "unauthenticated")
        refused = await site.client.post("/api/auth/sign-in", json=body)
        assert error(refused, 429, "rate_limited")["metadata"]["limit"] == 2
        assert 0 < int(refused.headers["retry-after"]) <= 900
        assert refused.headers["ratelimit-policy"] == '"account";q=2'
        elsewhere = site.browser(address="198.51.100.7")
        right = {"email": "ada@example.com", "password": PASSWORD}
        data(await elsewhere.post("/api/auth/sign-in", json=right))


async def test_what_is_given_is_one_way_in_and_whole(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        for body, path in (
            ({}, "$.email"),
            ({"email": "ada@example.com"}, "$.password"),
            ({"link": "x", "email": "ada@example.com"}, "$.link"),
            ({"email": "no address", "password": "x"}, "$.email"),
            ({"email": "a@b.c", "passwort": "x"}, "$.passwort"),
        ):
            answer = await site.client.post("/api/auth/sign-in", json=body)
            assert error(answer, 400, "invalid")["path"] == path


async def test_a_key_has_no_cookie_to_end(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        error(await program.post("/api/auth/sign-out"), 400, "invalid")


async def test_whoever_a_host_application_signed_in_signs_out_there(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, **hostapp.SETTINGS) as site:
        guest = site.browser(headers={"Origin": ORIGIN}, cookies={hostapp.COOKIE: hostapp.cookie()})
        refused = error(await guest.post("/api/auth/sign-out"), 400, "invalid")
        assert "another application" in refused["message"]
        assert data(await guest.get("/api/auth/me"))["credential"] == "authjs"


async def test_a_barred_user_learns_so_by_the_right_password_only(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        await person(site)
        async with database.transaction() as tx:
            await tx.execute(update(UserRow).values(suspended_at=START))
        for password, status, code in (
            (PASSWORD, 403, "forbidden"),
            ("wrong", 401, "unauthenticated"),
        ):
            body = {"email": "ada@example.com", "password": password}
            answer = await site.client.post("/api/auth/sign-in", json=body)
            error(answer, status, code)
            assert "set-cookie" not in answer.headers


async def test_a_host_applications_user_does_not_sign_in_by_an_address(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        await person(site)
        async with database.transaction() as tx:
            await tx.execute(update(UserRow).values(issuer="host", external_id="42"))
        body = {"email": "ada@example.com", "password": PASSWORD}
        error(await site.client.post("/api/auth/sign-in", json=body), 401, "unauthenticated")
        ours = await person(site)
        assert data(await site.client.post("/api/auth/sign-in", json=body))["id"] == str(ours)


async def test_a_page_hears_what_it_may_offer_its_user(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        browser, program = await site.signed_in(caller), await site.program(caller)
        me = data(await browser.get("/api/auth/me"))
        assert (me["credential"], me["hasPassword"]) == ("cookie", False)
        assert (me["workspaceId"], me["externalId"]) == (str(caller.workspace_id), None)
        assert data(await program.get("/api/auth/me"))["credential"] == "key"


async def test_an_old_hash_is_renewed_when_its_owner_signs_in(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        await person(site)
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        async with database.transaction() as tx:
            await tx.execute(update(UserRow).values(password_hash=cheap))
        body = {"email": "ada@example.com", "password": PASSWORD}
        for _ in "ab":
            data(await site.client.post("/api/auth/sign-in", json=body))
        async with database.snapshot() as tx:
            stored = await tx.scalar(select(UserRow.password_hash))
    assert stored is not None
    assert not Passwords().is_outdated(stored)


async def test_one_changes_what_one_is_called(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated, **hostapp.SETTINGS) as site:
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        changed = data(await browser.patch("/api/auth/me", json={"name": "  Ada   Lovelace "}))
        assert changed["name"] == "Ada Lovelace"
        assert data(await browser.get("/api/auth/me")) == changed
        for body in ({}, {"name": ""}, {"name": "  "}, {"name": "A\u202eda"}, {"name": "a" * 300}):
            refused = error(await browser.patch("/api/auth/me", json=body), 400, "invalid")
            assert refused["path"] == "$.name"
        assert data(await browser.get("/api/auth/me"))["name"] == "Ada Lovelace"

        guest = site.browser(headers={"Origin": ORIGIN}, cookies={hostapp.COOKIE: hostapp.cookie()})
        kept = error(await guest.patch("/api/auth/me", json={"name": "Ada"}), 403, "forbidden")
        assert kept["path"] == "$.name"
