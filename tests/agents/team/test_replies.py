"""Answers to choose from: none offers what is not known, and what a fan says is no fact."""

import pytest

from agents.prompts.load import prompt
from agents.team.contexts import Fan, Figure, Known, ReplyIdeas, Said
from agents.team.outputs import ReplyIdea, ReplySuggestions
from agents.team.replies import IdeasJudge, ReplyIdeasAgent
from server.domain.errors import SchemaMismatch
from tests.agents.team.tasks import task_of

CONTEXT = ReplyIdeas(
    last_message="You said it is 5 €?",
    known=Known(figures=(Figure(name="beach set", value="25.00 EUR"),), reader_language="fr"),
    fan=Fan(name="Luc", lifetime_value="310.50 EUR"),
    history=(Said(by="creator", text="Le set : 25 EUR"),),
    message_count=12,
)


def ideas(*texts: str) -> ReplySuggestions:
    made = tuple(ReplyIdea(text=text, tone="warm", why="It is kind.") for text in texts)
    return ReplySuggestions(suggestions=made, confidence=0.5)


def test_the_model_is_told_who_wrote_and_what_is_known() -> None:
    task = task_of(ReplyIdeasAgent, CONTEXT)
    assert task.text == (
        "<history>\ncreator: Le set : 25 EUR\n</history>\n"
        "<figures>\nbeach set: 25.00 EUR\n</figures>\n"
        "<acquaintance>\nmessages so far: 12\n</acquaintance>\n"
        "<fan>\nname: Luc\nlifetime value: 310.50 EUR\n</fan>\n"
        "<message>\nYou said it is 5 €?\n</message>"
    )
    assert task.instructions == f"{prompt('replies')}\n\nWrite in French."


def test_an_idea_that_invents_is_left_out() -> None:
    judge = task_of(ReplyIdeasAgent, CONTEXT).judge
    assert judge is not None
    answer = ideas("The set is 25 €.", "It is 5 €.", "Thank you!")
    (fault,) = judge.faults(answer)
    assert "5 €" in fault
    assert judge.settled(answer) == ideas("The set is 25 €.", "Thank you!")


def test_no_idea_at_all_is_no_answer() -> None:
    judge = IdeasJudge("")
    assert judge.faults(ideas()) == ("There is no suggestion.",)
    for answer in (ideas(), ideas("Only 3 left!")):
        with pytest.raises(SchemaMismatch):
            judge.settled(answer)
