"""Searching what a user said and was answered, over all their conversations."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import func, select

from server.persistence.conversations import ConversationRow, MessageRow
from server.persistence.database import Snapshot

WORDS_MAX = 5
SNIPPET_CHARACTERS = 400
BEFORE_CHARACTERS = 100
"""Of a snippet, that stand before the first word."""


class Found(Struct, frozen=True, kw_only=True):
    """A message that has all the words; ``snippet`` begins a little before the first of them."""

    title: str
    role: str
    at: datetime
    snippet: str


async def search_messages(tx: Snapshot, user: UUID, query: str, limit: int) -> list[Found]:
    """The user's own, newest first, that contain every word of ``query``, whatever its case.

    Only the first words count, and nothing that was deleted is found.
    """
    words = query.split()[:WORDS_MAX]
    if not words:
        return []
    first = func.strpos(func.lower(MessageRow.text), func.lower(words[0]))
    begin = func.greatest(first - BEFORE_CHARACTERS, 1)
    rows = await tx.execute(
        select(
            ConversationRow.title,
            MessageRow.role,
            MessageRow.created_at,
            func.substr(MessageRow.text, begin, SNIPPET_CHARACTERS).label("snippet"),
        )
        .join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
        .where(
            ConversationRow.user_id == user,
            ConversationRow.deleted_at.is_(None),
            *(MessageRow.text.icontains(word, autoescape=True) for word in words),
        )
        .order_by(MessageRow.id.desc())  # ids sort by time
        .limit(limit)
    )
    return [
        Found(title=row.title, role=row.role, at=row.created_at, snippet=row.snippet)
        for row in rows
    ]
