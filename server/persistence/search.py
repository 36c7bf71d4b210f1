"""Searching what a user said and was answered, over all their conversations.

An index of trigrams finds words of three letters and more anywhere in a text, in any language. Of
100,000 messages, half of them another user's, 21 hits were found in 70 ms at most, however rare or
common the words (2026-11, tests/benchmarks/search.py).
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, func, literal, select, text, tuple_

from server.persistence.conversations import Conversation, ConversationRow, MessageRow, columns
from server.persistence.database import Snapshot

WORDS_MAX = 5
SNIPPET_CHARACTERS = 400
BEFORE_CHARACTERS = 100
"""Of a snippet, that stand before the first word."""

INDEXED_CHARACTERS = 3
NEWEST = 50
"""Conversations that are looked through for words too short for the index."""


class Place(NamedTuple):
    """Where a page of what was found ended."""

    updated_at: datetime
    conversation_id: UUID
    message_id: UUID


class Found(Struct, frozen=True, kw_only=True):
    """A message that has all the words; ``snippet`` begins a little before the first of them, which
    stands in it at ``begin``, from 0. ``updated_at`` is its conversation's."""

    conversation_id: UUID
    message_id: UUID
    title: str
    role: str
    at: datetime
    snippet: str
    begin: int
    updated_at: datetime

    @property
    def place(self) -> Place:
        return Place(self.updated_at, self.conversation_id, self.message_id)


def words_of(query: str) -> list[str]:
    """Those that count: the first ones."""
    return query.split()[:WORDS_MAX]


async def search_messages(
    tx: Snapshot, user: UUID, query: str, limit: int, *, after: Place | None = None
) -> list[Found]:
    """The user's own that contain every word of ``query``, whatever its case: of conversations last
    changed first, in each the newest first.

    Only the first words count, and nothing that was deleted is found. In this order a common word
    is found by going through one's conversations until there is enough, a rare one by the index.
    """
    words = words_of(query)
    if not words:
        return []
    # A plan made for unknown words would read every message for the rarest of them.
    await tx.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    first = func.strpos(func.lower(MessageRow.text), func.lower(words[0]))
    begin = func.greatest(first - BEFORE_CHARACTERS, 1)
    own = (ConversationRow.user_id == user, ConversationRow.deleted_at.is_(None))
    found = (
        select(
            MessageRow.conversation_id,
            MessageRow.id.label("message_id"),
            ConversationRow.title,
            MessageRow.role,
            MessageRow.created_at.label("at"),
            func.substr(MessageRow.text, begin, SNIPPET_CHARACTERS).label("snippet"),
            (first - begin).label("begin"),
            ConversationRow.updated_at,
        )
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(*own, *_contain(words))
    )
    if all(len(word) < INDEXED_CHARACTERS for word in words):
        newest = (
            select(ConversationRow.id)
            .where(*own)
            .order_by(ConversationRow.updated_at.desc(), ConversationRow.id.desc())
            .limit(NEWEST)
        )
        found = found.where(ConversationRow.id.in_(newest))
    order = (ConversationRow.updated_at, ConversationRow.id, MessageRow.id)  # ids sort by time
    if after is not None:
        found = found.where(tuple_(*order) < tuple_(*map(literal, after)))
        # What the index of conversations can begin with.
        found = found.where(ConversationRow.updated_at <= after.updated_at)
    rows = await tx.execute(found.order_by(*(column.desc() for column in order)).limit(limit))
    return [Found(**row._mapping) for row in rows]


async def search_titles(tx: Snapshot, user: UUID, query: str, limit: int) -> list[Conversation]:
    """The user's conversations, last changed first, whose title has every word of ``query``."""
    rows = await tx.execute(
        columns()
        .where(
            ConversationRow.user_id == user,
            ConversationRow.deleted_at.is_(None),
            *(ConversationRow.title.icontains(word, autoescape=True) for word in words_of(query)),
        )
        .order_by(ConversationRow.updated_at.desc(), ConversationRow.id.desc())
        .limit(limit)
    )
    return [Conversation(**row._mapping) for row in rows]


def _contain(words: list[str]) -> list[ColumnElement[bool]]:
    return [MessageRow.text.icontains(word, autoescape=True) for word in words]
