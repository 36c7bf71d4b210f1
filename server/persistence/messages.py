"""Messages as a turn needs them: where it continues, what was said before, what its user says."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from server.domain.content import Role
from server.domain.errors import Conflict
from server.domain.ids import ConversationId, MessageId, PresetId, TurnId, WorkspaceId
from server.domain.parts import SaidFile, SaidImage, SaidPart, SaidText
from server.persistence.conversations import NEW_TITLE, ConversationRow, MessageRow
from server.persistence.database import Snapshot, Tx
from server.persistence.prepared import Prepared, as_json

DELETED = "The message that this continues was deleted meanwhile."
_NO_PARENT = "23503"
"""What PostgreSQL says of a foreign key that leads nowhere."""


class Place(Struct, frozen=True, kw_only=True):
    """A conversation as a turn finds it: where it was begun, its settings, and its newest leaf."""

    id: ConversationId
    workspace_id: WorkspaceId
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


class Branch(Struct, frozen=True, kw_only=True):
    """A part of a dialogue, oldest first. ``above``: the message before it; None: there is none."""

    said: list[Said]
    above: UUID | None


async def find_place(tx: Tx | Snapshot, conversation: UUID, user: UUID) -> Place | None:
    row = await tx.execute(
        select(
            ConversationRow.id,
            ConversationRow.workspace_id,
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


_BRANCH = Prepared("""
WITH RECURSIVE up AS (
    SELECT id, parent_id, role, text, parts, 1 AS depth, length(text) AS total
    FROM messages WHERE id = :leaf
    UNION ALL
    SELECT parent.id, parent.parent_id, parent.role, parent.text, parent.parts, up.depth + 1,
           up.total + length(parent.text)
    FROM messages AS parent JOIN up ON parent.id = up.parent_id
    WHERE up.total < CAST(:characters AS bigint) AND up.depth < CAST(:messages AS bigint)
      AND up.parent_id IS DISTINCT FROM CAST(:known AS uuid)
)
SELECT id, role, text, parts, parent_id FROM up ORDER BY depth DESC
""")

_ADD_CONVERSATION = Prepared("""
INSERT INTO conversations (id, user_id, workspace_id, title, agent, model, preset_id)
VALUES (:id, :user, :workspace, :title, :agent, :model, :preset)
ON CONFLICT DO NOTHING
""")

_MOVE = """
UPDATE conversations
SET leaf_message_id = CAST(:leaf AS uuid), updated_at = now(),
    title = CASE WHEN message_count = 0 AND title = CAST(:untitled AS text)
                 THEN CAST(:title AS text) ELSE title END,
    message_count = message_count + CAST(:added AS bigint)
WHERE id = CAST(:conversation AS uuid) AND deleted_at IS NULL
  AND (NOT CAST(:checked AS boolean)
       OR leaf_message_id IS NOT DISTINCT FROM CAST(:expected AS uuid))
RETURNING id
"""

_MOVE_LEAF = Prepared(_MOVE)

_SAY = Prepared(f"""
WITH said AS (
    INSERT INTO messages (id, conversation_id, parent_id, role, text, parts, turn_id, state,
                          created_at)
    VALUES (CAST(:leaf AS uuid), CAST(:conversation AS uuid), :parent, 'user', :text, :parts, :turn,
            'complete', :at)
)
{_MOVE}
""")  # noqa: S608 - put together of constants


async def branch(
    tx: Tx | Snapshot, leaf: UUID, *, characters: int, messages: int, known: UUID | None = None
) -> Branch:
    """The dialogue from the root's side down to ``leaf``, oldest first.

    Stops climbing once ``characters`` are gathered or ``messages`` read, so that a turn in a long
    conversation costs no more than what is sent; and below the message ``known``, since whoever
    names it has what leads there.
    """
    rows = await _BRANCH.rows(tx, leaf=leaf, characters=characters, messages=messages, known=known)
    return Branch(said=[_said(*row) for row in rows], above=rows[0]["parent_id"] if rows else None)


def _said(
    id: UUID, role: str, text: str, parts: list[dict[str, Any]] | None, _: UUID | None
) -> Said:
    # By hand: a window may hold thousands, and msgspec takes four times as long for each.
    return Said(
        id=MessageId(id),
        role=Role(role),
        text=text,
        parts=None if parts is None else convert(parts, list[SaidPart]),
    )


async def add_conversation(
    tx: Tx,
    *,
    id: UUID,
    user: UUID,
    workspace: UUID,
    title: str,
    agent: str | None = None,
    model: str | None = None,
    preset: UUID | None = None,
) -> None:
    """Again changes nothing: the transaction may be asked a second time whether it was
    committed."""
    await _ADD_CONVERSATION.run(
        tx,
        id=id,
        user=user,
        workspace=workspace,
        title=title,
        agent=agent,
        model=model,
        preset=preset,
    )


class Words(Struct, frozen=True, kw_only=True):
    """What a user says in a turn."""

    parent_id: MessageId | None
    text: str
    parts: list[SaidPart] | None
    turn_id: TurnId
    at: datetime


async def go_on(
    tx: Tx,
    conversation: UUID,
    leaf: UUID,
    *,
    words: Words | None,
    expected: UUID | None,
    checked: bool,
    title: str,
) -> bool:
    """Make ``leaf`` the tip: a message that is there, or the user's new one of these ``words``.
    With ``checked`` only while the tip is still ``expected``.

    A conversation that nobody has named takes ``title`` with its first message.

    False, and the transaction is of no use any more: the conversation was deleted, or somebody
    else has moved its tip meanwhile.

    Raises:
        Conflict: the message named was deleted meanwhile.
    """
    place = {
        "conversation": conversation,
        "leaf": leaf,
        "expected": expected,
        "checked": checked,
        "title": title,
        "untitled": NEW_TITLE,
        "added": 0 if words is None else 1,
    }
    if words is None:
        if await _MOVE_LEAF.value(tx, **place) is None:
            return False
        # Only now does a deletion that held the conversation's lock show.
        if await find_link(tx, conversation, leaf) is None:
            raise Conflict(DELETED)
        return True
    try:
        moved = await _SAY.value(
            tx,
            **place,
            parent=words.parent_id,
            text=words.text,
            parts=as_json(words.parts),
            turn=words.turn_id,
            at=words.at,
        )
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != _NO_PARENT:
            raise
        if checked:
            return False
        raise Conflict(DELETED) from error
    return moved is not None
