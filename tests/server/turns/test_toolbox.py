"""A turn has the tools that it may have, and they reach only what its caller owns."""

import asyncio

import pytest
from msgspec import json, structs
from sqlalchemy import text

from agents.providers.demo import DEMO_MODEL
from agents.tools.base import ToolContext
from agents.tools.search import SearchArguments
from server.domain.clock import utc_now
from server.domain.errors import Unsupported
from server.persistence.database import Database
from server.turns.form import Form
from server.turns.toolbox import Toolbox
from tests.support.eventually import eventually
from tests.support.turns import Harness

WORDS_ONLY = structs.replace(DEMO_MODEL, capabilities=("text",))
CONTEXT = ToolContext(now=utc_now(), correlation_id="c")


async def test_the_turn_names_its_tools_or_has_the_agents(turns: Harness) -> None:
    box, caller = Toolbox(turns.process.services.database), await turns.person()
    own = ("current_time",)

    def names(form: Form) -> list[str]:
        return [tool.name for tool in box.choose(caller, own, DEMO_MODEL, form)]

    assert names(Form()) == ["current_time"]
    assert names(Form(tools=())) == []
    twice = ("search_conversations", "current_time", "search_conversations")
    assert names(Form(tools=twice)) == ["search_conversations", "current_time"]


async def test_a_model_that_takes_none_has_none_and_nobody_may_insist(turns: Harness) -> None:
    box, caller = Toolbox(turns.process.services.database), await turns.person()
    own = ("current_time",)
    assert box.choose(caller, own, WORDS_ONLY, Form()) == ()
    assert box.choose(caller, own, WORDS_ONLY, Form(tools=("current_time",))) == ()
    assert box.choose(caller, own, WORDS_ONLY, Form(tools=(), insists=True)) == ()
    with pytest.raises(Unsupported) as refused:
        box.choose(caller, own, WORDS_ONLY, Form(tools=("current_time",), insists=True))
    assert refused.value.path == "$.params.tools"


async def test_a_search_finds_what_its_caller_said_and_nothing_else(turns: Harness) -> None:
    ada, eve = await turns.person(), await turns.person()
    await turns.answer(ada, "The vase is Meissen")
    await turns.answer(eve, "The vase is mine")
    box = Toolbox(turns.process.services.database)
    (search,) = box.build(ada, ["search_conversations"])
    told = json.decode(await search.run(SearchArguments(query="vase"), CONTEXT))
    assert [(hit["conversation"], hit["role"]) for hit in told] == [("The vase is Meissen", "user")]


async def test_searches_leave_connections_to_the_others(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    (search,) = Toolbox(turns.process.services.database).build(caller, ["search_conversations"])
    async with database.transaction() as tx:
        await tx.execute(text("LOCK TABLE messages"))  # each search takes as long as it may
        searches = [
            asyncio.create_task(search.run(SearchArguments(query="vase"), CONTEXT))
            for _ in range(16)
        ]

        async def are_waiting() -> bool:
            waiting = text("SELECT count(*) >= 3 FROM pg_locks WHERE NOT granted")
            return bool(await tx.scalar(waiting))

        await eventually(are_waiting)
        async with asyncio.timeout(1):
            await turns.engine.figures(caller)
        for task in searches:
            task.cancel()
        await asyncio.wait(searches)
