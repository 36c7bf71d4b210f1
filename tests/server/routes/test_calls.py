"""Who is asking over HTTP: cookies need our own page, keys need nothing else."""

import pytest

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import ORIGIN, data, error, web
from tests.support import hostapp


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (ORIGIN, True),
        ("https://embed.example", True),
        (None, False),
        ("null", False),
        ("https://evil.example", False),
        (ORIGIN + ".evil.example", False),
        (ORIGIN.upper(), False),
        ("https://127.0.0.1:8000", False),
    ],
)
async def test_a_cookie_changes_something_only_from_an_allowed_origin(
    migrated: EngineUrls, database: Database, origin: str | None, allowed: bool
) -> None:
    async with web(migrated, allowed_origins="https://embed.example") as site:
        browser = await site.signed_in(await site.harness.person())
        del browser.headers["Origin"]
        headers = {"Origin": origin} if origin else {}
        answer = await browser.post("/api/conversations", json={}, headers=headers)
        if allowed:
            data(answer, 201)
        else:
            error(answer, 403, "forbidden")
        # Reading changes nothing, and what a foreign page reads it is not shown.
        data(await browser.get("/api/conversations", headers=headers))


async def test_a_host_header_is_no_origin(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        browser = await site.signed_in(await site.harness.person())
        answer = await browser.post(
            "/api/conversations",
            json={},
            headers={"Host": "evil.example", "Origin": "http://evil.example"},
        )
        error(answer, 403, "forbidden")


async def test_a_bad_bearer_token_is_not_helped_by_a_good_cookie(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        browser = await site.signed_in(await site.harness.person())
        for header in ("Bearer ck_wrong", "Bearer", "Bearer ", "Basic YTpi", "ck_x", "Bearer x y"):
            answer = await browser.get("/api/auth/me", headers={"Authorization": header})
            error(answer, 401, "unauthenticated")


async def test_a_host_applications_cookie_counts_where_ours_does_not(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, **hostapp.SETTINGS) as site:
        theirs = {hostapp.COOKIE: hostapp.cookie()}
        page = site.browser(cookies=theirs, headers={"Origin": ORIGIN})
        user = data(await page.get("/api/auth/me"))
        assert user["externalId"] == "42"
        data(await page.post("/api/conversations", json={}), 201)
        evil = {"Origin": "https://evil.example"}
        error(await page.post("/api/conversations", json={}, headers=evil), 403, "forbidden")
        stale = site.browser(cookies={"causerie": "stale", **theirs})
        assert data(await stale.get("/api/auth/me"))["id"] == user["id"]
        program = site.browser(headers={"Authorization": f"Bearer {hostapp.token()}"})
        assert data(await program.get("/api/auth/me"))["id"] == user["id"]
        person = await site.harness.person()
        own = await site.signed_in(person)
        own.cookies.set(hostapp.COOKIE, hostapp.cookie())
        assert data(await own.get("/api/auth/me"))["id"] == str(person.user_id)
        for cookies in ({hostapp.COOKIE: "x"}, {"theme": "dark"}, {}):
            nobody = site.browser(cookies=cookies)
            error(await nobody.get("/api/auth/me"), 401, "unauthenticated")


async def test_a_program_needs_no_origin(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated) as site:
        program = await site.program()
        foreign = {"Origin": "https://anywhere.example"}
        data(await program.post("/api/conversations", json={}, headers=foreign), 201)


async def test_addresses_come_from_configured_proxies_only(
    migrated: EngineUrls, database: Database, redis: object
) -> None:
    async with web(
        migrated, sign_in_failures_per_address=1, trusted_proxies="203.0.113.0/24"
    ) as site:
        body = {"email": "a@example.com", "password": "wrong"}

        async def failing(peer: str, forwarded: str) -> int:
            client = site.browser(address=peer, headers={"X-Forwarded-For": forwarded})
            return (await client.post("/api/auth/sign-in", json=body)).status_code

        assert await failing("203.0.113.9", "192.0.2.1") == 401
        assert await failing("203.0.113.9", "192.0.2.2") == 401
        assert await failing("203.0.113.9", "192.0.2.77, 192.0.2.1") == 429
        assert await failing("198.51.100.1", "192.0.2.3") == 401
        assert await failing("198.51.100.1", "192.0.2.4") == 429
