"""The demo model: repeatable, exact, paced, and able to fail on request."""

from itertools import pairwise

import pytest
from anyio import current_time

from agents.events import StreamEnd, TextDelta
from agents.providers.base import TextRequest
from agents.providers.demo import (
    DEMO_MODEL,
    FULL_SPEED,
    DemoProvider,
    Pacing,
)
from agents.tokens import count_prompt, count_text
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import ProviderError, ProviderProtocol, ProviderRateLimited
from server.domain.turn import FinishReason


def request(question: str, params: Params | None = None) -> TextRequest:
    return TextRequest(
        model=DEMO_MODEL.name,
        messages=(ChatMessage(role=Role.USER, text=question),),
        instructions="Be kind.",
        params=params or Params(),
        correlation_id="c",
    )


async def heard(asked: TextRequest) -> tuple[list[str], StreamEnd]:
    deltas: list[str] = []
    async for event in DemoProvider(FULL_SPEED).stream(asked):
        if isinstance(event, StreamEnd):
            return deltas, event
        assert isinstance(event, TextDelta)
        deltas.append(event.text)
    raise AssertionError("no end")


async def test_the_same_dialogue_gets_the_same_answer_in_the_same_pieces() -> None:
    assert await heard(request("Tell me more")) == await heard(request("Tell me more"))
    assert await heard(request("Tell me more")) != await heard(request("Tell me much more"))


async def test_the_figures_are_exact() -> None:
    asked = request("A list of ideas")
    deltas, end = await heard(asked)
    assert end.usage is not None
    assert end.usage.output_tokens == count_text("".join(deltas))
    assert end.usage.input_tokens == count_prompt(asked.instructions, asked.messages)


async def test_the_output_limit_is_kept_to_the_token() -> None:
    deltas, end = await heard(request("A table", Params(max_output_tokens=10)))
    assert end.finish_reason is FinishReason.LENGTH
    assert end.usage is not None
    assert end.usage.output_tokens == count_text("".join(deltas)) == 10


@pytest.mark.parametrize("length", [1, 50, 5000])
async def test_a_long_answer_has_the_length_that_was_asked_for(length: int) -> None:
    deltas, end = await heard(request(f"[demo: long {length}]"))
    assert count_text("".join(deltas)) == length
    assert end.usage is not None
    assert end.usage.output_tokens == length


@pytest.mark.parametrize(
    ("directive", "error", "tokens"),
    [
        ("[demo: fail]", ProviderError, 0),
        ("[demo: fail after 20]", ProviderError, 20),
        ("[demo: cut after 7]", ProviderProtocol, 7),
        ("[demo: busy]", ProviderRateLimited, 0),
    ],
)
async def test_it_fails_when_asked_to(directive: str, error: type[Exception], tokens: int) -> None:
    deltas: list[str] = []

    async def hear() -> None:
        async for event in DemoProvider(FULL_SPEED).stream(request(f"A table {directive}")):
            assert isinstance(event, TextDelta)
            deltas.append(event.text)

    with pytest.raises(error):
        await hear()
    assert count_text("".join(deltas)) == tokens


async def test_tokens_flow_at_the_pace_that_was_set() -> None:
    provider = DemoProvider(Pacing(tokens_per_s=200, first_token_s=0.05, burst_max=4))
    before = current_time()
    times: list[float] = []
    sizes: list[int] = []
    async for event in provider.stream(request("x", Params(max_output_tokens=60))):
        if isinstance(event, TextDelta):
            times.append(current_time() - before)
            sizes.append(count_text(event.text))
    assert times[0] >= 0.05
    assert times[-1] >= 0.05 + (60 - 4) / 200 - 0.01
    assert max(sizes) <= 4
    assert len(set(sizes)) > 1
    assert all(one <= two for one, two in pairwise(times))
