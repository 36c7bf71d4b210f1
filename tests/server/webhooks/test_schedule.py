"""Eight attempts over a good day, later where the receiver wishes it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from server.webhooks.schedule import PAUSES_S, asked_for, next_attempt

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_pauses_grow_until_it_is_given_up_after_eight() -> None:
    moments = [next_attempt(attempts, NOW, 0.0, None) for attempts in range(1, 9)]
    assert moments[-1] is None
    assert [(moment - NOW).total_seconds() for moment in moments if moment] == list(PAUSES_S)
    assert timedelta(hours=27) < timedelta(seconds=sum(PAUSES_S)) < timedelta(hours=28)


def test_chance_makes_a_pause_longer_by_a_fifth_at_most() -> None:
    for attempts, pause in enumerate(PAUSES_S, 1):
        latest = next_attempt(attempts, NOW, 1.0, None)
        assert latest is not None
        assert (latest - NOW).total_seconds() == pytest.approx(pause * 1.2)


def test_a_receiver_may_ask_for_a_longer_pause_never_a_shorter_one_nor_an_endless_one() -> None:
    for asked, pause in (
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(minutes=2), timedelta(minutes=2)),
        (timedelta(days=400), timedelta(days=1)),
    ):
        assert next_attempt(1, NOW, 0.0, NOW + asked) == NOW + pause


def test_retry_after_is_read_in_both_its_forms() -> None:
    later = NOW + timedelta(hours=1)
    assert asked_for("3600", NOW) == later
    assert asked_for(format_datetime(later, usegmt=True), NOW) == later
    assert asked_for("9" * 400, NOW) is not None
    for nonsense in (None, "", "soon", "-5", "²", "Wed, 99 Foo 2026", "1e9"):
        assert asked_for(nonsense, NOW) is None
