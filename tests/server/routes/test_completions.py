"""A prompt is completed by the model, with the words and the form that were asked for."""

from decimal import Decimal
from typing import Any

import httpx2
import pytest
from redis.asyncio import Redis

from agents.providers.load import ProviderSettings
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import Web, data, error, web
from tests.server.turns.scene import books_balance
from tests.support.providers.openai_stub import OpenAIStub

PATH = "/api/ai/completions"
CITY = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}


async def credits(program: httpx2.AsyncClient) -> Decimal:
    return Decimal(data(await program.get("/api/credits"))["credits"])


async def test_the_answer_holds_its_text_its_receipt_and_where_it_is_kept(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        before = await credits(program)
        made = data(await program.post(PATH, json={"prompt": "hello"}))
        assert made["text"]
        assert (made["model"], made["confidence"]) == ("demo/causerie-demo", 1)
        assert made["agents"] == [{"agent": "completion", "status": "ok"}]
        assert made["usage"]["charged"] == made["receipt"]["charged"]
        assert before - Decimal(made["receipt"]["charged"]) == await credits(program) < before
        kept = data(await program.get(f"/api/generations/{made['generationId']}"))
        assert (kept["kind"], kept["input"]) == ("completion", {"prompt": "hello", "params": {}})
        assert (kept["output"], kept["receipt"]) == (made["text"], made["receipt"])
        cut = {"prompt": "hello", "params": {"maxOutputTokens": 1}}
        made = data(await program.post(PATH, json=cut))
        assert (made["confidence"], made["usage"]["outputTokens"]) == (0.5, 1)
        kept = data(await program.get(f"/api/generations/{made['generationId']}"))
        assert kept["params"] == {"maxOutputTokens": 1}
    await books_balance(database)


async def test_a_preset_decides_what_the_request_leaves_open(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub:
        offered = ProviderSettings(openai_base_url=stub.url, openai_models=("one", "two"))
        settings = {"openai_models": "one=1/4,two=1/4", "openai_base_url": stub.url}
        async with web(migrated, providers=offered, **settings) as site:
            program = await site.program()
            preset = {
                "name": "Mine",
                "model": "openai/one",
                "instructions": "Be brief.",
                "params": {"temperature": 0.25, "topP": 0.5},
            }
            made = data(await program.post("/api/presets", json=preset), 201)
            asked = {
                "prompt": "hello",
                "presetId": made["id"],
                "params": {"temperature": 0.75, "instructions": "Rhyme."},
            }
            told = data(await program.post(PATH, json=asked))
            assert told["model"] == "openai/one"
            sent = stub.exchanges[0].body
            assert (sent["temperature"], sent["top_p"]) == (0.75, 0.5)
            assert "Be brief.\n\nRhyme." in sent["messages"][0]["content"]
            asked["model"] = "openai/two"
            assert data(await program.post(PATH, json=asked))["model"] == "openai/two"


async def test_a_schema_is_answered_by_an_object_of_it(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        form = {"type": "json_schema", "name": "city", "schema": CITY}
        asked = {"prompt": "Where?", "params": {"responseFormat": form}}
        assert set(data(await program.post(PATH, json=asked))["result"]) == {"name"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"prompt": ""}, "$.prompt"),
        ({"prompt": "x" * 32_001}, "$.prompt"),
        ({"prompt": "a\0b"}, "$.prompt"),
        ({"prompt": 5}, "$.prompt"),
        ({"model": ""}, "$.model"),
        ({"presetId": "mine"}, "$.presetId"),
        ({"params": {"temperature": 2.1}}, "$.params.temperature"),
        ({"params": {"topP": 0}}, "$.params.topP"),
        ({"params": {"maxOutputTokens": 0}}, "$.params.maxOutputTokens"),
        ({"params": {"tools": ["current_time"]}}, "$.params.tools"),
        ({"params": {"responseFormat": {"type": "xml"}}}, "$.params.responseFormat.type"),
        ({"stream": True}, "$.stream"),
    ],
)
async def test_what_cannot_be_used_is_refused_by_its_field(
    migrated: EngineUrls, database: Database, redis: Redis, changes: dict[str, Any], path: str
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        answer = await program.post(PATH, json={"prompt": "hello", **changes})
        assert error(answer, 400, "invalid")["path"] == path
        assert await redis.keys("rate:*") == []


async def test_an_unknown_preset_or_model_is_named(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        program = await site.program()
        for changes, status, code, path in (
            ({"presetId": str(new_id())}, 404, "not_found", "$.presetId"),
            ({"presetId": await foreign_preset(site)}, 404, "not_found", "$.presetId"),
            ({"model": "demo/none"}, 404, "model_unavailable", "$.model"),
        ):
            answer = await program.post(PATH, json={"prompt": "hello", **changes})
            assert error(answer, status, code)["path"] == path


async def foreign_preset(site: Web) -> str:
    other = await site.program()
    return str(data(await other.post("/api/presets", json={"name": "Theirs"}), 201)["id"])
