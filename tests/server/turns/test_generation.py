"""One question, one metered answer: paid to the exact cost, free where it failed or was known."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
import pytest_asyncio
from msgspec import Meta, Struct, structs
from redis.asyncio import Redis
from sqlalchemy import select

from agents.providers.demo import FULL_SPEED
from agents.providers.load import ProviderSettings
from server.accounts.access import Principal
from server.domain.content import OutputSchema, Params
from server.domain.errors import (
    InsufficientCredits,
    ModelUnavailable,
    NotFound,
    ProviderError,
    ProviderRateLimited,
    SchemaMismatch,
)
from server.domain.ids import UserId, new_id
from server.domain.usage import UsageSource
from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.persistence.outbox import OutboxRow
from server.persistence.turns import TurnRow
from server.protocol.figures import BranchReceipt, CallReceipt, Receipt, UnitPrices
from server.turns.generation import AgentReport, Generated, answering_model, reports
from server.turns.oneshot import Purpose
from tests.server.turns.scene import books_balance
from tests.support.eventually import eventually
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.turns import Harness, turn_harness

DEMO = ("demo/causerie-demo",)


class City(Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1)]
    people: int


class Scene:
    """A process whose models are the stub's and the demo's, and somebody who pays."""

    def __init__(self, harness: Harness, stub: OpenAIStub) -> None:
        self.harness = harness
        self.stub = stub

    async def ask(self, caller: Principal, prompt: str = "Hello", **options: Any) -> Generated:
        purpose = Purpose(
            creator_id=caller.user_id,
            feature="completion",
            agent_id="tests",
            correlation_id="corr",
        )
        options.setdefault("models", ("openai/stub",))
        return await self.harness.process.turns.generation.generate_text_with_billing(
            prompt, purpose, **options
        )

    async def credits(self, caller: Principal) -> Decimal:
        balance, _ = await self.harness.engine.figures(caller)
        assert balance.held == "0"
        return Decimal(balance.credits)


@pytest_asyncio.fixture
async def scene(migrated: EngineUrls, database: Database, redis: Redis) -> AsyncIterator[Scene]:
    async with OpenAIStub() as stub:
        offered = ProviderSettings(
            openai_base_url=stub.url,
            openai_models=("stub",),
            demo_pacing=FULL_SPEED,
        )
        settings = {"openai_models": "stub=1/4", "openai_base_url": stub.url}
        async with turn_harness(migrated, providers=offered, **settings) as harness:
            yield Scene(harness, stub)


async def test_an_answer_is_charged_to_its_exact_cost(scene: Scene, database: Database) -> None:
    caller = await scene.harness.person(credits=10)
    scene.stub.plays(Play(tokens=20))
    made = await scene.ask(caller, instructions="Be brief.")
    assert made.text == scene.stub.exchanges[0].text
    assert (made.model, made.finish_reason, made.is_cached) == ("openai/stub", "stop", False)
    assert made.usage.source is UsageSource.PROVIDER
    assert made.usage.output_tokens == 20
    assert made.cost_usd == made.usage.input_tokens * 1_000 + 20 * 4_000
    assert await scene.credits(caller) == 10 - Decimal(made.receipt.charged)
    assert scene.stub.exchanges[0].body["messages"][0]["content"] == "Be brief."
    await books_balance(database)
    async with database.snapshot() as tx:
        (event,) = await tx.scalars(select(OutboxRow.payload))
        turn = (await tx.execute(select(TurnRow.state, TurnRow.conversation_id))).one()
    assert (event["feature"], event["agent"], event["correlationId"]) == (
        "completion",
        "tests",
        "corr",
    )
    assert tuple(turn) == ("completed", None)


async def test_nobody_follows_it_and_no_list_shows_it(scene: Scene) -> None:
    caller = await scene.harness.person(credits=10)
    scene.stub.plays(Play(tokens=400, gap=0.01))
    asking = asyncio.create_task(scene.ask(caller))
    await eventually(lambda: len(scene.harness.engine.live) == 1)
    (run,) = scene.harness.engine.live
    assert await scene.harness.engine.running(caller) == []
    with pytest.raises(NotFound):
        await scene.harness.engine.attach(caller, run.turn.id, 0)
    await eventually(lambda: run.buffer.text)
    asking.cancel()
    await asyncio.wait({asking})
    await scene.stub.exchanges[0].client_left()
    await eventually(lambda: run.buffer.has_ended)


async def test_a_failure_is_raised_and_nothing_is_charged(scene: Scene, database: Database) -> None:
    caller = await scene.harness.person(credits=10)
    scene.stub.plays(Play(cut=5))
    with pytest.raises(ProviderError):
        await scene.ask(caller)
    assert await scene.credits(caller) == 10
    await books_balance(database)


async def test_what_cannot_be_paid_is_never_asked(scene: Scene, database: Database) -> None:
    caller = await scene.harness.person(credits=0)
    with pytest.raises(InsufficientCredits):
        await scene.ask(caller)
    assert scene.stub.exchanges == []
    await books_balance(database)


async def test_a_struct_is_answered_by_an_object_of_it(scene: Scene) -> None:
    caller = await scene.harness.person(credits=10)
    made = await scene.ask(caller, "Where?", schema=City, models=DEMO)
    assert isinstance(made.value, City)
    assert made.text.startswith("{")


async def test_a_schema_missed_once_is_mended_and_twice_is_an_error(
    scene: Scene, database: Database
) -> None:
    caller = await scene.harness.person(credits=10)
    wanted = OutputSchema(
        name="city",
        schema={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    )
    scene.stub.plays(Play(deltas=('{"n": "x"}',)), Play(deltas=('{"n": 3}',)))
    made = await scene.ask(caller, schema=wanted)
    assert made.value == {"n": 3}
    assert [call.outcome for call in made.receipt.calls] == ["ok", "ok"]
    before = await scene.credits(caller)
    assert before == 10 - Decimal(made.receipt.charged)
    scene.stub.plays(*[Play(deltas=('{"n": "x"}',))] * 2)
    with pytest.raises(SchemaMismatch):
        await scene.ask(caller, schema=wanted)
    assert await scene.credits(caller) == before
    await books_balance(database)


async def test_the_same_question_at_temperature_zero_is_paid_once(scene: Scene) -> None:
    caller, other = [await scene.harness.person(credits=10) for _ in range(2)]
    cold = Params(temperature=0.0)
    first = await scene.ask(caller, params=cold)
    paid = await scene.credits(caller)
    again = await scene.ask(caller, params=cold)
    assert (again.text, again.is_cached, again.cost_usd) == (first.text, True, 0)
    assert again.receipt.calls == []
    assert await scene.credits(caller) == paid
    assert len(scene.stub.exchanges) == 1
    # Another user, another question or another temperature is another matter.
    await scene.ask(other, params=cold)
    await scene.ask(caller, "Something else", params=cold)
    await scene.ask(caller)
    await scene.ask(caller)
    assert len(scene.stub.exchanges) == 5
    await scene.ask(caller, "Warm", may_be_cached=True)
    await scene.ask(caller, "Warm", may_be_cached=True)
    assert len(scene.stub.exchanges) == 6


async def test_who_is_not_there_is_not_asked_for(scene: Scene) -> None:
    caller = await scene.harness.person(credits=10)
    with pytest.raises(ModelUnavailable):
        await scene.ask(caller, models=("openai/nothing",))
    nobody = Purpose(
        creator_id=UserId(new_id()), feature="completion", agent_id="x", correlation_id="c"
    )
    with pytest.raises(NotFound):
        await scene.harness.process.turns.generation.generate_text_with_billing("Hello", nobody)


async def test_who_cannot_answer_in_the_form_does_not_stand_in(scene: Scene) -> None:
    caller = await scene.harness.person(credits=10)
    with pytest.raises(ProviderRateLimited):
        await scene.ask(caller, "Where? [demo: busy]", schema=City, models=(*DEMO, "openai/stub"))
    assert scene.stub.exchanges == []  # it takes no schema


async def test_who_cannot_be_paid_is_not_asked_in_another_s_place(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with OpenAIStub() as stub:
        offered = ProviderSettings(openai_base_url=stub.url, openai_models=("cheap", "dear"))
        settings = {
            "openai_models": "cheap=1/4,dear=1000/4000",
            "openai_base_url": stub.url,
            "breaker_calls": "1",
        }
        async with turn_harness(migrated, providers=offered, **settings) as harness:
            scene = Scene(harness, stub)
            caller = await harness.person(credits=10)
            stub.plays(Play(status=500))
            with pytest.raises(ProviderError):
                await scene.ask(caller, models=("openai/cheap",))
            with pytest.raises(ProviderError) as refused:
                await scene.ask(caller, models=("openai/cheap", "openai/dear"))
            assert refused.value.retry_after is not None
            assert len(stub.exchanges) == 1
            assert await scene.credits(caller) == 10
        await books_balance(database)


def line(agent: str, model: str, outcome: Literal["ok", "failed"] = "ok") -> CallReceipt:
    return CallReceipt(
        call_id=new_id(),
        agent=agent,
        feature="caption",
        provider="openai",
        model=model,
        input_tokens=1,
        cached_input_tokens=0,
        output_tokens=1,
        reasoning_tokens=0,
        prices=UnitPrices(input="1", cached_input="1", output="4"),
        cost_usd="0",
        charged="0",
        charged_usd="0",
        usage_source="provider",
        outcome=outcome,
    )


def receipt(*calls: CallReceipt) -> Receipt:
    return Receipt(
        held="0", charged="0", released="0", cost_usd="0", charged_usd="0", calls=list(calls)
    )


def test_who_answered_is_who_the_leading_agent_asked_last() -> None:
    calls = [line("content", "a"), line("content", "b"), line("compliance", "c")]
    assert answering_model(receipt(*calls), "content") == "b"
    assert answering_model(receipt(*calls), "team") == "c"
    failed = line("content", "d", "failed")  # it was to do better, and could not
    assert answering_model(receipt(*calls, failed), "content") == "b"
    assert answering_model(receipt(failed, calls[2]), "content") == "d"
    assert answering_model(receipt(), "content") is None


def test_agents_are_reported_as_the_receipt_has_them_or_alone() -> None:
    alone = AgentReport(agent="test", status="ok")
    assert reports(receipt(), alone) == (alone,)
    branch = BranchReceipt(
        agent="sales",
        status="failed",
        error="provider_timeout",
        cost_usd="0.1",
        charged="0",
        charged_usd="0",
        cap_usd="0.25",
    )
    several = structs.replace(receipt(), branches=[branch])
    told = AgentReport(agent="sales", status="failed", error="provider_timeout")
    assert reports(several, alone) == (told,)
