"""One job of several agents: who works when, what is told of it, and what goes out."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from agents import teamtask
from agents.events import Branched, BranchEnded, CallStarted, Learned, Partial, TextDelta
from agents.team.contexts import (
    CaptionWish,
    Creator,
    FanMessage,
    Figure,
    Known,
    Performance,
)
from agents.team.outputs import FanReply
from server.domain.errors import InsufficientCredits, ProviderError, SchemaMismatch
from server.domain.turn import FinishReason
from tests.agents.cast import (
    NONSENSE,
    OWN,
    STAND_IN,
    Cast,
    Part,
    answers,
    calls,
    ends,
    request_for,
    team_of,
    told,
    value_of,
    worked,
)
from tests.agents.desk import DEMO
from tests.support.eventually import eventually

BUYER = FanMessage(message="I love your voice, how much is the new set?")
FRIEND = FanMessage(message="Good morning")
REPLY = {"response": "Thank you!", "upsellSuggestions": [], "tactics": [], "confidence": 0.9}
OFFER = {
    "offers": [{"text": "Shall I send you the new set?", "price": None}],
    "tactics": [{"name": "reciprocity", "rationale": "They gave praise."}],
    "confidence": 0.7,
}
ALLOWED = {"verdict": "allowed", "reasons": [], "text": "Thank you!", "confidence": 0.8}


async def test_agents_of_a_fan_message_make_one_answer() -> None:
    cast = Cast(messaging=answers(**REPLY), sales=answers(**OFFER), compliance=answers(**ALLOWED))
    task = team_of(cast).assign(BUYER)
    events, error = await worked(task)
    assert error is None
    assert ends(events) == {"messaging": None, "sales": None, "compliance": None}
    assert value_of(events) == {
        **REPLY,
        "upsellSuggestions": OFFER["offers"],
        "tactics": OFFER["tactics"],
        "confidence": 0.7,
    }
    assert isinstance(task.read(value_of(events)), FanReply)
    (text,) = [event.text for event in events if isinstance(event, TextDelta)]
    assert msgspec.json.decode(text) == value_of(events)
    assert calls(events) == [
        ("messaging", "messaging", DEMO),
        ("sales", "sales", DEMO),
        ("compliance", "compliance", DEMO),
    ]
    (checked,) = cast.asked_of("compliance")
    assert "Thank you!" in checked.messages[0].text


async def test_it_tells_who_takes_over_and_from_whom() -> None:
    events, _ = await worked(team_of(Cast()).assign(BUYER))
    handoffs = told(events, "handoff")
    assert [(one.get("from"), one["to"]) for one in handoffs] == [
        (None, "messaging"),
        (None, "sales"),
        ("messaging", "compliance"),
    ]
    assert all(one["why"] for one in handoffs)


async def test_who_leads_and_who_helps_work_at_the_same_time() -> None:
    cue = asyncio.Event()
    cast = Cast(messaging=Part(answers(**REPLY).texts, cue=cue))
    task = team_of(cast).assign(BUYER)
    run, sales_ended = task.run(request_for(task, task.messages, task.schema)), False
    async for event in run:
        if isinstance(event, BranchEnded) and event.branch == "sales":
            assert "messaging" in cast.open
            sales_ended = True
            cue.set()
    assert sales_ended


async def test_what_it_plans_is_what_it_asks() -> None:
    cast = Cast(messaging=answers(**REPLY), sales=answers(**OFFER), compliance=answers(**ALLOWED))
    task = team_of(cast).assign(BUYER)
    events, _ = await worked(task)
    asked = {
        event.branch: event.event.input_tokens
        for event in events
        if isinstance(event, Branched) and isinstance(event.event, CallStarted)
    }
    helper, checker = task.beside
    assert asked["messaging"] == 500  # as whoever planned the turn has counted it
    assert asked["sales"] == helper
    assert asked["compliance"] <= checker
    assert team_of(cast).assign(FRIEND).beside == (checker,)


async def test_agents_have_their_own_models_and_budgets() -> None:
    cast = Cast(sales=answers(**OFFER))
    budgets: list[str] = []

    def branch_budget(agent: str) -> Callable[[str, int], int]:
        budgets.append(agent)
        return lambda model, input_tokens: 2_000 + len(agent)

    task = team_of(cast).assign(BUYER, models={"sales": OWN, "compliance": "demo/gone"})
    events, error = await worked(task, branch_budget=branch_budget)
    assert error is None
    assert {branch: model for branch, _, model in calls(events)} == {
        "messaging": DEMO,
        "sales": OWN,
        "compliance": DEMO,
    }
    assert budgets == ["messaging", "sales", "compliance"]


async def test_an_agents_own_model_has_its_own_stand_ins() -> None:
    cast = Cast()

    class Away(Cast):
        async def stream(self, request):  # type: ignore[no-untyped-def]
            if request.model == "own":
                raise ProviderError("It is away.")
            async for event in cast.stream(request):
                yield event

    events, error = await worked(team_of(Away()).assign(FRIEND, models={"compliance": OWN}))
    assert error is None
    models = [model for branch, _, model in calls(events) if branch == "compliance"]
    assert models == [OWN, STAND_IN]
    assert [detail["agent"] for detail in told(events, "failover")] == ["compliance"]


async def test_the_leading_draft_is_told_while_it_comes_where_that_is_wanted() -> None:
    pieces = ('{"response": "Thank', ' you!", "upsellSuggestions": [], ', '"tactics": [], ')
    cast = Cast(messaging=Part((*pieces, '"confidence": 0.9}')))
    events, _ = await worked(team_of(cast).assign(BUYER), wants_partials=True)
    partials = [event.value for event in events if isinstance(event, Partial)]
    assert partials[0] == {"response": "Thank"}
    assert all("offers" not in value and "verdict" not in value for value in partials)


async def test_an_answer_teaches_before_it_is_told() -> None:
    events, _ = await worked(team_of(Cast(messaging=answers(**REPLY))).assign(BUYER))
    learned, text, _ = events[-3:]
    assert isinstance(learned, Learned)
    assert isinstance(text, TextDelta)
    assert "how much is the new set" in learned.insights[0].text


@pytest.mark.parametrize(
    "part",
    [
        Part(error=ProviderError("It is away.")),
        Part((NONSENSE,)),
        Part(hangs=True),
        Part(error=RuntimeError("a bug")),
        Part(('{"offers": [',), finish=FinishReason.LENGTH),
    ],
)
@pytest.mark.parametrize("agent", ["sales", "compliance"])
async def test_one_that_helps_or_checks_may_fail_and_is_named(agent: str, part: Part) -> None:
    cast = Cast(
        **{
            "messaging": answers(**REPLY),
            "sales": answers(**OFFER),
            "compliance": answers(**ALLOWED),
            agent: part,
        }
    )
    events, error = await worked(team_of(cast, agent_s=0.5).assign(BUYER))
    assert error is None
    failed = {name: why for name, why in ends(events).items() if why}
    assert list(failed) == [agent]
    assert [detail["agent"] for detail in told(events, "agent_failed")] == [agent]
    value = value_of(events)
    assert value["response"] == REPLY["response"]
    assert value["upsellSuggestions"] == ([] if agent == "sales" else OFFER["offers"])
    assert value["confidence"] == pytest.approx((0.8 if agent == "sales" else 0.7) * 0.9)
    assert not cast.open


async def test_an_answer_does_not_wait_long_for_who_only_helps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(teamtask, "HELP_S", 0.01)
    cast = Cast(messaging=answers(**REPLY), sales=Part(hangs=True), compliance=answers(**ALLOWED))
    events, error = await worked(team_of(cast, agent_s=60).assign(BUYER))
    assert error is None
    failed = {name: why.code for name, why in ends(events).items() if why}
    assert failed == {"sales": "provider_timeout"}
    assert value_of(events)["response"] == REPLY["response"]
    assert not cast.open


async def test_without_the_leading_agent_there_is_no_answer_and_nobody_goes_on() -> None:
    away = ProviderError("It is away.")
    cast = Cast(messaging=Part(error=away), sales=Part(hangs=True))
    events, error = await worked(team_of(cast).assign(BUYER))
    assert error is away
    assert ends(events) == {"messaging": away, "sales": away}
    assert not cast.open
    assert cast.asked_of("compliance") == []


async def test_a_leading_answer_that_is_cut_short_is_none() -> None:
    cut = Part(('{"response": "Tha',), finish=FinishReason.LENGTH)
    events, error = await worked(team_of(Cast(messaging=cut)).assign(FRIEND))
    assert isinstance(error, SchemaMismatch)
    assert not any(isinstance(event, TextDelta) for event in events)


async def test_a_branch_that_cannot_be_paid_makes_no_call() -> None:
    cast = Cast(messaging=answers(**REPLY))
    task = team_of(cast).assign(BUYER)
    broke = InsufficientCredits("Nothing is left.")
    events = []
    asked = task.run(request_for(task, task.messages, task.schema))
    async for event in asked:
        events.append(event)
        if (
            isinstance(event, Branched)
            and event.branch == "sales"
            and isinstance(event.event, CallStarted)
        ):
            event.stop(broke)
    assert cast.asked_of("sales") == []
    assert ends(events)["sales"] is broke
    assert value_of(events)["response"] == "Thank you!"


async def test_leaving_it_closes_all_connections() -> None:
    cast = Cast(messaging=Part(("x",), hangs=True), sales=Part(("x",), hangs=True))
    task = team_of(cast).assign(BUYER)
    run = task.run(request_for(task, task.messages, task.schema))
    async for _ in run:
        if len(cast.open) == 2:
            break
    await run.aclose()
    assert not cast.open


async def test_analytics_adds_to_a_caption_what_weighs() -> None:
    known = Known(creator=Creator(language="fr"), figures=(Figure(name="likes", value="120"),))
    wish = CaptionWish(platform="onlyfans", content="photo", description="Sunset", known=known)
    cast = Cast()
    events, error = await worked(team_of(cast).assign(wish))
    assert error is None
    added = [text for text in value_of(events)["performanceInsights"] if "stands out" in text]
    assert len(added) == 1
    (asked,) = cast.asked_of("analytics")
    assert "likes: 120" in asked.messages[0].text
    assert "Write in French." in asked.instructions


async def test_figures_are_explained_by_one_agent_unchecked() -> None:
    task = team_of(Cast()).assign(
        Performance(platforms=("x",), content_types=(), timeframe="30 days", metrics=())
    )
    events, error = await worked(task)
    assert error is None
    assert (task.name, task.beside, ends(events)) == ("analytics", (), {"analytics": None})


async def test_cancelling_it_closes_all_connections() -> None:
    cast = Cast(messaging=Part(("x",), hangs=True), sales=Part(("x",), hangs=True))
    working = asyncio.create_task(worked(team_of(cast).assign(BUYER)))
    await eventually(lambda: len(cast.open) == 2)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not cast.open
