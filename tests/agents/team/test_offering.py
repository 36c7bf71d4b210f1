"""What a fan may be offered beside an answer: nothing that is not known."""

from agents.prompts.load import prompt
from agents.team.contexts import Fan, FanMessage, Figure, Known, Purchases, Said
from agents.team.offering import OfferAgent
from agents.team.outputs import Offer, TacticUsed, Upsell
from tests.agents.team.tasks import task_of

CONTEXT = FanMessage(
    message="Is it 5 €?",
    known=Known(figures=(Figure(name="beach set", value="25.00 EUR"),)),
    fan=Fan(name="Luc"),
    history=(Said(by="creator", text="Le set : 25 EUR"),),
    engagement="high",
    purchases=Purchases(total="12"),
)


def test_the_model_is_told_what_the_fan_wrote_and_what_there_is() -> None:
    task = task_of(OfferAgent, CONTEXT)
    assert task.text == (
        "<history>\ncreator: Le set : 25 EUR\n</history>\n"
        "<figures>\nbeach set: 25.00 EUR\n</figures>\n"
        "<purchases>\ntotal: 12\n</purchases>\n"
        "<fan>\nname: Luc\nengagement: high\n</fan>\n"
        "<message>\nIs it 5 €?\n</message>"
    )
    assert task.instructions == prompt("offer")


def test_offers_and_tactics_that_nothing_bears_out_are_taken_out() -> None:
    judge = task_of(OfferAgent, CONTEXT).judge
    assert judge is not None
    known = Upsell(text="The beach set?", price="25")
    answer = Offer(
        offers=(known, Upsell(text="A video?", price="9"), Upsell(text="Only 2 left!", price=None)),
        tactics=(
            TacticUsed(name="scarcity", rationale="It is rare."),
            TacticUsed(name="reciprocity", rationale="They gave praise."),
        ),
        confidence=0.5,
    )
    assert len(judge.faults(answer)) == 2
    assert judge.settled(answer) == Offer(
        offers=(known, Upsell(text="A video?", price=None)),
        tactics=answer.tactics[1:],
        confidence=0.5,
    )


def test_no_offer_is_a_good_answer() -> None:
    judge = task_of(OfferAgent, CONTEXT).judge
    assert judge is not None
    nothing = Offer(offers=(), tactics=(), confidence=0.9)
    assert judge.faults(nothing) == ()
    assert judge.settled(nothing) == nothing
