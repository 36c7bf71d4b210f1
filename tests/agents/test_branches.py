"""Agents at work at the same time: each ends once, and none can harm another."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.branches import Branches
from agents.events import AgentEvent, BranchEnded, TextDelta
from server.domain.errors import (
    AppError,
    InsufficientCredits,
    Internal,
    ProviderError,
    ProviderTimeout,
)
from tests.agents.cast import Part

Heards = list[tuple[str, str | AppError | None]]


async def said_by(part: Part, closed: list[str] | None = None) -> AsyncGenerator[AgentEvent, None]:
    try:
        if part.cue is not None:
            await part.cue.wait()
        for text in part.texts:
            yield TextDelta(text)
        if part.hangs:
            await asyncio.Event().wait()
        if part.error is not None:
            raise part.error
    finally:
        if closed is not None:
            await asyncio.sleep(0)  # closing a connection takes a moment, too
            closed.append("closed")


async def heard_of(branches: Branches) -> Heards:
    """Names with what they said, or how they ended."""
    all_heard: Heards = []
    while (heard := await branches.next()) is not None:
        match heard.event:
            case TextDelta(text=text):
                all_heard.append((heard.name, text))
            case BranchEnded(branch=name, error=error):
                assert name == heard.name
                all_heard.append((name, error))
            case _:
                pass
    return all_heard


async def test_they_take_turns() -> None:
    async with Branches(5) as branches:
        branches.begin("one", said_by(Part(("a", "b"))))
        branches.begin("two", said_by(Part(("c", "d"))))
        heard = await heard_of(branches)
    assert heard[:4] == [("one", "a"), ("two", "c"), ("one", "b"), ("two", "d")]
    assert sorted(heard[4:]) == [("one", None), ("two", None)]


async def test_a_branch_goes_on_only_when_it_was_heard() -> None:
    reached: list[str] = []

    async def steps() -> AsyncGenerator[AgentEvent, None]:
        for step in ("first", "second"):
            reached.append(step)
            yield TextDelta(step)

    async with Branches(5) as branches:
        branches.begin("one", steps())
        await branches.next()
        for _ in range(5):
            await asyncio.sleep(0)
        assert reached == ["first"]
        await branches.next()
        assert reached == ["first", "second"]


async def test_one_that_waits_for_another_shows_that_both_are_at_work() -> None:
    cue = asyncio.Event()

    async def giving_the_cue() -> AsyncGenerator[AgentEvent, None]:
        cue.set()
        yield TextDelta("go")

    async with asyncio.timeout(5), Branches(5) as branches:
        branches.begin("waiting", said_by(Part(("done",), cue=cue)))
        branches.begin("giving", giving_the_cue())
        heard = await heard_of(branches)
    assert ("waiting", "done") in heard


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (Part(("x",), error=ProviderError("It is away.")), "provider_error"),
        (Part(("x",), hangs=True), "provider_timeout"),
        (Part(("x",), error=RuntimeError("a bug of ours")), "internal"),
        (Part(("x",), error=TimeoutError("of somebody else")), "internal"),
        (Part(("x",), error=asyncio.CancelledError()), "internal"),
    ],
)
async def test_one_that_goes_wrong_says_so_and_the_other_is_none_the_worse(
    part: Part, code: str
) -> None:
    closed: list[str] = []
    async with Branches(0.05) as branches:
        branches.begin("bad", said_by(part, closed))
        branches.begin("good", said_by(Part(("a", "b"))))
        heard = await heard_of(branches)
    (error,) = [said for name, said in heard if name == "bad" and said != "x"]
    assert isinstance(error, AppError)
    assert error.code == code
    assert [said for name, said in heard if name == "good"] == ["a", "b", None]
    assert closed == ["closed"]


async def test_one_that_is_stopped_does_not_go_on_and_gives_the_first_reason() -> None:
    closed: list[str] = []
    reason = InsufficientCredits("Nothing is left.")
    async with Branches(5) as branches:
        branches.begin("dear", said_by(Part(("a", "b")), closed))
        heard = await branches.next()
        assert heard is not None
        heard.branch.stop(reason)
        heard.branch.stop(Internal("too late"))
        assert await heard_of(branches) == [("dear", reason)]
    assert closed == ["closed"]


async def test_all_can_be_stopped_even_before_they_have_begun() -> None:
    reason = InsufficientCredits("Nothing is left.")
    async with Branches(5) as branches:
        branches.begin("one", said_by(Part(("a",))))
        branches.stop_all(reason)
        assert await heard_of(branches) == [("one", reason)]


async def test_who_goes_on_talking_may_take_long_where_somebody_reads_along() -> None:
    async def slowly() -> AsyncGenerator[AgentEvent, None]:
        for text in "abcd":
            await asyncio.sleep(0.1)
            yield TextDelta(text)

    ends = {}
    for is_patient in (True, False):
        async with Branches(0.25, is_patient=is_patient) as branches:
            branches.begin("one", slowly())
            ends[is_patient] = (await heard_of(branches))[-1][1]
    assert ends[True] is None
    assert isinstance(ends[False], ProviderTimeout)


async def test_who_is_hurried_ends_as_failed_and_who_begins_later_is_not() -> None:
    async with Branches(5) as branches:
        branches.begin("slow", said_by(Part(hangs=True)))
        branches.hurry(0.01)
        branches.begin("later", said_by(Part(("a",))))
        heard = dict(await heard_of(branches))
    assert isinstance(heard["slow"], ProviderTimeout)
    assert heard["later"] is None


async def test_who_ends_in_time_was_not_hurried_in_vain() -> None:
    async with Branches(5) as branches:
        branches.begin("one", said_by(Part(("a", "b"))))
        branches.hurry(5)
        assert await heard_of(branches) == [("one", "a"), ("one", "b"), ("one", None)]


async def test_stopping_one_that_has_ended_changes_nothing() -> None:
    async with Branches(5) as branches:
        branches.begin("one", said_by(Part(("a",))))
        heard = await branches.next()
        assert heard is not None
        assert await heard_of(branches) == [("one", None)]
        heard.branch.stop(Internal("too late"))
        assert await heard_of(branches) == []


async def test_leaving_closes_what_is_open(caplog: pytest.LogCaptureFixture) -> None:
    closed: list[str] = []
    async with Branches(5) as branches:
        branches.begin("one", said_by(Part(("a",), hangs=True), closed))
        branches.begin("two", said_by(Part(("b",), hangs=True), closed))
        await branches.next()
        await branches.next()
    assert closed == ["closed", "closed"]
    assert caplog.records == []


async def test_a_second_round_follows_a_first() -> None:
    async with Branches(5) as branches:
        branches.begin("one", said_by(Part(("a",))))
        await heard_of(branches)
        branches.begin("two", said_by(Part(("b",))))
        assert await heard_of(branches) == [("two", "b"), ("two", None)]


async def _played(parts: dict[str, Part], stops: dict[str, int]) -> Heards:
    """What is heard of them, each stopped after so many of its words, if it comes to that."""
    reason, seen = InsufficientCredits("Nothing is left."), Counter[str]()
    all_heard: Heards = []
    async with asyncio.timeout(10), Branches(5) as branches:
        for name, part in parts.items():
            branches.begin(name, said_by(part))
        while (heard := await branches.next()) is not None:
            if isinstance(heard.event, BranchEnded):
                all_heard.append((heard.name, heard.event.error))
                continue
            assert isinstance(heard.event, TextDelta)
            all_heard.append((heard.name, heard.event.text))
            seen[heard.name] += 1
            if stops.get(heard.name) == seen[heard.name]:
                heard.branch.stop(reason)
    return all_heard


words = st.lists(st.sampled_from("abc"), max_size=5).map(tuple)
parts = st.builds(Part, words, error=st.sampled_from([None, ProviderError("x"), ValueError("x")]))


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from("123456"), parts, max_size=6),
    st.dictionaries(st.sampled_from("123456"), st.integers(1, 5)),
)
def test_each_says_its_own_in_order_and_ends_once(
    parts: dict[str, Part], stops: dict[str, int]
) -> None:
    heard = asyncio.run(_played(parts, stops))
    for name, part in parts.items():
        *said, end = [said for who, said in heard if who == name]
        is_stopped = 0 < stops.get(name, 0) <= len(part.texts)
        assert said == list(part.texts[: stops[name]] if is_stopped else part.texts)
        if is_stopped:
            assert isinstance(end, InsufficientCredits)
        else:
            assert (end is None) is (part.error is None)
