"""Messages as a turn needs them: where it continues, what was said before, what it adds."""

from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import Integer, and_, case, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import aliased

from server.domain.content import Role
from server.domain.ids import ConversationId, MessageId, PresetId, TurnId
from server.domain.parts import SaidFile, SaidImage, SaidPart, SaidText
from server.persistence.conversations import NEW_TITLE, ConversationRow, MessageRow
from server.persistence.database import Snapshot, Tx


class Place(Struct, frozen=True, kw_only=True):
    """A conversation as a turn finds it: its settings, and its newest leaf."""

    id: ConversationId
    agent: str | None
    model: str | None
    preset_id: PresetId | None
    leaf_message_id: MessageId | None


class Link(Struct, frozen=True, kw_only=True):
    """A message's place in the tree."""

    id: MessageId
    parent_id: MessageId | None
    role: Role
    turn_id: TurnId


class Said(Struct, frozen=True, kw_only=True):
    """One message of a dialogue. ``text`` is what was written; ``parts``, where there is more than
    that, hold it again in its place. ``id`` None: it is not stored yet."""

    id: MessageId | None = None
    role: Role
    text: str
    parts: list[SaidPart] | None = None

    @property
    def media(self) -> list[SaidImage | SaidFile]:
        return [part for part in self.parts or () if not isinstance(part, SaidText)]


async def find_place(tx: Tx | Snapshot, conversation: UUID, user: UUID) -> Place | None:
    row = await tx.execute(
        select(
            ConversationRow.id,
            ConversationRow.agent,
            ConversationRow.model,
            ConversationRow.preset_id,
            ConversationRow.leaf_message_id,
        ).where(
            ConversationRow.id == conversation,
            ConversationRow.user_id == user,
            ConversationRow.deleted_at.is_(None),
        )
    )
    found = row.first()
    return None if found is None else convert(found, Place, from_attributes=True)


async def find_link(tx: Tx | Snapshot, conversation: UUID, message: UUID) -> Link | None:
    row = await tx.execute(
        select(MessageRow.id, MessageRow.parent_id, MessageRow.role, MessageRow.turn_id).where(
            MessageRow.id == message, MessageRow.conversation_id == conversation
        )
    )
    found = row.first()
    return None if found is None else convert(found, Link, from_attributes=True)


async def branch(tx: Tx | Snapshot, leaf: UUID, *, characters: int, messages: int) -> list[Said]:
    """The dialogue from the root's side down to ``leaf``, oldest first.

    Stops climbing once ``characters`` are gathered or ``messages`` read, so that a turn in a long
    conversation costs no more than what is sent.
    """
    columns = (
        MessageRow.id,
        MessageRow.parent_id,
        MessageRow.role,
        MessageRow.text,
        MessageRow.parts,
    )
    up = (
        select(
            *columns,
            literal(1, Integer).label("depth"),
            func.length(MessageRow.text).label("total"),
        )
        .where(MessageRow.id == leaf)
        .cte("up", recursive=True)
    )
    parent = aliased(MessageRow)
    up = up.union_all(
        select(
            parent.id,
            parent.parent_id,
            parent.role,
            parent.text,
            parent.parts,
            up.c.depth + 1,
            up.c.total + func.length(parent.text),
        )
        .join(up, parent.id == up.c.parent_id)
        .where(up.c.total < characters, up.c.depth < messages)
    )
    rows = await tx.execute(
        select(up.c.id, up.c.role, up.c.text, up.c.parts).order_by(up.c.depth.desc())
    )
    return [convert(row, Said, from_attributes=True) for row in rows]


async def add(tx: Tx, **values: Any) -> None:
    """Insert one message; the keywords are the columns of ``MessageRow``."""
    await tx.execute(insert(MessageRow).values(**values))


async def add_conversation(tx: Tx, **values: Any) -> None:
    """Insert one conversation; the keywords are the columns of ``ConversationRow``. Again changes
    nothing: the transaction may be asked a second time whether it was committed."""
    await tx.execute(pg_insert(ConversationRow).values(**values).on_conflict_do_nothing())


async def move_leaf(
    tx: Tx,
    conversation: UUID,
    leaf: UUID,
    *,
    expected: UUID | None,
    checked: bool,
    added: int,
    title: str,
) -> bool:
    """Make ``leaf`` the tip. With ``checked`` only while the tip is still ``expected``.

    A conversation that nobody has named takes ``title`` with its first message.

    False: the conversation was deleted, or somebody else has moved its tip meanwhile.
    """
    statement = update(ConversationRow).where(
        ConversationRow.id == conversation, ConversationRow.deleted_at.is_(None)
    )
    unnamed = and_(ConversationRow.message_count == 0, ConversationRow.title == NEW_TITLE)
    if checked:
        statement = statement.where(ConversationRow.leaf_message_id.is_not_distinct_from(expected))
    row = await tx.execute(
        statement.values(
            leaf_message_id=leaf,
            title=case((unnamed, title), else_=ConversationRow.title),
            message_count=ConversationRow.message_count + added,
            updated_at=func.now(),
        ).returning(ConversationRow.id)
    )
    return row.first() is not None


async def book(
    tx: Tx, conversation: UUID, *, leaf: UUID | None, cost_usd: int, charged: int
) -> None:
    """Add what a turn cost; ``leaf`` is its answer, where there is one."""
    values: dict[str, Any] = {
        "cost_usd": ConversationRow.cost_usd + cost_usd,
        "charged": ConversationRow.charged + charged,
        "updated_at": func.now(),
    }
    if leaf is not None:
        values |= {"leaf_message_id": leaf, "message_count": ConversationRow.message_count + 1}
    await tx.execute(
        update(ConversationRow).where(ConversationRow.id == conversation).values(**values)
    )
