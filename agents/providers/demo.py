"""The demo provider: a model without a vendor, a key or knowledge, to see the product with.

It is deterministic: the same dialogue gets the same answer in the same pieces. What it counts is
exact, for its tokens are the pieces of ``agents.tokens``. A directive anywhere in the newest
question changes how it behaves; ``demo_asked.DIRECTIVES`` is the list for people.
"""

import hashlib
import random
from collections.abc import AsyncGenerator, Iterator

import msgspec
from anyio import current_time, sleep
from msgspec import Struct

from agents.events import ProviderEvent, StreamEnd, TextDelta, UnsaidDelta
from agents.providers.base import TextRequest
from agents.providers.demo_answers import answer, filler, tools_answer
from agents.providers.demo_asked import WRONG, Asked, look_at
from agents.providers.demo_json import DemoInstance
from agents.providers.registry import JSON, TEXT, TOOLS, ModelInfo
from agents.tokens import PIECE, count_extras, count_prompt, count_text
from server.domain.content import ToolCall
from server.domain.errors import ProviderError, ProviderProtocol, ProviderRateLimited
from server.domain.turn import FinishReason
from server.domain.usage import Usage

DEMO_MODEL = ModelInfo(
    id="demo/causerie-demo",
    provider="demo",
    name="causerie-demo",
    title="Demo (no real model)",
    context_tokens=32_768,
    output_tokens=16_384,
    capabilities=(TEXT, TOOLS, JSON),
    demo=True,
)

SLOW_TOKENS_PER_S = 4.0


class Pacing(Struct, frozen=True, kw_only=True):
    """How an answer flows. ``tokens_per_s`` zero: as fast as it is read."""

    tokens_per_s: float = 40.0
    first_token_s: float = 0.4
    burst_max: int = 5
    """Tokens that come together at most: real models do not tick like a clock."""


FULL_SPEED = Pacing(tokens_per_s=0, first_token_s=0)


class DemoProvider:
    """Streams text without a vendor."""

    name = "demo"

    def __init__(self, pacing: Pacing = Pacing()) -> None:  # noqa: B008 - frozen
        self._pacing = pacing

    async def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        """As ``TextProvider.stream``; fails only when a directive asks for it."""
        asked = look_at(request)
        if asked.is_busy:
            raise ProviderRateLimited("The demo model was asked to be busy.", retry_after=2)
        pacing = self._pacing_of(asked)
        chance = random.Random(_seed(request))  # noqa: S311 - repeatable, not secret
        calls = _calls(asked, request, chance)
        tokens, finish = _tokens(_text(asked, calls, request, chance), asked, request, chance)
        if calls and finish is FinishReason.STOP:
            finish = FinishReason.TOOL_CALLS
        due = current_time() + pacing.first_token_s
        for burst in _bursts(tokens, pacing, chance):
            # Each burst when it is due; late ones follow without a pause.
            await sleep(max(due - current_time(), 0))
            yield (UnsaidDelta if calls else TextDelta)("".join(burst))
            if pacing.tokens_per_s:
                due += len(burst) / pacing.tokens_per_s
        if asked.fail_after is not None:
            raise ProviderError("The demo model was asked to fail.")
        if asked.cut_after is not None:
            raise ProviderProtocol("The demo model was asked to end without its end marker.")
        usage = Usage(
            input_tokens=count_prompt(request.instructions, request.messages)
            + count_extras(request.tools, request.output),
            output_tokens=count_text("".join(tokens)),
        )
        wanted = calls if finish is FinishReason.TOOL_CALLS else ()
        yield StreamEnd(finish_reason=finish, usage=usage, tool_calls=wanted)

    def _pacing_of(self, asked: Asked) -> Pacing:
        if asked.is_fast:
            return FULL_SPEED
        if asked.is_slow:
            return Pacing(tokens_per_s=SLOW_TOKENS_PER_S, first_token_s=1.0, burst_max=1)
        return self._pacing


def _seed(request: TextRequest) -> bytes:
    said = "\0".join((request.instructions, *(message.text for message in request.messages)))
    return hashlib.sha256(said.encode(errors="replace")).digest()


def _calls(asked: Asked, request: TextRequest, chance: random.Random) -> tuple[ToolCall, ...]:
    """The tools that it asks for now, with arguments made of their schemas."""
    schemas = {tool.name: tool.parameters for tool in request.tools}
    made = (
        DemoInstance(schemas[name], asked.question, chance).make(only_required=True)
        for name in asked.tools
    )
    return tuple(
        ToolCall(id=f"demo-{len(asked.told) + index}", name=name, arguments=_json(arguments))
        for index, (name, arguments) in enumerate(zip(asked.tools, made, strict=True))
    )


def _text(
    asked: Asked, calls: tuple[ToolCall, ...], request: TextRequest, chance: random.Random
) -> str:
    """All that it would say, with nothing to stop it."""
    if calls:
        return "".join(call.arguments for call in calls)
    if request.output is not None:
        if asked.is_wrong:
            return WRONG
        return _json(DemoInstance(request.output.schema, asked.question, chance).make())
    if asked.told:
        return tools_answer(asked.told)
    return answer(asked.question, chance)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _tokens(
    text: str, asked: Asked, request: TextRequest, chance: random.Random
) -> tuple[list[str], FinishReason]:
    """``text`` in tokens, and why it ends where it does."""
    tokens = PIECE.findall(text)
    if asked.long is not None and request.output is None and not asked.tools:
        # No filler sentence has fewer than six tokens: always enough, and the rest is cut.
        text += "\n\n" + filler(chance, max(asked.long - len(tokens), 0) // 6 + 1)
        tokens = PIECE.findall(text)[: asked.long]
    for limit in (asked.fail_after, asked.cut_after):
        if limit is not None:
            tokens = tokens[:limit]
    most = request.params.max_output_tokens
    if most is not None and len(tokens) > most:
        return tokens[:most], FinishReason.LENGTH
    return tokens, FinishReason.STOP


def _bursts(tokens: list[str], pacing: Pacing, chance: random.Random) -> Iterator[list[str]]:
    at = 0
    while at < len(tokens):
        size = chance.randint(1, pacing.burst_max)
        yield tokens[at : at + size]
        at += size
