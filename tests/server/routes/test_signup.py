"""Signing up over HTTP: closed unless opened, silent about who is known, one user an address."""

import asyncio
from pathlib import Path

import httpx2
from redis.asyncio import Redis
from sqlalchemy import func, select, update

from billing.tables import AccountRow, TransferRow
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.signups import SignUpRow
from server.persistence.users import UserRow
from tests.server.routes.mailbox import Mailbox, open_web
from tests.server.routes.site import ORIGIN, Web, data, error, web

ADA = {"email": "Ada@Example.com", "password": "correct horse", "name": "Ada"}


async def sign_up(site: Web, **fields: str) -> httpx2.Response:
    return await site.client.post("/api/auth/sign-up", json={**ADA, **fields})


async def confirm(site: Web, secret: str) -> httpx2.Response:
    return await site.client.post("/api/auth/confirm", json={"secret": secret})


async def users(database: Database) -> int:
    async with database.snapshot() as tx:
        return int(await tx.scalar(select(func.count()).select_from(UserRow)) or 0)


async def test_the_mails_link_makes_the_user_with_credits_and_signs_in(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path, signup_credits="250") as (site, mailbox):
        data(await sign_up(site), 202)
        secret = await mailbox.secret("confirm", 1)
        assert mailbox.mails()[0]["To"] == "ada@example.com"
        assert await users(database) == 0
        browser = site.browser(headers={"Origin": ORIGIN})
        answer = await browser.post("/api/auth/confirm", json={"secret": secret})
        user = data(answer)
        assert (user["email"], user["name"], user["role"]) == ("ada@example.com", "Ada", "user")
        assert data(await browser.get("/api/auth/me"))["id"] == user["id"]
        again = await site.client.post(
            "/api/auth/sign-in", json={"email": ADA["email"], "password": ADA["password"]}
        )
        assert data(again)["id"] == user["id"]
    async with database.snapshot() as tx:
        assert await tx.scalar(select(AccountRow.balance)) == 250_000_000
        assert await tx.scalar(select(func.count()).select_from(SignUpRow)) == 0


async def test_the_known_and_the_unknown_are_answered_alike(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path) as (site, mailbox):
        first = await sign_up(site)
        await confirm(site, await mailbox.secret("confirm", 1))
        second = await sign_up(site, password="another horse")
        assert data(first, 202) == data(second, 202) is None
        hint = await mailbox.mail(2)
        assert f"{ORIGIN}/sign-in" in hint
        assert "#" not in hint
        assert await users(database) == 1


async def test_a_link_that_many_open_at_once_makes_one_user(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path) as (site, mailbox):
        await sign_up(site)
        secret = await mailbox.secret("confirm", 1)
        answers = await asyncio.gather(*(confirm(site, secret) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]
        assert await users(database) == 1


async def test_of_two_sign_ups_of_one_address_the_first_confirmed_wins(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path) as (site, mailbox):
        for password in ("correct horse", "battery staple"):
            await sign_up(site, password=password)
        secrets = [await mailbox.secret("confirm", number) for number in (1, 2)]
        answers = await asyncio.gather(*(confirm(site, secret) for secret in secrets))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert await users(database) == 1


async def test_whoever_deletes_their_account_and_signs_up_again_has_had_first_credits(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path, signup_credits="250") as (site, mailbox):
        for number, email in enumerate(("ada@example.com", "ADA@example.com", "bob@example.com")):
            await sign_up(site, email=email)
            data(await confirm(site, await mailbox.secret("confirm", number + 1)))
            async with database.transaction() as tx:
                left = update(UserRow).where(UserRow.deleted_at.is_(None))
                await tx.execute(left.values(email=None, deleted_at=func.now()))
        async with database.snapshot() as tx:
            balances = await tx.scalars(select(AccountRow.balance).order_by(AccountRow.id))
            keys = await tx.scalars(select(TransferRow.key))
        assert list(balances) == [250_000_000, 0, 250_000_000]
        assert not [key for key in keys if "example" in str(key)]  # nor does it say who had them


async def test_where_it_is_closed_nobody_signs_up_and_pages_are_told(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated) as site:
        error(await sign_up(site), 403, "forbidden")
        error(await confirm(site, "cl_x"), 403, "forbidden")
        options = data(await site.client.get("/api/auth/options"))
        assert options == {"registration": "closed", "mail": False}


async def test_what_cannot_be_is_refused_with_its_path(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path) as (site, mailbox):
        for fields, path in (
            ({"email": "nobody"}, "$.email"),
            ({"email": "a@b.c\r\nBcc: x@y.z"}, "$.email"),
            ({"password": "short"}, "$.password"),
            ({"password": "x" * 201}, "$.password"),
            ({"password": "password1"}, "$.password"),
            ({"password": "ada@example.com"}, "$.password"),
            ({"name": "x" * 101}, "$.name"),
            ({"name": "\x1b[2J"}, "$.name"),
            ({"role": "admin"}, "$.role"),
        ):
            assert error(await sign_up(site, **fields), 400, "invalid")["path"] == path
        options = data(await site.client.get("/api/auth/options"))
        assert options == {"registration": "open", "mail": True}
        assert mailbox.mails() == []


async def test_an_address_and_an_e_mail_have_their_limits(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path, link_mails_per_email="2") as (site, mailbox):
        for number in range(5):
            data(await sign_up(site, email=f"user{number}@example.com"), 202)
        refused = error(await sign_up(site), 429, "rate_limited")
        assert refused["metadata"]["limit"] == 5
        assert refused["metadata"]["scope"] == "address"
        for number, status in ((1, 202), (2, 202), (3, 429)):
            elsewhere = site.browser(address=f"198.51.100.{number}")
            answer = await elsewhere.post("/api/auth/sign-up", json=ADA)
            assert answer.status_code == status
        keys = await redis.keys("rate:*")
        assert keys
        assert not any(b"ada" in key or b"user0" in key for key in keys)
        assert await mail_count(mailbox, 7) == 7


async def mail_count(mailbox: Mailbox, least: int) -> int:
    await mailbox.mail(least)
    return len(mailbox.mails())
