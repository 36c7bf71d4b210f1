"""Every way in ends with a session of its own, and none is open to another site's pages."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.mailbox import open_web
from tests.server.routes.site import ORIGIN, data, error
from tests.server.routes.test_auth import PASSWORD, person


async def test_a_session_is_always_new_and_ends_none(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path) as (site, _):
        await person(site)
        name, secrets = site.services.accounts.cookies.name, ["planted"]
        for _ in "ab":
            browser = site.browser(cookies={name: secrets[-1]}, headers={"Origin": ORIGIN})
            answer = await browser.post(
                "/api/auth/sign-in", json={"email": "ada@example.com", "password": PASSWORD}
            )
            data(answer)
            secrets.append(answer.cookies[name])
        assert len(set(secrets)) == 3
        planted, *opened = [site.browser(cookies={name: secret}) for secret in secrets]
        error(await planted.get("/api/auth/me"), 401, "unauthenticated")
        for browser in opened:
            data(await browser.get("/api/auth/me"))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sign-in", {"email": "ada@example.com", "password": PASSWORD}),
        ("sign-up", {"email": "ada@example.com", "password": PASSWORD}),
        ("confirm", {"secret": "cl_x"}),
        ("forgot", {"email": "ada@example.com"}),
        ("reset", {"secret": "cl_x", "password": PASSWORD}),
    ],
)
async def test_another_sites_pages_are_refused(
    migrated: EngineUrls,
    database: Database,
    redis: Redis,
    tmp_path: Path,
    path: str,
    body: dict[str, str],
) -> None:
    async with open_web(migrated, tmp_path) as (site, _):
        await person(site)
        foreign = site.browser(headers={"Origin": "https://evil.example"})
        error(await foreign.post(f"/api/auth/{path}", json=body), 403, "forbidden")


async def test_a_password_is_guessed_no_faster_by_asking_in_several_places(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path, sign_in_failures="3") as (site, _):
        await person(site)
        right = {"email": "ada@example.com", "password": PASSWORD}
        browser = site.browser(headers={"Origin": ORIGIN})
        data(await browser.post("/api/auth/sign-in", json=right))
        for method, path, body, status in (
            ("POST", "/api/auth/sign-in", {**right, "password": "guessed"}, 401),
            ("POST", "/api/auth/password", {"current": "guessed", "password": "new horse"}, 400),
            ("DELETE", "/api/auth/me", {"confirm": "delete", "password": "guessed"}, 403),
            ("POST", "/api/auth/sign-in", right, 429),
            ("POST", "/api/auth/password", {"current": PASSWORD, "password": "new horse"}, 429),
            ("DELETE", "/api/auth/me", {"confirm": "delete", "password": PASSWORD}, 429),
        ):
            assert (await browser.request(method, path, json=body)).status_code == status
