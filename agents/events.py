"""What an agent or a provider says while it works: the only way out of ``agents``.

Events are values. Who runs the agent decides what is sent, counted, charged and remembered.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import Struct

from server.domain.content import ToolCall
from server.domain.errors import AppError
from server.domain.ids import CallId
from server.domain.insights import NewInsight
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome, Usage


class TextDelta(Struct, frozen=True, gc=False):
    """Text to add to the answer: all that one network read brought, never empty."""

    text: str


class ReasoningDelta(Struct, frozen=True, gc=False):
    """Text of a provider's reasoning summary. It is no part of the answer."""

    text: str


class UnsaidDelta(Struct, frozen=True, gc=False):
    """Text that a model wrote and that is no part of the answer: arguments of a tool call, a draft
    that is still to be checked. It is output all the same, and counted."""

    text: str


class StreamEnd(Struct, frozen=True, kw_only=True, gc=False):
    """The provider's end marker was seen. ``usage`` is None when it gave no figures.

    ``tool_calls`` are whole, in the order in which the model asked; their arguments were reported
    as ``UnsaidDelta`` while they came.
    """

    finish_reason: FinishReason
    usage: Usage | None = None
    tool_calls: tuple[ToolCall, ...] = ()


ProviderEvent: TypeAlias = TextDelta | ReasoningDelta | UnsaidDelta | StreamEnd
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
    first; then whoever closed it accounts for the open call. ``tool_calls``: what it asked for."""

    call_id: CallId
    usage: Usage
    outcome: CallOutcome
    finish_reason: FinishReason | None = None
    tool_calls: tuple[ToolCall, ...] = ()


class Partial(Struct, frozen=True, kw_only=True):
    """A structured answer as far as it has come: JSON values, strings perhaps cut. Not checked."""

    value: Any


class Structured(Struct, frozen=True, kw_only=True):
    """The structured answer, checked against its schema: JSON values. At most one a turn."""

    value: Any


class Notice(Struct, frozen=True, kw_only=True):
    """What the client is told beside the answer: retry, failover, call, handoff, tool,
    history_cut, compliance."""

    kind: str
    detail: dict[str, Any]


class Learned(Struct, frozen=True, kw_only=True):
    """What is worth remembering of this turn, if it succeeds."""

    insights: tuple[NewInsight, ...]


class Spoken(Struct, frozen=True, gc=False):
    """Text to add to the answer, said by one of several agents. Its output was told, and is
    counted, in that agent's own branch."""

    text: str
    agent: str


def _goes_on() -> bool:
    return False


class Branched(Struct, frozen=True, kw_only=True):
    """An event in the branch of one of several agents that work at the same time. Each branch has
    at most one open call. ``stop`` is called, before the next event is asked for, when the branch
    must not go on: what it would take next cannot be paid; the other branches are none the worse.
    """

    branch: str
    event: "CallStarted | CallFinished | UnsaidDelta | ReasoningDelta"
    stop: Callable[[AppError], None]
    is_over: Callable[[], bool] = _goes_on
    """Whether the branch was given up since it said this: then nothing follows from it."""


class BranchEnded(Struct, frozen=True, kw_only=True):
    """A branch has come to its end; no event of it follows. ``error``: why it gave nothing, and
    then nothing is charged for it. ``branch`` is its agent's name, and tells it on the receipt."""

    branch: str
    error: AppError | None = None


AgentEvent: TypeAlias = (
    TextDelta
    | ReasoningDelta
    | UnsaidDelta
    | Partial
    | Structured
    | CallStarted
    | CallFinished
    | Notice
    | Learned
    | Spoken
    | Branched
    | BranchEnded
)
