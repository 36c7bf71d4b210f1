"""OpenAI's chat completions, and every server that speaks the same wire.

The official SDK makes the request; the body is read raw, because its objects cost twenty times what
the bytes do. Importing this module imports the SDK (0.5 s): only ``load`` does, in a thread.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any

import httpx2
import openai
from msgspec import Struct
from openai import AsyncOpenAI

from agents.events import ProviderEvent, ReasoningDelta, StreamEnd, TextDelta
from agents.providers.base import TextRequest
from agents.providers.openai_errors import mapped, of_event
from agents.providers.openai_wire import (
    DONE,
    ChunkWire,
    chunk_reasoning,
    chunk_text,
    decode_chunk,
    finish_reason,
    request_body,
    usage_of,
)
from agents.providers.readahead import ReadAhead, reading_ahead
from agents.providers.sse import SseSplitter
from agents.providers.text import TextJoiner
from server.domain.clock import Clock, utc_now
from server.domain.errors import AppError, ProviderError, ProviderProtocol
from server.domain.turn import FinishReason
from server.domain.usage import Usage

OPENAI_URL = "https://api.openai.com/v1"

USAGE_WAIT_S = 5.0
"""How long the usage may lag behind the end marker. It comes in the same packet, as a rule."""

DELTA_MAX = 64 * 1024
"""Characters of one delta: what one network read can bring. A single event of megabytes, which took
many reads, must not become one frame larger than anybody's buffer."""

DONE_WAIT_S = 0.25
"""How long the body may stay open behind ``[DONE]``. Read to its end, a connection serves the next
request; waiting longer than for a packet would delay the end of the turn."""


class Timeouts(Struct, frozen=True, kw_only=True):
    """Seconds of P5. ``first_token_s`` counts from the request, connecting included; a comment or
    an empty delta is no token."""

    connect_s: float = 5.0
    first_token_s: float = 30.0
    between_tokens_s: float = 30.0


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
            # Between two reads, as a backstop behind the deadlines kept here.
            timeout=httpx2.Timeout(
                max(timeouts.first_token_s, timeouts.between_tokens_s) + 1,
                connect=timeouts.connect_s,
            ),
        )
        # The SDK imports this resource at its first use: now, in the loading thread, not later.
        self._create = self._client.chat.completions.with_streaming_response.create

    async def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        try:
            async with AsyncExitStack() as stack:
                deadline = asyncio.get_running_loop().time() + self._timeouts.first_token_s
                async with asyncio.timeout_at(deadline):
                    response = await stack.enter_async_context(
                        self._create(
                            **request_body(request),
                            extra_headers=_request_id(request.correlation_id),
                        )
                    )
                body = await stack.enter_async_context(reading_ahead(response.iter_bytes()))
                reply = _Reply(self.name, response.headers.get("content-type", ""))
                events = await stack.enter_async_context(
                    aclosing(self._events(body, reply, deadline))
                )
                async for event in events:
                    yield event
        except (openai.OpenAIError, httpx2.HTTPError, TimeoutError, ValueError) as error:
            raise mapped(error, self.name, request.model, self._clock()) from error

    async def _events(
        self, body: ReadAhead, reply: "_Reply", deadline: float
    ) -> AsyncGenerator[ProviderEvent, None]:
        """One delta per network read, then the end. ``deadline`` moves with every token."""
        time = asyncio.get_running_loop().time
        while not reply.is_over:
            try:
                data = await body.read(deadline)
            except (httpx2.HTTPError, TimeoutError):
                if reply.finish is None:
                    raise
                break  # the answer is whole: a connection that dies after it changes nothing
            was_finished = reply.finish is not None
            text, reasoning = reply.feed(data) if data else reply.end_of_body()
            if reasoning:
                yield ReasoningDelta(reasoning)
            for at in range(0, len(text), DELTA_MAX):
                yield TextDelta(text[at : at + DELTA_MAX])
            if reply.failure is not None:
                raise reply.failure
            if reply.is_done:
                deadline = min(deadline, time() + DONE_WAIT_S)
            elif reply.finish is not None and not was_finished:
                deadline = time() + USAGE_WAIT_S
            elif (text or reasoning) and not was_finished:
                deadline = time() + self._timeouts.between_tokens_s
        yield reply.end()


class _Reply:
    """What one response body has said so far."""

    def __init__(self, provider: str, content_type: str) -> None:
        self._provider = provider
        self._content_type = content_type
        self._events = SseSplitter(provider)
        self._text = TextJoiner()
        self._reasoning = TextJoiner()
        self._seen = 0
        self._usage: Usage | None = None
        self.finish: FinishReason | None = None
        self.failure: AppError | None = None
        self.is_done = False
        self.is_over = False

    def feed(self, data: bytes) -> tuple[str, str]:
        """Text and reasoning that ``data`` brought."""
        return self._say(self._events.feed(data))

    def end_of_body(self) -> tuple[str, str]:
        self.is_over = True
        text, reasoning = self._say(self._events.finish())
        return text + self._text.finish(), reasoning + self._reasoning.finish()

    def end(self) -> StreamEnd:
        """Raises ProviderProtocol: the stream ended, cleanly perhaps, without its end marker."""
        if self.finish is not None:
            return StreamEnd(finish_reason=self.finish, usage=self._usage)
        if not self._seen:
            kind = self._content_type.split(";")[0] or "something"
            raise ProviderProtocol(f"{self._provider} answered {kind} where a stream was due.")
        raise ProviderProtocol(f"{self._provider} ended its answer without the end marker.")

    def _say(self, payloads: list[bytes]) -> tuple[str, str]:
        """What was said before a failure is delivered before the failure is raised."""
        texts: list[str] = []
        thoughts: list[str] = []
        try:
            for payload in payloads:
                self._seen += 1
                if payload == DONE:
                    self.is_done = True
                else:
                    self._take(decode_chunk(payload, self._provider), texts, thoughts)
        except AppError as error:
            self.failure = error
        return _joined(self._text, texts), _joined(self._reasoning, thoughts)

    def _take(self, chunk: ChunkWire, texts: list[str], thoughts: list[str]) -> None:
        if chunk.error is not None:
            raise of_event(chunk.error, self._provider)
        if chunk.usage is not None:
            self._usage = usage_of(chunk.usage) or self._usage
        for choice in chunk.choices or ():
            if choice.delta is not None:
                texts.append(chunk_text(choice.delta))
                thoughts.append(chunk_reasoning(choice.delta))
            if choice.finish_reason:
                self._finish(choice.finish_reason)

    def _finish(self, word: str) -> None:
        """The first end marker counts; servers that repeat it say nothing new."""
        if word == "error":
            raise ProviderError(f"{self._provider} failed while answering.")
        self.finish = self.finish or finish_reason(word)


def _joined(joiner: TextJoiner, pieces: list[str]) -> str:
    text = "".join(pieces)
    return joiner.feed(text) if text else ""


def _request_id(correlation_id: str) -> dict[str, Any]:
    """Our id in the vendor's logs; headers take printable ASCII only."""
    is_token = correlation_id.isascii() and correlation_id.isprintable()
    return {"X-Client-Request-Id": correlation_id[:512]} if correlation_id and is_token else {}
