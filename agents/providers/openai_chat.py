"""Chat completions over the wire that OpenAI, Azure and many other servers speak.

The official SDK makes the request; the body is read raw, because its objects cost twenty times what
the bytes do. Importing this module imports the SDK (0.5 s): only ``load`` does, in a thread.
"""

from collections.abc import AsyncGenerator
from functools import partial

import httpx2
import openai
from openai import AsyncOpenAI

from agents.events import ProviderEvent
from agents.providers.base import TextRequest
from agents.providers.failures import without_key
from agents.providers.openai_errors import mapped
from agents.providers.openai_request import Habits, request_body
from agents.providers.openai_wire import ChatChunks
from agents.providers.rawstream import relay, request_id
from agents.providers.timeouts import Timeouts
from server.domain.clock import Clock
from server.domain.errors import AppError

FAILURES = (openai.OpenAIError, httpx2.HTTPError, TimeoutError, ValueError)


class ChatProvider:
    """Text by ``chat.completions``. One instance a process; any number of streams at once."""

    def __init__(
        self, client: AsyncOpenAI, *, name: str, habits: Habits, timeouts: Timeouts, clock: Clock
    ) -> None:
        self.name = name
        self._habits = habits
        self._timeouts = timeouts
        self._clock = clock
        self._key = client.api_key
        # The SDK imports this resource at its first use: now, in the loading thread, not later.
        self._create = client.chat.completions.with_streaming_response.create

    def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        ask = partial(
            self._create,
            model=request.model,  # Azure's client finds the deployment by it
            messages=(),
            stream=True,
            # As it is: what comes as arguments the SDK walks, looking for fields that it would
            # rename, for 125 µs a message.
            extra_body=request_body(request, self._habits),
            extra_headers=request_id(request.correlation_id),
        )
        return relay(
            ask,
            ChatChunks(self.name),
            provider=self.name,
            timeouts=self._timeouts,
            told=partial(self._told, request.model),
        )

    def _told(self, model: str, error: Exception) -> AppError | None:
        if isinstance(error, FAILURES):
            error = mapped(error, self.name, model, self._clock())
        return without_key(error, self._key) if isinstance(error, AppError) else None


def http_timeout(timeouts: Timeouts) -> httpx2.Timeout:
    return httpx2.Timeout(timeouts.read_s, connect=timeouts.connect_s)
