"""What a creator has configured comes all, and nobody else's."""

import pytest
from sqlalchemy import text

from server.domain.configuration import Configuration
from server.domain.ids import new_id
from server.persistence import (
    belongings,
    configurations,
    creatorbelongings,
    customagents,
    quickreplies,
)
from server.persistence.database import Database
from server.persistence.quickreplies import QuickReplyContent
from tests.server.accounts.people import somebody
from tests.server.persistence.test_customagents import CONTENT


async def test_what_was_configured_comes_as_it_was_written(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    reply = QuickReplyContent(title="Hello", text="Hi there!", category="General")
    async with database.transaction() as tx:
        for user, name in ((ada, "Ada"), (bob, "Bob")):
            await configurations.replace(
                tx, user, Configuration(name=name, models={"sales": "demo/causerie-demo"})
            )
            await customagents.add(tx, new_id(), user, CONTENT, most=1)
            await quickreplies.add(tx, new_id(), user, reply, most=1)
    async with database.snapshot() as tx:
        written = await creatorbelongings.configuration(tx, ada)
        (agent,) = await creatorbelongings.agents(tx, ada)
        (kept,) = await creatorbelongings.quick_replies(tx, ada)
    assert written is not None
    assert written["content"] == {"name": "Ada", "models": {"sales": "demo/causerie-demo"}}
    assert (agent["name"], agent["tools"]) == ("Coach", ["current_time"])
    assert (kept["title"], kept["text"], kept["category"]) == ("Hello", "Hi there!", "General")


async def test_where_nothing_was_configured_there_is_nothing(database: Database) -> None:
    user = await somebody(database)
    async with database.snapshot() as tx:
        assert await creatorbelongings.configuration(tx, user) is None
        for listed in (
            creatorbelongings.presets,
            creatorbelongings.agents,
            creatorbelongings.quick_replies,
            creatorbelongings.experiments,
        ):
            assert await listed(tx, user) == []
        assert await creatorbelongings.report_schedule(tx, user) is None


TRIED = """
WITH made AS (
    INSERT INTO experiments (id, user_id, name, variants)
    SELECT gen_random_uuid(), :user, i, '[]' FROM generate_series(1, 3) AS i RETURNING id)
INSERT INTO experiment_subjects (experiment_id, fan_id, variant, assigned_at)
SELECT made.id, 'fan-' || i, 'a', now() FROM made, generate_series(1, 5) AS i
"""


async def test_fans_of_all_experiments_come_once_however_many(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(belongings, "ROWS", 2)
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        for user in (ada, bob):
            await tx.execute(text(TRIED), {"user": user})
    async with database.snapshot() as tx:
        tried = [row async for row in creatorbelongings.experiment_fans(tx, ada)]
        kept = {row["id"] for row in await creatorbelongings.experiments(tx, ada)}
    assert len({(row["experiment_id"], row["fan_id"]) for row in tried}) == len(tried) == 15
    assert {row["experiment_id"] for row in tried} == kept
