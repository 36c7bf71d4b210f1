"""A user who leaves: their turns end, their things go, the books stay whole."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text, update

from billing.tables import AccountRow
from server.domain.clock import utc_now
from server.domain.errors import AppError, Conflict, Forbidden, NotFound
from server.domain.ids import UserId, new_id
from server.local.engines import EngineUrls
from server.persistence import workspaces
from server.persistence.conversations import ConversationRow, MessageRow
from server.persistence.database import Database, Tx, allow
from server.persistence.media import MediaRow
from server.persistence.outbox import OutboxRow
from server.persistence.redis import journal_key, journal_state_key
from server.persistence.turns import TurnRow
from server.persistence.users import UserRow
from server.persistence.workspaces import MemberRow, WorkspaceRow
from tests.server.turns.leaving_scene import (
    files,
    gone,
    leaver,
    owned,
    reconciled,
    rows,
    settle_in,
    upload,
)
from tests.server.turns.scene import books_balance, count, one
from tests.support.eventually import eventually
from tests.support.turns import Harness, turn_harness

SLOW = "[demo: slow] [demo: long 5000] x"


@pytest.fixture(autouse=True)
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test looks, not the worker beside it."""
    monkeypatch.setattr("server.workers.leaving.LOOK_S", 3600.0)


async def test_nothing_of_theirs_is_left_but_figures(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller, other = await turns.person(), await turns.person()
    media = await settle_in(turns, caller)
    await settle_in(turns, other)
    await turns.process.turns.journal.flush()
    theirs = await owned(database, other.user_id)
    assert await owned(database, caller.user_id) == theirs
    before = await reconciled(database)
    events = await count(database, OutboxRow)
    (balance,) = await one(
        database, select(AccountRow.balance).where(AccountRow.id == caller.user_id)
    )
    await leaver(turns).ask(caller.user_id)
    await gone(turns, caller.user_id)
    assert await owned(database, caller.user_id) == {}
    assert await owned(database, other.user_id) == theirs
    assert before == await reconciled(database) == []
    await books_balance(database)
    assert await count(database, OutboxRow) == events
    assert (
        await one(database, select(AccountRow.balance).where(AccountRow.id == caller.user_id))
    ) == (balance,)
    row = await one(database, select(UserRow.__table__).where(UserRow.id == caller.user_id))
    assert (row.email, row.name, row.password_hash, row.issuer, row.external_id) == (
        None,
        "Deleted user",
        None,
        None,
        None,
    )
    (space,) = await one(
        database, select(WorkspaceRow.name).where(WorkspaceRow.id == caller.workspace_id)
    )
    assert space == "Deleted workspace"
    for turn in await rows(
        database, select(TurnRow.__table__).where(TurnRow.user_id == caller.user_id)
    ):
        assert (turn.conversation_id, turn.client_message_id, turn.request_hash) == (
            None,
            None,
            b"",
        )
        assert turn.outcome["receipt"]["calls"]
        assert turn.outcome.get("error", {}).get("message", "") == ""
        assert "result" not in turn.outcome
        assert not await redis.exists(journal_key(turn.id), journal_state_key(turn.id))
    assert str(media) not in await files(turns)


async def test_what_runs_is_cancelled_wherever_it_runs_and_what_was_delivered_is_charged(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with turn_harness(migrated) as here, turn_harness(migrated) as there:
        caller = await here.person()
        started = [await process.say(caller, SLOW) for process in (here, there)]
        await eventually(lambda: all(turn.cursor.text for turn in started))
        await leaver(here).ask(caller.user_id)
        for process, turn in zip((here, there), started, strict=True):
            outcome = await process.end(turn.cursor)
            assert outcome["type"] == "turn.cancelled"
            assert outcome["receipt"]["charged"] != "0"
        await gone(there, caller.user_id)
        assert await owned(database, caller.user_id) == {}
        assert await reconciled(database) == []
        await books_balance(database)


async def test_while_a_turn_runs_nothing_is_removed(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    await turns.answer(caller, "x")
    async with database.transaction() as tx:
        await tx.execute(
            update(TurnRow).values(state="running", outcome=None, ended_at=None, boot_id=new_id())
        )
    before = await owned(database, caller.user_id)
    await leaver(turns).ask(caller.user_id)
    assert await leaver(turns).look() == 0
    assert await owned(database, caller.user_id) == before


async def test_asking_again_changes_nothing_and_nobody_is_not_found(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller, noted = await turns.person(), list[int]()

    async def note(tx: Tx) -> None:
        noted.append(1)

    await leaver(turns).ask(caller.user_id, note)
    await leaver(turns).ask(caller.user_id, note)
    assert noted == [1]
    await gone(turns, caller.user_id)
    with pytest.raises(NotFound):
        await leaver(turns).ask(caller.user_id)
    with pytest.raises(NotFound):
        await leaver(turns).ask(new_id())


async def test_who_wanted_it_is_noted_or_it_does_not_happen(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()

    async def note(tx: Tx) -> None:
        raise Conflict("no")

    with pytest.raises(Conflict):
        await leaver(turns).ask(caller.user_id, note)
    await turns.answer(caller, "still here")


@pytest.mark.parametrize(("by_each_other", "refusal"), [(False, "Conflict"), (True, "Forbidden")])
async def test_of_two_admins_who_leave_at_once_one_stays(
    turns: Harness, database: Database, redis: Redis, by_each_other: bool, refusal: str
) -> None:
    one, two = [(await turns.person()).user_id for _ in range(2)]
    async with database.transaction() as tx:
        await tx.execute(update(UserRow).values(role="admin"))
    answers = await asyncio.gather(
        leaver(turns).ask(one, actor=two if by_each_other else None),
        leaver(turns).ask(two, actor=one if by_each_other else None),
        return_exceptions=True,
    )
    assert sorted(type(answer).__name__ for answer in answers) == [refusal, "NoneType"]


@pytest.mark.parametrize("delay", [0.0, 0.002, 0.005, 0.01, 0.02])
async def test_whatever_is_on_its_way_in_is_refused_or_goes_too(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path, delay: float
) -> None:
    folder = str(tmp_path)
    async with (
        turn_harness(migrated, data_dir=folder) as here,
        turn_harness(migrated, data_dir=folder) as there,
    ):
        caller = await here.person()
        await here.answer(caller, "x")

        async def sign_in() -> None:
            async with database.transaction() as tx:
                await here.process.services.accounts.cookies.open(
                    tx, UserId(caller.user_id), "test", "::1"
                )

        async def leave(process: Harness) -> None:
            await asyncio.sleep(delay)
            await leaver(process).ask(caller.user_id)
            await asyncio.gather(leaver(here).look(), leaver(there).look())

        writers = [
            *(
                process.answer(caller, f"[demo: slow] {n}")
                for n in range(4)
                for process in (here, there)
            ),
            *(upload(process, caller) for _ in range(3) for process in (here, there)),
            *(sign_in() for _ in range(5)),
            here.process.services.archives.ask(caller.user_id),
        ]
        answers = await asyncio.gather(leave(here), leave(there), *writers, return_exceptions=True)
        assert answers[:2] == [None, None]
        failed = [answer for answer in answers if isinstance(answer, BaseException)]
        assert all(isinstance(answer, AppError) for answer in failed), failed
        await gone(here, caller.user_id)
        assert await owned(database, caller.user_id) == {}
        assert await files(here) == set()
        assert await reconciled(database) == []
        await books_balance(database)
        with pytest.raises(Forbidden):
            await here.say(caller, "too late")
        with pytest.raises(Forbidden):
            await upload(here, caller)


async def test_a_workspace_goes_to_its_oldest_member_or_with_its_last(
    turns: Harness, database: Database, redis: Redis
) -> None:
    owner, second, third = [await turns.person() for _ in range(3)]
    shared, alone = new_id(), new_id()
    async with database.transaction() as tx:
        for space in (shared, alone):
            await workspaces.insert_workspace(tx, space, "Ours", personal=False)
            await workspaces.insert_member(tx, space, owner.user_id, "owner")
        for member in (third, second):
            await workspaces.insert_member(tx, shared, member.user_id, "member")
        await tx.execute(
            update(MemberRow)
            .where(MemberRow.user_id == second.user_id)
            .values(joined_at=utc_now() - timedelta(days=1))
        )
    await leaver(turns).ask(owner.user_id)
    await gone(turns, owner.user_id)
    members = await rows(
        database, select(MemberRow.user_id, MemberRow.role).where(MemberRow.workspace_id == shared)
    )
    assert set(members) == {(second.user_id, "owner"), (third.user_id, "member")}
    spaces = select(WorkspaceRow.id, WorkspaceRow.name, WorkspaceRow.deleted_at.is_(None))
    assert set(await rows(database, spaces.where(~WorkspaceRow.personal))) == {
        (shared, "Ours", True),
        (alone, "Deleted workspace", False),
    }


async def test_a_file_that_cannot_be_removed_delays_the_end(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    media = await upload(turns, caller)
    folder = Path(turns.process.services.settings.data_dir, "media")
    (folder / str(media)).unlink()
    (folder / str(media)).mkdir()  # which no file's removal removes
    (folder / str(media) / "x").touch()
    await leaver(turns).ask(caller.user_id)
    assert await leaver(turns).look() == 0
    assert await count(database, MediaRow, MediaRow.user_id == caller.user_id) == 1
    (folder / str(media) / "x").unlink()
    (folder / str(media)).rmdir()
    assert await leaver(turns).look() == 1


async def test_many_conversations_of_many_messages_go_without_reading_all_of_the_others(
    turns: Harness, database: Database, redis: Redis
) -> None:
    caller = await turns.person()
    async with database.transaction() as tx:
        await allow(tx, 60)
        await tx.execute(
            text("""
WITH made AS (
    INSERT INTO conversations (id, user_id, workspace_id, title)
    SELECT gen_random_uuid(), :user, :space, 'x' FROM generate_series(1, 250) RETURNING id)
INSERT INTO messages (id, conversation_id, role, text, turn_id, state)
SELECT gen_random_uuid(), made.id, 'user', 'x', gen_random_uuid(), 'complete'
FROM made, generate_series(1, 40)
"""),
            {"user": caller.user_id, "space": caller.workspace_id},
        )
        # One long thread: each the child of the one before.
        await tx.execute(
            text("""
WITH chained AS (
    SELECT id, lag(id) OVER (PARTITION BY conversation_id ORDER BY id) AS before FROM messages)
UPDATE messages SET parent_id = before FROM chained WHERE chained.id = messages.id
""")
        )
    await leaver(turns).ask(caller.user_id)
    assert await leaver(turns).look() == 1
    assert await count(database, MessageRow) == await count(database, ConversationRow) == 0
