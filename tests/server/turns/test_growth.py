"""A hold grows before it is used up, waits only when it is, and outlives an outage."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import Conflict, InsufficientCredits, QuotaExceeded, ServiceUnavailable
from server.domain.money import MicroCredits, PicoUsd
from server.domain.turn import FinishReason
from server.domain.usage import Price
from server.turns.growth import OVERSHOOT, OVERSHOOT_TOKENS, HoldGrowth
from server.turns.pot import Pot, Purse
from server.turns.steps import STEP_TOKENS
from tests.support.eventually import eventually

PRICE = Price(input=PicoUsd(1_000), output=PicoUsd(1_000))
"""At which a token takes one micro-credit: credits are tokens here."""

DEARER = Price(input=PicoUsd(4_000), output=PicoUsd(4_000))


class Bank:
    """Answers for the database: what it was asked, and what it says to the next question."""

    def __init__(self, *answers: int | Exception) -> None:
        self.asked: list[tuple[int, int]] = []
        self._answers = list(answers)
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def extend(self, number: int, wanted: MicroCredits, least: MicroCredits) -> MicroCredits:
        assert 0 < least <= wanted
        self.asked.append((number, wanted))
        await self.is_open.wait()
        answer = self._answers.pop(0) if self._answers else wanted
        if isinstance(answer, Exception):
            raise answer
        return MicroCredits(answer)


async def growing(bank: Bank, cap: int = 10_000) -> HoldGrowth:
    """A hold with its first step, and the first call begun."""
    pot = Pot(bank.extend, [MicroCredits(min(STEP_TOKENS, cap))])
    growth = HoldGrowth(Purse(pot), cap=cap, credits_per_usd=1_000)
    assert await growth.begin(PRICE, 0, owed=MicroCredits(0), said=0) is None
    return growth


@given(st.lists(st.integers(1, 700), max_size=60), st.integers(1, 12_000))
async def test_what_is_said_is_held_up_to_the_cap(deltas: list[int], cap: int) -> None:
    bank, said = Bank(), 0
    growth = await growing(bank, cap)
    for tokens in deltas:
        said += tokens
        assert await growth.cover(min(said, cap)) is None
        assert growth.held_tokens >= min(said, cap) - 700
        assert growth.held_tokens <= cap
    await growth.finish()
    assert [number for number, _ in bank.asked] == list(range(2, 2 + len(bank.asked)))


async def test_it_asks_at_three_quarters_and_does_not_wait_for_the_answer() -> None:
    bank = Bank()
    growth = await growing(bank)
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
    growth = await growing(bank)
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
    growth = await growing(bank)
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
    growth = await growing(bank)
    assert await growth.cover(2_000) is None
    assert growth.held_tokens == 2_300
    assert await growth.cover(2_300) is FinishReason.CREDITS


async def test_what_was_said_ahead_of_a_hold_is_covered_before_more_is_said() -> None:
    bank = Bank(40, STEP_TOKENS, 40, InsufficientCredits("x"))
    growth = await growing(bank)
    assert await growth.cover(2_185) is None
    assert growth.held_tokens == 2 * STEP_TOKENS + 40
    assert await growth.cover(4_500) is FinishReason.CREDITS
    assert [number for number, _ in bank.asked] == [2, 3, 4, 5]


async def test_a_database_that_is_away_stops_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.turns.growth.ASK_AGAIN_S", 0.02)
    bank = Bank(ServiceUnavailable("x"), ServiceUnavailable("x"))
    growth = await growing(bank)
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
    growth = await growing(bank, 20_000)
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
    growth = await growing(bank)
    assert await growth.cover(2_500) is None

    async def is_over() -> bool:
        return await growth.cover(2_600) is FinishReason.CREDITS

    await eventually(is_over)


@pytest.mark.parametrize("cap", [1, 700, 5_000])
async def test_a_provider_that_does_not_keep_to_its_cap_is_stopped(cap: int) -> None:
    growth = await growing(Bank(), cap)
    most = cap * OVERSHOOT + OVERSHOOT_TOKENS
    for said in range(0, most, 100):
        assert await growth.cover(said) is None
    assert growth.held_tokens == cap
    assert await growth.cover(most + 1) is FinishReason.LENGTH


async def test_a_turn_that_was_taken_away_says_so() -> None:
    growth = await growing(Bank(Conflict("x")))
    with pytest.raises(Conflict):
        await growth.cover(2_000)


async def test_the_end_waits_for_a_hold_that_is_on_its_way() -> None:
    bank = Bank(Conflict("x"))
    growth = await growing(bank)
    bank.is_open.clear()
    assert await growth.cover(1_600) is None
    ending = asyncio.create_task(growth.finish())
    await asyncio.wait({ending}, timeout=0.05)
    assert not ending.done()
    bank.is_open.set()
    await ending


async def test_a_second_call_needs_its_input_and_what_the_first_took() -> None:
    bank = Bank()
    growth = await growing(bank)
    assert await growth.cover(1_000) is None
    assert await growth.begin(PRICE, 600, owed=MicroCredits(1_000), said=1_000) is None
    assert (growth.held_tokens, bank.asked) == (400, [])
    assert await growth.begin(PRICE, 1_000, owed=MicroCredits(1_000), said=1_000) is None
    assert (growth.held_tokens, bank.asked) == (STEP_TOKENS, [(2, STEP_TOKENS)])


async def test_a_dearer_model_in_its_place_takes_a_further_hold() -> None:
    bank = Bank()
    growth = await growing(bank)
    assert await growth.begin(DEARER, 1_000, owed=MicroCredits(0), said=0) is None
    assert bank.asked == [(2, 4 * (1_000 + STEP_TOKENS) - STEP_TOKENS)]
    assert (growth.purse.held, growth.held_tokens) == (12_000, STEP_TOKENS)


async def test_a_call_that_cannot_be_paid_is_not_begun() -> None:
    growth = await growing(Bank(QuotaExceeded("x")))
    refused = await growth.begin(PRICE, 5_000, owed=MicroCredits(1_000), said=1_000)
    assert refused is FinishReason.QUOTA


async def test_the_cap_is_that_of_all_calls_together() -> None:
    bank = Bank()
    growth = await growing(bank, 3_000)
    assert await growth.begin(PRICE, 100, owed=MicroCredits(2_900), said=2_900) is None
    assert growth.held_tokens == 100
    assert await growth.cover(100 * OVERSHOOT + OVERSHOOT_TOKENS + 1) is FinishReason.LENGTH


@given(
    st.lists(
        st.tuples(st.sampled_from([PRICE, DEARER]), st.integers(0, 3_000), st.integers(0, 4_000)),
        min_size=1,
        max_size=6,
    )
)
async def test_whatever_was_called_and_said_is_held(calls: list[tuple[Price, int, int]]) -> None:
    growth = await growing(Bank(), 30_000)
    owed = said = 0
    for price, input_tokens, output_tokens in calls:
        each = price.output // 1_000
        assert await growth.begin(price, input_tokens, owed=MicroCredits(owed), said=said) is None
        assert growth.purse.held >= owed + input_tokens * each
        for spoken in range(0, output_tokens, 500):
            assert await growth.cover(spoken) is None
            assert growth.purse.held >= owed + (input_tokens + spoken) * each
        owed, said = owed + (input_tokens + output_tokens) * each, said + output_tokens
    await growth.finish()
