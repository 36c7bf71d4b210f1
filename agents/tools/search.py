"""What the user and the agents said in earlier conversations."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct, json

from agents.tools.base import ToolContext


class Hit(Struct, frozen=True, kw_only=True):
    """A message that has the words. ``snippet`` is the text around the first of them."""

    conversation: str
    role: str
    at: datetime
    snippet: str


Search: TypeAlias = Callable[[str, int], Awaitable[Sequence[Hit]]]
"""Words and a limit in, hits newest first out. It is bound to whoever asks: a tool cannot name
somebody else."""


class SearchArguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    query: Annotated[
        str, Meta(description="Words that all occur, one to five", min_length=1, max_length=200)
    ]
    limit: Annotated[int, Meta(ge=1, le=10)] = 5


class SearchTool:
    """``search_conversations``: looks for words in the user's own conversations."""

    name = "search_conversations"
    description = (
        "Searches the user's earlier conversations for words; returns the newest messages that have"
        " them. Ask when the user refers to something said before that is not in this conversation."
    )
    parameters = SearchArguments

    def __init__(self, search: Search) -> None:
        self._search = search

    async def run(self, arguments: Any, context: ToolContext) -> str:
        asked: SearchArguments = arguments
        found = await self._search(asked.query, asked.limit)
        if not found:
            return "Nothing was found."
        return json.encode(found).decode()
