"""Passwords over HTTP: forgotten, chosen anew by a mailed link, changed."""

from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from redis.asyncio import Redis
from sqlalchemy import update

from server.domain.ids import UserId
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.users import UserRow
from tests.server.accounts.people import START
from tests.server.routes.mailbox import open_web
from tests.server.routes.site import ORIGIN, Web, data, error, web
from tests.server.routes.test_auth import PASSWORD, person

EMAIL, NEW = "ada@example.com", "battery staple"


async def forgot(site: Web, email: str = EMAIL) -> httpx2.Response:
    return await site.client.post("/api/auth/forgot", json={"email": email})


async def reset(site: Web, secret: str, password: str = NEW) -> httpx2.Response:
    body = {"secret": secret, "password": password}
    return await site.client.post("/api/auth/reset", json=body)


async def signed_in(site: Web, password: str = PASSWORD) -> httpx2.AsyncClient:
    browser = site.browser(headers={"Origin": ORIGIN})
    data(await browser.post("/api/auth/sign-in", json={"email": EMAIL, "password": password}))
    return browser


async def key_of(site: Web, user: UserId) -> httpx2.AsyncClient:
    async with site.services.database.transaction() as tx:
        made = await site.services.accounts.keys.create(
            tx, user, name="test", scopes=None, expires_at=None
        )
    return site.browser(headers={"Authorization": f"Bearer {made.secret}"})


async def test_a_mailed_link_replaces_the_password_and_ends_every_session_but_no_key(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path) as (site, mailbox):
        user = await person(site)
        browser, program = await signed_in(site), await key_of(site, user)
        ended = set[UUID]()
        site.services.accounts.endings.listen(ended.add)
        data(await forgot(site, " ADA@example.com"), 202)
        secret = await mailbox.secret("reset", 1)
        data(await reset(site, secret))
        error(await browser.get("/api/auth/me"), 401, "unauthenticated")
        data(await program.get("/api/auth/me"))
        assert len(ended) == 1
        error(await reset(site, secret), 401, "unauthenticated")
        await signed_in(site, NEW)
        assert "was changed" in await mailbox.mail(2)


async def test_the_known_and_the_unknown_are_answered_alike(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path) as (site, mailbox):
        await person(site)
        unknown, known = await forgot(site, "bob@example.com"), await forgot(site)
        assert data(unknown, 202) == data(known, 202) is None
        await mailbox.mail(1)
        assert [mail["To"] for mail in mailbox.mails()] == [EMAIL]


@pytest.mark.parametrize(
    "values",
    [{"suspended_at": START}, {"issuer": "https://host.example", "external_id": "42"}],
    ids=["suspended", "a host application's"],
)
async def test_nothing_is_sent_to_who_may_not_sign_in_here(
    migrated: EngineUrls,
    database: Database,
    redis: Redis,
    tmp_path: Path,
    values: dict[str, object],
) -> None:
    async with open_web(migrated, tmp_path) as (site, mailbox):
        await person(site)
        async with database.transaction() as tx:
            await tx.execute(update(UserRow).values(**values))
        data(await forgot(site), 202)
    assert mailbox.mails() == []


async def test_whoever_came_by_a_link_has_a_first_password_mailed(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path) as (site, mailbox):
        await person(site)
        async with database.transaction() as tx:
            await tx.execute(update(UserRow).values(password_hash=None))
        data(await forgot(site), 202)
        data(await reset(site, await mailbox.secret("reset", 1)))
        await signed_in(site, NEW)


async def test_whoever_has_guessed_too_often_signs_in_with_the_new_password(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path, sign_in_failures="2") as (site, mailbox):
        await person(site)
        wrong = {"email": EMAIL, "password": "forgotten"}
        for status in (401, 401, 429):
            answer = await site.client.post("/api/auth/sign-in", json=wrong)
            assert answer.status_code == status
        await forgot(site)
        data(await reset(site, await mailbox.secret("reset", 1)))
        await signed_in(site, NEW)


async def test_a_weak_password_does_not_use_the_link_up(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path) as (site, mailbox):
        await person(site)
        await forgot(site)
        secret = await mailbox.secret("reset", 1)
        for weak in ("short", "password1", EMAIL):
            answer = error(await reset(site, secret, weak), 400, "invalid")
            assert answer["path"] == "$.password"
        data(await reset(site, secret))


async def test_links_are_asked_for_a_few_times_an_hour(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    limits = {"link_mails_per_email": "2", "resets_per_address": "3"}
    async with open_web(migrated, tmp_path, **limits) as (site, _):
        for _ in range(2):
            data(await forgot(site), 202)
        refused = error(await forgot(site), 429, "rate_limited")
        assert refused["metadata"]["scope"] == "email"
        data(await forgot(site, "bob@example.com"), 202)
        refused = error(await forgot(site, "carol@example.com"), 429, "rate_limited")
        assert refused["metadata"]["scope"] == "address"


async def test_without_mail_nobody_is_promised_any(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated) as site:
        error(await forgot(site), 403, "forbidden")


async def test_a_change_ends_the_other_sessions_and_keeps_this_one(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated) as site:
        user = await person(site)
        mine, other, program = (
            await signed_in(site),
            await signed_in(site),
            await key_of(site, user),
        )
        body = {"current": PASSWORD, "password": NEW}
        data(await mine.post("/api/auth/password", json=body))
        error(await other.get("/api/auth/me"), 401, "unauthenticated")
        data(await mine.get("/api/auth/me"))
        data(await program.get("/api/auth/me"))
        await signed_in(site, NEW)


async def test_an_open_browser_is_no_way_to_guess(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated, sign_in_failures=2) as site:
        await person(site)
        browser = await signed_in(site)
        wrong = {"current": "guess", "password": NEW}
        for _ in range(2):
            answer = await browser.post("/api/auth/password", json=wrong)
            assert error(answer, 400, "invalid")["path"] == "$.current"
        right = {"current": PASSWORD, "password": NEW}
        error(await browser.post("/api/auth/password", json=right), 429, "rate_limited")


async def test_who_has_no_password_here_is_told_where_it_is(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated) as site:
        user = await person(site)
        program, body = await key_of(site, user), {"current": "x", "password": NEW}
        async with database.transaction() as tx:
            await tx.execute(update(UserRow).values(password_hash=None))
        error(await program.post("/api/auth/password", json=body), 409, "conflict")
        async with database.transaction() as tx:
            await tx.execute(update(UserRow).values(issuer="host", external_id="42"))
        error(await program.post("/api/auth/password", json=body), 403, "forbidden")
