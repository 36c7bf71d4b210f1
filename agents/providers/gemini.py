"""Google Gemini, by its official SDK's stream.

The SDK keeps the bytes to itself, so its typed chunks are what is read. Importing this module
imports the SDK (0.5 s): only ``load`` does, in a thread.
"""

import warnings
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import httpx2
from google import genai
from google.genai import types
from google.genai.errors import APIError

from agents.events import ProviderEvent, ReasoningDelta, StreamEnd, TextDelta, UnsaidDelta
from agents.providers.base import TextRequest
from agents.providers.failures import blocked, no_stream, without_end
from agents.providers.gemini_ahead import reading_chunks
from agents.providers.gemini_errors import mapped
from agents.providers.gemini_wire import (
    FAILED,
    MADE_UP,
    block_word,
    call_of,
    config_of,
    end_word,
    finish_reason,
    parts_of,
    usage_of,
)
from agents.providers.hooks import Requests, watch
from agents.providers.text import TextJoiner
from agents.providers.timeouts import Patience, Timeouts
from server.domain.clock import Clock, utc_now
from server.domain.content import ToolCall
from server.domain.errors import AppError, ProviderError
from server.domain.turn import FinishReason
from server.domain.usage import Usage

GEMINI_URL = "https://generativelanguage.googleapis.com"

SAID_ELSEWHERE = "-"

GARBAGE = (ValueError, TypeError, LookupError, AttributeError, RuntimeError)
"""What the SDK raises on an event of another shape: it takes them apart without looking."""

# A finish reason newer than the SDK is no news to an operator, and passes.
warnings.filterwarnings("ignore", message=r".* is not a valid \w+$", category=UserWarning)


class GeminiProvider:
    """Text by ``streamGenerateContent``. One instance a process; any number of streams at once."""

    def __init__(
        self,
        *,
        api_key: str,
        http: httpx2.AsyncClient,
        base_url: str | None = None,
        api_version: str = "v1beta",
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        clock: Clock = utc_now,
        name: str = "gemini",
    ) -> None:
        self.name = name
        self._timeouts = timeouts
        self._clock = clock
        watch(http)
        client = genai.Client(
            # Else the environment may turn this into another product, with other credentials.
            vertexai=False,
            api_key=api_key,
            http_options=types.HttpOptions(
                base_url=base_url or GEMINI_URL,
                api_version=api_version,
                httpx_async_client=http,
                # No timeout: the SDK would tell the server of it as the end of a whole answer.
            ),
        )
        self._client = client
        self._generate = client.aio.models.generate_content_stream
        # The SDK builds its types at their first use: now, in the loading thread, not later.
        for kind in (types.GenerateContentResponse, types.GenerateContentConfig, types.Tool):
            kind.model_rebuild()

    async def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        requests = Requests(httpx2.Timeout(self._timeouts.read_s, connect=self._timeouts.connect_s))
        config = config_of(request)
        patience = Patience(self._timeouts)
        reply = _Reply(self.name, request)
        async with AsyncExitStack() as stack:
            # Last of all: the SDK's generators let go of a connection when they are collected.
            stack.push_async_callback(requests.aclose)
            chunks_of = self._chunks(request.model, config, requests)
            ahead = await stack.enter_async_context(reading_chunks(chunks_of))
            while not reply.is_over:
                try:
                    chunks = await ahead.read(patience.deadline)
                except (APIError, httpx2.HTTPError, TimeoutError, *GARBAGE) as error:
                    if reply.has_ended and isinstance(error, httpx2.HTTPError | TimeoutError):
                        break  # the answer is whole: a connection that dies changes nothing
                    raise mapped(error, self.name, request.model, self._clock()) from error
                heard = reply.feed(chunks)
                for event in heard:
                    yield event
                if reply.failure is not None:
                    raise reply.failure
                if heard or reply.is_at_work:
                    patience.heard()
                if reply.has_ended:
                    patience.ended()
                if reply.is_done:
                    patience.done()
        if not reply.has_spoken:
            kinds = [seen.headers.get("content-type", "") for seen in requests.responses]
            raise no_stream(self.name, kinds[-1] if kinds else "")
        yield reply.end()

    async def _chunks(
        self,
        model: str,
        config: types.GenerateContentConfig,
        requests: Requests,
    ) -> AsyncGenerator[types.GenerateContentResponse, None]:
        """Runs in the task that reads ahead: its first step makes the request."""
        with requests.watched():
            # The SDK will not go without contents; those of the config take their place.
            asked = await self._generate(model=model, contents=SAID_ELSEWHERE, config=config)
            async for chunk in asked:
                yield chunk


class _Reply:
    """What one response has said so far."""

    def __init__(self, provider: str, request: TextRequest) -> None:
        self._provider = provider
        # Unique in the dialogue: each round of tools makes it longer.
        self._made_up = f"{MADE_UP}{len(request.messages)}-"
        self._text = TextJoiner()
        self._reasoning = TextJoiner()
        self._calls: list[ToolCall] = []
        self._usage: Usage | None = None
        self._finish: FinishReason | None = None
        self.failure: AppError | None = None
        self.has_spoken = False
        self.is_at_work = False
        """What came last says that the model thinks, though it does not show it."""
        self.is_over = False

    @property
    def has_ended(self) -> bool:
        return self._finish is not None

    @property
    def is_done(self) -> bool:
        """Usage comes with the end marker; what follows is a correction at most."""
        return self.has_ended and self._usage is not None

    def feed(self, chunks: list[types.GenerateContentResponse]) -> list[ProviderEvent]:
        """Deltas that ``chunks`` brought; none at all are the end of the body.

        What was said before a failure is delivered before the failure is raised.
        """
        self.is_over = not chunks
        self.is_at_work = False
        texts: list[str] = []
        thoughts: list[str] = []
        unsaid: list[str] = []
        try:
            for chunk in chunks:
                self.has_spoken = True
                self._take(chunk, texts, thoughts, unsaid)
        except AppError as error:
            self.failure = error
        heard: list[ProviderEvent] = []
        if reasoning := self._joined(self._reasoning, thoughts):
            heard.append(ReasoningDelta(reasoning))
        if text := self._joined(self._text, texts):
            heard.append(TextDelta(text))
        if arguments := "".join(unsaid):
            heard.append(UnsaidDelta(arguments))
        return heard

    def end(self) -> StreamEnd:
        """Raises ProviderProtocol: the stream ended, cleanly perhaps, without its end marker."""
        if self._finish is None:
            raise without_end(self._provider)
        if self._finish is not FinishReason.STOP or not self._calls:
            return StreamEnd(finish_reason=self._finish, usage=self._usage)
        return StreamEnd(
            finish_reason=FinishReason.TOOL_CALLS,  # the vendor has no word for it
            usage=self._usage,
            tool_calls=tuple(self._calls),
        )

    def _take(
        self,
        chunk: types.GenerateContentResponse,
        texts: list[str],
        thoughts: list[str],
        unsaid: list[str],
    ) -> None:
        if chunk.usage_metadata is not None:
            usage = usage_of(chunk.usage_metadata) or self._usage
            thought = self._usage.reasoning_tokens if self._usage else 0
            self.is_at_work |= usage is not None and usage.reasoning_tokens > thought
            self._usage = usage
        for part in parts_of(chunk):
            call = call_of(part, f"{self._made_up}{len(self._calls)}")
            if call is not None:
                self._calls.append(call)
                unsaid.append(call.arguments)
            elif part.text:
                (thoughts if part.thought else texts).append(part.text)
        if (reason := block_word(chunk)) is not None:
            raise blocked(self._provider, reason)
        if (word := end_word(chunk)) is not None:
            if word in FAILED:
                raise ProviderError(
                    f"{self._provider} ended its answer for {word}.",
                    metadata={"provider": self._provider},
                )
            self._finish = self._finish or finish_reason(word)

    def _joined(self, joiner: TextJoiner, pieces: list[str]) -> str:
        text = "".join(pieces)
        if text:
            text = joiner.feed(text)
        return text + joiner.finish() if self.is_over else text
