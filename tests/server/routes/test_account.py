"""Deleting one's own account, over HTTP."""

from typing import Any

import httpx2
from sqlalchemy import select, text

from server.accounts.access import Principal, Scope
from server.accounts.passwords import Passwords
from server.local.engines import EngineUrls
from server.persistence import logins
from server.persistence.database import Database
from server.persistence.users import UserRow
from tests.server.routes.site import Web, data, error, web
from tests.server.turns.scene import one
from tests.support.eventually import eventually

PASSWORD = "correct horse battery"


async def leave(client: httpx2.AsyncClient, **body: Any) -> httpx2.Response:
    return await client.request("DELETE", "/api/auth/me", json=body)


async def with_password(site: Web, **person: Any) -> Principal:
    caller = await site.harness.person(**person)
    hashed = await Passwords().hash(PASSWORD)
    async with site.services.database.transaction() as tx:
        await logins.set_password(tx, caller.user_id, hashed, instead_of=None)
    return caller


async def stands(database: Database, caller: Principal) -> Any:
    """What is left of them."""
    return await one(
        database,
        select(
            UserRow.email, UserRow.name, UserRow.deletion_requested_at, UserRow.deleted_at
        ).where(UserRow.id == caller.user_id),
    )


async def test_who_has_a_password_is_asked_for_it_and_a_word(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await with_password(site)
        browser = await site.signed_in(caller)
        for body, path in (
            ({}, "$.confirm"),
            ({"confirm": "yes", "password": PASSWORD}, "$.confirm"),
            ({"confirm": "delete"}, "$.password"),
        ):
            assert error(await leave(browser, **body), 400, "invalid")["path"] == path
        wrong = error(await leave(browser, confirm="delete", password="guessed"), 403, "forbidden")
        assert wrong["path"] == "$.password"
        assert (await stands(database, caller)).deletion_requested_at is None
        answer = await leave(browser, confirm="delete", password=PASSWORD)
        assert data(answer, 202) is None
        assert "max-age=0" in answer.headers["set-cookie"].lower()
        error(await browser.get("/api/auth/me"), 401, "unauthenticated")

        async def gone() -> bool:
            left = await stands(database, caller)
            return (left.email, left.name) == (None, "Deleted user") and bool(left.deleted_at)

        await eventually(gone)


async def test_passwords_are_not_guessed_here_either(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, sign_in_failures=2) as site:
        browser = await site.signed_in(await with_password(site))
        for _ in range(2):
            error(await leave(browser, confirm="delete", password="guessed"), 403, "forbidden")
        error(await leave(browser, confirm="delete", password=PASSWORD), 429, "rate_limited")


async def test_who_has_none_needs_the_word_and_a_credential_that_may_do_everything(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        caller = await site.harness.person()
        narrow = await site.program(caller, [Scope.READ, Scope.WRITE, Scope.TURNS])
        error(await leave(narrow, confirm="delete"), 403, "forbidden")
        program = await site.program(caller)
        data(await leave(program, confirm="delete"), 202)
        error(await program.get("/api/auth/me"), 401, "unauthenticated")
        error(await narrow.get("/api/conversations"), 401, "unauthenticated")


async def test_the_last_admin_stays(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        callers = [await site.harness.person() for _ in range(2)]
        async with database.transaction() as tx:
            await tx.execute(text("UPDATE users SET role = 'admin'"))
        first, second = [await site.program(caller) for caller in callers]
        data(await leave(first, confirm="delete"), 202)
        error(await leave(second, confirm="delete"), 409, "conflict")
        data(await second.get("/api/auth/me"))
