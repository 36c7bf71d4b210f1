"""A better sales message says what the context says, and nothing that only sells."""

import pytest
from msgspec import json, structs

from agents.agent import AgentRequest
from agents.answering import Answering
from agents.team.contexts import Fan, Known, Learned, SalesWish
from agents.team.outputs import SalesAdvice, TacticUsed
from agents.team.sales import SalesAgent, SalesJudge
from server.domain.clock import utc_now
from server.domain.content import Params
from server.domain.errors import SchemaMismatch
from tests.agents.desk import STUB, desk, finished, hear, text_of
from tests.agents.team.tasks import task_of
from tests.support.providers.plays import Play

CONTEXT = SalesWish(
    message="Buy my beach set of 40 photos.",
    fan=Fan(name="Luc", tier="gold"),
    known=Known(learned=(Learned(text="“Only 3 left” sells, at 20% off", confidence=0.9),)),
    engagement="low",
    content_type="photo set",
    price_point="25.00 EUR",
)
ADVICE = SalesAdvice(
    message="Luc, 40 photos of the sea for 25 €.",
    tactics=(),
    suggested_price="29.00",
    expected_conversion_rate=0.05,
    alternative_messages=(),
    confidence=0.7,
)


def judge(context: SalesWish = CONTEXT) -> SalesJudge:
    found = task_of(SalesAgent, context).judge
    assert isinstance(found, SalesJudge)
    return found


def test_the_prompt_has_the_offer_and_the_message_last() -> None:
    assert task_of(SalesAgent, CONTEXT).text == (
        "<learned>\n“Only 3 left” sells, at 20% off (confidence 0.90)\n</learned>\n"
        "<fan>\nname: Luc\ntier: gold\nengagement: low\n</fan>\n"
        "<offer>\ncontent: photo set\nprice: 25.00 EUR\n</offer>\n"
        "<message>\nBuy my beach set of 40 photos.\n</message>"
    )


def test_what_the_context_says_may_be_said_and_a_price_may_be_proposed() -> None:
    assert judge().faults(ADVICE) == ()
    assert judge().settled(ADVICE) == ADVICE


@pytest.mark.parametrize(
    "invented",
    [
        "Only 3 left!",
        "Nur noch 3 Stück!",
        "20% off!",
        "Solo por hoy.",
        "It is my best-seller.",
        "For you 29.00 EUR.",
        "There is a video of 12 minutes, too.",
    ],
)
def test_an_invention_is_named_and_then_taken_out(invented: str) -> None:
    advice = structs.replace(ADVICE, message=f"Hello Luc. {invented} Have a look")
    assert judge().faults(advice) != ()
    settled = judge().settled(advice)
    assert settled.message == "Hello Luc. Have a look"
    assert judge().faults(settled) == ()


async def test_a_model_that_invents_is_corrected_once_and_then_cut() -> None:
    said = structs.replace(ADVICE, message="Hello Luc. Only 3 left!")
    worse = structs.replace(ADVICE, message="Hello Luc, dear. Tonight only!")
    plays = [Play(deltas=(json.encode(advice).decode(),)) for advice in (said, worse)]
    async with desk(*plays) as at:
        agent = SalesAgent(Answering(at.caller, at.registry, utc_now)).assigned(CONTEXT)
        request = AgentRequest(
            models=(STUB,),
            messages=agent.messages,
            instructions=agent.instructions,
            params=Params(),
            input_tokens=11,
            correlation_id="corr",
            output=agent.schema,
        )
        events, error = await hear(agent.run(request))
        told = at.stub.exchanges[1].body["messages"][-1]["content"]
    assert error is None
    assert told.endswith("- “Only 3 left” (scarcity) is not in the context.")
    assert agent.read(json.decode(text_of(events))).message == "Hello Luc, dear."
    assert len(finished(events)) == 2


def test_a_creator_who_says_so_may_have_it_said_better() -> None:
    wish = structs.replace(CONTEXT, message="Only 3 left, until midnight")
    advice = structs.replace(
        ADVICE,
        message="Luc, il n'en reste que 3, jusqu'à minuit !",
        tactics=(TacticUsed(name="urgency", rationale="It ends"),),
    )
    assert judge(wish).faults(advice) == ()
    assert judge(wish).settled(advice) == advice


def test_alternatives_and_tactics_that_invent_are_left_out() -> None:
    advice = structs.replace(
        ADVICE,
        alternative_messages=("Hello Luc", "Last chance, Luc. Hello"),
        tactics=(
            TacticUsed(name="social proof", rationale="Others like it"),
            TacticUsed(name="reciprocity", rationale="He gave first"),
        ),
    )
    assert judge().faults(advice) == ("“Last chance” (scarcity) is not in the context.",)
    settled = judge().settled(advice)
    assert settled.alternative_messages == ("Hello Luc",)
    assert [used.name for used in settled.tactics] == ["reciprocity"]


def test_a_message_of_nothing_but_inventions_fails() -> None:
    with pytest.raises(SchemaMismatch):
        judge().settled(structs.replace(ADVICE, message="Last chance!"))
