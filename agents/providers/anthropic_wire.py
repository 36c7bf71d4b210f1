"""The messages wire as values: events in, figures and words out. No I/O, no SDK."""

from typing import Any

from msgspec import Struct, to_builtins
from msgspec.json import Decoder, encode

from agents.events import StreamEnd
from agents.providers.failures import of_event
from agents.providers.lenient import decoded, normalised
from agents.providers.rawstream import Said
from agents.providers.toolcalls import GatheredCalls
from server.domain.turn import FinishReason
from server.domain.usage import Usage


class OutputDetails(Struct, frozen=True):
    thinking_tokens: float | None = None


class UsageWire(Struct, frozen=True):
    """Cached tokens stand beside ``input_tokens``, not in it."""

    input_tokens: float | None = None
    output_tokens: float | None = None
    cache_read_input_tokens: float | None = None
    cache_creation_input_tokens: float | None = None
    output_tokens_details: OutputDetails | None = None


class BlockWire(Struct, frozen=True):
    """``signature`` and ``data`` seal thinking that is to be sent back as it came."""

    type: str | None = None
    id: str | None = None
    name: str | None = None
    text: str | None = None
    input: Any = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None


class DeltaWire(Struct, frozen=True):
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None
    stop_reason: str | None = None


class MessageWire(Struct, frozen=True):
    usage: UsageWire | None = None


class ErrorWire(Struct, frozen=True):
    type: str | None = None
    message: str | None = None


class EventWire(Struct, frozen=True):
    """All events in one shape: what is missing is None, what is new passes."""

    type: str | None = None
    index: int | None = None
    message: MessageWire | None = None
    content_block: BlockWire | None = None
    delta: DeltaWire | None = None
    usage: UsageWire | None = None
    error: ErrorWire | None = None


_EVENT = Decoder(EventWire)

_FINISH = {
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "refusal": FinishReason.CONTENT_FILTER,
}


def finish_reason(word: str) -> FinishReason:
    """``end_turn``, ``stop_sequence``, ``pause_turn``, and words that we do not know yet, are an
    end like any other."""
    return _FINISH.get(word, FinishReason.STOP)


def merged(first: UsageWire, later: UsageWire) -> UsageWire:
    """Figures are cumulative: what comes later wins where it says anything."""
    said = {name: value for name, value in to_builtins(later).items() if value is not None}
    details = later.output_tokens_details or first.output_tokens_details
    return UsageWire(**{**to_builtins(first), **said, "output_tokens_details": details})


def usage_of(wire: UsageWire) -> Usage | None:
    """The parts, which the vendor reports side by side, summed to what the whole input was."""
    details = wire.output_tokens_details or OutputDetails()
    read, written = wire.cache_read_input_tokens or 0, wire.cache_creation_input_tokens or 0
    total = None if wire.input_tokens is None else wire.input_tokens + read + written
    return normalised(
        input=total,
        output=wire.output_tokens,
        cached=read,
        written=written,
        reasoning=details.thinking_tokens,
        raw={
            "input_tokens": wire.input_tokens,
            "output_tokens": wire.output_tokens,
            "cache_read_input_tokens": wire.cache_read_input_tokens,
            "cache_creation_input_tokens": wire.cache_creation_input_tokens,
            "thinking_tokens": details.thinking_tokens,
        },
    )


class Sealed(Struct, frozen=True):
    """What was thought before a tool call, as the call's signature holds it."""

    model: str
    blocks: list[dict[str, str]]


_SEALED = Decoder(Sealed)


def unsealed(signature: str | None, model: str) -> list[dict[str, str]]:
    """The blocks that ``model`` thought; nothing that another model or vendor sealed."""
    try:
        sealed = _SEALED.decode(signature or "")
    except (ValueError, RecursionError):
        return []
    return sealed.blocks if sealed.model == model else []


class MessageEvents:
    """The ``Wire`` of messages: what one response has said so far."""

    def __init__(self, provider: str, model: str) -> None:
        self._provider = provider
        self._usage = UsageWire()
        self._finish: FinishReason | None = None
        self._calls = GatheredCalls()
        self._thoughts = Thoughts(model)
        self.is_done = False

    @property
    def has_ended(self) -> bool:
        return self._finish is not None

    def take(self, payload: bytes, said: Said) -> None:
        event = decoded(_EVENT, payload, self._provider)
        match event.type:
            case "content_block_delta" if event.delta is not None:
                self._add(event.index or 0, event.delta, said)
            case "content_block_start" if event.content_block is not None:
                self._open(event.index or 0, event.content_block, said)
            case "content_block_stop":
                self._thoughts.close()
            case "message_start" if event.message is not None:
                self._usage = merged(self._usage, event.message.usage or UsageWire())
            case "message_delta":
                self._usage = merged(self._usage, event.usage or UsageWire())
                if event.delta is not None and event.delta.stop_reason:
                    self._finish = self._finish or finish_reason(event.delta.stop_reason)
            case "message_stop":
                self.is_done = True
                self._finish = self._finish or FinishReason.STOP
            case "error":
                error = event.error or ErrorWire()
                raise of_event(error.type or "", error.message, self._provider)
            case _:
                # Thinking that is not shown says nothing but pings: the model works all the same.
                said.is_alive = said.is_alive or self._thoughts.is_open

    def end(self) -> StreamEnd:
        finish = self._finish or FinishReason.STOP
        return StreamEnd(
            finish_reason=finish,
            usage=usage_of(self._usage),
            # A call that the limit cut off is none.
            tool_calls=self._calls.whole() if finish is FinishReason.TOOL_CALLS else (),
        )

    def _open(self, at: int, block: BlockWire, said: Said) -> None:
        if block.type == "tool_use":
            self._calls.open(at, block.id, block.name, self._thoughts.take())
            if block.input:
                self._argue(at, encode(block.input).decode(), said)
        elif block.type in ("thinking", "redacted_thinking"):
            self._thoughts.open(block)
            said.is_alive = True
        said.text.append(block.text or "")
        said.reasoning.append(block.thinking or "")

    def _add(self, at: int, delta: DeltaWire, said: Said) -> None:
        if delta.text:
            said.text.append(delta.text)
        if delta.partial_json:
            self._argue(at, delta.partial_json, said)
        if delta.thinking or delta.signature:
            said.is_alive = True
            said.reasoning.append(delta.thinking or "")
            self._thoughts.add(delta.thinking, delta.signature)

    def _argue(self, at: int, piece: str, said: Said) -> None:
        self._calls.add(at, piece)
        said.unsaid.append(piece)


class Thoughts:
    """Thinking blocks as they came: where tools are called, their model wants them back unchanged,
    and no other takes them."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._blocks: list[dict[str, str]] = []
        self.is_open = False

    def open(self, block: BlockWire) -> None:
        self.is_open = True
        if block.type == "redacted_thinking":
            self._blocks.append({"type": "redacted_thinking", "data": block.data or ""})
        else:
            self._blocks.append(
                {
                    "type": "thinking",
                    "thinking": block.thinking or "",
                    "signature": block.signature or "",
                }
            )

    def add(self, thinking: str | None, signature: str | None) -> None:
        if self._blocks and self._blocks[-1]["type"] == "thinking":
            self._blocks[-1]["thinking"] += thinking or ""
            self._blocks[-1]["signature"] += signature or ""

    def close(self) -> None:
        self.is_open = False

    def take(self) -> str | None:
        """What was thought before this call and after the one before it, as its signature."""
        blocks, self._blocks = self._blocks, []
        return encode(Sealed(self._model, blocks)).decode() if blocks else None
