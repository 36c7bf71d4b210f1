"""Anthropic's messages.

The official SDK makes the request; the body is read raw (8 µs an event against 27). Importing this
module imports the SDK (1.1 s): only ``load`` does, in a thread.
"""

from collections.abc import AsyncGenerator
from functools import partial

import anthropic
import httpx2
from anthropic import AsyncAnthropic

from agents.events import ProviderEvent
from agents.providers.anthropic_errors import mapped
from agents.providers.anthropic_request import request_body
from agents.providers.anthropic_wire import MessageEvents
from agents.providers.base import TextRequest
from agents.providers.rawstream import relay, request_id
from agents.providers.timeouts import Timeouts
from server.domain.clock import Clock, utc_now
from server.domain.errors import AppError

ANTHROPIC_URL = "https://api.anthropic.com"


FAILURES = (anthropic.AnthropicError, httpx2.HTTPError, TimeoutError, ValueError)


class AnthropicProvider:
    """Text by ``messages``. One instance a process; any number of streams at once."""

    def __init__(
        self,
        *,
        api_key: str,
        http: httpx2.AsyncClient,
        base_url: str = ANTHROPIC_URL,
        name: str = "anthropic",
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        clock: Clock = utc_now,
    ) -> None:
        self.name = name
        self._timeouts = timeouts
        self._clock = clock
        # The key is given: without one the SDK searches environment and profiles on disk.
        client = AsyncAnthropic(
            api_key=api_key,
            base_url=base_url,
            http_client=http,
            max_retries=0,
            timeout=httpx2.Timeout(timeouts.read_s, connect=timeouts.connect_s),
        )
        # The SDK imports this resource at its first use: now, in the loading thread, not later.
        self._create = client.messages.with_streaming_response.create

    def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        body = request_body(request)
        ask = partial(
            self._create,
            model=request.model,
            max_tokens=body["max_tokens"],
            messages=(),
            stream=True,
            # As it is: what comes as arguments the SDK walks, looking for fields that it would
            # rename, for 125 µs a message.
            extra_body=body,
            extra_headers=request_id(request.correlation_id),
        )
        return relay(
            ask,
            MessageEvents(self.name, request.model),
            provider=self.name,
            timeouts=self._timeouts,
            told=partial(self._told, request.model),
        )

    def _told(self, model: str, error: Exception) -> AppError | None:
        if not isinstance(error, FAILURES):
            return None
        return mapped(error, self.name, model, self._clock())
