"""What is kept is never from before a change that was told, nor older than a moment."""

from uuid import UUID

from knowledge import cache
from knowledge.cache import KEPT_S, RecallCache

ADA, BERTA = UUID(int=1), UUID(int=2)


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def filled(seconds: Seconds) -> RecallCache[str]:
    kept = RecallCache[str](seconds)
    for owner in (ADA, BERTA):
        kept.reserve(owner, "x").value = "read"
    return kept


def test_what_was_read_is_kept_for_a_moment() -> None:
    seconds = Seconds()
    kept = filled(seconds)
    assert (kept.get(ADA, "x"), kept.get(ADA, "y")) == ("read", None)
    seconds.now = KEPT_S - 0.1
    assert kept.get(ADA, "x") == "read"
    seconds.now = KEPT_S
    assert kept.get(ADA, "x") is None


def test_a_change_concerns_its_owner_or_all() -> None:
    kept = filled(Seconds())
    kept.drop(ADA)
    assert (kept.get(ADA, "x"), kept.get(BERTA, "x")) == (None, "read")
    kept.clear()
    assert kept.get(BERTA, "x") is None


def test_what_changes_while_it_is_read_is_not_kept() -> None:
    kept = RecallCache[str](Seconds())
    for owner in (ADA, None):
        place = kept.reserve(ADA, "x")
        assert kept.get(ADA, "x") is None
        if owner is None:
            kept.clear()
        else:
            kept.drop(owner)
        place.value = "from before"
        assert kept.get(ADA, "x") is None


def test_who_asked_longest_ago_is_forgotten_first() -> None:
    kept = RecallCache[int](Seconds())
    for request in range(cache.EACH + 1):
        kept.reserve(ADA, request).value = request
    assert (kept.get(ADA, 0), kept.get(ADA, 1)) == (None, 1)
    for owner in range(10, 10 + cache.OWNERS):
        kept.reserve(UUID(int=owner), "x").value = owner
    assert kept.get(ADA, 1) is None
    assert kept.get(UUID(int=10), "x") == 10
