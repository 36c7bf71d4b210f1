"""OpenAI's chat completions, and every server that speaks the same wire.

The official SDK makes the request; the body is read raw, because its objects cost twenty times what
the bytes do. Importing this module imports the SDK (0.5 s): only ``load`` does, in a thread.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI

from agents.events import ProviderEvent, StreamEnd
from agents.providers.base import TextRequest
from agents.providers.openai_errors import mapped, of_error_event
from agents.providers.openai_wire import (
    DONE,
    chunk_reasoning,
    chunk_text,
    decode_chunk,
    finish_reason,
    request_body,
    usage_of,
)
from agents.providers.rawstream import Said, relay
from agents.providers.timeouts import Timeouts
from server.domain.clock import Clock, utc_now
from server.domain.errors import ProviderError
from server.domain.turn import FinishReason
from server.domain.usage import Usage

OPENAI_URL = "https://api.openai.com/v1"


class OpenAIProvider:
    """Text by ``chat.completions``. One instance a process; any number of streams at once."""

    def __init__(
        self,
        *,
        api_key: str,
        http: httpx2.AsyncClient,
        base_url: str = OPENAI_URL,
        name: str = "openai",
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        clock: Clock = utc_now,
    ) -> None:
        self.name = name
        self._timeouts = timeouts
        self._clock = clock
        self._client = AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            http_client=http,
            max_retries=0,
            timeout=httpx2.Timeout(timeouts.read_s, connect=timeouts.connect_s),
        )
        # The SDK imports this resource at its first use: now, in the loading thread, not later.
        self._create = self._client.chat.completions.with_streaming_response.create

    async def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        asked = self._create(
            **request_body(request), extra_headers=_request_id(request.correlation_id)
        )
        told = relay(asked, _Chunks(self.name), provider=self.name, timeouts=self._timeouts)
        try:
            async with aclosing(told):
                async for event in told:
                    yield event
        except (openai.OpenAIError, httpx2.HTTPError, TimeoutError, ValueError) as error:
            raise mapped(error, self.name, request.model, self._clock()) from error


class _Chunks:
    """The ``Wire`` of chat completions: what one response has said so far."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._usage: Usage | None = None
        self._finish: FinishReason | None = None
        self.is_done = False

    @property
    def has_ended(self) -> bool:
        return self._finish is not None

    def take(self, payload: bytes, said: Said) -> None:
        if payload == DONE:
            self.is_done = True
            return
        chunk = decode_chunk(payload, self._provider)
        if chunk.error is not None:
            raise of_error_event(chunk.error, self._provider)
        if chunk.usage is not None:
            self._usage = usage_of(chunk.usage) or self._usage
        for choice in chunk.choices or ():
            if choice.delta is not None:
                said.text.append(chunk_text(choice.delta))
                said.reasoning.append(chunk_reasoning(choice.delta))
            if choice.finish_reason:
                self._ends(choice.finish_reason)

    def end(self) -> StreamEnd:
        return StreamEnd(finish_reason=self._finish or FinishReason.STOP, usage=self._usage)

    def _ends(self, word: str) -> None:
        """The first end marker counts; servers that repeat it say nothing new."""
        if word == "error":
            raise ProviderError(f"{self._provider} failed while answering.")
        self._finish = self._finish or finish_reason(word)


def _request_id(correlation_id: str) -> dict[str, Any]:
    """Our id in the vendor's logs; headers take printable ASCII only."""
    is_token = correlation_id.isascii() and correlation_id.isprintable()
    return {"X-Client-Request-Id": correlation_id[:512]} if correlation_id and is_token else {}
