"""What tests of leaving begin with: somebody with something of everything, and a look at what is
left of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from billing.invariants.base import Finding
from billing.reconcile import check
from server.accounts.access import Principal
from server.domain.clock import utc_now
from server.domain.configuration import Configuration
from server.domain.ids import UserId, new_id
from server.domain.notices import Notice
from server.migrations.models import METADATA
from server.persistence import configurations, customagents, presets, quickreplies
from server.persistence.customagents import CustomAgentContent
from server.persistence.database import Database
from server.persistence.presets import PresetContent
from server.persistence.quickreplies import QuickReplyContent
from server.persistence.subscriptions import SubscriptionRow
from server.persistence.users import UserRow
from server.turns.leaving import Leaver
from tests.knowledge.hosts import hosted
from tests.server.persistence.test_notices import hook, tell
from tests.server.turns.scene import count
from tests.server.turns.test_jobs import done, job
from tests.support.eventually import eventually
from tests.support.pictures import png
from tests.support.turns import Harness

STAYS = frozenset({"turns", "quotas", "usage_logs", "monthly_charges", "users"})
"""Of the tables that name a user, those whose rows outlive one."""


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

AGENT = CustomAgentContent(
    name="Mine", description="", instructions="secret words", model=None, tools=[]
)
REPLY = QuickReplyContent(title="Mine", text="secret words", category="x")


async def settle_in(harness: Harness, caller: Principal) -> UUID:
    """Something of everything; answers the id of an upload."""
    services = harness.process.services
    await harness.answer(caller, "secret words")
    await harness.answer(caller, "[demo: fail] secret words")
    await done(harness, caller, job("secret words"))
    media = await upload(harness, caller)
    await hook(services.database, caller.user_id, Notice.PLAN_CHANGED)
    async with services.database.transaction() as tx:
        assert await tell(tx, caller.user_id)
        await tx.execute(
            insert(SubscriptionRow).values(
                id=new_id(), user_id=caller.user_id, tier="pro", starts_at=utc_now()
            )
        )
        await presets.insert_preset(tx, new_id(), caller.user_id, caller.workspace_id, PRESET)
        await configurations.replace(tx, caller.user_id, Configuration(name="secret words"))
        await customagents.add(tx, new_id(), caller.user_id, AGENT, most=1)
        await quickreplies.add(tx, new_id(), caller.user_id, REPLY, most=1)
        await services.accounts.keys.create(
            tx, UserId(caller.user_id), name="k", scopes=None, expires_at=None
        )
        await services.accounts.cookies.open(tx, UserId(caller.user_id), "secret words", "::1")
        await services.accounts.tickets.issue_link(tx, UserId(caller.user_id))
    await hosted(services.database, caller.user_id)
    await services.archives.ask(caller.user_id)
    return media


async def owned(database: Database, user: UUID) -> dict[str, int]:
    """By table, how many rows name this user by a foreign key, those of figures left out."""
    found = dict[str, int]()
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
    found = await check(database, utc_now)
    return [one for one in found if one.name not in {"I7 outbox"}]


async def rows(database: Database, query: Any) -> list[Any]:
    async with database.snapshot() as tx:
        return list(await tx.execute(query))


async def files(harness: Harness) -> set[str]:
    """What the storage of files holds."""
    folder = Path(harness.process.services.settings.data_dir, "media")
    return await asyncio.to_thread(lambda: {path.name for path in folder.iterdir()})
