"""What is told of a branch, and what is no whole answer."""

from collections.abc import AsyncGenerator

import pytest

from agents.branches import Branches, Heard
from agents.events import (
    AgentEvent,
    Branched,
    BranchEnded,
    Notice,
    Partial,
    Structured,
    TextDelta,
    UnsaidDelta,
)
from agents.hearing import handoff, passed_on, whole
from server.domain.errors import ProviderError, SchemaMismatch
from tests.agents.desk import hear


async def saying(*events: AgentEvent) -> AsyncGenerator[AgentEvent, None]:
    for event in events:
        yield event


async def told_of(event: AgentEvent) -> tuple[Heard, tuple[AgentEvent, ...]]:
    async with Branches(5) as branches:
        branches.begin("sales", saying(event))
        heard = await branches.next()
        assert heard is not None
        return heard, passed_on(heard)


async def test_what_is_counted_is_told_with_its_branch_and_how_to_stop_it() -> None:
    heard, (told,) = await told_of(UnsaidDelta("x"))
    assert isinstance(told, Branched)
    assert (told.branch, told.event) == ("sales", UnsaidDelta("x"))
    assert told.stop == heard.branch.stop


async def test_a_notice_names_the_agent() -> None:
    _, told = await told_of(Notice(kind="retry", detail={"attempt": 2}))
    assert told == (Notice(kind="retry", detail={"attempt": 2, "agent": "sales"}),)


@pytest.mark.parametrize("event", [TextDelta("x"), Structured(value={})])
async def test_an_answer_is_for_whoever_merges_it(event: AgentEvent) -> None:
    assert (await told_of(event))[1] == ()


async def test_a_draft_is_passed_on() -> None:
    assert (await told_of(Partial(value={})))[1] == (Partial(value={}),)


async def test_a_branch_that_failed_is_named_for_people_too() -> None:
    error = ProviderError("It is away.")

    async def failing() -> AsyncGenerator[AgentEvent, None]:
        yield UnsaidDelta("x")
        raise error

    async with Branches(5) as branches:
        branches.begin("sales", failing())
        await branches.next()
        heard = await branches.next()
        assert heard is not None
        assert passed_on(heard) == (
            BranchEnded(branch="sales", error=error),
            Notice(
                kind="agent_failed",
                detail={"agent": "sales", "code": "provider_error", "message": "It is away."},
            ),
        )


def test_a_handoff_says_to_whom_and_from_whom() -> None:
    assert handoff("sales", "fan_says", ("price",)).detail == {
        "to": "sales",
        "why": "the fan says “price”",
        "reason": "fan_says",
        "words": ["price"],
    }
    assert handoff("sales", "checks", before="messaging").detail["from"] == "messaging"


async def test_a_whole_answer_is_passed_on_and_half_a_one_is_none() -> None:
    events: tuple[AgentEvent, ...] = (TextDelta("{}"), Structured(value={}))
    assert await hear(whole(saying(*events))) == (list(events), None)
    _, error = await hear(whole(saying(TextDelta("{"))))
    assert isinstance(error, SchemaMismatch)
