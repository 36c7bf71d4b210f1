"""What a refusal says, and what of a request may be given back."""

from datetime import timedelta

from billing.windows import (
    SLOTS_SCOPE,
    Remaining,
    Slots,
    Window,
    fresh_only,
    given_back,
    moment,
    refusal,
)
from server.domain.errors import RateLimited, TooManyTurns
from server.domain.ids import UserId, new_id
from tests.billing.support import NOON

HOUR = Window(scope="user", name="u", limit=50, seconds=3_600)
DAY = Window(scope="address", name="a", limit=500, seconds=86_400)
SLOTS = Slots(user_id=UserId(new_id()), limit=2, lease_s=60)


def stood(scope: str, *, fresh: bool = True) -> Remaining:
    return Remaining(
        scope=scope,
        limit=50,
        remaining=0,
        resets_at=NOON + timedelta(seconds=90, microseconds=1),
        fresh=fresh,
        seconds=None if scope == SLOTS_SCOPE else 3_600,
    )


def test_a_refusal_says_when_to_come_back_and_never_too_early() -> None:
    refused = refusal(stood("user"), NOON)
    assert isinstance(refused, RateLimited)
    assert refused.retry_after == 90.001
    assert refused.metadata == {
        "limit": 50,
        "remaining": 0,
        "resetsAt": "2026-03-15T12:01:30.000001Z",
        "scope": "user",
        "windowSeconds": 3_600,
    }


def test_full_slots_are_asked_for_again_soon() -> None:
    refused = refusal(stood(SLOTS_SCOPE), NOON)
    assert isinstance(refused, TooManyTurns)
    assert refused.retry_after == 1.0


def test_without_the_answer_everything_is_given_back() -> None:
    assert fresh_only([HOUR, DAY], SLOTS, None) == ([HOUR, DAY], SLOTS)


def test_only_what_this_request_took_is_given_back() -> None:
    known, new = stood("user", fresh=False), stood("address")
    assert fresh_only([HOUR, DAY], SLOTS, [known, new, stood(SLOTS_SCOPE)]) == ([DAY], SLOTS)
    assert fresh_only([HOUR], SLOTS, [new, stood(SLOTS_SCOPE, fresh=False)]) == ([HOUR], None)
    assert fresh_only([HOUR], None, [known]) == ([], None)


def test_what_was_given_back_is_there_again_and_only_that() -> None:
    after = given_back([stood("user"), stood("address", fresh=False)])
    assert [limit.remaining for limit in after] == [1, 0]


def test_the_servers_time_is_utc() -> None:
    assert moment(NOON.timestamp() * 1e6) == NOON
