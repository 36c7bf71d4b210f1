"""The last hour in memory: as if all of it were read each time."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from billing.costbook import Key
from billing.detection.recent import SLOT_S, Recent, Slot, Sum
from billing.detection.scopes import SYSTEM, Scope

NOON = datetime(2026, 3, 17, 12, tzinfo=UTC)
KEYS = [Key(UUID(int=n), f"feature {n % 2}", "agent", "demo/small", "demo") for n in range(3)]


def slot(moment: datetime, key: Key = KEYS[0], usd: int = 5) -> Slot:
    second = int(moment.timestamp()) // SLOT_S * SLOT_S
    return Slot(second, key, Sum(usd=usd, calls=1, squares=float(usd * usd)))


def test_windows_count_what_is_within_them() -> None:
    recent = Recent()
    calls = [slot(NOON - timedelta(seconds=ago)) for ago in (5, 45, 200, 1_000, 3_500)]
    recent.take(recent.since(NOON), calls, NOON)
    windows = recent.windows(NOON, (60, 300, 1_200, 3_600))
    assert [window.of(SYSTEM).calls for window in windows] == [2, 3, 4, 5]
    assert [window.of(SYSTEM).usd for window in windows] == [10, 15, 20, 25]


def test_each_call_counts_for_all_its_scopes() -> None:
    recent = Recent()
    recent.take(recent.since(NOON), [slot(NOON, key) for key in KEYS], NOON)
    (window,) = recent.windows(NOON, (60,))
    assert window.of(Scope("feature", "feature 0")).calls == 2
    assert window.of(Scope("creator", str(UUID(int=1)))).calls == 1
    assert window.of(Scope("model", "demo/other")).calls == 0
    assert set(window.keys) == set(KEYS)


@pytest.mark.parametrize("seed", range(5))
def test_reading_on_finds_what_reading_everything_finds(seed: int) -> None:
    """Rounds at any distance, with calls that are committed up to a minute after their time."""
    chance = random.Random(seed)
    calls = []
    for _ in range(400):
        at = NOON + timedelta(seconds=chance.uniform(0, 7_200))
        calls.append((at, at + timedelta(seconds=chance.uniform(0, 45)), chance.choice(KEYS)))

    def read(since: datetime, now: datetime) -> list[Slot]:
        return [slot(at, key) for at, seen, key in calls if at >= since and seen <= now]

    recent, now = Recent(), NOON + timedelta(seconds=3_600)
    while now < NOON + timedelta(seconds=7_200):
        now += timedelta(seconds=chance.choice([10, 10, 10, 30, 100, 1_000]))
        since = recent.since(now)
        recent.take(since, read(since, now), now)
        fresh = Recent()
        fresh.take(fresh.since(now), read(fresh.since(now), now), now)
        spans = (60, 300, 1_200)
        for known, whole in zip(recent.windows(now, spans), fresh.windows(now, spans), strict=True):
            assert known == whole


def test_a_round_after_another_reads_a_minute_again_and_no_more() -> None:
    recent = Recent()
    assert recent.since(NOON) == NOON - timedelta(hours=1)
    recent.take(recent.since(NOON), [], NOON)
    later = NOON + timedelta(seconds=10)
    assert recent.since(later) == NOON - timedelta(seconds=60)


def test_after_an_absence_the_whole_hour_is_read() -> None:
    recent = Recent()
    recent.take(recent.since(NOON), [slot(NOON)], NOON)
    later = NOON + timedelta(minutes=10)
    assert recent.since(later) == later - timedelta(hours=1)
    recent.take(recent.since(later), [], later)
    (window,) = recent.windows(later, (3_600,))
    assert window.of(SYSTEM).calls == 0


def test_after_the_clock_was_put_back_the_whole_hour_is_read() -> None:
    recent = Recent()
    recent.take(recent.since(NOON), [], NOON)
    ahead = NOON + timedelta(hours=2)
    recent.take(recent.since(ahead), [], ahead)
    assert recent.since(NOON) == NOON - timedelta(hours=1)


def test_a_series_has_every_minute_of_the_hour() -> None:
    recent = Recent()
    moments = [NOON, NOON - timedelta(minutes=4), NOON - timedelta(minutes=50)]
    recent.take(recent.since(NOON), [slot(at, KEYS[0]) for at in moments], NOON)
    recent.take(recent.since(NOON), [slot(NOON, KEYS[0]), slot(NOON, KEYS[1])], NOON)
    series = recent.series(NOON, Scope("creator", str(UUID(int=0))).has)
    assert [at for at, _ in series] == [NOON - timedelta(minutes=ago) for ago in range(60, -1, -1)]
    assert [(at, sums.calls) for at, sums in series if sums.calls] == [
        (NOON - timedelta(minutes=50), 1),
        (NOON - timedelta(minutes=4), 1),
        (NOON, 1),
    ]


def test_calls_of_a_clock_that_is_ahead_count_as_of_now() -> None:
    recent = Recent()
    recent.take(recent.since(NOON), [slot(NOON + timedelta(seconds=90))], NOON)
    (window,) = recent.windows(NOON, (60,))
    assert window.of(SYSTEM).calls == 1
    assert recent.series(NOON, SYSTEM.has)[-1][1].calls == 1


def test_a_few_dear_calls_are_few() -> None:
    sums = Sum()
    for usd in (100, 100, 1, 1, 1, 1):
        sums.add(Sum(usd=usd, calls=1, squares=float(usd * usd)))
    assert 2 < sums.effective < 2.1
    assert Sum().effective == 0


def test_a_share_is_taken_away() -> None:
    sums = Sum(usd=100, calls=10, failed=2, squares=1_000.0)
    sums.take_away(Sum(usd=80, calls=8, squares=800.0), 0.5)
    assert sums == Sum(usd=60, calls=6, failed=2, squares=600.0)
