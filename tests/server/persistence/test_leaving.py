"""After the mark nothing is written of a user, and what is emptied stays so."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from server.domain.clock import utc_now
from server.domain.configuration import UNCONFIGURED
from server.domain.errors import Forbidden, NotFound
from server.domain.ids import new_id
from server.migrations.models import METADATA
from server.persistence import (
    configurations,
    conversations,
    customagents,
    leaving,
    media,
    presets,
    quickreplies,
    workspaces,
)
from server.persistence.conversations import Conversation
from server.persistence.database import Database, Tx
from server.persistence.presets import PresetContent
from server.persistence.turns import TurnRow
from tests.server.accounts.people import person, somebody
from tests.server.persistence.test_media import upload
from tests.server.turns.leaving_scene import AGENT, REPLY
from tests.server.turns.scene import count
from tests.support.turns import turn_harness


async def leaver(database: Database) -> tuple[UUID, UUID]:
    """A user and their workspace."""
    workspace = person().workspace_id
    return await somebody(database, f"{new_id()}@example.com", workspace_id=workspace), workspace


async def converse(tx: Tx, user: UUID, workspace: UUID) -> Conversation:
    return await conversations.insert_conversation(
        tx, new_id(), user, workspace, title="x", agent=None, model=None, preset=None
    )


async def test_what_comes_after_the_mark_is_refused(database: Database) -> None:
    user, workspace = await leaver(database)
    other, theirs = await leaver(database)
    async with database.transaction() as tx:
        assert await leaving.mark(tx, user, utc_now()) == []
    content = PresetContent(
        name="x",
        category="x",
        description="",
        agent=None,
        model=None,
        params={},
        instructions="",
        shared=False,
    )

    async def invite(tx: Tx) -> None:
        await tx.execute(
            text(
                "INSERT INTO invitations (id, workspace_id, email, role, invited_by, secret_hash,"
                " expires_at) VALUES (:id, :space, 'a@b.c', 'member', :user, '', now())"
            ),
            {"id": new_id(), "space": workspace, "user": user},
        )

    for write in (
        lambda tx: converse(tx, user, workspace),
        lambda tx: media.add(tx, upload((user, workspace))),
        lambda tx: presets.insert_preset(tx, new_id(), user, workspace, content),
        lambda tx: configurations.replace(tx, user, UNCONFIGURED),
        lambda tx: customagents.add(tx, new_id(), user, AGENT, most=1),
        lambda tx: quickreplies.add(tx, new_id(), user, REPLY, most=1),
        lambda tx: workspaces.insert_member(tx, theirs, user, "member"),
        invite,
    ):
        with pytest.raises(Forbidden):
            await database.run(write)
    await database.run(lambda tx: converse(tx, other, theirs))


async def test_the_mark_waits_for_what_is_being_written_and_makes_what_comes_later_wait(
    database: Database,
) -> None:
    user, workspace = await leaver(database)
    writing, marking = asyncio.Event(), asyncio.Event()

    async def write_first() -> None:
        async with database.transaction() as tx:
            await converse(tx, user, workspace)
            writing.set()
            await asyncio.sleep(0.3)

    async def mark() -> int:
        await writing.wait()
        async with database.transaction() as tx:
            await leaving.mark(tx, user, utc_now())
            marking.set()
            seen = await tx.scalar(text("SELECT count(*) FROM conversations"))
            await asyncio.sleep(0.3)
        return int(seen or 0)

    async def write_later() -> None:
        await marking.wait()
        await database.run(lambda tx: converse(tx, user, workspace))

    _, seen, refused = await asyncio.gather(
        write_first(), mark(), write_later(), return_exceptions=True
    )
    assert seen == 1
    assert isinstance(refused, Forbidden)


async def test_a_mark_is_made_once_and_of_somebody_who_is_there(database: Database) -> None:
    user, _ = await leaver(database)
    now = utc_now()
    async with database.transaction() as tx:
        assert await leaving.mark(tx, user, now) == []
        assert await leaving.mark(tx, user, now) is None
        assert await leaving.find_leaving(tx) == [user]
        assert await leaving.bury(tx, user, now)
        assert await leaving.find_leaving(tx) == []
        with pytest.raises(NotFound):
            await leaving.mark(tx, user, now)


async def test_who_has_lost_their_name_is_given_none_again(database: Database) -> None:
    user, _ = await leaver(database)
    async with database.transaction() as tx:
        await leaving.mark(tx, user, utc_now())
        assert await leaving.bury(tx, user, utc_now())
    rename = text("UPDATE users SET name = 'Ada' WHERE id = :user")
    with pytest.raises(Forbidden):
        await database.run(lambda tx: tx.execute(rename, {"user": user}))


MONEY = {"adjustments", "invoices", "monthly_charges", "quotas", "usage_logs"}
"""What stays, tied to the id of a user without a name."""


async def test_every_table_of_what_is_somebodys_stays_or_shuts_its_door(
    database: Database,
) -> None:
    theirs = {
        table.name
        for table in METADATA.tables.values()
        if any(key.column.table.name == "users" for key in table.foreign_keys)
    }
    async with database.snapshot() as tx:
        shut = await tx.scalars(
            text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = :name"),
            {"name": "refuse_leaving_user"},
        )
        assert set(shut) == theirs - MONEY


async def test_one_at_a_time_empties_and_only_who_is_leaving(database: Database) -> None:
    user, _ = await leaver(database)
    async with database.transaction() as tx:
        assert not await leaving.take(tx, user)
        await leaving.mark(tx, user, utc_now())
    async with database.transaction() as one, database.transaction() as two:
        assert await leaving.take(one, user)
        assert not await leaving.take(two, user)
    async with database.transaction() as tx:
        assert await leaving.take(tx, user)


async def test_who_has_something_left_is_not_buried(database: Database) -> None:
    user, workspace = await leaver(database)
    async with database.transaction() as tx:
        await converse(tx, user, workspace)
        await leaving.mark(tx, user, utc_now())
        assert not await leaving.bury(tx, user, utc_now())
        assert await leaving.empty_conversations(tx, user)
        assert not await leaving.empty_conversations(tx, user)
        assert await leaving.bury(tx, user, utc_now())


async def test_turns_keep_their_figures_and_lose_their_words(
    database: Database, migrated: object
) -> None:
    async with turn_harness(migrated) as harness:  # type: ignore[arg-type]
        caller = await harness.person()
        await harness.answer(caller, "x")
        await harness.answer(caller, "[demo: fail] x")
        async with database.transaction() as tx:
            await tx.execute(
                text(
                    "UPDATE turns SET outcome = jsonb_set(outcome, '{result}', '\"secret\"')"
                    " WHERE state = 'completed'"
                )
            )
            before = (await tx.scalars(text("SELECT outcome FROM turns ORDER BY id"))).all()
            await leaving.forget_words(tx, caller.user_id)
            after = (await tx.scalars(text("SELECT outcome FROM turns ORDER BY id"))).all()
    for was, outcome in zip(before, after, strict=True):
        assert "result" not in outcome
        assert outcome.get("error", {}).get("message", "") == ""
        for kept in ("type", "seq", "turnId", "receipt", "balance", "quota"):
            assert outcome[kept] == was[kept]
    assert await count(database, TurnRow, TurnRow.client_message_id.is_not(None)) == 0
