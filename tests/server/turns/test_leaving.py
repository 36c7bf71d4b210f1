"""A user who leaves: their turns end, their things go, the books stay whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select, text, update

from billing.invariants.base import Finding
from billing.reconcile import check
from billing.tables import AccountRow, TransferRow
from server.accounts.access import Principal
from server.domain.clock import utc_now
from server.domain.errors import AppError, Conflict, Forbidden, NotFound
from server.domain.ids import UserId, new_id
from server.local.engines import EngineUrls
from server.migrations.models import METADATA
from server.persistence import exports, presets, workspaces
from server.persistence.conversations import ConversationRow, MessageRow
from server.persistence.database import Database
from server.persistence.exports import ExportRow
from server.persistence.media import MediaRow
from server.persistence.outbox import OutboxRow
from server.persistence.presets import PresetContent
from server.persistence.redis import journal_key, journal_state_key
from server.persistence.turns import TurnRow
from server.persistence.users import UserRow
from server.persistence.workspaces import MemberRow, WorkspaceRow
from server.protocol.commands import StartTurnBody
from server.turns.leaving import Leaver
from tests.server.turns.scene import books_balance, count, one
from tests.support.eventually import eventually
from tests.support.pictures import png
from tests.support.turns import Harness, turn_harness

STAYS = frozenset({"turns", "quotas", "usage_logs", "monthly_charges", "users"})
"""Of the tables that name a user, those whose rows outlive one."""

SLOW = "[demo: slow] [demo: long 5000] x"


@pytest.fixture(autouse=True)
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test looks, not the worker beside it."""
    monkeypatch.setattr("server.workers.leaving.LOOK_S", 3600.0)


def leaver(harness: Harness) -> Leaver:
    return harness.process.services.leaver


async def upload(harness: Harness, caller: Principal) -> UUID:
    async def chunks() -> AsyncIterator[bytes]:
        yield png(4, 4)

    kept = await harness.process.services.media.take(
        caller.user_id, caller.workspace_id, chunks(), name="cat.png", declared="image/png"
    )
    return kept.id


PRESET = PresetContent(
    name="Mine",
    category="x",
    description="",
    agent=None,
    model=None,
    params={},
    instructions="secret words",
    shared=True,
)


async def settle_in(harness: Harness, caller: Principal) -> UUID:
    """Something of everything; answers the id of an upload."""
    services = harness.process.services
    await harness.answer(caller, "secret words")
    await harness.answer(caller, "[demo: fail] secret words")
    media = await upload(harness, caller)
    async with services.database.transaction() as tx:
        await presets.insert_preset(tx, new_id(), caller.user_id, caller.workspace_id, PRESET)
        await services.accounts.keys.create(
            tx, UserId(caller.user_id), name="k", scopes=None, expires_at=None
        )
        await services.accounts.cookies.open(tx, UserId(caller.user_id), "secret words", "::1")
        await services.accounts.tickets.issue_link(tx, UserId(caller.user_id))
    await services.archives.ask(caller.user_id)
    return media


async def owned(database: Database, user: UUID) -> dict[str, int]:
    """By table, how many rows name this user by a foreign key, those of figures left out."""
    found = {}
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if table.name not in STAYS and any(
                key.column.table.name == "users" for key in column.foreign_keys
            ):
                rows = await count(database, table, column == user)
                found[table.name] = found.get(table.name, 0) + rows
    return {name: rows for name, rows in found.items() if rows}


async def gone(harness: Harness, user: UUID) -> None:
    """Look until they have."""

    async def has_gone() -> bool:
        await leaver(harness).look()
        return bool(
            await count(
                harness.process.services.database,
                UserRow,
                UserRow.id == user,
                UserRow.deleted_at.is_not(None),
            )
        )

    await eventually(has_gone)


async def reconciled(database: Database) -> list[Finding]:
    """What does not add up, but for what no billing process has billed here."""
    found = await check(database, lambda: utc_now())
    return [one for one in found if one.name not in {"I7 outbox"}]


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
        assert not await redis.exists(journal_key(turn.id), journal_state_key(turn.id))
    folder = turns.process.services.settings.data_dir
    assert str(media) not in await files(folder)


async def rows(database: Database, query: Any) -> list[Any]:
    async with database.snapshot() as tx:
        return list(await tx.execute(query))


async def files(folder: str) -> str:
    def listed() -> str:
        from pathlib import Path

        return " ".join(path.name for path in Path(folder, "media").iterdir())

    return await asyncio.to_thread(listed)
