"""The search asks the door that it was given, and tells what came."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import json

from agents.tools.base import ToolContext
from agents.tools.search import Hit, SearchArguments, SearchTool

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CONTEXT = ToolContext(now=NOW, correlation_id="c")


async def test_hits_are_told_with_where_who_and_when() -> None:
    asked: list[tuple[str, int]] = []

    async def search(query: str, limit: int) -> Sequence[Hit]:
        asked.append((query, limit))
        return [Hit(conversation="Prices", role="user", at=NOW, snippet="nine dollars")]

    told = await SearchTool(search).run(SearchArguments(query="dollars", limit=3), CONTEXT)
    assert asked == [("dollars", 3)]
    assert json.decode(told) == [
        {
            "conversation": "Prices",
            "role": "user",
            "at": "2026-11-21T00:00:00Z",
            "snippet": "nine dollars",
        }
    ]


async def test_nothing_is_said_in_words() -> None:
    async def search(query: str, limit: int) -> Sequence[Hit]:
        return []

    assert await SearchTool(search).run(SearchArguments(query="x"), CONTEXT) == "Nothing was found."
