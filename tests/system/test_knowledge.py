"""What is told in one process stands in the prompts of another within a second."""

from datetime import UTC, datetime, timedelta
from typing import Any

from server.cli import people
from server.domain.ids import new_id
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.server import LiveServer
from tests.system.conftest import MODEL

AT_ONCE_S = 1.0


async def prompt(server: LiveServer, key: str, stub: OpenAIStub, text: str) -> str:
    """What the provider is asked when somebody asks ``sales`` here."""
    async with server.http(key) as client:
        made = (await client.post("/api/conversations", json={})).json()["data"]
        answer = await client.post(
            f"/api/conversations/{made['id']}/messages",
            json={"text": text, "agent": "sales", "model": MODEL, "clientMessageId": str(new_id())},
        )
    assert answer.json()["success"], answer.text
    return stub.exchanges[-1].raw.decode()


async def test_an_insight_told_in_one_process_is_in_the_prompt_of_another_within_a_second(
    live: LiveServer, other: LiveServer, stub: OpenAIStub
) -> None:
    key, stranger = await live.new_key(), await live.new_key()
    said = "Bundles of three photos sell twice as often."
    asked = "How do I sell photos?"
    assert said not in await prompt(other, key, stub, asked)
    async with live.http(key) as client:
        told = {"kind": "sales_tactic", "text": said, "confidence": 0.9}
        kept = (await client.post("/api/insights", json=told)).json()["data"]

        async def is_known() -> bool:
            return said in await prompt(other, key, stub, asked)

        await eventually(is_known, AT_ONCE_S)
        assert said not in await prompt(other, stranger, stub, asked)
        assert (await client.delete(f"/api/insights/{kept['id']}")).is_success

        async def is_forgotten() -> bool:
            return said not in await prompt(other, key, stub, asked)

        await eventually(is_forgotten, AT_ONCE_S)


async def test_figures_that_a_host_tells_are_in_the_next_prompt(
    live: LiveServer, other: LiveServer, stub: OpenAIStub
) -> None:
    email, boss = await live.new_user(), await live.new_key(role="admin")
    async with live.database() as (_, database), database.snapshot() as tx:
        user = (await people.find(tx, email)).id
    key, asked = await live.key(email), "What do my campaigns bring?"
    now = datetime.now(UTC)
    day: dict[str, Any] = {
        "day": (now.date() - timedelta(days=1)).isoformat(),
        "platform": "onlyfans",
        "received": 40,
        "answered": 30,
        "revenueUsd": "1234.5",
        "asOf": now.isoformat(),
    }
    assert "1234.50" not in await prompt(other, key, stub, asked)
    async with live.http(boss) as admin:
        answer = await admin.put(
            "/api/integrations/stats", params={"user": str(user)}, json={"items": [day]}
        )
        assert answer.json()["data"] == {"written": 1, "ignored": 0}
    told = await prompt(other, key, stub, asked)
    assert "1234.50" in told
    assert "75.0%" in told
    assert "1234.50" not in await prompt(other, await live.new_key(), stub, asked)
