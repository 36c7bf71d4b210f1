"""What an experiment shows: rates, differences from the control, and what is still missing."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.experimentresults import (
    Comparison,
    Tally,
    VariantResult,
    Verdict,
    proven,
    results,
    verdict,
)
from server.domain.money import NanoUsd

TALLIES = st.builds(
    lambda converted, more, still: Tally(
        converted=converted, reported=converted + more, assigned=converted + more + still
    ),
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(0, 300),
)


def tally(converted: int, reported: int) -> Tally:
    return Tally(assigned=reported, reported=reported, converted=converted)


def shown(*tallies: Tally) -> list[VariantResult]:
    keys = "abcdef"[: len(tallies)]
    return results(keys, dict(zip(keys, tallies, strict=True)))


def compared(result: VariantResult) -> Comparison:
    assert result.comparison is not None
    return result.comparison


def test_variants_are_told_in_their_order_with_their_figures() -> None:
    sold = Tally(assigned=30, reported=20, converted=5, revenue=NanoUsd(7))
    control, other, untried = results(["a", "b", "c"], {"b": tally(1, 10), "a": sold})
    assert (control.key, control.tally, control.rate, control.comparison) == ("a", sold, 0.25, None)
    assert (other.key, other.rate) == ("b", 0.1)
    assert (untried.key, untried.tally, untried.rate) == ("c", Tally(), None)
    assert compared(untried) == Comparison(
        difference=-0.25, p_value=1.0, is_significant=False, more_reports=None
    )


def test_what_is_missing_is_told_until_the_difference_shows() -> None:
    _, early = shown(tally(1, 20), tally(3, 20))
    assert not compared(early).is_significant
    assert compared(early).more_reports == 2 * (160 - 20)  # Fleiss: 5 % against 15 %
    _, late = shown(tally(10, 200), tally(30, 200))
    assert compared(late).is_significant
    assert compared(late).more_reports == 0
    _, alike = shown(tally(2, 20), tally(2, 20))
    assert (compared(alike).difference, compared(alike).more_reports) == (0, None)


def test_more_variants_are_believed_later() -> None:
    figures = tally(10, 100), tally(22, 100)
    assert compared(shown(*figures)[1]).is_significant
    assert not compared(shown(*figures, tally(10, 100), tally(11, 100))[1]).is_significant


def test_the_best_of_those_that_beat_the_control_has_won() -> None:
    assert proven(shown(tally(10, 200), tally(40, 200), tally(45, 200))) == "c"
    assert proven(shown(tally(10, 200), tally(12, 200))) is None
    assert proven(shown(tally(0, 0), tally(0, 0))) is None


def test_the_control_wins_where_it_beats_all_others() -> None:
    assert proven(shown(tally(40, 200), tally(10, 200), tally(8, 200))) == "a"
    assert proven(shown(tally(40, 200), tally(10, 200), tally(38, 200))) is None


def test_figures_support_a_choice_or_contradict_it_or_neither() -> None:
    figures = shown(tally(20, 200), tally(50, 200), tally(24, 200), tally(2, 200))
    assert [verdict(figures, key) for key in "abcd"] == [
        Verdict.REFUTED,
        Verdict.PROVEN,
        Verdict.OPEN,
        Verdict.REFUTED,
    ]


@given(st.lists(TALLIES, min_size=2, max_size=6))
def test_whatever_was_reported_the_figures_agree_with_each_other(tallies: list[Tally]) -> None:
    found = shown(*tallies)
    winner = proven(found)
    for result in found:
        assert result.interval.low <= (result.rate or 0.0) <= result.interval.high
        if result.comparison is not None:
            assert 0 <= result.comparison.p_value <= 1
            assert not result.comparison.is_significant or result.comparison.more_reports == 0
    if winner is not None:
        assert verdict(found, winner) is Verdict.PROVEN
