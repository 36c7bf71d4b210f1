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
        str,
        Meta(
            description="One to five words that must all occur in the message.",
            min_length=1,
            max_length=200,
        ),
    ]
    limit: Annotated[int, Meta(description="Messages wanted.", ge=1, le=10)] = 5


class SearchTool:
    """``search_conversations``: looks for words in the user's own conversations."""

    name = "search_conversations"
    description = (
        "Searches the user's earlier conversations for words and returns the newest messages that"
        " have all of them, each with its conversation's title, who said it and when. Ask it when"
        " the user refers to something that was said before and is not in this conversation."
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
