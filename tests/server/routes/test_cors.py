"""Pages of an allowed origin may call and read; everybody else's learn nothing."""

import httpx2
import pytest

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import ORIGIN, Web, data, web

HOST_PAGE = "https://app.example.com"
ALLOWED = f"{HOST_PAGE},http://localhost:3000"


def cors(answer: httpx2.Response) -> dict[str, str]:
    """What it says to pages of other origins."""
    return {
        name: value
        for name, value in answer.headers.items()
        if name.startswith("access-control-") or name == "vary"
    }


async def preflight(
    site: Web, path: str, method: str, origin: str, headers: str = "authorization"
) -> httpx2.Response:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return await site.client.options(path, headers={"Origin": origin, **asked})


async def test_a_page_of_an_allowed_origin_may_ask_and_read(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, allowed_origins=ALLOWED) as site:
        asked = await preflight(site, "/api/presets", "POST", HOST_PAGE, "authorization,x-filename")
        assert asked.status_code == 204
        assert asked.content == b""
        told = cors(asked)
        assert told["access-control-allow-origin"] == HOST_PAGE
        assert told["access-control-allow-methods"] == "GET, HEAD, OPTIONS, POST"
        allowed = told["access-control-allow-headers"].lower().split(", ")
        assert {"authorization", "content-type", "x-request-id", "x-filename"} <= set(allowed)
        assert 0 < int(told["access-control-max-age"]) <= 86_400
        assert told["vary"] == "Origin"
        program = await site.program()
        answer = await program.get("/api/presets", headers={"Origin": HOST_PAGE})
        data(answer)
        assert cors(answer)["access-control-allow-origin"] == HOST_PAGE
        exposed = cors(answer)["access-control-expose-headers"].lower().split(", ")
        assert {"x-request-id", "ratelimit", "ratelimit-policy", "retry-after"} <= set(exposed)


async def test_a_refusal_can_be_read_too(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated, allowed_origins=ALLOWED) as site:
        for path in ("/api/presets", "/api/nothing"):
            answer = await site.client.get(path, headers={"Origin": HOST_PAGE})
            assert answer.status_code in {401, 404}
            assert cors(answer)["access-control-allow-origin"] == HOST_PAGE


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com.evil.net",
        "https://app.example.com:8443",
        "https://APP.example.com",
        "https://app.example.com/",
        "http://localhost:3001",
        "null",
        "*",
        "",
        ORIGIN,
    ],
)
async def test_other_origins_are_told_nothing(
    migrated: EngineUrls, database: Database, origin: str
) -> None:
    async with web(migrated, allowed_origins=ALLOWED) as site:
        program = await site.program()
        answer = await program.get("/api/presets", headers={"Origin": origin})
        assert cors(answer) == {"vary": "Origin"}
        assert cors(await preflight(site, "/api/presets", "POST", origin)) == {"vary": "Origin"}


async def test_two_origins_are_none(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated, allowed_origins=ALLOWED) as site:
        both = [("Origin", HOST_PAGE), ("Origin", HOST_PAGE)]
        assert cors(await site.client.get("/api/presets", headers=both)) == {"vary": "Origin"}


async def test_what_is_not_for_pages_elsewhere_stays_so(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, allowed_origins=ALLOWED) as site:
        for path in ("/metrics", "/healthz", "/healthz/ready", "/", "/chat"):
            answer = await site.client.get(path, headers={"Origin": HOST_PAGE})
            assert not [name for name in cors(answer) if name != "vary"], path


async def test_a_path_offers_pages_no_more_than_it_has(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, allowed_origins=ALLOWED) as site:
        known = cors(await preflight(site, "/api/credits", "DELETE", HOST_PAGE))
        assert known["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
        unknown = cors(await preflight(site, "/api/nothing", "GET", HOST_PAGE))
        assert "access-control-allow-methods" not in unknown


async def test_a_document_for_everybody_stays_so(migrated: EngineUrls, database: Database) -> None:
    async with web(migrated, allowed_origins=ALLOWED) as site:
        answer = await site.client.get("/api/docs", headers={"Origin": HOST_PAGE})
        assert cors(answer)["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in cors(answer)


async def test_without_allowed_origins_nothing_is_said(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        assert cors(await preflight(site, "/api/presets", "GET", HOST_PAGE)) == {}


async def test_a_cookie_still_changes_nothing_for_a_page_that_is_not_allowed(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated, allowed_origins=ALLOWED) as site:
        browser = await site.signed_in(await site.harness.person())
        body = {"title": "x"}
        for origin, status in ((HOST_PAGE, 201), ("https://evil.example.com", 403), ("null", 403)):
            answer = await browser.post("/api/conversations", json=body, headers={"Origin": origin})
            assert answer.status_code == status, answer.text
