"""The limiter of one process: the same promises as the shared one, for its share."""

from datetime import timedelta

import pytest

from billing.locallimit import KEYS_MAX, LocalLimiter
from billing.windows import Slots, Window
from server.domain.errors import RateLimited, TooManyTurns
from server.domain.ids import UserId, new_id
from tests.billing.support import NOON

USER = UserId(new_id())
WINDOW = Window(scope="user", name="u", limit=4, seconds=60)
SLOTS = Slots(user_id=USER, limit=2, lease_s=30)


def test_a_window_slides() -> None:
    limiter = LocalLimiter()
    for second in range(4):
        limiter.admit(
            NOON + timedelta(seconds=second),
            member=f"m{second}",
            windows=[WINDOW],
            slots=None,
            processes=1,
        )
    with pytest.raises(RateLimited) as refused:
        limiter.admit(
            NOON + timedelta(seconds=59), member="x", windows=[WINDOW], slots=None, processes=1
        )
    assert refused.value.retry_after == pytest.approx(1, abs=0.01)
    (stood,) = limiter.admit(
        NOON + timedelta(seconds=60), member="x", windows=[WINDOW], slots=None, processes=1
    )
    assert (stood.limit, stood.remaining) == (4, 0)


def test_full_slots_leave_the_window_uncounted() -> None:
    limiter = LocalLimiter()
    for member in "ab":
        limiter.admit(NOON, member=member, windows=[WINDOW], slots=SLOTS, processes=1)
    with pytest.raises(TooManyTurns):
        limiter.admit(NOON, member="c", windows=[WINDOW], slots=SLOTS, processes=1)
    limiter.withdraw("a", [], SLOTS)
    stood = limiter.admit(NOON, member="c", windows=[WINDOW], slots=SLOTS, processes=1)
    assert [limit.remaining for limit in stood] == [1, 0]


def test_a_slot_ends_with_its_lease() -> None:
    limiter = LocalLimiter()
    for member in "ab":
        limiter.admit(NOON, member=member, windows=[], slots=SLOTS, processes=1)
    with pytest.raises(TooManyTurns):
        limiter.admit(NOON, member="c", windows=[], slots=SLOTS, processes=1)
    later = NOON + timedelta(seconds=31)
    limiter.admit(later, member="c", windows=[], slots=SLOTS, processes=1)


def test_a_share_is_never_less_than_one() -> None:
    limiter = LocalLimiter()
    limiter.admit(NOON, member="a", windows=[WINDOW], slots=None, processes=9)
    with pytest.raises(RateLimited):
        limiter.admit(NOON, member="b", windows=[WINDOW], slots=None, processes=9)


def test_memory_is_bounded() -> None:
    limiter = LocalLimiter()
    for number in range(KEYS_MAX + 100):
        window = Window(scope="address", name=str(number), limit=1, seconds=3_600)
        limiter.admit(NOON, member="m", windows=[window], slots=None, processes=1)
    assert len(limiter._logs) == KEYS_MAX
