"""What agents are told of an experiment: both messages with their figures, and how sure it is."""

from msgspec import convert, to_builtins

from knowledge.experimentlessons import lesson
from knowledge.experimentresults import Tally, results
from server.domain.ids import new_id
from server.domain.insights import InsightKind, NewInsight

ID = new_id()
TEXTS = {"plain": "New video is out.", "warm": "Made this one\nfor you!", "loud": "BUY NOW"}


def learned(winner: str, texts: dict[str, str] = TEXTS, **hits: int) -> NewInsight | None:
    tallies = {
        key: Tally(assigned=200, reported=200, converted=number) for key, number in hits.items()
    }
    return lesson(ID, "Spring", texts, results(list(texts), tallies), winner)


def test_a_proven_winner_is_told_against_the_control() -> None:
    found = learned("warm", plain=10, warm=40, loud=12)
    assert found == NewInsight(
        kind=InsightKind.SALES_TACTIC,
        source="experiments",
        text="A/B test “Spring”: “Made this one for you!” converted 40 of 200 fans (20.0%),"
        " “New video is out.” converted 10 of 200 fans (5.0%).",
        confidence=0.9,
        data={"experimentId": str(ID), "variant": "warm"},
        tags=("a/b test",),
    )


def test_a_control_that_won_is_told_against_the_best_of_the_others() -> None:
    found = learned("plain", plain=60, warm=5, loud=12)
    assert found is not None
    assert found.confidence == 0.9
    assert "“BUY NOW” converted 12 of 200 fans (6.0%)." in found.text


def test_a_preference_says_that_it_may_be_chance() -> None:
    found = learned("warm", plain=10)
    assert found is not None
    assert found.confidence == 0.4
    assert found.text.endswith("(5.0%). The first was preferred; it may be chance.")
    assert "“Made this one for you!” is untried" in found.text


def test_nothing_is_learned_from_a_choice_that_figures_contradict() -> None:
    assert learned("plain", plain=10, warm=40, loud=12) is None
    assert learned("warm", plain=40, warm=10, loud=40) is None


def test_messages_of_any_length_make_a_valid_insight() -> None:
    found = learned("b", {"a": "word " * 800, "b": "w" * 4_000}, a=10, b=40)
    assert found is not None
    assert convert(to_builtins(found), NewInsight) == found
    assert "…” converted 40 of 200" in found.text
