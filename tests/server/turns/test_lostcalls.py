"""Of a turn whose process died every call is known that its journal tells of."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import structs, to_builtins

from agents.counters import ESTIMATES
from agents.events import Notice
from agents.tokens import count_text
from billing.listprices import ListPrices
from billing.prices import PriceBook
from billing.pricing import cost
from server.domain.ids import CallId, ConversationId, TurnId, UserId, new_id
from server.domain.money import PicoUsd
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome, Price, Usage, UsageSource
from server.persistence.turns import Turn
from server.protocol.codec import encode
from server.protocol.events import TurnNotice, TurnReasoning
from server.turns.buffer import Said, TurnBuffer
from server.turns.callnotes import told
from server.turns.lostcalls import LostCalls
from server.turns.meter import Call
from server.turns.tariff import Tariffs

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CHEAP = Price(input=PicoUsd(1_000), output=PicoUsd(2_000))
DEAR = Price(input=PicoUsd(10_000), output=PicoUsd(20_000))
LOST = LostCalls(Tariffs(PriceBook(ListPrices([]), {"x/cheap": CHEAP, "x/dear": DEAR}), ESTIMATES))


def turn(**fields: Any) -> Turn:
    values: dict[str, Any] = dict.fromkeys(field.name for field in structs.fields(Turn))
    values |= {
        "id": TurnId(new_id()),
        "agent": "assistant",
        "provider": "x",
        "model": "x/cheap",
        "input_tokens": 40,
        "price": to_builtins(CHEAP),
        "admitted_at": NOW,
        "state": TurnState.RUNNING,
        **fields,
    }
    return Turn(**values)


def buffer(*events: str | Notice | TurnReasoning) -> TurnBuffer:
    made = TurnBuffer(TurnId(new_id()), ConversationId(new_id()), UserId(new_id()))
    for event in events:
        seq = made.seq + 1
        match event:
            case str():
                made.delta(event)
            case Notice(kind=kind, detail=detail):
                notice = TurnNotice(turn_id=made.turn_id, seq=seq, kind=kind, detail=detail)
                made.event("turn.notice", encode(notice))
            case TurnReasoning(text=text):
                thought = TurnReasoning(turn_id=made.turn_id, seq=seq, text=text)
                made.event("turn.reasoning", encode(thought))
    return made


def ended(model: str = "x/cheap", outcome: CallOutcome = CallOutcome.OK, **usage: Any) -> Call:
    used = Usage(**{"input_tokens": 40, "output_tokens": 3, **usage})
    price = DEAR if model == "x/dear" else CHEAP
    return Call(
        call_id=CallId(new_id()),
        agent="assistant",
        provider="x",
        model=model,
        usage=used,
        outcome=outcome,
        price=price,
        cost_usd=cost(used, price),
        started_at=NOW,
        ended_at=NOW,
    )


def test_one_call_is_counted_by_what_was_said() -> None:
    thought = TurnReasoning(turn_id=new_id(), seq=1, text="Let me think.")
    (call,) = LOST.find(turn(), buffer(thought, "One ", "two three."), NOW)
    reasoning = count_text("Let me think.")
    assert call.usage == Usage(
        input_tokens=40,
        output_tokens=count_text("One two three.") + reasoning,
        reasoning_tokens=reasoning,
        source=UsageSource.ESTIMATED,
    )
    assert (call.outcome, call.price) == (CallOutcome.FAILED, CHEAP)
    assert call.cost_usd == cost(call.usage, CHEAP)


def test_those_before_it_are_known_exactly() -> None:
    failed = ended(
        outcome=CallOutcome.FAILED, input_tokens=0, output_tokens=0, source=UsageSource.ESTIMATED
    )
    first = ended(
        "x/dear", input_tokens=50, output_tokens=4, cached_input_tokens=8, cache_write_tokens=2
    )
    seen = buffer(
        Notice(kind="failover", detail={"from": "x/cheap", "to": "x/dear", "code": "c"}),
        told(failed),
        "One two three four",
        told(first),
        " five six",
    )
    *before, last = LOST.find(turn(), seen, NOW)
    assert before == [failed, first]
    assert (last.model, last.price, last.outcome) == ("x/dear", DEAR, CallOutcome.FAILED)
    assert last.usage.input_tokens == 50
    assert last.usage.output_tokens == count_text("One two three four five six") - 4


def test_without_a_journal_or_with_one_of_another_version_one_call_is_assumed() -> None:
    (alone,) = LOST.find(turn(), None, NOW)
    assert (alone.usage.input_tokens, alone.usage.output_tokens) == (40, 0)
    strange = buffer(Notice(kind="call", detail={"new": "words"}), "One")
    (call,) = LOST.find(turn(), strange, NOW)
    assert call.usage.output_tokens == count_text("One")


def test_what_its_row_has_noted_needs_no_journal() -> None:
    failed, first = ended(outcome=CallOutcome.FAILED, output_tokens=0), ended("x/dear")
    told_of = [told(call).detail for call in (failed, first)]
    noted = turn(calls={"ended": told_of, "model": "x/dear"})
    *before, last = LOST.find(noted, None, NOW)
    assert before == [failed, first]
    assert (last.model, last.price, last.usage.output_tokens) == ("x/dear", DEAR, 0)
    *both, _ = LOST.find(noted, buffer(told(first)), NOW)
    assert both == before


def test_what_each_of_several_agents_had_said_is_counted_for_its_own_call() -> None:
    ids = [str(new_id()) for _ in range(3)]
    running = [
        {
            "callId": id_,
            "agent": agent,
            "provider": "x",
            "model": "x/cheap",
            "inputTokens": tokens,
        }
        for id_, agent, tokens in zip(ids, ("a", "b", "c"), (10, 20, 30), strict=True)
    ]
    first = structs.replace(ended(), agent="a", call_id=CallId(UUID(ids[0])))
    lost = turn(calls={"ended": [], "model": "x/cheap", "running": running})
    seen = buffer(Said("One two three", "a"), Said("four five six seven", "b"), told(first))
    before, *cut = LOST.find(lost, seen, NOW)
    assert before == first  # it had ended since
    assert [(str(call.call_id), call.agent, call.outcome) for call in cut] == [
        (ids[1], "b", CallOutcome.FAILED),
        (ids[2], "c", CallOutcome.FAILED),
    ]
    assert [(call.usage.input_tokens, call.usage.output_tokens) for call in cut] == [
        (20, count_text("four five six seven")),
        (30, 0),
    ]
    assert all(call.cost_usd == cost(call.usage, CHEAP) > 0 for call in cut)


def test_what_an_agent_said_in_a_call_before_is_not_counted_again() -> None:
    before = structs.replace(ended(output_tokens=3), agent="b")
    running = {"agent": "b", "provider": "x", "model": "x/dear", "inputTokens": 9}
    lost = turn(
        calls={
            "ended": [told(before).detail],
            "model": "x/dear",
            "running": [{"callId": str(new_id()), **running}],
        }
    )
    _, last = LOST.find(lost, buffer(Said("One two three four five", "b")), NOW)
    assert last.usage.output_tokens == count_text("One two three four five") - 3
    assert (last.model, last.price) == ("x/dear", DEAR)


def test_images_characters_and_audio_are_noted_where_there_are_any() -> None:
    made = ended("x/dear", images=2, characters=30, audio_ms=400)
    noted = turn(calls={"ended": [told(made).detail], "model": "x/dear"})
    first, _ = LOST.find(noted, None, NOW)
    assert first == made
    assert {"images", "characters", "audioMs"}.isdisjoint(told(ended()).detail)


def test_an_admitted_turn_had_made_none() -> None:
    assert LOST.find(turn(state=TurnState.ADMITTED), None, NOW) == []


def test_a_model_that_has_lost_its_price_keeps_no_turn_from_its_end() -> None:
    gone = structs.replace(ended(), model="x/gone")
    seen = buffer(
        told(gone),
        Notice(kind="failover", detail={"from": "x/cheap", "to": "x/gone-too", "code": "c"}),
    )
    before, last = LOST.find(turn(), seen, NOW)
    assert (before.price, before.cost_usd) == (CHEAP, gone.cost_usd)
    assert (last.model, last.price) == ("x/gone-too", CHEAP)
