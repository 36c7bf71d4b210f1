"""What an agent or a provider says while it works: the only way out of ``agents``.

Events are values. Who runs the agent decides what is sent, counted, charged and remembered.
"""

from typing import Any, TypeAlias

from msgspec import Struct

from server.domain.ids import CallId
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome, Usage


class TextDelta(Struct, frozen=True, gc=False):
    """Text to add to the answer: all that one network read brought, never empty."""

    text: str


class ReasoningDelta(Struct, frozen=True, gc=False):
    """Text of a provider's reasoning summary. It is no part of the answer."""

    text: str


class StreamEnd(Struct, frozen=True, kw_only=True, gc=False):
    """The provider's end marker was seen. ``usage`` is None when it gave no figures."""

    finish_reason: FinishReason
    usage: Usage | None = None


ProviderEvent: TypeAlias = TextDelta | ReasoningDelta | StreamEnd
"""A stream is any number of deltas and exactly one ``StreamEnd``, or an ``AppError`` raised."""


class CallStarted(Struct, frozen=True, kw_only=True):
    """A provider call is about to be made. ``input_tokens`` is counted here, before the provider's
    own figure is known: what is charged for the input if the call never says."""

    call_id: CallId
    agent: str
    provider: str
    model: str
    input_tokens: int


class CallFinished(Struct, frozen=True, kw_only=True):
    """A provider call has ended, well or not. Follows its ``CallStarted`` unless the run is closed
    first; then whoever closed it accounts for the open call."""

    call_id: CallId
    usage: Usage
    outcome: CallOutcome
    finish_reason: FinishReason | None = None


class Notice(Struct, frozen=True, kw_only=True):
    """What the client is told beside the answer: retry, failover, handoff, tool, history_cut."""

    kind: str
    detail: dict[str, Any]


AgentEvent: TypeAlias = TextDelta | ReasoningDelta | CallStarted | CallFinished | Notice
