"""Everything that is one user's, read in pieces: what goes into an export."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from server.persistence.conversations import Conversation, Position, list_conversations
from server.persistence.database import Snapshot
from server.persistence.entitlements import ENTITLED

Row = dict[str, Any]

ROWS, LONG = 500, 50
"""Read at once, of what is short and of what may be long: fifty of the longest messages are some
megabytes."""

USAGE = (
    "at",
    "call_id",
    "turn_id",
    "feature",
    "agent",
    "provider",
    "model",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost_usd",
    "charged",
    "charged_usd",
    "usage_source",
    "outcome",
    "duration_ms",
    "images",
    "characters",
    "audio_ms",
)
"""What is told of a provider call."""


async def count(tx: Snapshot, user: UUID) -> int:
    """Messages and uploads: what an export takes its time for."""
    return int(await tx.scalar(_COUNT, {"user": user}) or 0)


async def account(tx: Snapshot, user: UUID) -> Row:
    """Who they are, the plan that holds and limits of their own, their workspaces, and the months
    in which they spent something (nano-dollars; credits in micro-credits)."""
    who = await listed(tx, _USER, user)
    return who[0] | {
        "workspaces": await listed(tx, _WORKSPACES, user),
        "months": await listed(tx, _MONTHS, user),
    }


async def keys(tx: Snapshot, user: UUID) -> list[Row]:
    return await listed(tx, _KEYS, user)


async def webhooks(tx: Snapshot, user: UUID) -> list[Row]:
    return await listed(tx, _WEBHOOKS, user)


async def subscriptions(tx: Snapshot, user: UUID) -> list[Row]:
    return await listed(tx, _SUBSCRIPTIONS, user)


async def insights(tx: Snapshot, user: UUID) -> AsyncIterator[Row]:
    """What agents have learned from their work, the oldest first."""
    async for row in paged(tx, _INSIGHTS, user):
        yield row


async def platforms(tx: Snapshot, user: UUID) -> list[Row]:
    """Accounts elsewhere, without their tokens."""
    return await listed(tx, _PLATFORMS, user)


async def campaigns(tx: Snapshot, user: UUID) -> AsyncIterator[Row]:
    """Amounts in dollars."""
    async for row in paged(tx, _CAMPAIGNS, user):
        yield row


async def stats(tx: Snapshot, user: UUID) -> AsyncIterator[Row]:
    """By day; amounts in dollars."""
    async for row in placed(tx, _STATS, user, ("day", "platform"), (date.min, "")):
        yield row


async def fans(tx: Snapshot, user: UUID) -> AsyncIterator[Row]:
    """Subscriptions of their fans; amounts in dollars."""
    async for row in placed(tx, _FANS, user, ("platform", "external_id"), ("", "")):
        yield row


async def notifications(tx: Snapshot, user: UUID) -> AsyncIterator[Row]:
    """The oldest first."""
    async for row in paged(tx, _NOTIFICATIONS, user):
        yield row


async def sessions(tx: Snapshot, user: UUID) -> list[Row]:
    return await listed(tx, _SESSIONS, user)


async def conversations(tx: Snapshot, user: UUID) -> AsyncIterator[Conversation]:
    """The newest first."""
    after: Position | None = None
    while page := await list_conversations(tx, user, search=None, after=after, limit=ROWS):
        for conversation in page:
            yield conversation
        after = Position(page[-1].updated_at, page[-1].id)


async def message_ids(tx: Snapshot, conversation: UUID) -> list[UUID]:
    """Of all branches, in the order in which they were written."""
    return list((await tx.execute(_MESSAGE_IDS, {"conversation": conversation})).scalars())


async def messages(tx: Snapshot, ids: Sequence[UUID]) -> AsyncIterator[Row]:
    """Those messages, in their order, with what an answer's turn cost."""
    for start in range(0, len(ids), LONG):
        rows = await tx.execute(_MESSAGES, {"ids": ids[start : start + LONG]})
        for row in rows.mappings().all():
            yield dict(row)


async def media(tx: Snapshot, user: UUID) -> AsyncIterator[Row]:
    async for row in paged(tx, _MEDIA, user):
        yield row


async def transfers(tx: Snapshot, user: UUID) -> AsyncIterator[Row]:
    """Of their own credit account, whose id is theirs. ``came``: into it; micro-credits."""
    async for row in paged(tx, _TRANSFERS, user):
        yield row


async def usage(tx: Snapshot, user: UUID) -> AsyncIterator[Row]:
    """Provider calls, the oldest first; amounts in nano-dollars and micro-credits."""
    first = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
    async for row in placed(tx, _USAGE, user, ("at", "call_id"), first):
        yield row


async def listed(tx: Snapshot, query: TextClause, user: UUID) -> list[Row]:
    """All that ``query`` finds of ``:user``: of what there are some hundred at most."""
    return await _found(tx, query, {"user": user})


async def paged(
    tx: Snapshot, query: TextClause, user: UUID, *, is_long: bool = False
) -> AsyncIterator[Row]:
    """The same of any number, by ``id``, the ``:most`` after ``:after`` at once."""
    after, most = UUID(int=0), LONG if is_long else ROWS
    while rows := await _found(tx, query, {"user": user, "after": after, "most": most}):
        for row in rows:
            yield row
        after = rows[-1]["id"]


async def placed(
    tx: Snapshot, query: TextClause, user: UUID, key: tuple[str, str], first: tuple[Any, Any]
) -> AsyncIterator[Row]:
    """As ``paged``, of rows that two columns number."""
    place: Row = {"one": first[0], "two": first[1]}
    while rows := await _found(tx, query, {"user": user, "most": ROWS, **place}):
        for row in rows:
            yield row
        place = {"one": rows[-1][key[0]], "two": rows[-1][key[1]]}


async def _found(tx: Snapshot, query: TextClause, values: Row) -> list[Row]:
    return [dict(row) for row in (await tx.execute(query, values)).mappings().all()]


def usd(column: str) -> str:
    """In SQL: an amount in nano-dollars as a decimal string of dollars."""
    return f"CAST(trim_scale({column} / 1e9) AS text) AS {column}"


_COUNT = text("""
SELECT (SELECT count(*) FROM messages JOIN conversations ON conversations.id = conversation_id
        WHERE user_id = :user AND deleted_at IS NULL)
     + (SELECT count(*) FROM media WHERE user_id = :user AND state = 'kept')
""")

_USER = text(f"""
SELECT users.id, email, name, role, {ENTITLED}, issuer, external_id, users.created_at,
       balance AS credits, held
FROM users LEFT JOIN accounts ON accounts.owner_id = users.id
WHERE users.id = :user
""")  # noqa: S608 - the columns are ours

_WORKSPACES = text("""
SELECT workspaces.id, name, personal, role, joined_at
FROM workspace_members JOIN workspaces ON workspaces.id = workspace_id
WHERE user_id = :user AND deleted_at IS NULL ORDER BY workspaces.id
""")

_MONTHS = text("""
SELECT to_char(month, 'YYYY-MM') AS month, spent, limit_usd FROM quotas
WHERE user_id = :user ORDER BY quotas.month
""")

_KEYS = text("""
SELECT id, name, prefix, scopes, workspace_id, issuer, created_at, expires_at, last_used_at,
       revoked_at
FROM api_keys WHERE user_id = :user ORDER BY id
""")

_WEBHOOKS = text("""
SELECT id, url, description, events, enabled, disabled_reason, created_at
FROM webhooks WHERE user_id = :user ORDER BY id
""")

_SUBSCRIPTIONS = text("""
SELECT id, tier, reference, starts_at, ends_at, ended_at, created_at
FROM subscriptions WHERE user_id = :user ORDER BY id
""")

_INSIGHTS = text("""
SELECT id, kind, source, text, language, confidence, confidence_at, data, tags, people, seen,
       helped, hindered, created_at, retracted_at, superseded_by
FROM insights WHERE user_id = :user AND id > :after ORDER BY id LIMIT :most
""")

_PLATFORMS = text("""
SELECT platform, external_id, name, scopes, expires_at, as_of
FROM oauth_accounts WHERE user_id = :user ORDER BY platform, external_id
""")

_CAMPAIGNS = text(f"""
SELECT id, external_id, name, platform, status, starts_at, ends_at, {usd("spent")},
       {usd("revenue")}, sent, opened, clicked, converted, as_of,
       ARRAY(SELECT insight_id FROM campaign_insights WHERE campaign_id = marketing_campaigns.id
             ORDER BY insight_id) AS insight_ids
FROM marketing_campaigns WHERE user_id = :user AND id > :after ORDER BY id LIMIT :most
""")  # noqa: S608 - the columns are ours

_STATS = text(f"""
SELECT day, platform, received, answered, {usd("revenue")}, as_of FROM user_stats
WHERE user_id = :user AND (day, platform) > (:one, :two) ORDER BY day, platform LIMIT :most
""")  # noqa: S608 - the columns are ours

_FANS = text(f"""
SELECT platform, external_id, fan_id, {usd("price")}, started_at, ended_at, as_of
FROM fan_subscriptions
WHERE user_id = :user AND (platform, external_id) > (:one, :two)
ORDER BY platform, external_id LIMIT :most
""")  # noqa: S608 - the columns are ours

_NOTIFICATIONS = text("""
SELECT id, event, severity, data, created_at, read_at FROM notifications
WHERE user_id = :user AND id > :after ORDER BY id LIMIT :most
""")

_SESSIONS = text("""
SELECT id, user_agent, address, created_at, last_seen_at, expires_at, revoked_at
FROM cookie_sessions WHERE user_id = :user ORDER BY id
""")

_MESSAGE_IDS = text("""
SELECT id FROM messages WHERE conversation_id = :conversation ORDER BY created_at, id
""")

_MESSAGES = text("""
SELECT messages.id, parent_id, role, text, parts, messages.agent, messages.model, turn_id,
       messages.state, created_at,
       CASE role WHEN 'assistant' THEN outcome->'receipt' END AS receipt
FROM messages LEFT JOIN turns ON turns.id = turn_id
WHERE messages.id = ANY(:ids) ORDER BY created_at, messages.id
""")

_MEDIA = text("""
SELECT id, kind, media_type, size, name, created_at FROM media
WHERE user_id = :user AND state = 'kept' AND id > :after ORDER BY id LIMIT :most
""")

_TRANSFERS = text("""
SELECT id, created_at AS at, kind, amount, credit_account = :user AS came, turn_id, reason
FROM (SELECT * FROM transfers WHERE credit_account = :user AND id > :after
      UNION ALL
      SELECT * FROM transfers WHERE debit_account = :user AND id > :after) AS moved
ORDER BY id LIMIT :most
""")

_USAGE = text(f"""
SELECT {", ".join(USAGE)} FROM usage_logs
WHERE creator_id = :user AND (at, call_id) > (:one, :two)
ORDER BY at, call_id LIMIT :most
""")  # noqa: S608 - the columns are ours
