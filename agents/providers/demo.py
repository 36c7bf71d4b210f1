"""The demo provider: a model without a vendor, a key or knowledge, to see the product with.

It is deterministic: the same dialogue gets the same answer in the same pieces. What it counts is
exact, for its tokens are the pieces of ``agents.tokens``. A directive anywhere in the newest
message changes how it behaves; ``DIRECTIVES`` is the list for people.
"""

import hashlib
import random
import re
from collections.abc import AsyncGenerator, Iterator

from anyio import current_time, sleep
from msgspec import Struct

from agents.events import ProviderEvent, StreamEnd, TextDelta
from agents.providers.base import TextRequest
from agents.providers.demo_answers import answer, filler
from agents.providers.registry import ModelInfo
from agents.tokens import PIECE, count_prompt, count_text
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
    demo=True,
)

DIRECTIVES = (
    ("[demo: fast]", "answers at once"),
    ("[demo: slow]", "four tokens a second"),
    ("[demo: long 5000]", "an answer of 5000 tokens"),
    ("[demo: fail]", "fails before the first word"),
    ("[demo: fail after 20]", "fails after 20 tokens"),
    ("[demo: busy]", "refuses, as a provider does that has too many requests"),
    ("[demo: cut after 20]", "ends after 20 tokens without saying that it ended"),
)
"""What may be written into a message, and what it does. Several may be combined."""

SLOW_TOKENS_PER_S = 4.0
LONG_MAX = 50_000
"""Tokens of the longest answer that may be asked for."""

DIRECTIVE = re.compile(
    r"\[demo:\s*(fast|slow|long|fail|busy|cut)(?:\s+(?:after\s+)?(\d{1,6}))?\s*\]"
)


class Pacing(Struct, frozen=True, kw_only=True):
    """How an answer flows. ``tokens_per_s`` zero: as fast as it is read."""

    tokens_per_s: float = 40.0
    first_token_s: float = 0.4
    burst_max: int = 5
    """Tokens that come together at most: real models do not tick like a clock."""


FULL_SPEED = Pacing(tokens_per_s=0, first_token_s=0)


class _Wish(Struct, frozen=True, kw_only=True):
    pacing: Pacing
    long: int | None = None
    fail_after: int | None = None
    cut_after: int | None = None
    busy: bool = False


class DemoProvider:
    """Streams text without a vendor."""

    name = "demo"

    def __init__(self, pacing: Pacing = Pacing()) -> None:  # noqa: B008 - frozen
        self._pacing = pacing

    async def stream(self, request: TextRequest) -> AsyncGenerator[ProviderEvent, None]:
        """As ``TextProvider.stream``; fails only when a directive asks for it."""
        question = request.messages[-1].text if request.messages else ""
        wish = _wish(question, self._pacing)
        chance = random.Random(_seed(request))  # noqa: S311 - repeatable, not secret
        if wish.busy:
            raise ProviderRateLimited("The demo model was asked to be busy.", retry_after=2)
        tokens, finish = _tokens(DIRECTIVE.sub("", question), wish, request, chance)
        due = current_time() + wish.pacing.first_token_s
        for burst in _bursts(tokens, wish.pacing, chance):
            # Each burst when it is due; late ones follow without a pause.
            await sleep(max(due - current_time(), 0))
            yield TextDelta("".join(burst))
            if wish.pacing.tokens_per_s:
                due += len(burst) / wish.pacing.tokens_per_s
        if wish.fail_after is not None:
            raise ProviderError("The demo model was asked to fail.")
        if wish.cut_after is not None:
            raise ProviderProtocol("The demo model was asked to end without its end marker.")
        usage = Usage(
            input_tokens=count_prompt(request.instructions, request.messages),
            output_tokens=count_text("".join(tokens)),
        )
        yield StreamEnd(finish_reason=finish, usage=usage)


def _wish(question: str, pacing: Pacing) -> _Wish:
    asked = {word: int(number) if number else None for word, number in DIRECTIVE.findall(question)}
    if "fast" in asked:
        pacing = FULL_SPEED
    elif "slow" in asked:
        pacing = Pacing(tokens_per_s=SLOW_TOKENS_PER_S, first_token_s=1.0, burst_max=1)
    return _Wish(
        pacing=pacing,
        long=min(asked["long"] or 2000, LONG_MAX) if "long" in asked else None,
        fail_after=asked["fail"] or 0 if "fail" in asked else None,
        cut_after=asked["cut"] or 0 if "cut" in asked else None,
        busy="busy" in asked,
    )


def _seed(request: TextRequest) -> bytes:
    said = "\0".join((request.instructions, *(message.text for message in request.messages)))
    return hashlib.sha256(said.encode(errors="replace")).digest()


def _tokens(
    question: str, wish: _Wish, request: TextRequest, chance: random.Random
) -> tuple[list[str], FinishReason]:
    """The answer in tokens, and why it ends where it does."""
    text = answer(question.strip(), chance)
    tokens = PIECE.findall(text)
    if wish.long is not None:
        # No filler sentence has fewer than six tokens: always enough, and the rest is cut.
        text += "\n\n" + filler(chance, max(wish.long - len(tokens), 0) // 6 + 1)
        tokens = PIECE.findall(text)[: wish.long]
    for limit in (wish.fail_after, wish.cut_after):
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
