"""Providers whose calls fail."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.detection.providers import provider_errors
from billing.detection.recent import Sum
from billing.detection.scopes import Scope
from tests.billing.detection.rises import CENT, filled, key, sums

NOW = datetime(2026, 3, 17, 14, 30, tzinfo=UTC)
KEY = key()


def calls(number: int, failed: int) -> Sum:
    return sums(number, CENT, failed=failed)


@pytest.mark.parametrize(
    ("number", "failed", "is_found"),
    [
        (4, 4, False),  # too few failures
        (5, 5, True),  # a provider that is down is asked no more
        (20, 5, True),
        (40, 5, False),
        (60, 6, False),  # a tenth, by chance perhaps
        (1_000, 60, False),
        (1_000, 75, True),
        (1_000, 50, False),
    ],
)
def test_a_share_that_is_certainly_above_the_tolerated_one_is_found(
    number: int, failed: int, *, is_found: bool
) -> None:
    recent = filled(NOW, {KEY: [Sum(), Sum(), calls(number, failed)]})
    assert bool(provider_errors(recent, 5, NOW)) is is_found


def test_an_incident_goes_on_while_it_simply_is_more() -> None:
    recent = filled(NOW, {KEY: [calls(100, 6)]})
    assert provider_errors(recent, 5, NOW) == []
    (found,) = provider_errors(recent, 5, NOW, [Scope("provider", "demo")])
    assert found.scope == Scope("provider", "demo")


def test_it_says_how_many_since_when_and_of_which_model() -> None:
    other = key(model="demo/large")
    recent = filled(
        NOW,
        {
            KEY: [calls(20, 0)] * 20 + [calls(20, 2)] * 4,
            other: [calls(5, 0)] * 20 + [calls(5, 5)] * 4,
            key(provider="calm"): [calls(50, 0)] * 24,
        },
    )
    (found,) = provider_errors(recent, 5, NOW)
    assert found.since == NOW - timedelta(minutes=4)
    assert found.severity == "watch"
    assert found.explanation == (
        "28 of the last 125 calls to demo failed (22.4 %) in five minutes, since 14:26 UTC; 5 % are"
        " tolerated. 20 of them were calls of demo/large."
    )
    assert (found.observed, found.usual) == ("22.4 % of 125 calls", "at most 5 %")
    assert found.evidence["model"] == "demo/large"
    assert found.measure == pytest.approx(22.4)


def test_a_quarter_of_all_calls_is_grave() -> None:
    (found,) = provider_errors(filled(NOW, {KEY: [calls(100, 25)]}), 5, NOW)
    assert found.severity == "high"
