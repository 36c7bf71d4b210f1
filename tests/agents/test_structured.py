"""A structured answer is unseen until it is right; it is corrected once, and then given up."""

import time
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import json, structs

from agents.calling import Caller
from agents.events import AgentEvent, Partial, Structured, TextDelta, UnsaidDelta
from agents.prompts.load import prompt
from agents.providers.demo import DEMO_MODEL, FULL_SPEED, DemoProvider
from agents.providers.health import BreakerLimits, Health
from agents.providers.registry import Registry
from agents.providers.retry import Retries
from agents.schemas.admission import prepare
from agents.structured import input_tokens_of, partial_value, structured
from agents.tokens import count_text
from server.domain.clock import utc_now
from server.domain.content import OutputSchema
from server.domain.errors import Invalid, ProviderError, SchemaMismatch
from server.domain.ids import CallId, new_id
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome
from tests.agents.desk import DEMO, STUB, Desk, desk, finished, hear, request, started, text_of
from tests.agents.schemas.samples import SCHEMAS
from tests.support.providers.plays import Play

ADVICE = OutputSchema(
    name="advice",
    schema={
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "scores": {"type": "array", "items": {"type": "integer"}, "maxItems": 2000},
        },
        "required": ["text", "scores"],
        "additionalProperties": False,
    },
)
RIGHT = '{"text": "Apples", "scores": [1, 2]}'


def answer(
    at: Desk,
    question: str = "Apples",
    *models: str,
    wants_partials: bool = False,
    **params: Any,
) -> AsyncGenerator[AgentEvent, None]:
    ask = partial(at.caller.call, "assistant")
    return structured(
        models or (DEMO,),
        request(question, **params),
        11,
        ADVICE,
        at.registry.get(models[0] if models else DEMO),
        ask=ask,
        correct=ask,
        wants_partials=wants_partials,
    )


def drafts(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, UnsaidDelta))


def value_of(events: list[AgentEvent]) -> Any:
    (value,) = [event.value for event in events if isinstance(event, Structured)]
    return value


async def test_the_answer_is_said_once_it_is_right() -> None:
    async with desk() as at:
        events, error = await hear(answer(at))
    assert error is None
    said, told = events[-2:]
    assert isinstance(said, TextDelta)
    assert isinstance(told, Structured)
    assert json.decode(said.text) == told.value
    assert text_of(events) == said.text
    (call,) = finished(events)
    assert call.usage.output_tokens == count_text(drafts(events))


async def test_a_wrong_answer_is_corrected_by_a_call_of_its_own() -> None:
    async with desk() as at:
        events, error = await hear(answer(at, "Apples [demo: wrong]"))
    assert error is None
    first, second = started(events)
    assert (first.input_tokens, second.call_id != first.call_id) == (11, True)
    assert second.input_tokens > 11 + count_text(prompt("repair"))
    assert "Apples" in value_of(events)["text"]
    assert text_of(events) == json.encode(value_of(events)).decode()


async def test_an_answer_that_is_wrong_twice_is_given_up() -> None:
    async with desk() as at:
        events, error = await hear(answer(at, "Apples [demo: wrong 2]"))
    assert isinstance(error, SchemaMismatch)
    assert error.metadata == {"path": "$"}
    assert [call.outcome for call in finished(events)] == [CallOutcome.OK] * 2
    assert text_of(events) == ""


async def test_who_stood_in_mends_its_own_answer() -> None:
    async with desk(Play(status=500)) as at:
        events, error = await hear(answer(at, "Apples [demo: wrong 2]", STUB, DEMO))
    assert isinstance(error, SchemaMismatch)
    assert [call.model for call in started(events)] == [STUB, DEMO, DEMO]


async def test_a_model_that_knows_no_schemas_is_told_in_words() -> None:
    plays = (Play(deltas=('{"text": ', "7}")), Play(deltas=("```json\n", RIGHT, "\n```")))
    async with desk(*plays) as at:
        model = structs.replace(at.registry.get(STUB), capabilities=("text",))
        ask, asked = partial(at.caller.call, "assistant"), request("Apples")
        asking = structured(
            (STUB,), asked, 11, ADVICE, model, ask=ask, correct=ask, wants_partials=False
        )
        events, error = await hear(asking)
        first, second = (exchange.body for exchange in at.stub.exchanges)
    assert error is None
    assert value_of(events) == {"text": "Apples", "scores": [1, 2]}
    assert text_of(events) == '{"text":"Apples","scores":[1,2]}'
    assert '"additionalProperties":false' in first["messages"][0]["content"]
    assert "response_format" not in first
    before, wrong, correction = second["messages"][1:]
    assert before == first["messages"][1]
    assert wrong["content"] == '{"text": 7}'
    assert correction["content"].endswith("$.text: 7 is not of type 'string'")
    assert input_tokens_of(ADVICE, model) > input_tokens_of(ADVICE, at.registry.get(DEMO)) > 0
    assert input_tokens_of(None, model) == 0


async def test_an_answer_that_was_cut_short_is_passed_on_as_far_as_it_came() -> None:
    async with desk() as at:
        events, error = await hear(answer(at, max_output_tokens=5))
    assert error is None
    (call,) = finished(events)
    assert call.finish_reason is FinishReason.LENGTH
    assert text_of(events) == drafts(events) != ""
    assert not any(isinstance(event, Structured) for event in events)


async def test_what_is_left_of_the_output_goes_for_the_correction() -> None:
    async with desk(Play(deltas=("no",), more=8), Play(deltas=(RIGHT,))) as at:
        events, _ = await hear(answer(at, "Apples", STUB, max_output_tokens=100))
        assert at.stub.exchanges[1].body["max_tokens"] < 100
    assert value_of(events)["scores"] == [1, 2]
    async with desk(Play(deltas=("no",), more=200)) as at:
        events, error = await hear(answer(at, "Apples", STUB, max_output_tokens=100))
    assert isinstance(error, SchemaMismatch)
    assert len(finished(events)) == 1


async def test_a_provider_that_fails_is_not_corrected() -> None:
    async with desk() as at:
        events, error = await hear(answer(at, "Apples [demo: fail after 3]"))
    assert isinstance(error, ProviderError)
    assert [call.outcome for call in finished(events)] == [CallOutcome.FAILED]


async def test_a_draft_is_told_where_it_is_wanted_and_not_with_every_piece() -> None:
    numbers = ", ".join(str(number) for number in range(2_000))
    pieces = (
        '{"text": "App',
        'les", "scores": [',
        *(numbers[at : at + 40] for at in range(0, len(numbers), 40)),
        "]}",
    )
    async with desk(Play(deltas=pieces, gap=0.002)) as at:
        events, error = await hear(answer(at, "Apples", STUB, wants_partials=True))
    assert error is None
    told = [event.value for event in events if isinstance(event, Partial)]
    assert told[0] == {"text": "App"}
    assert 1 < len(told) < 10
    assert all(value["scores"] == list(range(len(value["scores"]))) for value in told[1:])
    async with desk(Play(deltas=(RIGHT,))) as at:
        events, _ = await hear(answer(at, "Apples", STUB))
    assert not any(isinstance(event, Partial) for event in events)


@given(SCHEMAS)
@settings(max_examples=60)
async def test_whatever_is_given_as_an_answer_is_what_the_schema_asks_for(
    schema: dict[str, Any],
) -> None:
    try:
        output = OutputSchema(name="any", schema=prepare(schema))
    except Invalid:
        return
    registry = Registry([DEMO_MODEL], {"demo": DemoProvider(FULL_SPEED)})
    health = Health([DEMO], BreakerLimits(), time=time.monotonic, clock=utc_now)
    caller = Caller(registry, health, Retries(attempts=1), lambda: CallId(new_id()))
    ask, asked = partial(caller.call, "assistant"), request("Apples")
    events, error = await hear(
        structured((DEMO,), asked, 1, output, DEMO_MODEL, ask=ask, correct=ask, wants_partials=True)
    )
    if error is None:
        assert Draft202012Validator(output.schema).is_valid(value_of(events))
    else:
        assert isinstance(error, SchemaMismatch)
        assert text_of(events) == ""


@given(st.text(max_size=30), st.integers(0, 40))
def test_the_beginning_of_an_answer_is_nothing_or_json(text: str, cut: int) -> None:
    json.encode(partial_value(text))
    json.encode(partial_value(RIGHT[:cut]))
    json.encode(partial_value('```json\n{"a": "\\u0000\\ud83d'[:cut]))


def test_the_beginning_of_an_answer_has_its_strings_as_far_as_they_came() -> None:
    assert partial_value('```json\n{"text": "App') == {"text": "App"}
    assert partial_value("") is None
    assert partial_value("```") is None
    assert partial_value("I think") is None
