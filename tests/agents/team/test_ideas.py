"""Ideas for posts: what did best is in the context, or is not told."""

import pytest

from agents.prompts.load import prompt
from agents.team.contexts import ContentIdeas, Figure, Known, Learned
from agents.team.ideas import ContentIdeasAgent, PostsJudge
from agents.team.outputs import ContentSuggestions, PostIdea
from server.domain.errors import SchemaMismatch
from tests.agents.team.tasks import task_of

CONTEXT = ContentIdeas(
    type="short videos",
    context=(Figure(name="season", value="winter"),),
    known=Known(
        figures=(Figure(name="reel of the sea", value="1,200 likes"),),
        learned=(Learned(text="Limited edition reels work", confidence=0.5),),
    ),
)


def ideas(*titles: str, best: tuple[str, ...] = ()) -> ContentSuggestions:
    return ContentSuggestions(
        suggestions=tuple(PostIdea(title=title, why="It fits.") for title in titles),
        top_performing=best,
        recommended_topics=("sea",),
        confidence=0.5,
    )


def test_the_model_is_told_what_is_wanted_and_what_is_known() -> None:
    task = task_of(ContentIdeasAgent, CONTEXT)
    assert task.text == (
        "<learned>\nLimited edition reels work (confidence 0.50)\n</learned>\n"
        "<figures>\nreel of the sea: 1,200 likes\n</figures>\n"
        "<context>\nseason: winter\n</context>\n"
        "<wanted>\ntype: short videos\n</wanted>"
    )
    assert task.instructions == prompt("ideas")


def test_figures_that_nobody_knows_are_taken_out() -> None:
    judge = task_of(ContentIdeasAgent, CONTEXT).judge
    assert judge is not None
    answer = ideas(
        "Winter sea", "Half price day", best=("The reel with 1200 likes", "A post with 900 likes")
    )
    offered, counted = judge.faults(answer)
    assert "Half price" in offered
    assert "900" in counted
    assert judge.settled(answer) == ideas("Winter sea", best=("The reel with 1200 likes",))


@pytest.mark.parametrize("answer", [ideas("Half price day"), ideas()], ids=["invented", "none"])
def test_without_a_suggestion_that_holds_the_answer_is_none(answer: ContentSuggestions) -> None:
    judge = task_of(ContentIdeasAgent, CONTEXT).judge
    assert judge is not None
    with pytest.raises(SchemaMismatch):
        judge.settled(answer)


def test_what_was_learned_may_be_told_to_the_creator() -> None:
    judge = task_of(ContentIdeasAgent, CONTEXT).judge
    assert judge is not None
    answer = ideas("Winter sea", best=("Limited edition reels",))
    assert judge.faults(answer) == ()
    assert judge.settled(answer) == answer


def test_where_nothing_is_known_nothing_did_best() -> None:
    judge = PostsJudge("", is_known=False)
    answer = ideas("Winter sea", best=("The sea",))
    assert judge.faults(answer) == ()
    assert judge.settled(answer) == ideas("Winter sea")
    assert judge.faults(ideas()) == ("There is no suggestion.",)
