"""The IETF's fields of rate limits, and how the hour is told."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.windows import SLOTS_SCOPE, Remaining
from server.domain.errors import RateLimited
from server.routes.ratelimits import RateFields, RateView, rate_view, refused_fields

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def stood(scope: str, remaining: int = 49, *, limit: int = 50) -> Remaining:
    return Remaining(
        scope=scope,
        limit=limit,
        remaining=remaining,
        resets_at=NOW + timedelta(seconds=59.2),
        fresh=True,
        seconds=None if scope == SLOTS_SCOPE else 3_600,
    )


def test_every_policy_is_told_with_what_remains_of_it() -> None:
    rates = RateFields()
    rates.take([stood("user"), stood("workspace", 4_000, limit=5_000), stood(SLOTS_SCOPE, 19)])
    assert dict(rates.fields(NOW)) == {
        b"ratelimit-policy": b'"user";q=50;w=3600, "workspace";q=5000;w=3600, '
        b'"turns";q=50;qu="concurrent-requests"',
        b"ratelimit": b'"user";r=49;t=60, "workspace";r=4000;t=60, "turns";r=19',
    }


def test_the_newest_word_on_a_limit_is_told_once() -> None:
    rates = RateFields()
    rates.take([stood("user", 3), stood("workspace")])
    rates.take([stood("user", 4)])
    (_, states) = rates.fields(NOW)
    assert states == (b"ratelimit", b'"user";r=4;t=60, "workspace";r=49;t=60')


def test_a_request_that_nothing_counts_tells_nothing() -> None:
    rates = RateFields()
    assert not rates
    assert rates.fields(NOW) == []


def test_a_moment_that_has_passed_is_now() -> None:
    rates = RateFields()
    rates.take([stood("user")])
    assert rates.fields(NOW + timedelta(hours=1))[1][1].endswith(b";t=0")


@pytest.mark.parametrize("resets_at", ["2026-03-01T00:01:00Z", NOW + timedelta(minutes=1)])
def test_other_limits_are_told_by_the_figures_of_their_refusal(resets_at: object) -> None:
    figures = {"limit": 50, "remaining": 3, "scope": "email", "resetsAt": resets_at}
    error = RateLimited("No.", retry_after=0.01, metadata={**figures, "windowSeconds": 3_600})
    assert dict(refused_fields(error, NOW)) == {
        b"ratelimit-policy": b'"email";q=50;w=3600',
        b"ratelimit": b'"email";r=3;t=60',
    }


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"limit": "10", "scope": "quota"},
        {"limit": 1, "scope": 'x"\r\ny'},
        {"limit": 1},
        {"scope": "user"},
    ],
)
def test_figures_that_fit_no_header_stay_out_of_it(metadata: dict[str, object]) -> None:
    assert refused_fields(RateLimited("No.", metadata=metadata), NOW) == []


@pytest.mark.parametrize("moment", ["soon", "2026-03-01T00:01:00", 5, None])
def test_a_moment_that_is_none_is_left_out(moment: object) -> None:
    metadata = {"limit": 1, "scope": "user", "resetsAt": moment}
    headers = dict(refused_fields(RateLimited("No.", metadata=metadata), NOW))
    assert headers[b"ratelimit"] == b'"user";r=0'


def test_the_hour_is_told_as_it_stands_or_not_at_all() -> None:
    one = stood("user")
    assert rate_view(one) == RateView(
        limit=50, remaining=49, resets_at=one.resets_at, window_seconds=3_600
    )
    assert rate_view(None) is None
