"""What is held for a turn is somebody's or nobody's, and never drawn twice."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import AppError, InsufficientCredits, ServiceUnavailable
from server.domain.money import MicroCredits
from server.turns.pot import Pot, Purse

CAP = MicroCredits(400)


class Bank:
    """The database's part: so much is left, and it may be away."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.held = Counter[int]()
        self.is_away = False

    async def extend(self, number: int, wanted: MicroCredits, least: MicroCredits) -> MicroCredits:
        await asyncio.sleep(0)
        if self.is_away:
            raise ServiceUnavailable("x")
        given = min(wanted, self.left)
        if given < least:
            raise InsufficientCredits("x")
        self.left -= given
        self.held[number] += given
        return MicroCredits(given)


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["fill", "grow", "close"]), st.integers(1, 300)),
    max_size=40,
)


@given(STEPS, st.lists(st.integers(0, 200), min_size=1, max_size=4), st.integers(0, 1_500))
async def test_what_is_drawn_and_what_is_free_is_what_is_held(
    steps: list[tuple[int, str, int]], shares: list[int], left: int
) -> None:
    bank = Bank(left)
    pot = Pot(bank.extend, [MicroCredits(share) for share in shares])
    purses = [Purse(pot), *[Purse(pot, CAP) for _ in range(3)]]
    gone = 0
    for index, what, credits in steps:
        purse = purses[index]
        try:
            match what:
                case "fill":
                    purse.fill(credits)
                case "grow" if credits <= purse.room:
                    before = purse.held
                    await purse.grow(2 * credits, credits)
                    assert purse.held >= before + credits
                case "grow":
                    assert purse.held + credits > CAP
                case _:
                    purse.close(credits)
                    gone += purse.held
                    purses[index] = Purse(pot, CAP if index else None)
        except InsufficientCredits:
            assert bank.left < credits
        assert all(purse.held <= CAP for purse in purses[1:])
        assert pot.held == sum(shares) + sum(bank.held.values())
    free = pot.draw(10**9) + pot.kept
    assert sum(bank.held.values()) + bank.left == left
    assert list(bank.held) == list(range(2, 2 + len(bank.held)))
    assert sum(purse.held for purse in purses) + gone + free == pot.held


async def test_a_share_waits_for_whoever_begins_and_others_hold_more_instead() -> None:
    bank = Bank(50)
    pot = Pot(bank.extend, [MicroCredits(100), MicroCredits(60)])
    first, second = Purse(pot), Purse(pot)
    first.fill(100)
    await first.grow(30, 30)
    assert (first.held, pot.held, bank.left) == (130, 190, 20)
    with pytest.raises(InsufficientCredits):
        await first.grow(30, 30)
    second.fill(60)
    assert (second.held, pot.kept) == (60, 0)


async def test_what_one_gave_back_answers_another_that_waited() -> None:
    bank = Bank(100)
    pot = Pot(bank.extend, [MicroCredits(100)])
    first, second, third = Purse(pot), Purse(pot), Purse(pot)
    first.fill(100)
    growing = [asyncio.create_task(purse.grow(80, 80)) for purse in (second, third)]
    await asyncio.sleep(0)
    first.close(10)
    await asyncio.gather(*growing)
    assert (first.held, second.held, third.held) == (10, 80, 80)
    assert (bank.left, dict(bank.held)) == (20, {2: 80})


async def test_what_arrives_after_the_end_goes_back() -> None:
    bank = Bank(100)
    pot = Pot(bank.extend, [MicroCredits(10)])
    late, other = Purse(pot), Purse(pot)
    late.fill(10)
    growing = asyncio.create_task(late.grow(50, 50))
    await asyncio.sleep(0)
    late.close(5)
    await growing
    assert late.held == 5
    other.fill(1_000)
    assert (other.held, pot.held) == (55, 60)


async def test_the_share_of_one_that_ends_before_it_begins_is_there_for_others() -> None:
    pot = Pot(Bank(0).extend, [MicroCredits(100), MicroCredits(60)])
    first, second = Purse(pot), Purse(pot)
    first.fill(100)
    second.close(0)
    await first.grow(60, 60)
    assert (first.held, pot.kept) == (160, 0)


async def test_a_step_that_was_not_held_is_asked_for_again_under_its_number() -> None:
    bank = Bank(100)
    pot = Pot(bank.extend, [MicroCredits(10), MicroCredits(0)])
    first, second = Purse(pot), Purse(pot)
    bank.is_away = True
    with pytest.raises(ServiceUnavailable):
        await first.grow(30, 30)
    bank.is_away = False
    await second.grow(30, 30)
    assert (dict(bank.held), pot.held) == ({2: 30}, 40)


def test_a_full_one_says_how_much_it_may_take() -> None:
    error = Purse(Pot(Bank(0).extend, []), MicroCredits(250_000_000)).is_full()
    assert isinstance(error, AppError)
    assert "250 credits" in error.message
