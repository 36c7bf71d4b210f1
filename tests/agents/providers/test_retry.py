"""When a failed call is made again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.retry import JITTER, Retries, is_transient, may_stand_in
from server.domain.errors import (
    AppError,
    ContentBlocked,
    Invalid,
    ModelUnavailable,
    ProviderError,
    ProviderProtocol,
    ProviderRateLimited,
    ProviderTimeout,
)

RETRIES = Retries(attempts=3, first_s=1.0, longest_s=5.0)
DOWN = ProviderError("down", metadata={"status": 503})


def test_pauses_double_and_end_with_the_attempts() -> None:
    assert [RETRIES.pause_s(attempt, DOWN, 0.0) for attempt in (1, 2, 3)] == [1.0, 2.0, None]
    many = Retries(attempts=10)
    assert [many.pause_s(attempt, DOWN, 0.0) for attempt in (3, 4, 9)] == [4.0, 5.0, 5.0]


@given(attempt=st.integers(1, 9), chance=st.floats(0, 1), asked=st.none() | st.floats(0, 100))
def test_a_pause_is_what_the_server_asks_for_at_least_and_five_seconds_at_most(
    attempt: int, chance: float, asked: float | None
) -> None:
    error = ProviderRateLimited("later", retry_after=asked)
    pause = Retries(attempts=10).pause_s(attempt, error, chance)
    if asked is not None and asked > 5:
        assert pause is None
    else:
        assert pause is not None
        assert max(asked or 0, 1 - JITTER) <= pause <= 5


@pytest.mark.parametrize(
    ("error", "again", "handed_on"),
    [
        (ProviderError("the network"), True, True),
        *((ProviderError("x", metadata={"status": s}), True, True) for s in (408, 409, 500, 529)),
        *((ProviderError("x", metadata={"status": s}), False, True) for s in (401, 402, 403, 429)),
        (ProviderRateLimited("x", metadata={"status": 429}), True, True),
        (ProviderTimeout("x"), True, True),
        (ProviderProtocol("x"), False, True),
        (ModelUnavailable("x"), False, True),
        (ContentBlocked("x"), False, False),
        (Invalid("x"), False, False),
    ],
)
def test_what_is_tried_again_and_what_is_handed_on(
    error: AppError, again: bool, handed_on: bool
) -> None:
    assert (is_transient(error), may_stand_in(error)) == (again, handed_on)
