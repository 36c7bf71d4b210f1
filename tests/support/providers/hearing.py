"""A real provider pointed at its stub, and ways to listen to it."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import httpx2
from msgspec import Struct

from agents.events import ProviderEvent, ReasoningDelta, StreamEnd, TextDelta, UnsaidDelta
from agents.providers.anthropic import AnthropicProvider
from agents.providers.azure import AzureProvider
from agents.providers.base import TextProvider, TextRequest
from agents.providers.http.client import open_client
from agents.providers.openai import OpenAIProvider
from agents.providers.timeouts import Timeouts
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import AppError
from tests.support.providers.anthropic_dialect import AnthropicDialect
from tests.support.providers.openai_dialect import AzureDialect
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.providers.stub import ProviderStub

SHORT = Timeouts(connect_s=5, first_token_s=1.5, between_tokens_s=0.4)
PATIENT = Timeouts()

REQUEST = TextRequest(
    model="stub",
    messages=(ChatMessage(role=Role.USER, text="Hello"),),
    instructions="Be brief.",
    params=Params(max_output_tokens=99),
    correlation_id="corr-1",
)


class Vendor(Struct, frozen=True, kw_only=True):
    """A stub, and the provider that talks to it: called with ``api_key``, ``base_url``, ``http``
    and ``timeouts``. The rest says what a vendor's wire can tell."""

    stub: Callable[[], ProviderStub]
    provider: Callable[..., TextProvider]
    counts_cache_writes: bool = True
    counts_reasoning: bool = True
    cuts_tool_calls: bool = True
    takes_any_content_type: bool = True
    takes_any_schema: bool = True
    """For the shape of an answer; else some of them are told in words."""

    @asynccontextmanager
    async def talking(
        self, *plays: Play, timeouts: Timeouts = PATIENT
    ) -> AsyncIterator[tuple[ProviderStub, TextProvider]]:
        # No stub speaks TLS, whose context would cost each test 60 ms.
        async with self.stub() as stub, open_client(verify=False) as http:
            stub.plays(*plays)
            yield stub, self.at(stub.url, http, timeouts)

    def at(self, url: str, http: httpx2.AsyncClient, timeouts: Timeouts = PATIENT) -> TextProvider:
        return self.provider(api_key="sk-test", base_url=url, http=http, timeouts=timeouts)


OPENAI = Vendor(stub=OpenAIStub, provider=OpenAIProvider)
AZURE = Vendor(stub=lambda: ProviderStub(AzureDialect()), provider=AzureProvider)
ANTHROPIC = Vendor(
    stub=lambda: ProviderStub(AnthropicDialect()),
    provider=AnthropicProvider,
    takes_any_schema=False,
)
talking = OPENAI.talking


async def hear(
    provider: TextProvider, request: TextRequest = REQUEST
) -> tuple[list[ProviderEvent], AppError | None]:
    """All events, and what ended them if not ``StreamEnd``."""
    events: list[ProviderEvent] = []
    try:
        async with aclosing(provider.stream(request)) as stream:
            async for event in stream:
                events.append(event)  # noqa: PERF401 - what was heard before an error counts
    except AppError as error:
        return events, error
    return events, None


def text_of(events: list[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def reasoning_of(events: list[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def unsaid_of(events: list[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, UnsaidDelta))


def end_of(events: list[ProviderEvent]) -> StreamEnd:
    """The end, which is the last event and the only one of its kind."""
    (end,) = [event for event in events if isinstance(event, StreamEnd)]
    assert events[-1] is end
    return end
