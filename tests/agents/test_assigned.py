"""An agent at a task: its answer is judged, asked for once more where it is wrong, then settled."""

from typing import Annotated

from msgspec import Meta, Struct, structs

from agents.agent import AgentRequest
from agents.answering import Answering
from agents.assigned import AssignedAgent, Task
from agents.events import AgentEvent, Structured
from server.domain.clock import utc_now
from server.domain.content import Params
from server.domain.errors import AppError, ProviderError, SchemaMismatch
from server.domain.usage import CallOutcome
from tests.agents.desk import STUB, desk, finished, hear, started, text_of
from tests.support.providers.plays import Play


class Shout(Struct, frozen=True, kw_only=True):
    text: Annotated[str, Meta(max_length=80)]


class Quiet:
    """Nothing is shouted."""

    def faults(self, answer: Shout) -> tuple[str, ...]:
        return ("Do not shout.",) if "!" in answer.text else ()

    def settled(self, answer: Shout) -> Shout:
        if answer.text == "!":
            raise SchemaMismatch("Nothing is left.")
        return structs.replace(answer, text=answer.text.replace("!", ""))


TASK = Task(instructions="Be quiet.", text="Hello", output=Shout, judge=Quiet())


async def answered(
    *plays: Play, task: Task[Shout] = TASK, max_output_tokens: int | None = None
) -> tuple[list[AgentEvent], AppError | None, list[list[dict[str, str]]]]:
    async with desk(*plays) as at:
        agent = AssignedAgent("shouting", task, Answering(at.caller, at.registry, utc_now))
        request = AgentRequest(
            models=(STUB,),
            messages=agent.messages,
            instructions=agent.instructions,
            params=Params(max_output_tokens=max_output_tokens),
            input_tokens=11,
            correlation_id="corr",
            output=agent.schema,
        )
        events, error = await hear(agent.run(request))
        return events, error, [exchange.body["messages"] for exchange in at.stub.exchanges]


def said(text: str) -> Play:
    return Play(deltas=(f'{{"text": "{text}"}}',))


def values(events: list[AgentEvent]) -> list[object]:
    return [event.value for event in events if isinstance(event, Structured)]


async def test_a_right_answer_is_told_once() -> None:
    events, error, asked = await answered(said("hello"))
    assert error is None
    assert values(events) == [{"text": "hello"}]
    assert text_of(events) == '{"text":"hello"}'
    assert [call.agent for call in started(events)] == ["shouting"]
    instructions, message = asked[0]
    assert instructions["content"].startswith("Be quiet.\n\n")
    assert message["content"] == "Hello"


async def test_a_wrong_one_is_asked_for_again_and_told_what_was_wrong() -> None:
    events, error, (_, again) = await answered(said("HELLO!"), said("hello"))
    assert error is None
    assert values(events) == [{"text": "hello"}]
    assert text_of(events) == '{"text":"hello"}'
    first, second = started(events)
    assert second.input_tokens > first.input_tokens == 11
    *_, answer, correction = again
    assert answer["content"] == '{"text":"HELLO!"}'
    assert correction["content"].endswith("\n- Do not shout.")


async def test_what_is_wrong_twice_is_settled() -> None:
    events, error, _ = await answered(said("HELLO!"), said("Hey!"))
    assert error is None
    assert values(events) == [{"text": "Hey"}]
    assert len(finished(events)) == 2


async def test_an_answer_that_nothing_is_left_of_fails() -> None:
    events, error, _ = await answered(said("!"), said("!"))
    assert isinstance(error, SchemaMismatch)
    assert text_of(events) == ""


async def test_a_correction_that_nothing_is_left_of_leaves_the_first_answer() -> None:
    events, error, _ = await answered(said("HELLO!"), said("!"))
    assert error is None
    assert values(events) == [{"text": "HELLO"}]


async def test_a_correction_that_fails_leaves_the_first_answer() -> None:
    events, error, _ = await answered(said("HELLO!"), Play(status=500))
    assert error is None
    assert values(events) == [{"text": "HELLO"}]
    outcomes = [call.outcome for call in finished(events)]
    assert outcomes == [CallOutcome.OK, CallOutcome.FAILED]


async def test_a_correction_that_is_cut_short_leaves_the_first_answer() -> None:
    cut = Play(deltas=('{"text": "He',), finish="length")
    events, error, _ = await answered(said("HELLO!"), cut)
    assert error is None
    assert values(events) == [{"text": "HELLO"}]
    assert text_of(events) == '{"text":"HELLO"}'


async def test_nothing_is_asked_again_where_it_cannot_be_paid_for() -> None:
    events, error, asked = await answered(said("HELLO!"), max_output_tokens=1)
    assert error is None
    assert values(events) == [{"text": "HELLO"}]
    assert len(asked) == 1


async def test_a_first_answer_that_fails_or_is_cut_short_is_no_answer() -> None:
    _, error, _ = await answered(Play(status=500))
    assert isinstance(error, ProviderError)
    events, error, _ = await answered(Play(deltas=('{"text": "He',), finish="length"))
    assert error is None
    assert (values(events), text_of(events)) == ([], '{"text": "He')


async def test_without_a_judge_every_answer_is_right() -> None:
    events, _, asked = await answered(said("HELLO!"), task=structs.replace(TASK, judge=None))
    assert values(events) == [{"text": "HELLO!"}]
    assert len(asked) == 1
