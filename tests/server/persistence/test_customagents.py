"""Agents of creators' own: seen and changed by nobody else, each with a name of its own."""

import pytest
from msgspec import structs

from server.domain.errors import Conflict
from server.domain.ids import new_id
from server.persistence import customagents
from server.persistence.customagents import CustomAgentContent
from server.persistence.database import Database
from tests.server.accounts.people import somebody

CONTENT = CustomAgentContent(
    name="Coach",
    description="",
    instructions="Motivate.",
    model=None,
    tools=["current_time"],
)


async def test_an_agent_is_its_creators_alone(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        made = await customagents.add(tx, new_id(), ada, CONTENT, most=2)
        assert await customagents.find(tx, made.id, ada) == made
        assert await customagents.find(tx, made.id, bob) is None
        assert await customagents.update(tx, made.id, bob, {"name": "x"}) is None
        assert await customagents.remove(tx, made.id, bob) is False
        assert await customagents.list_agents(tx, bob) == []
        changed = await customagents.update(tx, made.id, ada, {"name": "Coach", "tools": []})
        assert changed == structs.replace(made, tools=[])
        assert await customagents.remove(tx, made.id, ada) is True
        assert await customagents.find(tx, made.id, ada) is None


async def test_names_are_ones_own_and_listed_in_their_order(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.com")
    async with database.transaction() as tx:
        for user, name in ((ada, "Poet"), (ada, "Coach"), (bob, "Coach")):
            await customagents.add(tx, new_id(), user, structs.replace(CONTENT, name=name), most=2)
        coach, poet = await customagents.list_agents(tx, ada)
        assert (coach.name, poet.name) == ("Coach", "Poet")
        with pytest.raises(Conflict) as renamed:
            await customagents.update(tx, poet.id, ada, {"name": "Coach"})
        with pytest.raises(Conflict) as twice:
            await customagents.add(tx, new_id(), ada, CONTENT, most=3)
        assert renamed.value.path == twice.value.path == "$.name"
        with pytest.raises(Conflict, match="as many agents"):
            await customagents.add(
                tx, new_id(), ada, structs.replace(CONTENT, name="Third"), most=2
            )
