"""Searching one's conversations: what was found, where it stands, and what stands around it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from server.accounts.access import Scope
from server.domain.errors import Invalid
from server.persistence.search import Found, Place, search_messages, search_titles, words_of
from server.routes import cursors
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.envelope import Page
from server.routes.operations import Operation
from server.routes.views import ConversationView, conversation_view

TITLES = 5
"""Conversations that are found by their title, beside the messages of the first page."""

BEFORE_CHARACTERS, AFTER_CHARACTERS = 60, 160
"""Around the place: two lines of a list."""


class SearchQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``q``: words that all have to be there, whatever their case; the first five count."""

    q: Annotated[str, Meta(min_length=1, max_length=200)]


class SearchHit(Struct, frozen=True, kw_only=True, rename="camel"):
    """A message that has all the words. ``match`` is what was found first, as it is written there;
    ``before`` and ``after`` stand around it, on one line."""

    conversation_id: UUID
    message_id: UUID
    title: str
    role: str
    created_at: datetime
    before: str
    match: str
    after: str


class SearchPage(Page, frozen=True, kw_only=True):
    """``items``: messages, those of the conversation that changed last first. ``titles``: those
    conversations whose title has the words, with the first page."""

    items: list[SearchHit]
    titles: list[ConversationView]


async def search_conversations(call: Call) -> SearchPage:
    query, user = call.query(SearchQuery), call.caller.user_id
    words = words_of(query.q)
    if not words:
        raise Invalid("There is no word in it.", path="$query.q")
    place = cursors.read(query.cursor, tuple[datetime, UUID, UUID])
    after = Place(*place) if place else None
    async with call.services.database.snapshot() as tx:
        found = await search_messages(tx, user, query.q, query.limit + 1, after=after)
        titles = await search_titles(tx, user, query.q, TITLES) if after is None else []
    shown, last = cursors.page(found, query.limit)
    return SearchPage(
        items=[_hit(one, len(words[0])) for one in shown],
        titles=[conversation_view(one) for one in titles],
        next_cursor=cursors.write(tuple(last.place)) if last else None,
    )


def _hit(found: Found, length: int) -> SearchHit:
    begin, end = found.begin, found.begin + length
    before = _on_one_line(found.snippet[:begin])
    after = _on_one_line(found.snippet[end:])
    if len(before) > BEFORE_CHARACTERS:
        before = "…" + before[-BEFORE_CHARACTERS:].split(" ", 1)[-1]
    if len(after) > AFTER_CHARACTERS:
        after = after[:AFTER_CHARACTERS].rsplit(" ", 1)[0] + "…"
    return SearchHit(
        conversation_id=found.conversation_id,
        message_id=found.message_id,
        title=found.title,
        role=found.role,
        created_at=found.at,
        before=before,
        match=found.snippet[begin:end],
        after=after,
    )


def _on_one_line(text: str) -> str:
    """Blanks at either end count: the match stands beside them."""
    line = " ".join(text.split())
    return (
        (" " if text[:1].isspace() and line else "") + line + (" " if text[-1:].isspace() else "")
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/conversations/search",
        handler=search_conversations,
        scope=Scope.READ,
        summary="Messages of the caller's conversations that have all the words, by conversation.",
        tag="conversations",
        query=SearchQuery,
        response=SearchPage,
    ),
)
