"""Own rules come first and last: a model can only be stricter, and adds nothing to a text."""

import pytest
from msgspec import structs

from agents.team.compliance import ComplianceAgent, ModerationJudge
from agents.team.contexts import Creator, Known, Outgoing
from agents.team.outputs import Moderation
from tests.agents.team.tasks import agent_of, task_of

FINE = "Good morning, the sea is calm."
ALLOWED = Moderation(verdict="allowed", reasons=(), text=FINE, confidence=0.9)
REWRITTEN = Moderation(verdict="rewritten", reasons=("Too much",), text="Hello", confidence=0.9)
BLOCKED = Moderation(verdict="blocked", reasons=("A threat",), text="x", confidence=0.9)
PAYPAL = "It leads to payment outside the platform: “Pay me by PayPal”"


def judge(text: str) -> ModerationJudge:
    found = task_of(ComplianceAgent, Outgoing(text=text)).judge
    assert isinstance(found, ModerationJudge)
    return found


def ruled(text: str) -> Moderation:
    agent = agent_of(ComplianceAgent)
    assert isinstance(agent, ComplianceAgent)
    return agent.ruled(Outgoing(text=text))


def test_what_our_rules_block_is_no_question_for_a_model() -> None:
    answer = ruled("I'm 15 years old")
    assert (answer.verdict, answer.text) == ("blocked", "")
    (reason,) = answer.reasons
    assert reason.startswith("It involves somebody under age: “I'm 15")
    assert ruled(FINE) == Moderation(verdict="allowed", reasons=(), text=FINE, confidence=1.0)
    assert ruled(f"{FINE} Pay me by PayPal.").verdict == "rewritten"


def test_the_model_sees_what_the_rules_left_and_what_the_creator_forbids() -> None:
    known = Known(creator=Creator(forbidden_topics=("politics",)))
    task = task_of(ComplianceAgent, Outgoing(text=f"{FINE} Pay me by PayPal.", known=known))
    assert task.text == (
        "<forbidden_topics>\npolitics\n</forbidden_topics>\n"
        "<text>\nGood morning, the sea is calm.\n</text>"
    )


def test_an_allowed_text_goes_out_as_it_was_whatever_the_model_repeats() -> None:
    answer = structs.replace(ALLOWED, text="Something else", reasons=("none",))
    assert judge(FINE).settled(answer) == ALLOWED


def test_what_the_rules_rewrote_is_rewritten_though_the_model_allows_it() -> None:
    settled = judge(f"{FINE} Pay me by PayPal.").settled(ALLOWED)
    assert settled == structs.replace(ALLOWED, verdict="rewritten", reasons=(PAYPAL,))


def test_a_model_that_blocks_has_the_last_word_and_the_rules_their_reasons() -> None:
    settled = judge(f"{FINE} Pay me by PayPal.").settled(BLOCKED)
    assert (settled.verdict, settled.text) == ("blocked", "")
    assert settled.reasons == (PAYPAL, "A threat")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hello", "Hello"),
        ("Hello. Only $5!", "Hello."),
        ("Hello. Pay me by PayPal.", "Hello."),
        ("I am 15 years old. Hello", ""),
        (" ", ""),
    ],
)
def test_a_rewritten_text_is_read_by_the_rules_again_and_adds_nothing(text: str, left: str) -> None:
    answer = structs.replace(REWRITTEN, text=text)
    assert bool(judge(FINE).faults(answer)) is (text != left)
    settled = judge(FINE).settled(answer)
    assert (settled.verdict, settled.text) == ("rewritten" if left else "blocked", left)
    assert settled.reasons == ("Too much",)


def test_a_verdict_without_a_reason_is_asked_for_again() -> None:
    assert judge(FINE).faults(structs.replace(BLOCKED, reasons=())) == ("There is no reason.",)
    assert judge(FINE).faults(ALLOWED) == ()


def test_a_forbidden_topic_is_a_rule_for_the_model_too() -> None:
    known = Known(creator=Creator(forbidden_topics=("politics",)))
    task = task_of(ComplianceAgent, Outgoing(text=f"{FINE} Politics bore me.", known=known))
    assert FINE in task.text
    assert task.judge is not None
    answer = structs.replace(REWRITTEN, text=f"{FINE} No politics!")
    assert "“politics” may not stand in the text." in task.judge.faults(answer)
    assert task.judge.settled(answer).text == FINE
