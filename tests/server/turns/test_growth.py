"""A hold grows before it is used up, waits only when it is, and outlives an outage."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Conflict, InsufficientCredits, QuotaExceeded, ServiceUnavailable
from server.domain.turn import FinishReason
from server.turns.growth import OVERSHOOT, OVERSHOOT_TOKENS, HoldGrowth
from server.turns.planning import STEP_TOKENS
from tests.support.eventually import eventually


class Bank:
    """Answers for the database: what it was asked, and what it says to the next question."""

    def __init__(self, *answers: int | Exception) -> None:
        self.asked: list[tuple[int, int]] = []
        self._answers = list(answers)
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def extend(self, number: int, tokens: int) -> int:
        self.asked.append((number, tokens))
        await self.is_open.wait()
        answer = self._answers.pop(0) if self._answers else tokens
        if isinstance(answer, Exception):
            raise answer
        return answer


@given(st.lists(st.integers(1, 700), max_size=60), st.integers(1, 12_000))
async def test_what_is_said_is_held_up_to_the_cap(deltas: list[int], cap: int) -> None:
    bank, said = Bank(), 0
    growth = HoldGrowth(bank.extend, cap)
    for tokens in deltas:
        said += tokens
        assert await growth.cover(min(said, cap)) is None
        assert growth.held_tokens >= min(said, cap) - 700
        assert growth.held_tokens <= cap
    await growth.finish()
    assert [number for number, _ in bank.asked] == list(range(2, 2 + len(bank.asked)))


async def test_it_asks_at_three_quarters_and_does_not_wait_for_the_answer() -> None:
    bank = Bank()
    growth = HoldGrowth(bank.extend, 10_000)
    assert await growth.cover(1_499) is None
    bank.is_open.clear()
    assert await growth.cover(1_500) is None
    await eventually(lambda: bank.asked == [(2, STEP_TOKENS)])
    assert await growth.cover(1_999) is None
    assert growth.held_tokens == STEP_TOKENS
    waiting = asyncio.create_task(growth.cover(2_000))
    await asyncio.wait({waiting}, timeout=0.05)
    assert not waiting.done()
    bank.is_open.set()
    assert await waiting is None
    assert growth.held_tokens == 2 * STEP_TOKENS


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InsufficientCredits("x"), FinishReason.CREDITS),
        (QuotaExceeded("x"), FinishReason.QUOTA),
    ],
    ids=str,
)
async def test_a_refusal_ends_the_turn_only_when_the_hold_is_used_up(
    error: Exception, reason: FinishReason
) -> None:
    bank = Bank(error, error)
    growth = HoldGrowth(bank.extend, 10_000)
    assert await growth.cover(1_500) is None
    await eventually(lambda: bank.asked)
    for said in (1_600, 1_900, 1_999):
        assert await growth.cover(said) is None
    assert len(bank.asked) == 1
    assert await growth.cover(2_000) is reason
    assert bank.asked == [(2, STEP_TOKENS)] * 2


@pytest.mark.parametrize("late", [False, True], ids=["known early", "known at the end"])
async def test_what_was_granted_after_a_refusal_is_held(late: bool) -> None:
    bank = Bank(InsufficientCredits("x"))
    growth = HoldGrowth(bank.extend, 10_000)
    if late:
        bank.is_open.clear()
    assert await growth.cover(1_500) is None
    await eventually(lambda: bank.asked)
    bank.is_open.set()
    if not late:
        assert await growth.cover(1_600) is None
    assert await growth.cover(2_000) is None
    assert growth.held_tokens == 2 * STEP_TOKENS
    assert await growth.cover(3_500) is None
    await eventually(lambda: bank.asked == [(2, STEP_TOKENS)] * 2 + [(3, STEP_TOKENS)])
    await growth.finish()


async def test_less_than_asked_is_asked_for_again() -> None:
    bank = Bank(300, InsufficientCredits("x"), InsufficientCredits("x"))
    growth = HoldGrowth(bank.extend, 10_000)
    assert await growth.cover(2_000) is None
    assert growth.held_tokens == 2_300
    assert await growth.cover(2_300) is FinishReason.CREDITS


async def test_what_was_said_ahead_of_a_hold_is_covered_before_more_is_said() -> None:
    bank = Bank(40, STEP_TOKENS, 40, InsufficientCredits("x"))
    growth = HoldGrowth(bank.extend, 10_000)
    assert await growth.cover(2_185) is None
    assert growth.held_tokens == 2 * STEP_TOKENS + 40
    assert await growth.cover(4_500) is FinishReason.CREDITS
    assert [number for number, _ in bank.asked] == [2, 3, 4, 5]


async def test_a_database_that_is_away_stops_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.turns.growth.ASK_AGAIN_S", 0.02)
    bank = Bank(ServiceUnavailable("x"), ServiceUnavailable("x"))
    growth = HoldGrowth(bank.extend, 10_000)
    assert await growth.cover(2_500) is None
    assert growth.held_tokens == STEP_TOKENS

    async def is_held() -> bool:
        assert await growth.cover(2_500) is None
        return growth.held_tokens > 2_500

    await eventually(is_held)
    assert bank.asked == [(2, STEP_TOKENS)] * 3


async def test_one_that_does_not_answer_stops_no_answer_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.turns.growth.PATIENCE_S", 0.02)
    bank = Bank()
    growth = HoldGrowth(bank.extend, 20_000)
    bank.is_open.clear()
    for said in (2_100, 2_500, 9_000):
        assert await growth.cover(said) is None
    assert bank.asked == [(2, STEP_TOKENS)]
    bank.is_open.set()

    async def is_held() -> bool:
        assert await growth.cover(9_000) is None
        return growth.held_tokens > 9_000

    await eventually(is_held)
    await growth.finish()
    assert [number for number, _ in bank.asked] == [2, 3, 4, 5, 6][: len(bank.asked)]


async def test_after_an_outage_what_is_refused_ends_the_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.turns.growth.ASK_AGAIN_S", 0.02)
    bank = Bank(ServiceUnavailable("x"), InsufficientCredits("x"))
    growth = HoldGrowth(bank.extend, 10_000)
    assert await growth.cover(2_500) is None

    async def is_over() -> bool:
        return await growth.cover(2_600) is FinishReason.CREDITS

    await eventually(is_over)


@pytest.mark.parametrize("cap", [1, 700, 5_000])
async def test_a_provider_that_does_not_keep_to_its_cap_is_stopped(cap: int) -> None:
    growth = HoldGrowth(Bank().extend, cap)
    most = cap * OVERSHOOT + OVERSHOOT_TOKENS
    for said in range(0, most, 100):
        assert await growth.cover(said) is None
    assert growth.held_tokens == cap
    assert await growth.cover(most + 1) is FinishReason.LENGTH


async def test_a_turn_that_was_taken_away_says_so() -> None:
    growth = HoldGrowth(Bank(Conflict("x")).extend, 10_000)
    with pytest.raises(Conflict):
        await growth.cover(2_000)


async def test_the_end_waits_for_a_hold_that_is_on_its_way() -> None:
    bank = Bank(Conflict("x"))
    growth = HoldGrowth(bank.extend, 10_000)
    bank.is_open.clear()
    assert await growth.cover(1_600) is None
    ending = asyncio.create_task(growth.finish())
    await asyncio.wait({ending}, timeout=0.05)
    assert not ending.done()
    bank.is_open.set()
    await ending
