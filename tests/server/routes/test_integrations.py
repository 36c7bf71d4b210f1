"""What a host tells of its creators: by a service key, of its own users; each reads their own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from knowledge.platforms import Tokens, open_tokens
from server.accounts.access import Scope
from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.office import Office, office
from tests.server.routes.site import data, error

PATH = "/api/integrations"
ONE, TWO = "https://one.example", "https://two.example"
AS_OF = "2026-03-01T00:00:00Z"

ACCOUNT = {
    "platform": "instagram",
    "externalId": "ada",
    "name": "Ada",
    "scopes": ["read"],
    "accessToken": "a-secret-token",
    "refreshToken": "r-secret-token",
    "asOf": AS_OF,
}
CAMPAIGN = {
    "externalId": "spring",
    "name": "Spring",
    "platform": "onlyfans",
    "status": "active",
    "spentUsd": "12.5",
    "revenueUsd": "100",
    "sent": 300,
    "opened": 100,
    "clicked": 30,
    "converted": 3,
    "asOf": AS_OF,
}
SUBSCRIPTION = {
    "platform": "onlyfans",
    "externalId": "s-1",
    "fanId": "f-1",
    "priceUsd": "9.99",
    "startedAt": AS_OF,
    "asOf": AS_OF,
}


def day(back: int, **fields: Any) -> dict[str, Any]:
    """So many days ago."""
    when = datetime.now(UTC).date() - timedelta(days=back)
    figures = {"platform": "onlyfans", "received": 10, "answered": 5, "revenueUsd": "2"}
    return {"day": when.isoformat(), **figures, "asOf": AS_OF, **fields}


ITEMS: dict[str, dict[str, Any]] = {
    "accounts": ACCOUNT,
    "campaigns": CAMPAIGN,
    "stats": day(1),
    "subscriptions": SUBSCRIPTION,
}


async def service(here: Office, issuer: str = ONE, **terms: Any) -> httpx2.AsyncClient:
    body = {"name": "x", "scopes": [Scope.INTEGRATIONS], "issuer": issuer, **terms}
    key = data(await here.browser.post("/api/api-keys", json=body), 201)["key"]
    return here.site.browser(headers={"Authorization": f"Bearer {key}"})


async def put(
    client: httpx2.AsyncClient, what: str, *items: dict[str, Any], **query: str
) -> httpx2.Response:
    asked = {"user": "external:42", **query}
    return await client.put(f"{PATH}/{what}", params=asked, json={"items": items})


async def test_a_service_tells_and_the_creator_reads_what_agents_are_told(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        creator = await here.hosted("42", ONE)
        program = await here.site.program(creator)
        nothing: dict[str, Any] = {
            "accounts": [],
            "campaigns": [],
            "activity": None,
            "subscriptions": None,
        }
        assert data(await program.get(PATH)) == nothing
        sender = await service(here)
        days = [day(1), day(2, revenueUsd="0.5"), day(40)]
        for what, items in (
            ("accounts", [ACCOUNT]),
            ("campaigns", [CAMPAIGN]),
            ("stats", days),
            ("subscriptions", [SUBSCRIPTION]),
        ):
            written = data(await put(sender, what, *items))
            assert written == {"written": len(items), "ignored": 0}
            again = data(await put(sender, what, *items))
            assert again == {"written": 0, "ignored": len(items)}
        answer = await program.get(PATH)
        assert "secret" not in answer.text
        assert data(answer) == {
            "accounts": [{"platform": "instagram", "name": "Ada", "connected": True}],
            "campaigns": [
                {
                    "externalId": "spring",
                    "name": "Spring",
                    "platform": "onlyfans",
                    "status": "active",
                    "spentUsd": "12.5",
                    "revenueUsd": "100",
                    "sent": 300,
                    "openRate": 0.3333,
                    "clickRate": 0.1,
                    "conversionRate": 0.01,
                }
            ],
            "activity": {
                "days": 30,
                "received": 20,
                "responseRate": 0.5,
                "revenueUsd": "2.5",
                "receivedChange": 1.0,
                "responseRateChange": 0.0,
                "revenueChange": 0.25,
            },
            "subscriptions": {
                "active": 1,
                "revenueUsd": "9.99",
                "averageUsd": "9.99",
                "platforms": {"onlyfans": 1},
            },
        }
        assert data(await (await here.site.program()).get(PATH)) == nothing


async def test_tokens_are_sealed_and_those_that_are_not_sent_again_are_forgotten(
    migrated: EngineUrls, database: Database
) -> None:
    async with office(migrated) as here:
        creator = await here.hosted("42", ONE)
        sender, sealer = await service(here), here.site.services.accounts.sealer

        async def kept() -> Tokens | None:
            async with database.snapshot() as tx:
                return await open_tokens(tx, creator.user_id, "instagram", "ada", sealer)

        data(await put(sender, "accounts", ACCOUNT))
        assert await kept() == Tokens(access_token="a-secret-token", refresh_token="r-secret-token")
        async with database.snapshot() as tx:
            stored = await tx.scalar(text("SELECT access_token FROM oauth_accounts"))
        assert b"secret" not in stored
        ended = {key: value for key, value in ACCOUNT.items() if not key.endswith("Token")}
        data(await put(sender, "accounts", {**ended, "asOf": "2026-03-02T00:00:00Z"}))
        assert await kept() == Tokens()
        (account,) = data(await (await here.site.program(creator)).get(PATH))["accounts"]
        assert account["connected"] is False


@pytest.mark.parametrize("what", ITEMS)
async def test_a_service_tells_of_users_of_its_issuer_alone(
    migrated: EngineUrls, database: Database, what: str
) -> None:
    async with office(migrated) as here:
        theirs, other = await here.hosted("42", ONE), await here.hosted("42", TWO)
        sender = await service(here)
        for name in ("external:42", str(theirs.user_id)):
            data(await put(sender, what, ITEMS[what], user=name))
        for query in (
            {"user": str(other.user_id)},
            {"user": str(here.admin.user_id)},
            {"user": str(new_id())},
            {"user": "external:43"},
            {"user": "Ada"},
            {"issuer": TWO},
        ):
            error(await put(sender, what, ITEMS[what], **query), 404, "not_found")
        ambiguous = await put(here.browser, what, ITEMS[what])
        assert error(ambiguous, 400, "invalid")["path"] == "$query.issuer"
        data(await put(here.browser, what, ITEMS[what], issuer=TWO))
        for stranger in (
            await here.site.program(theirs),
            await service(here, scopes=["plans:write"]),
        ):
            error(await put(stranger, what, ITEMS[what]), 403, "forbidden")


@pytest.mark.parametrize("what", ITEMS)
async def test_what_is_wrong_is_named_and_nothing_of_the_request_is_written(
    migrated: EngineUrls, database: Database, what: str
) -> None:
    async with office(migrated) as here:
        creator = await here.hosted("42", ONE)
        soon = (utc_now() + timedelta(hours=1)).isoformat()
        for item, path in (
            ({**ITEMS[what], "asOf": soon}, "$.items[1].asOf"),
            ({**ITEMS[what], "asOf": "2026-03-01T00:00:00"}, "$.items[1].asOf"),
            ({**ITEMS[what], "platform": "a\0"}, "$.items[1].platform"),
            ({**ITEMS[what], "owner": "x"}, "$.items[1].owner"),
        ):
            refused = await put(here.browser, what, ITEMS[what], item)
            assert error(refused, 400, "invalid")["path"] == path
        nobody = await here.browser.put(f"{PATH}/{what}", json={"items": []})
        assert error(nobody, 400, "invalid")["path"] == "$query.user"
        known = data(await (await here.site.program(creator)).get(PATH))
        assert not any(known.values())


async def test_nothing_is_told_of_who_leaves(migrated: EngineUrls, database: Database) -> None:
    async with office(migrated) as here:
        creator = await here.hosted("42", ONE)
        await here.alter(creator.user_id, deletion_requested_at=utc_now())
        for what, item in ITEMS.items():
            error(await put(here.browser, what, item), 403, "forbidden")
