"""Mistral, by its official SDK's stream.

The SDK makes the request and looks at the answer's status; the body is read raw from the response
that its stream object carries, because its own events cost twenty times what the bytes do.
Importing this module imports the SDK (0.3 s): only ``load`` does, in a thread.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx2
from mistralai.client import Mistral
from mistralai.client.errors import MistralError, NoResponseError

from agents.events import ProviderEvent, StreamEnd
from agents.providers.base import TextRequest
from agents.providers.hooks import Requests, watch
from agents.providers.mistral_errors import mapped, of_error_event
from agents.providers.mistral_wire import (
    DONE,
    Calls,
    chunk_text,
    chunk_thinking,
    decode_chunk,
    error_of,
    finish_reason,
    request_body,
    usage_of,
)
from agents.providers.rawstream import Response, Said, relay, request_id
from agents.providers.timeouts import Timeouts
from server.domain.clock import Clock, utc_now
from server.domain.errors import AppError, ProviderError
from server.domain.turn import FinishReason
from server.domain.usage import Usage

MISTRAL_URL = "https://api.mistral.ai"

DEPRECATION = "x-model-deprecation-timestamp"
"""With this header the SDK (3.7) wants to log the model's name, looks for it in a body that nobody
has read yet, and so fails each stream of a model on its way out."""


FAILURES = (MistralError, NoResponseError, httpx2.HTTPError, TimeoutError, ValueError)


class MistralProvider:
    """Text by ``chat.stream``. One instance a process; any number of streams at once."""

    def __init__(
        self,
        *,
        api_key: str,
        http: httpx2.AsyncClient,
        base_url: str | None = None,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        clock: Clock = utc_now,
        name: str = "mistral",
    ) -> None:
        self.name = name
        self._timeouts = timeouts
        self._clock = clock
        watch(http)
        # The client is kept: collected, it would take its resources with it.
        self._client = Mistral(
            api_key=api_key, server_url=base_url or MISTRAL_URL, async_client=http
        )
        # The SDK imports this resource at its first use: now, in the loading thread, not later.
        self._stream = self._client.chat.stream_async

    def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        return relay(
            partial(self._asked, request),
            _Chunks(self.name),
            provider=self.name,
            timeouts=self._timeouts,
            told=partial(self._told, request.model),
        )

    def _told(self, model: str, error: Exception) -> AppError | None:
        if not isinstance(error, FAILURES):
            return None
        return mapped(error, self.name, model, self._clock())

    @asynccontextmanager
    async def _asked(self, request: TextRequest) -> AsyncIterator[Response]:
        """The response, before its body. Closed here: between its steps, some of which run in
        threads, the SDK forgets a response when it is cancelled or fails."""
        timeout = httpx2.Timeout(self._timeouts.read_s, connect=self._timeouts.connect_s)
        requests = Requests(timeout, without=(DEPRECATION,))
        try:
            with requests.watched():
                stream = await self._stream(
                    **request_body(request), http_headers=request_id(request.correlation_id)
                )
            yield _Body(stream.response)
        finally:
            await requests.aclose()


class _Body:
    """The response as ``relay`` reads it."""

    def __init__(self, response: httpx2.Response) -> None:
        self.http_response = response
        self.headers = response.headers
        self.iter_bytes = response.aiter_bytes


class _Chunks:
    """The ``Wire`` of Mistral's chat: what one response has said so far."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._usage: Usage | None = None
        self._finish: FinishReason | None = None
        self._calls = Calls()
        self.is_done = False

    @property
    def has_ended(self) -> bool:
        return self._finish is not None

    def take(self, payload: bytes, said: Said) -> None:
        if payload == DONE:
            self.is_done = True
            return
        chunk = decode_chunk(payload, self._provider)
        if (error := error_of(chunk)) is not None:
            raise of_error_event(error, self._provider)
        if chunk.usage is not None:
            self._usage = usage_of(chunk.usage) or self._usage
        for choice in chunk.choices or ():
            if choice.delta is not None:
                said.text.append(chunk_text(choice.delta))
                said.reasoning.append(chunk_thinking(choice.delta))
                said.unsaid.extend(map(self._calls.add, choice.delta.tool_calls or ()))
            if choice.finish_reason:
                self._ends(choice.finish_reason)

    def end(self) -> StreamEnd:
        finish = self._finish or FinishReason.STOP
        if finish not in (FinishReason.STOP, FinishReason.TOOL_CALLS):
            return StreamEnd(finish_reason=finish, usage=self._usage)  # no call is surely whole
        calls = self._calls.whole()
        finish = FinishReason.TOOL_CALLS if calls else FinishReason.STOP
        return StreamEnd(finish_reason=finish, usage=self._usage, tool_calls=calls)

    def _ends(self, word: str) -> None:
        """The first end marker counts; a server that repeats it says nothing new."""
        if word == "error":
            raise ProviderError(
                f"{self._provider} failed while answering.", metadata={"provider": self._provider}
            )
        self._finish = self._finish or finish_reason(word)
