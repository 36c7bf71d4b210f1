"""The real provider pointed at the stub, and ways to listen to it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import httpx2

from agents.events import ProviderEvent, TextDelta
from agents.providers.base import TextRequest
from agents.providers.openai import OpenAIProvider
from agents.providers.timeouts import Timeouts
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import AppError
from tests.support.providers.openai_plays import Play
from tests.support.providers.openai_stub import OpenAIStub

SHORT = Timeouts(connect_s=1, first_token_s=0.4, between_tokens_s=0.4)
PATIENT = Timeouts()

REQUEST = TextRequest(
    model="stub",
    messages=(ChatMessage(role=Role.USER, text="Hello"),),
    instructions="Be brief.",
    params=Params(max_output_tokens=99),
    correlation_id="corr-1",
)


@asynccontextmanager
async def talking(
    *plays: Play, timeouts: Timeouts = PATIENT
) -> AsyncIterator[tuple[OpenAIStub, OpenAIProvider]]:
    async with OpenAIStub() as stub, httpx2.AsyncClient() as http:
        stub.plays(*plays)
        yield (
            stub,
            OpenAIProvider(api_key="sk-test", http=http, base_url=stub.url, timeouts=timeouts),
        )


async def hear(provider: OpenAIProvider) -> tuple[list[ProviderEvent], AppError | None]:
    """All events, and what ended them if not ``StreamEnd``."""
    events: list[ProviderEvent] = []
    try:
        async with aclosing(provider.stream(REQUEST)) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401 - what was heard before an error counts
    except AppError as error:
        return events, error
    return events, None


def text_of(events: list[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))
