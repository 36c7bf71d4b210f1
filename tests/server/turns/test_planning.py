"""What a turn may cost is known before it is admitted, and never more than there is."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from agents.counters import load_o200k
from agents.providers.load import ProviderSettings
from agents.tokens import count_text
from server.domain.errors import Invalid, ModelUnavailable, NotFound
from server.domain.turn import FinishReason
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.turns import TurnRow
from server.protocol.commands import JsonSchemaFormat, TurnParams, TurnRequest
from server.turns.steps import STEP_TOKENS
from tests.server.turns.scene import count
from tests.support.turns import Harness, turn_harness


async def test_an_estimate_names_figures_and_leaves_nothing(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person(credits=1)
    estimated = await turns.engine.estimate(caller, TurnRequest(text="Hello"))
    assert 0 < float(estimated.likely.credits) < float(estimated.at_most.credits)
    assert not estimated.affordable
    capped = TurnRequest(text="Hello", params=TurnParams(max_output_tokens=10))
    assert (await turns.engine.estimate(caller, capped)).affordable
    assert await count(database, TurnRow) == 0


async def test_wrong_fields_are_refused_with_their_path(turns: Harness) -> None:
    caller = await turns.person()
    for fields, error, path in (
        ({"agent": "nobody"}, Invalid, "$.agent"),
        ({"feature": "nothing"}, Invalid, "$.feature"),
        ({"user_id": uuid4()}, Invalid, "$.userId"),
        ({"preset_id": uuid4()}, NotFound, "$.presetId"),
        ({"model": "nobody/nothing"}, ModelUnavailable, "$.model"),
    ):
        with pytest.raises(error) as refused:
            await turns.say(caller, "x", **fields)
        assert refused.value.path == path


async def test_a_plan_pins_month_price_and_what_may_be_said(turns: Harness) -> None:
    caller = await turns.person(credits=6)
    started = await turns.say(caller, "[demo: slow] x", params=TurnParams(max_output_tokens=9_999))
    run = turns.engine.live.run(started.event.turn_id)
    assert run is not None
    now = datetime.now(UTC)
    assert run.plan.month == date(now.year, now.month, 1)
    assert run.plan.output_cap == 9_999
    assert run.plan.short_of is FinishReason.CREDITS
    assert STEP_TOKENS < run.plan.max_output < 9_999
    assert run.plan.params.max_output_tokens == run.plan.max_output


async def test_tools_and_a_schema_are_a_part_of_the_input(turns: Harness) -> None:
    caller = await turns.person()

    async def input_tokens(**params: Any) -> int:
        asked = TurnRequest(text="Hello", params=TurnParams(**params))
        return (await turns.engine.estimate(caller, asked)).input_tokens

    wants = JsonSchemaFormat(schema={"type": "object", "description": "long " * 300})
    plain = await input_tokens(tools=[])
    assert await input_tokens() > await input_tokens(tools=["current_time"]) > plain
    assert await input_tokens(tools=[], response_format=wants) > plain + 300
    started = await turns.say(
        caller, "x", params=TurnParams(response_format=wants, tools=["current_time"])
    )
    run = turns.engine.live.run(started.event.turn_id)
    assert run is not None
    assert [tool.name for tool in run.plan.tools] == ["current_time"]
    outcome = await turns.end(started.cursor)
    (call,) = outcome["receipt"]["calls"]
    assert call["inputTokens"] == run.plan.fitted.input_tokens


async def test_a_text_is_counted_as_its_model_counts(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    text = "Сколько это стоит? " * 40
    offered = ProviderSettings(openai_api_key="sk-none")
    async with turn_harness(migrated, providers=offered) as turns:
        caller = await turns.person()

        async def input_tokens(said: str, model: str) -> int:
            asked = TurnRequest(text=said, model=model)
            return (await turns.engine.estimate(caller, asked)).input_tokens

        for model, counted in (
            ("openai/gpt-4.1", load_o200k()),
            ("demo/causerie-demo", count_text),
        ):
            more = await input_tokens(text, model) - await input_tokens("x", model)
            assert more == counted(text) - counted("x")
        assert load_o200k()(text) < count_text(text)
