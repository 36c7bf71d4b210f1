"""Whatever becomes of some agents, the others are none the worse, and the end is always orderly."""

import asyncio
from collections.abc import Awaitable
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.events import AgentEvent, Learned, Spoken, Structured, TextDelta
from agents.routing import route
from agents.team.contexts import (
    CaptionWish,
    ContentIdeas,
    FanMessage,
    Performance,
    ReplyIdeas,
    SalesWish,
    TeamRequest,
)
from agents.team.outputs import (
    ContentSuggestions,
    FanReply,
    PerformanceAnalysis,
    PostCaption,
    ReplySuggestions,
    SalesAdvice,
)
from server.domain.errors import AppError, ProviderError, ProviderRateLimited
from tests.agents.cast import (
    NONSENSE,
    Cast,
    Part,
    answers,
    ends,
    request_for,
    team_of,
    told,
    value_of,
    worked,
)
from tests.agents.desk import hear

Ended: TypeAlias = tuple[list[AgentEvent], AppError | None]

JOBS: tuple[tuple[TeamRequest, str, type], ...] = (
    (FanMessage(message="How much is the set?"), "messaging", FanReply),
    (
        CaptionWish(platform="instagram", content="photo", description="Sunset"),
        "content",
        PostCaption,
    ),
    (
        Performance(platforms=("x",), content_types=(), timeframe="30 days", metrics=()),
        "analytics",
        PerformanceAnalysis,
    ),
    (SalesWish(message="Buy my beach set"), "sales", SalesAdvice),
    (ReplyIdeas(last_message="Good morning"), "messaging", ReplySuggestions),
    (ContentIdeas(type="photo"), "content", ContentSuggestions),
)


def part_of(fate: str) -> Part:
    parts = {
        "fails": lambda: Part(error=ProviderError("It is away.")),
        "is busy": lambda: Part(error=ProviderRateLimited("Too much.", retry_after=60)),
        "breaks off": lambda: Part(('{"resp',), error=ProviderError("It broke off.")),
        "hangs": lambda: Part(hangs=True),
        "hangs later": lambda: Part(('{"resp',), hangs=True),
        "crashes": lambda: Part(error=RuntimeError("a bug of ours")),
        "talks nonsense": lambda: Part((NONSENSE,)),
    }
    return parts[fate]()


FATES = ("fails", "is busy", "breaks off", "hangs", "hangs later", "crashes", "talks nonsense")
"""What may become of an agent; the last one is none where words are wanted."""

REPLY = {"response": "Thank you!", "upsellSuggestions": [], "tactics": [], "confidence": 1.0}
OFFER = {"offers": [{"text": "The new set?", "price": None}], "tactics": [], "confidence": 1.0}
ALLOWED = {"verdict": "allowed", "reasons": [], "text": "", "confidence": 1.0}
GOOD = {
    "messaging": answers(**REPLY),
    "sales": answers(**OFFER),
    "compliance": answers(**ALLOWED),
}


@pytest.mark.parametrize(("request_", "name", "output"), JOBS)
async def test_each_job_has_its_leading_agent_and_a_typed_answer(
    request_: TeamRequest, name: str, output: type
) -> None:
    coordinator = team_of(Cast())
    task = coordinator.assign(request_)
    assert task.name == name
    assert task.routing == coordinator.route(request_) == route(request_)
    events, error = await worked(task)
    assert error is None
    answer = task.read(value_of(events))
    assert isinstance(answer, output)
    assert 0 <= answer.confidence <= 1
    assert set(ends(events)) == {one.agent for one in task.routing.chosen}


fates = st.fixed_dictionaries({name: st.sampled_from([None, *FATES]) for name in GOOD})


@settings(max_examples=25, deadline=None)
@given(fates)
def test_any_of_a_jobs_agents_may_fail(fates: dict[str, str | None]) -> None:
    parts = {name: part_of(fate) if fate else GOOD[name] for name, fate in fates.items()}
    cast = Cast(**parts)
    task = team_of(cast, agent_s=0.3).assign(FanMessage(message="How much is the set?"))
    events, error = asyncio.run(_soon(worked(task)))
    ended = ends(events)
    assert not cast.open
    if fates["messaging"]:
        assert error is ended["messaging"] is not None
        assert set(ended) == {"messaging", "sales"}
        assert not any(isinstance(event, TextDelta | Structured | Learned) for event in events)
        return
    failed = {name for name, fate in fates.items() if fate}
    assert error is None
    assert {name for name in GOOD if ended[name]} == failed
    assert {one["agent"] for one in told(events, "agent_failed")} == failed
    value = value_of(events)
    assert value["response"] == REPLY["response"]
    assert value["upsellSuggestions"] == ([] if fates["sales"] else OFFER["offers"])
    assert value["confidence"] == pytest.approx(0.9 ** len(failed))


SPEAKING = ("content", "analytics", "sales")
"""In the order in which they are chosen."""
speakers = st.fixed_dictionaries(
    {name: st.sampled_from([None, *FATES[:-1]]) for name in (*SPEAKING, "assistant")}
)


@settings(max_examples=25, deadline=None)
@given(speakers)
def test_any_of_those_who_answer_a_chat_may_fail(fates: dict[str, str | None]) -> None:
    cast = Cast(
        **{
            name: part_of(fate) if fate else Part((f"{name} ", "speaks"))
            for name, fate in fates.items()
        }
    )
    team = team_of(cast, agent_s=0.3)
    agent = team.chat(
        route("A caption, a price, and statistics"),
        {name: f"{name} is asked" for name in fates},
    )
    events, error = asyncio.run(_soon(hear(agent.run(request_for(agent)))))
    ended = ends(events)
    assert not cast.open
    text = "".join(event.text for event in events if isinstance(event, Spoken))
    for name in SPEAKING:
        assert (ended[name] is not None) is (fates[name] is not None)
        assert (f"{name} speaks" in text) is (fates[name] is None)
        assert (f"*The {name} agent could not" in text) is (fates[name] is not None)
    said = [text.index(name) for name in SPEAKING if fates[name] is None]
    assert said == sorted(said)
    needs_assistant = all(fates[name] for name in SPEAKING)
    assert ("assistant" in ended) is needs_assistant
    assert error is (ended["assistant"] if needs_assistant else None)


async def _soon(work: Awaitable[Ended]) -> Ended:
    async with asyncio.timeout(10):
        return await work
