"""What is one user's, in pieces, all of it and once."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from server.domain.ids import new_id
from server.domain.notices import Notice
from server.persistence import belongings
from server.persistence.database import Database
from tests.knowledge.hosts import hosted
from tests.server.accounts.people import person, somebody
from tests.server.persistence.test_notices import hook, tell


async def somewhere(database: Database) -> tuple[UUID, UUID]:
    workspace = person().workspace_id
    return await somebody(database, f"{new_id()}@example.com", workspace_id=workspace), workspace


async def write(database: Database, query: str, **values: Any) -> None:
    async with database.transaction() as tx:
        await tx.execute(text(query), values)


MESSAGES = """
WITH made AS (
    INSERT INTO conversations (id, user_id, workspace_id, title)
    SELECT gen_random_uuid(), :user, :space, 'x' FROM generate_series(1, 3) RETURNING id)
INSERT INTO messages (id, conversation_id, role, text, turn_id, state, created_at)
SELECT gen_random_uuid(), made.id, 'user', i, gen_random_uuid(), 'complete',
       now() + i * interval '1 s'
FROM made, generate_series(1, CAST(:each AS int)) AS i
"""

TRANSFERS = """
INSERT INTO transfers (id, debit_account, credit_account, amount, kind, key)
SELECT gen_random_uuid(), CASE i % 2 WHEN 0 THEN :user ELSE gen_random_uuid() END,
       CASE i % 2 WHEN 1 THEN :user ELSE gen_random_uuid() END, i, 'grant', :user || ' ' || i
FROM generate_series(1, CAST(:all AS int)) AS i
"""


async def test_conversations_and_their_messages_come_in_order_however_many(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(belongings, "ROWS", 2)
    monkeypatch.setattr(belongings, "LONG", 3)
    user, space = await somewhere(database)
    other, theirs = await somewhere(database)
    await write(database, MESSAGES, user=user, space=space, each=10)
    await write(database, MESSAGES, user=other, space=theirs, each=1)
    async with database.snapshot() as tx:
        found = [one.id async for one in belongings.conversations(tx, user)]
        assert len(set(found)) == 3
        for conversation in found:
            ids = await belongings.message_ids(tx, conversation)
            said = [row["text"] async for row in belongings.messages(tx, ids)]
            assert said == [str(number) for number in range(1, 11)]
        assert await belongings.count(tx, user) == 30


async def test_transfers_of_both_directions_come_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(belongings, "ROWS", 4)
    user, _ = await somewhere(database)
    await write(database, TRANSFERS.replace(":user ||", "'key' ||"), user=user, all=21)
    async with database.snapshot() as tx:
        rows = [row async for row in belongings.transfers(tx, user)]
    assert sorted(row["amount"] for row in rows) == list(range(1, 22))
    assert all(row["came"] is (row["amount"] % 2 == 1) for row in rows)


async def test_an_account_is_there_before_anything_has_happened(database: Database) -> None:
    user, workspace = await somewhere(database)
    async with database.snapshot() as tx:
        account = await belongings.account(tx, user)
        assert [space["id"] for space in account["workspaces"]] == [workspace]
        assert account["months"] == []
        for listed in (belongings.keys, belongings.sessions):
            assert await listed(tx, user) == []
        assert [row async for row in belongings.usage(tx, user)] == []
        assert [row async for row in belongings.media(tx, user)] == []


async def test_notices_and_webhooks_come_all_without_secrets(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(belongings, "ROWS", 2)
    user, _ = await somewhere(database)
    other, _ = await somewhere(database)
    for one in (user, other):
        await hook(database, one, Notice.PLAN_CHANGED)
        async with database.transaction() as tx:
            for number in range(5):
                await tell(tx, one, key=str(number), data={"n": number})
    async with database.snapshot() as tx:
        told = [row["data"]["n"] async for row in belongings.notifications(tx, user)]
        (shown,) = await belongings.webhooks(tx, user)
        assert await belongings.subscriptions(tx, user) == []
    assert told == list(range(5))
    assert "secret" not in shown


async def test_what_was_learned_and_told_of_a_creator_comes_all_without_tokens(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(belongings, "ROWS", 2)
    user, _ = await somewhere(database)
    other, _ = await somewhere(database)
    for one in (user, other):
        await hosted(database, one)
    async with database.snapshot() as tx:
        insights = [row async for row in belongings.insights(tx, user)]
        campaigns = [row async for row in belongings.campaigns(tx, user)]
        days = [(row["day"].day, row["platform"]) async for row in belongings.stats(tx, user)]
        fans = [row["external_id"] async for row in belongings.fans(tx, user)]
        (account,) = await belongings.platforms(tx, user)
    assert [row["text"] for row in insights] == [f"Fact {number}." for number in range(5)]
    assert sorted(row["external_id"] for row in campaigns) == list("abcde")
    links = {row["external_id"]: row["insight_ids"] for row in campaigns if row["insight_ids"]}
    assert links == {"b": [insights[4]["id"]]}
    assert days == [(day, name) for day in (1, 2, 3) for name in ("instagram", "onlyfans")]
    assert fans == list("abcde")
    assert account["name"] == "Ada"
    assert not {"access_token", "refresh_token"} & set(account)
