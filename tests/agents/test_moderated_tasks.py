"""What a job's answer may say: our own rules and a model's verdict, the stricter one."""

import pytest

from agents.team.contexts import (
    Creator,
    FanMessage,
    Known,
    ReplyIdeas,
    Said,
    SalesWish,
    TeamRequest,
)
from server.domain.configuration import ModerationLevel
from server.domain.errors import ContentBlocked, ProviderError
from tests.agents.cast import Cast, Part, answers, ends, team_of, told, value_of, worked

FRIEND = FanMessage(message="Good morning")
REPLY = {"response": "Thank you!", "upsellSuggestions": [], "tactics": [], "confidence": 0.9}


async def test_our_own_rules_block_before_a_model_is_asked() -> None:
    young = {**REPLY, "response": "I'm 15 years old"}
    cast = Cast(messaging=answers(**young))
    events, error = await worked(team_of(cast).assign(FRIEND))
    assert isinstance(error, ContentBlocked)
    assert "under age" in error.message
    assert error.metadata["reasons"] == told(events, "compliance")[0]["reasons"]
    assert cast.asked_of("compliance") == []


async def test_a_model_may_block_and_says_why() -> None:
    verdict = {"verdict": "blocked", "reasons": ["It threatens."], "text": "", "confidence": 1}
    cast = Cast(messaging=answers(**REPLY), compliance=answers(**verdict))
    events, error = await worked(team_of(cast).assign(FRIEND))
    assert isinstance(error, ContentBlocked)
    assert error.metadata == {"reasons": ["It threatens."]}
    assert ends(events) == {"messaging": None, "compliance": None}


async def test_a_model_that_blocks_and_does_not_say_why_is_not_quoted() -> None:
    verdict = {"verdict": "blocked", "reasons": [], "text": "", "confidence": 1}
    cast = Cast(messaging=answers(**REPLY), compliance=answers(**verdict))
    _, error = await worked(team_of(cast).assign(FRIEND))
    assert isinstance(error, ContentBlocked)
    assert error.message == "The answer may not go out; the check gave no reason."


async def test_what_is_rewritten_goes_out_instead() -> None:
    verdict = {"verdict": "rewritten", "reasons": ["Rude."], "text": "Thanks!", "confidence": 0.6}
    cast = Cast(messaging=answers(**REPLY), compliance=answers(**verdict))
    events, error = await worked(team_of(cast).assign(FRIEND))
    assert error is None
    assert value_of(events) == {**REPLY, "response": "Thanks!", "confidence": 0.6}
    assert told(events, "compliance") == [{"verdict": "rewritten", "reasons": ["Rude."]}]


PAYPAL = {**REPLY, "response": "Thank you! Just pay me by PayPal."}


@pytest.mark.parametrize(
    ("level", "asked"), [(ModerationLevel.RULES, 0), (ModerationLevel.MODEL, 1)]
)
async def test_the_rules_stand_alone_where_no_model_is_wanted_or_can_be_had(
    level: ModerationLevel, asked: int
) -> None:
    away = Part(error=ProviderError("It is away."))
    cast = Cast(messaging=answers(**PAYPAL), compliance=away)
    task = team_of(cast).assign(FRIEND, moderation=level)
    events, error = await worked(task)
    assert error is None
    assert value_of(events)["response"] == "Thank you!"
    assert len(cast.asked_of("compliance")) == asked
    assert len(task.beside) == asked
    assert ("compliance" in [one.agent for one in task.routing.chosen]) is bool(asked)


async def test_a_creators_forbidden_topics_do_not_go_out() -> None:
    known = Known(creator=Creator(forbidden_topics=("politics",)))
    cast = Cast(
        sales=answers(
            message="Hello you. Politics bore me.",
            tactics=[],
            suggestedPrice=None,
            expectedConversionRate=0.1,
            alternativeMessages=["Let us talk politics!", "Hello again."],
            confidence=0.5,
        )
    )
    wish = SalesWish(message="Hello", known=known)
    events, _ = await worked(team_of(cast).assign(wish, moderation=ModerationLevel.RULES))
    value = value_of(events)
    assert (value["message"], value["alternativeMessages"]) == ("Hello you.", ["Hello again."])


async def test_ideas_of_which_none_may_go_out_are_blocked() -> None:
    idea = {"text": "Send it by PayPal.", "tone": "warm", "why": "It is easy."}
    cast = Cast(messaging=answers(suggestions=[idea], confidence=0.5))
    _, error = await worked(team_of(cast).assign(ReplyIdeas(last_message="Hey")))
    assert isinstance(error, ContentBlocked)


@pytest.mark.parametrize(
    "asked",
    [
        FanMessage(message="im 16 btw, can i see more?", engagement="high"),
        FanMessage(message="More!", history=(Said(by="fan", text="I\u2019m only 15"),)),
        ReplyIdeas(last_message="j'ai seize ans"),
    ],
)
async def test_nobody_writes_to_a_fan_who_says_that_they_are_under_age(asked: TeamRequest) -> None:
    cast = Cast(messaging=answers(**REPLY))
    events, error = await worked(team_of(cast).assign(asked))
    assert isinstance(error, ContentBlocked)
    assert error.metadata == {"reasons": ["The fan says that they are under age."]}
    assert cast.asked_of("messaging") == cast.asked_of("sales") == []
    assert ends(events) == {}


async def test_what_the_creator_said_of_a_child_keeps_no_fan_from_an_answer() -> None:
    history = (Said(by="creator", text="I'm 15, I mean minutes late!"),)
    cast = Cast(messaging=answers(**REPLY))
    asked = FanMessage(message="My son is 5 years old today", history=history)
    _, error = await worked(team_of(cast).assign(asked))
    assert error is None
