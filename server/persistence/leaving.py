"""Users that leave: the mark after which nothing more is written of them, and what is emptied.

A trigger of the database refuses every row of a user that is marked, so what was found empty stays
so. Figures and the ledger stay, tied to the id of a user without a name.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, convert
from sqlalchemy import text

from server.domain.errors import NotFound
from server.domain.ids import BootId, TurnId
from server.persistence.database import Snapshot, Tx, allow

NOBODY = "Deleted user"
NOWHERE = "Deleted workspace"

CONVERSATIONS = 100
"""Emptied in one transaction: some hundred milliseconds, with a hundred messages in each."""

STATEMENT_S = 60.0
"""One conversation may hold a hundred thousand messages, a creator have as many fans."""


class Running(Struct, frozen=True, kw_only=True):
    """A live turn, and the process that runs it."""

    id: TurnId
    boot_id: BootId


async def mark(tx: Tx, user: UUID, now: datetime) -> list[Running] | None:
    """From now on no credential of theirs is valid, nothing of theirs is written, and their live
    turns are wished to end. Answers these turns; None: they were marked before.

    Raises:
        NotFound: no such user, or deleted already.
    """
    found = (await tx.execute(_LOCK, {"user": user})).first()
    if found is None:
        raise NotFound("There is no such user.")
    if found.is_leaving:
        return None
    for statement in (_MARK, _END_COOKIE_SESSIONS, _END_KEYS, _END_TICKETS):
        await tx.execute(statement, {"user": user, "now": now})
    rows = await tx.execute(_CANCEL, {"user": user})
    return [convert(row, Running, from_attributes=True) for row in rows]


async def find_leaving(tx: Tx | Snapshot) -> list[UUID]:
    """Who has been marked and is still there, the first to have asked first."""
    return list((await tx.execute(_LEAVING)).scalars())


async def take(tx: Tx, user: UUID) -> bool:
    """Whether this transaction may empty something of theirs: they are leaving, no turn of theirs
    is live, and nobody else is at it."""
    return bool((await tx.execute(_TAKE, {"user": user})).scalar())


async def empty_conversations(tx: Tx, user: UUID) -> bool:
    """Delete some conversations with their messages and summaries; what their turns cost stays
    with the turns. False: there were none left."""
    await allow(tx, STATEMENT_S)
    chosen = {"ids": list((await tx.execute(_CHOOSE, {"user": user})).scalars())}
    if not chosen["ids"]:
        return False
    await tx.execute(_LEAVE_TURNS, chosen)
    await tx.execute(_DELETE_CONVERSATIONS, chosen)
    return True


async def forget_words(tx: Tx, user: UUID) -> None:
    """What turns were asked and answered: receipts and figures stay, for the books."""
    await allow(tx, STATEMENT_S)
    await tx.execute(_FORGET_WORDS, {"user": user})


async def dismiss_media(tx: Tx, user: UUID) -> list[UUID]:
    """Hide what they uploaded; its bytes may now be removed. What is just arriving is left to
    whoever writes it, who finds it dismissed the next time somebody looks."""
    return list((await tx.execute(_DISMISS_MEDIA, {"user": user})).scalars())


async def recent_turns(tx: Tx | Snapshot, user: UUID, ended_within_s: float) -> list[UUID]:
    """Turns of which a copy may be kept elsewhere."""
    rows = await tx.execute(_RECENT_TURNS, {"user": user, "age": ended_within_s})
    return list(rows.scalars())


async def bury(tx: Tx, user: UUID, now: datetime) -> bool:
    """The rest, and what names the person; workspaces are handed over. False: there is something
    left that must go before."""
    await allow(tx, STATEMENT_S)
    await tx.execute(_LOCK, {"user": user})
    if await tx.scalar(_HAS_LEFTOVERS, {"user": user}):
        return False
    values = {"user": user, "now": now, "nobody": NOBODY, "nowhere": NOWHERE}
    await tx.execute(_LOCK_WORKSPACES, {"user": user})
    for statement in _LAST:
        names = statement.compile().params
        await tx.execute(statement, {name: values[name] for name in names})
    return True


_LOCK = text("""
SELECT deletion_requested_at IS NOT NULL AS is_leaving
FROM users WHERE id = :user AND deleted_at IS NULL
FOR UPDATE
""")
"""As strong as this, so that whoever is writing something of theirs has committed it by then: the
trigger locks the row FOR KEY SHARE."""

_MARK = text("UPDATE users SET deletion_requested_at = :now WHERE id = :user")

_END_COOKIE_SESSIONS = text(
    "UPDATE cookie_sessions SET revoked_at = :now WHERE user_id = :user AND revoked_at IS NULL"
)

_END_KEYS = text(
    "UPDATE api_keys SET revoked_at = :now WHERE user_id = :user AND revoked_at IS NULL"
)

_END_TICKETS = text("UPDATE tickets SET used_at = :now WHERE user_id = :user AND used_at IS NULL")

_CANCEL = text("""
UPDATE turns SET cancel_requested_at = coalesce(cancel_requested_at, now())
WHERE user_id = :user AND state IN ('admitted', 'running')
RETURNING id, boot_id
""")

_LEAVING = text("""
SELECT id FROM users WHERE deletion_requested_at IS NOT NULL AND deleted_at IS NULL
ORDER BY deletion_requested_at
""")

_TAKE = text("""
SELECT pg_try_advisory_xact_lock(1818583414, hashtext(CAST(CAST(:user AS uuid) AS text)))
  AND EXISTS (SELECT FROM users WHERE id = CAST(:user AS uuid)
              AND deletion_requested_at IS NOT NULL AND deleted_at IS NULL)
  AND NOT EXISTS (SELECT FROM turns WHERE user_id = CAST(:user AS uuid)
                  AND state IN ('admitted', 'running'))
""")
"""The first number: "leav" in ASCII."""

_CHOOSE = text(f"SELECT id FROM conversations WHERE user_id = :user LIMIT {CONVERSATIONS}")  # noqa: S608

_LEAVE_TURNS = text("UPDATE turns SET conversation_id = NULL WHERE conversation_id = ANY(:ids)")
"""They would be deleted with it, and with them what last knows of a call whose event is lost."""

_DELETE_CONVERSATIONS = text("DELETE FROM conversations WHERE id = ANY(:ids)")

_FORGET_WORDS = text("""
UPDATE turns
SET client_message_id = NULL, request_hash = '',
    outcome = CASE WHEN outcome->'error' IS NULL THEN outcome - 'result'
              ELSE jsonb_set(outcome, '{error,message}', '""') END
WHERE user_id = :user
  AND (client_message_id IS NOT NULL OR request_hash <> '' OR outcome ? 'result'
       OR outcome #>> '{error,message}' <> '')
""")

_DISMISS_MEDIA = text("""
UPDATE media SET state = 'leaving', changed_at = now()
WHERE user_id = :user AND state IN ('kept', 'leaving')
RETURNING id
""")

_RECENT_TURNS = text("""
SELECT id FROM turns
WHERE user_id = :user AND ended_at > now() - make_interval(secs => CAST(:age AS float))
""")

_HAS_LEFTOVERS = text("""
SELECT EXISTS (SELECT FROM conversations WHERE user_id = :user)
    OR EXISTS (SELECT FROM media WHERE user_id = :user)
    OR EXISTS (SELECT FROM exports WHERE user_id = :user)
""")

_LOCK_WORKSPACES = text("""
SELECT id FROM workspaces
WHERE id IN (SELECT workspace_id FROM workspace_members WHERE user_id = :user)
ORDER BY id FOR NO KEY UPDATE
""")
"""As whoever changes their members does."""

_LAST = tuple(
    text(statement)
    for statement in (
        """
WITH heirless AS (
    SELECT mine.workspace_id FROM workspace_members AS mine
    WHERE mine.user_id = :user AND mine.role = 'owner' AND NOT EXISTS (
        SELECT FROM workspace_members AS other JOIN users ON users.id = other.user_id
        WHERE other.workspace_id = mine.workspace_id AND other.role = 'owner'
          AND users.deletion_requested_at IS NULL)
), heirs AS (
    SELECT DISTINCT ON (heir.workspace_id) heir.workspace_id, heir.user_id
    FROM workspace_members AS heir JOIN heirless ON heirless.workspace_id = heir.workspace_id
    JOIN users ON users.id = heir.user_id AND users.deletion_requested_at IS NULL
    ORDER BY heir.workspace_id, heir.joined_at, heir.user_id
)
UPDATE workspace_members AS member SET role = 'owner' FROM heirs
WHERE member.workspace_id = heirs.workspace_id AND member.user_id = heirs.user_id
""",
        """
UPDATE workspaces SET name = :nowhere, deleted_at = coalesce(deleted_at, :now)
WHERE id IN (SELECT workspace_id FROM workspace_members GROUP BY workspace_id
             HAVING bool_and(user_id = :user))
   OR id IN (SELECT workspace_id FROM users WHERE id = :user)
""",
        "DELETE FROM workspace_members WHERE user_id = :user",
        """
DELETE FROM invitations
WHERE invited_by = :user
   OR lower(email) = (SELECT lower(email) FROM users WHERE id = :user AND issuer IS NULL)
""",
        """
DELETE FROM sign_ups
WHERE lower(email) = (SELECT lower(email) FROM users WHERE id = :user AND issuer IS NULL)
""",
        "DELETE FROM presets WHERE user_id = :user",
        "DELETE FROM insights WHERE user_id = :user",
        "DELETE FROM oauth_accounts WHERE user_id = :user",
        "DELETE FROM marketing_campaigns WHERE user_id = :user",
        "DELETE FROM user_stats WHERE user_id = :user",
        "DELETE FROM fan_subscriptions WHERE user_id = :user",
        "DELETE FROM configurations WHERE user_id = :user",
        "DELETE FROM custom_agents WHERE user_id = :user",
        "DELETE FROM quick_replies WHERE user_id = :user",
        "DELETE FROM generations WHERE user_id = :user",
        "DELETE FROM routing_decisions WHERE user_id = :user",
        "DELETE FROM experiments WHERE user_id = :user",
        "DELETE FROM report_schedules WHERE user_id = :user",
        "DELETE FROM notifications WHERE user_id = :user",
        "DELETE FROM webhooks WHERE user_id = :user",
        "DELETE FROM subscriptions WHERE user_id = :user",
        "DELETE FROM api_keys WHERE user_id = :user",
        "DELETE FROM tickets WHERE user_id = :user",
        "DELETE FROM cookie_sessions WHERE user_id = :user",
        """
UPDATE users
SET email = NULL, name = :nobody, role = 'user', password_hash = NULL, issuer = NULL,
    external_id = NULL, deleted_at = :now
WHERE id = :user
""",
    )
)
