"""The demo model asks tools and says JSON, and its figures stay exact."""

from typing import Any

from msgspec import json

from agents.events import ProviderEvent, StreamEnd, TextDelta, UnsaidDelta
from agents.providers.base import TextRequest
from agents.providers.demo import DEMO_MODEL, FULL_SPEED, DemoProvider
from agents.providers.demo_answers import LABEL
from agents.schemas.typed import parameters_of
from agents.tokens import count_extras, count_prompt, count_text
from agents.tools.search import SearchArguments
from server.domain.content import ChatMessage, OutputSchema, Params, Role, ToolSpec
from server.domain.turn import FinishReason

SEARCH = ToolSpec(
    name="search_conversations", description="x", parameters=parameters_of(SearchArguments)
)
ADVICE = OutputSchema(
    name="advice",
    schema={
        "type": "object",
        "properties": {"text": {"type": "string"}, "score": {"type": "integer", "maximum": 5}},
        "required": ["text", "score"],
    },
)


def request(*messages: ChatMessage, **fields: Any) -> TextRequest:
    fields.setdefault("params", Params())
    return TextRequest(
        model=DEMO_MODEL.name, messages=messages, instructions="", correlation_id="c", **fields
    )


def asked(text: str) -> ChatMessage:
    return ChatMessage(role=Role.USER, text=text)


async def heard(question: TextRequest) -> tuple[list[ProviderEvent], StreamEnd]:
    events = [event async for event in DemoProvider(FULL_SPEED).stream(question)]
    end = events.pop()
    assert isinstance(end, StreamEnd)
    return events, end


async def test_a_tool_is_asked_and_its_answer_told() -> None:
    question = asked("Apples? [demo: tool search_conversations]")
    events, end = await heard(request(question, tools=(SEARCH,)))
    assert end.finish_reason is FinishReason.TOOL_CALLS
    (call,) = end.tool_calls
    assert call.name == "search_conversations"
    assert "query" in json.decode(call.arguments)
    written = "".join(event.text for event in events if isinstance(event, UnsaidDelta))
    assert written == call.arguments
    assert end.usage is not None
    assert end.usage.output_tokens == count_text(written)
    assert end.usage.input_tokens == count_prompt("", [question]) + count_extras([SEARCH], None)
    asks = ChatMessage(role=Role.ASSISTANT, text="", tool_calls=end.tool_calls)
    tells = ChatMessage(role=Role.TOOL, text="[7 apples]", tool_call_id=call.id)
    events, end = await heard(request(question, asks, tells, tools=(SEARCH,)))
    assert (end.finish_reason, end.tool_calls) == (FinishReason.STOP, ())
    told = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert told.startswith(LABEL)
    assert "[7 apples]" in told


async def test_a_call_that_does_not_fit_is_none() -> None:
    question = asked("Apples? [demo: tool search_conversations]")
    _, end = await heard(request(question, tools=(SEARCH,), params=Params(max_output_tokens=2)))
    assert (end.finish_reason, end.tool_calls) == (FinishReason.LENGTH, ())


async def test_json_is_said_where_it_is_wanted() -> None:
    question = asked("Apples and pears")
    events, end = await heard(request(question, output=ADVICE))
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert set(json.decode(text)) == {"text", "score"}
    assert end.usage is not None
    assert end.usage.output_tokens == count_text(text)
    assert end.usage.input_tokens == count_prompt("", [question]) + count_extras([], ADVICE)
    assert await heard(request(question, output=ADVICE)) == (events, end)
