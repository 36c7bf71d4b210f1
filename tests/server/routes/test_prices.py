"""Prices over HTTP: admins see and set them, everybody is charged by them at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from server.accounts.access import Scope
from server.domain.clock import utc_now
from server.domain.money import parse_usd
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import Web, data, error, web
from tests.server.routes.test_usage import bill

PRICES = "/api/admin/prices"
DEMO = "demo/causerie-demo"
LATER = "2999-01-01T00:00:00Z"


@asynccontextmanager
async def shop(
    urls: EngineUrls, scopes: list[Scope] | None = None
) -> AsyncIterator[tuple[Web, httpx2.AsyncClient]]:
    """A site, and a client of an admin."""
    async with web(urls) as site:
        admin = await site.harness.person()
        async with site.services.database.transaction() as tx:
            await tx.execute(
                text("UPDATE users SET role = 'admin' WHERE id = :id"), {"id": admin.user_id}
            )
        yield site, await site.program(admin, scopes)


def dated(**changes: str) -> dict[str, str]:
    return {"model": DEMO, "input": "1", "output": "4", **changes}


async def listed(client: httpx2.AsyncClient, model: str) -> Any:
    items = data(await client.get(PRICES))["items"]
    return next(item for item in items if item["model"] == model)


async def test_all_sources_of_a_price_are_shown(migrated: EngineUrls, database: Database) -> None:
    async with shop(migrated) as (_, admin):
        demo = await listed(admin, DEMO)
        assert demo["prices"] == demo["own"] == {
            "input": "0.5",
            "cachedInput": "0.5",
            "cacheWrite": "0.5",
            "output": "2",
            "multiplier": "1",
        }  # fmt: skip
        assert (demo["configured"], demo["source"], demo["unpriced"]) == (True, "own", False)
        assert (demo["listed"], demo["tiers"], demo["dated"]) == (None, [], [])
        gift = await listed(admin, "gemini/gemini-2.0-flash-exp")
        assert (gift["configured"], gift["unpriced"], gift["prices"]["output"]) == (
            False,
            False,
            "0",
        )


async def test_a_price_holds_at_once_and_the_next_from_its_moment(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (site, admin):
        caller = await site.harness.person()
        made = data(await admin.post(PRICES, json=dated(multiplier="2", cachedInput="0.25")), 201)
        assert made["prices"] == {
            "input": "1",
            "cachedInput": "0.25",
            "cacheWrite": "1",
            "output": "4",
            "multiplier": "2",
        }
        assert made["warnings"] == []
        outcome = await site.harness.answer(caller, "hello")
        (line,) = outcome["receipt"]["calls"]
        assert line["prices"] == {"input": "1", "cachedInput": "0.25", "output": "4"}
        data(await admin.post(PRICES, json=dated(input="9", effectiveFrom=LATER)), 201)
        seen = await listed(admin, DEMO)
        assert seen["source"] == "dated"
        assert [(row["state"], row["prices"]["input"]) for row in seen["dated"]] == [
            ("current", "1"),
            ("future", "9"),
        ]
        data(await admin.post(PRICES, json=dated(input="2")), 201)
        seen = await listed(admin, DEMO)
        assert [row["state"] for row in seen["dated"]] == ["past", "current", "future"]
        assert seen["prices"]["input"] == "2"
        assert seen["own"]["input"] == "0.5"


async def test_what_it_would_have_cost_is_told_before_and_with_the_change(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (site, admin):
        outcome = await site.harness.answer(await site.harness.person(), "hello")
        await bill(database)
        twice = dated(multiplier="3")
        told = data(await admin.post(f"{PRICES}/preview", json=twice))
        assert (await listed(admin, DEMO))["dated"] == []
        effect, (line,) = told["effect"], outcome["receipt"]["calls"]
        assert (effect["calls"], effect["inputTokens"]) == (1, line["inputTokens"])
        nanos = {name: parse_usd(text) for name, text in effect.items() if name.endswith("Usd")}
        assert nanos["costUsd"] == nanos["chargedUsd"] == parse_usd(line["costUsd"])
        assert nanos["newCostUsd"] == 2 * nanos["costUsd"]
        assert nanos["newChargedUsd"] == 6 * nanos["costUsd"]
        assert nanos["costDifferenceUsd"] == nanos["costUsd"]
        assert nanos["chargedDifferenceUsd"] == 5 * nanos["costUsd"]
        set_ = data(await admin.post(PRICES, json=twice), 201)["effect"]
        assert {**set_, "from": "", "to": ""} == {**effect, "from": "", "to": ""}


async def test_a_model_that_nobody_offers_may_be_priced_with_a_warning(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (_, admin):
        made = data(await admin.post(PRICES, json=dated(model="compatible/org/llama")), 201)
        assert len(made["warnings"]) == 1
        assert "offers" in made["warnings"][0]
        of_size = data(await admin.post(PRICES, json=dated(model=f"{DEMO}@1024x1024/high")), 201)
        assert of_size["warnings"] == []
        assert (await listed(admin, f"{DEMO}@1024x1024/high"))["configured"]
        seen = await listed(admin, "compatible/org/llama")
        assert (seen["configured"], seen["prices"]["input"]) == (False, "1")
        flat = data(await admin.post(PRICES, json=dated(model="gemini/gemini-2.5-pro")), 201)
        assert any("large requests" in warning for warning in flat["warnings"])
        pro = await listed(admin, "gemini/gemini-2.5-pro")
        assert [tier["aboveInputTokens"] for tier in pro["tiers"]] == [200_000]
        assert pro["tiers"][0]["prices"]["output"] == "15"
        assert (pro["source"], pro["listed"]["output"], pro["prices"]["output"]) == (
            "dated",
            "10",
            "4",
        )


async def test_what_has_not_begun_can_be_taken_back(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (_, admin):
        data(await admin.post(PRICES, json=dated(effectiveFrom=LATER)), 201)
        now = data(await admin.post(PRICES, json=dated()), 201)["effectiveFrom"]
        key = {"model": DEMO, "effectiveFrom": LATER}
        assert data(await admin.delete(PRICES, params=key)) is None
        error(await admin.delete(PRICES, params=key), 404, "not_found")
        begun = {"model": DEMO, "effectiveFrom": now}
        error(await admin.delete(PRICES, params=begun), 409, "conflict")
        assert [row["state"] for row in (await listed(admin, DEMO))["dated"]] == ["current"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"model": "gpt"}, "$.model"),
        ({"input": "-1"}, "$.input"),
        ({"output": 4}, "$.output"),
        ({"cacheWrite": "dear"}, "$.cacheWrite"),
        ({"multiplier": "1001"}, "$.multiplier"),
        ({"effectiveFrom": "2020-01-01T00:00:00Z"}, "$.effectiveFrom"),
        ({"effectiveFrom": "2999-01-01T00:00:00"}, "$.effectiveFrom"),
        ({"price": "1"}, "$.price"),
    ],
)
async def test_what_cannot_be_a_price_is_refused_by_its_field(
    migrated: EngineUrls, database: Database, changes: dict[str, Any], path: str
) -> None:
    async with shop(migrated) as (_, admin):
        for address in (PRICES, f"{PRICES}/preview"):
            answer = await admin.post(address, json={**dated(), **changes})
            assert error(answer, 400, "invalid")["path"] == path
        assert (await listed(admin, DEMO))["dated"] == []


async def test_the_same_moment_twice_is_a_conflict(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (_, admin):
        data(await admin.post(PRICES, json=dated(effectiveFrom=LATER)), 201)
        error(await admin.post(PRICES, json=dated(effectiveFrom=LATER)), 409, "conflict")


async def test_others_neither_see_nor_set_prices(migrated: EngineUrls, database: Database) -> None:
    async with shop(migrated, [Scope.ADMIN_READ]) as (site, reader):
        stranger = await site.program()
        key = {"model": DEMO, "effectiveFrom": LATER}
        for client in (stranger, reader):
            error(await client.post(PRICES, json=dated()), 403, "forbidden")
            error(await client.delete(PRICES, params=key), 403, "forbidden")
        error(await stranger.get(PRICES), 403, "forbidden")
        error(await stranger.post(f"{PRICES}/preview", json=dated()), 403, "forbidden")
        data(await reader.get(PRICES))
        ahead = (utc_now() + timedelta(days=1)).astimezone(UTC)
        body = dated(effectiveFrom=ahead.isoformat())
        told = data(await reader.post(f"{PRICES}/preview", json=body))
        assert datetime.fromisoformat(told["effectiveFrom"]) == ahead


async def test_what_is_sold_by_another_unit_is_priced_by_it(
    migrated: EngineUrls, database: Database
) -> None:
    async with shop(migrated) as (site, admin):
        speech = {"model": "openai/voice", "input": "0", "output": "0", "character": "15"}
        shown = data(await admin.post(f"{PRICES}/preview", json=speech))
        made = data(await admin.post(PRICES, json=speech), 201)
        assert made["prices"] == shown["prices"]
        assert made["prices"]["character"] == "15"
        assert {"image", "second"}.isdisjoint(made["prices"])
        assert site.services.prices.find("openai/voice", utc_now()) is None
        variant = {"model": "openai/gpt-image-1@1024x1024/high", "input": "5", "output": "0"}
        data(await admin.post(PRICES, json={**variant, "image": "0.2"}), 201)
        price = site.services.prices.price(
            "openai/gpt-image-1", utc_now(), unit="image", variant="1024x1024/high"
        )
        assert price.image == 200_000_000_000
        refused = await admin.post(PRICES, json={**speech, "second": "-1"})
        assert error(refused, 400, "invalid")["path"] == "$.second"
