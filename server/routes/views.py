"""Conversations and messages as HTTP shows them."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, convert

from server.domain.money import credits_text, usd_text
from server.domain.parts import SaidPart
from server.persistence.branches import Message
from server.persistence.conversations import Conversation
from server.protocol.figures import Receipt
from server.routes.envelope import Page


class ConversationView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``leafMessageId``: the newest leaf, which a turn without ``parentId`` continues."""

    id: UUID
    title: str
    created_at: datetime
    updated_at: datetime
    agent: str | None
    model: str | None
    preset_id: UUID | None
    cost_usd: str
    charged: str
    message_count: int
    leaf_message_id: UUID | None


class ConversationPage(Page, frozen=True, kw_only=True):
    items: list[ConversationView]


class MessageView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``siblings``: the messages that share its parent, itself among them, oldest first.
    ``parts``, where media were sent, hold ``text`` again in its place among them.
    ``state`` of an answer: complete, partial or failed; ``receipt``: what its turn cost."""

    id: UUID
    parent_id: UUID | None
    role: str
    text: str
    parts: list[SaidPart] | UnsetType = UNSET
    agent: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    turn_id: UUID | UnsetType = UNSET
    state: str | UnsetType = UNSET
    siblings: list[UUID]
    receipt: Receipt | UnsetType = UNSET
    created_at: datetime


class ConversationRead(ConversationView, frozen=True, kw_only=True):
    """``messages`` of one branch, oldest first; ``nextCursor`` asks for the page before them,
    ``newerCursor`` for the one after."""

    messages: list[MessageView]
    next_cursor: str | None
    newer_cursor: str | None


def conversation_view(stored: Conversation) -> ConversationView:
    return ConversationView(
        id=stored.id,
        title=stored.title,
        created_at=stored.created_at,
        updated_at=stored.updated_at,
        agent=stored.agent,
        model=stored.model,
        preset_id=stored.preset_id,
        cost_usd=usd_text(stored.cost_usd),
        charged=credits_text(stored.charged),
        message_count=stored.message_count,
        leaf_message_id=stored.leaf_message_id,
    )


def message_view(stored: Message) -> MessageView:
    return MessageView(
        id=stored.id,
        parent_id=stored.parent_id,
        role=stored.role,
        text=stored.text,
        parts=stored.parts or UNSET,
        agent=stored.agent or UNSET,
        model=stored.model or UNSET,
        turn_id=stored.turn_id,
        state=stored.state,
        siblings=stored.siblings,
        receipt=_receipt(stored),
        created_at=stored.created_at,
    )


def _receipt(stored: Message) -> Receipt | UnsetType:
    """A turn's receipt stands under its answer. Where none was stored, the turn itself has it."""
    if stored.role != "assistant" or stored.outcome is None or "receipt" not in stored.outcome:
        return UNSET
    return convert(stored.outcome["receipt"], Receipt)
