"""Provider calls that failed: made again, handed on, left alone for a while."""

import asyncio

from agents.events import CallFinished, CallStarted, Notice
from agents.providers.health import BreakerLimits
from agents.providers.retry import Retries
from server.domain.breaker import BreakerState
from server.domain.content import Params
from server.domain.errors import (
    ContentBlocked,
    ProviderError,
    ProviderRateLimited,
)
from server.domain.usage import CallOutcome
from tests.agents.scene import ONE, QUICK, TWO, calls, hear, notices, working
from tests.support.providers.plays import Play


async def test_a_call_that_failed_before_its_first_word_is_made_again() -> None:
    async with working(Play(status=503), Play(status=429, retry_after="0"), retries=QUICK) as scene:
        events, error = await hear(scene)
    assert error is None
    assert calls(events) == [(ONE, CallOutcome.FAILED)] * 2 + [(ONE, CallOutcome.OK)]
    assert [
        (told.kind, told.detail["attempt"], told.detail["code"]) for told in notices(events)
    ] == [
        ("retry", 2, "provider_error"),
        ("retry", 3, "provider_rate_limited"),
    ]
    assert len(scene.stub.exchanges) == 3


async def test_who_waits_for_another_attempt_is_told_before() -> None:
    slow = Retries(first_s=60, longest_s=60)
    async with working(Play(status=500), retries=slow) as scene, asyncio.timeout(5):
        events = scene.ask()
        kinds = [type(await anext(events)) for _ in range(3)]
        await events.aclose()
    assert kinds == [CallStarted, CallFinished, Notice]


async def test_after_the_first_word_nothing_is_made_again() -> None:
    async with working(Play(cut=3), retries=QUICK) as scene:
        events, error = await hear(scene, ONE, TWO)
    assert isinstance(error, ProviderError)
    assert calls(events) == [(ONE, CallOutcome.FAILED)]
    assert len(scene.stub.exchanges) == 1


async def test_three_attempts_then_the_next_model() -> None:
    async with working(retries=QUICK) as scene:
        scene.stub.plays_for("one", Play(status=500))
        events, error = await hear(scene, ONE, TWO)
    assert error is None
    assert calls(events) == [(ONE, CallOutcome.FAILED)] * 3 + [(TWO, CallOutcome.OK)]
    assert notices(events)[-1] == Notice(
        kind="failover", detail={"from": ONE, "to": TWO, "code": "provider_error"}
    )


async def test_when_no_model_answers_the_last_failure_is_told() -> None:
    async with working(Play(status=500), Play(status=429, retry_after="7")) as scene:
        events, error = await hear(scene, ONE, TWO)
    assert isinstance(error, ProviderRateLimited)
    assert error.retry_after == 7
    assert calls(events) == [(ONE, CallOutcome.FAILED), (TWO, CallOutcome.FAILED)]


async def test_wrong_credentials_are_not_tried_twice_but_handed_on() -> None:
    async with working(Play(status=401), retries=QUICK) as scene:
        events, error = await hear(scene, ONE, TWO)
    assert error is None
    assert calls(events) == [(ONE, CallOutcome.FAILED), (TWO, CallOutcome.OK)]


async def test_a_server_that_asks_for_a_long_pause_is_not_waited_for() -> None:
    async with working(Play(status=429, retry_after="30"), retries=QUICK) as scene:
        _, error = await hear(scene, ONE)
    assert isinstance(error, ProviderRateLimited)
    assert error.retry_after == 30
    assert len(scene.stub.exchanges) == 1


async def test_a_prompt_that_was_refused_is_not_shown_to_others() -> None:
    blocked = Play(status=400, error={"code": "content_filter", "message": "no"})
    async with working(blocked, retries=QUICK) as scene:
        _, error = await hear(scene, ONE, TWO)
    assert isinstance(error, ContentBlocked)
    assert len(scene.stub.exchanges) == 1
    assert scene.health.state(ONE) is BreakerState.CLOSED


async def test_a_model_that_keeps_failing_is_left_alone_then_tried_by_one_call() -> None:
    limits = BreakerLimits(calls_min=2, probe_s=0.2)
    async with working(limits=limits) as scene:
        scene.stub.plays_for("one", Play(status=500))
        for _ in range(2):
            await hear(scene)
        assert scene.health.state(ONE) is BreakerState.OPEN
        events, error = await hear(scene)
        assert isinstance(error, ProviderError)
        assert events == []
        assert error.retry_after is not None
        events, error = await hear(scene, ONE, TWO)
        assert (error, calls(events)) == (None, [(TWO, CallOutcome.OK)])
        assert notices(events)[0].kind == "failover"
        scene.stub.plays_for("one", Play())
        await asyncio.sleep(0.2)
        events, error = await hear(scene)
        assert (error, calls(events)) == (None, [(ONE, CallOutcome.OK)])
        assert scene.health.state(ONE) is BreakerState.CLOSED
        assert len([sent for sent in scene.stub.exchanges if sent.body["model"] == "one"]) == 3


async def test_who_stands_in_is_told_what_can_be_paid_at_its_own_price() -> None:
    payable = {ONE: 900, TWO: 70}
    async with working(Play(status=500)) as scene:
        events, error = await hear(
            scene,
            ONE,
            TWO,
            params=Params(max_output_tokens=500),
            budget=lambda model, input_tokens: payable[model] - input_tokens,
        )
        assert (error, calls(events)[-1]) == (None, (TWO, CallOutcome.OK))
        assert [sent.body["max_tokens"] for sent in scene.stub.exchanges] == [500, 70 - 11]


async def test_who_cannot_be_paid_does_not_stand_in() -> None:
    payable = {ONE: 900, TWO: 0, "demo/causerie-demo": 50}
    async with working(Play(status=500), Play(status=500)) as scene:
        budget = lambda model, input_tokens: payable[model]  # noqa: E731
        _, error = await hear(scene, ONE, TWO, budget=budget)
        assert isinstance(error, ProviderError)
        events, error = await hear(scene, ONE, TWO, "demo/causerie-demo", budget=budget)
        assert (error, calls(events)[-1][0]) == (None, "demo/causerie-demo")
        assert {sent.body["model"] for sent in scene.stub.exchanges} == {"one"}
