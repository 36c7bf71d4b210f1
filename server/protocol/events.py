"""What a client of ``causerie.v1`` may be told. ``type`` first, then ``re``, ``turnId``, ``seq``.

Amounts are decimal strings, moments RFC 3339 in UTC.
"""

from typing import Any, Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from server.protocol.figures import Amount, Balance, Quota, Receipt


class UserInfo(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whose session it is."""

    id: UUID
    email: str | None
    name: str
    role: str
    plan: str


class RunningTurn(Struct, frozen=True, kw_only=True, rename="camel"):
    """A live turn that can be attached to. ``seq`` is the newest known here, 0 if none is."""

    turn_id: UUID
    conversation_id: UUID
    seq: int


class SessionLimits(Struct, frozen=True, kw_only=True, rename="camel"):
    """The limits that this session lives under; each is a setting."""

    frame_bytes: int
    text_characters: int
    upload_bytes: int
    commands_per_second: int
    unanswered_commands: int
    running_turns: int
    requests_per_hour: int


class Problem(Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a turn failed; ``code`` is of the one table of errors. ``retryAfter``: seconds, where
    whoever failed has named a time."""

    code: str
    message: str
    retryable: bool
    retry_after: float | UnsetType = UNSET


class SessionReady(Struct, frozen=True, kw_only=True, rename="camel", tag="session.ready"):
    """The first event of a session: what a page needs to begin."""

    session_id: UUID
    user: UserInfo
    balance: Balance
    quota: Quota
    limits: SessionLimits
    running_turns: list[RunningTurn]
    server_version: str


class TurnStarted(
    Struct, frozen=True, kw_only=True, rename="camel", tag="turn.started", omit_defaults=True
):
    """A turn was admitted. ``re`` goes only to who started it."""

    re: str | UnsetType = UNSET
    turn_id: UUID
    seq: int
    conversation_id: UUID
    user_message_id: UUID
    message_id: UUID
    agent: str
    provider: str
    model: str
    held: Amount
    existing: bool = False


class TurnDelta(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.delta"):
    """Text to append. With ``fromSeq`` the frame merges the events from there up to ``seq``.
    ``agent``: who says it, where several agents answer."""

    turn_id: UUID
    seq: int
    from_seq: int | UnsetType = UNSET
    text: str
    agent: str | UnsetType = UNSET


class TurnReasoning(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.reasoning"):
    """Text of a provider's reasoning summary; no part of the answer."""

    turn_id: UUID
    seq: int
    text: str


class TurnPartial(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.partial"):
    """A structured answer as far as it has come, unchecked: replaces the one before. Only where
    ``responseFormat.partial`` asks for it; ``result`` of ``turn.completed`` is the answer."""

    turn_id: UUID
    seq: int
    value: Any


class TurnNotice(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.notice"):
    """Something worth knowing about the turn while it runs: retry, failover, call, handoff,
    agent_failed, compliance, tool, history_cut."""

    turn_id: UUID
    seq: int
    kind: str
    detail: dict[str, Any]


class TurnCompleted(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.completed"):
    """The answer is whole and stored. ``result``: the value of a structured one."""

    turn_id: UUID
    seq: int
    message_id: UUID
    finish_reason: str
    result: Any | UnsetType = UNSET
    receipt: Receipt
    balance: Balance
    quota: Quota


class TurnFailed(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.failed"):
    """The turn ended badly. ``partial``: text was delivered and is kept."""

    turn_id: UUID
    seq: int
    error: Problem
    partial: bool
    receipt: Receipt
    balance: Balance
    quota: Quota


class TurnCancelled(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.cancelled"):
    """The provider's stream is closed; what was delivered up to ``seq`` is charged."""

    turn_id: UUID
    seq: int
    message_id: UUID | UnsetType = UNSET
    receipt: Receipt
    balance: Balance
    quota: Quota


Outcome: TypeAlias = TurnCompleted | TurnFailed | TurnCancelled


class TurnSnapshot(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.snapshot"):
    """Authoritative: replaces what the client has and sets its last ``seq``."""

    turn_id: UUID
    seq: int
    state: str
    text: str
    outcome: Outcome | UnsetType = UNSET


class TurnCancelling(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.cancelling"):
    """The direct answer to ``turn.cancel``; for a turn that has ended nothing more follows."""

    re: str
    turn_id: UUID
    state: str


class TurnAttached(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.attached"):
    """The direct answer to ``turn.attach``; the missing events follow, or a snapshot."""

    re: str
    turn_id: UUID
    seq: int
    state: str


class TurnEstimated(Struct, frozen=True, kw_only=True, rename="camel", tag="turn.estimated"):
    """What a turn would cost: with an ordinary answer, and with the longest. Nothing is held."""

    re: str
    input_tokens: int
    likely: Amount
    at_most: Amount
    affordable: bool


class ConversationSubscribed(
    Struct, frozen=True, kw_only=True, rename="camel", tag="conversation.subscribed"
):
    """Turns that start there are followed from now on; attach to those that run already."""

    re: str
    conversation_id: UUID
    running_turns: list[RunningTurn]


class ConversationUnsubscribed(
    Struct, frozen=True, kw_only=True, rename="camel", tag="conversation.unsubscribed"
):
    """No more of its turns follow, but those attached to by themselves."""

    re: str
    conversation_id: UUID


class ConversationUpdated(
    Struct, frozen=True, kw_only=True, rename="camel", tag="conversation.updated"
):
    """Something in a list of conversations is out of date: read it again."""

    conversation_id: UUID
    change: Literal["title", "message", "deleted"]


class BalanceChanged(Struct, frozen=True, kw_only=True, rename="camel", tag="balance.changed"):
    """Credits were held, captured, released or granted, by whatever session or program."""

    balance: Balance


class QuotaThreshold(Struct, frozen=True, kw_only=True, rename="camel", tag="quota.threshold"):
    """That much of the month's quota is spent; 100: a turn was refused or stopped by it."""

    percent: Literal[80, 95, 100]
    quota: Quota


class QuotaChanged(Struct, frozen=True, kw_only=True, rename="camel", tag="quota.changed"):
    """Another limit holds for the month: by another plan, or by one's own choice."""

    quota: Quota


class Pong(Struct, frozen=True, kw_only=True, rename="camel", tag="pong"):
    """The answer to ``ping``."""

    re: str


class ServerDraining(Struct, frozen=True, kw_only=True, rename="camel", tag="server.draining"):
    """The process stops soon: turns resume elsewhere after ``graceSeconds`` at the latest."""

    grace_seconds: int


class ErrorEvent(Struct, frozen=True, kw_only=True, rename="camel", tag="error"):
    """A refusal. With ``re`` it answers that command, without it concerns the session."""

    re: str | UnsetType = UNSET
    turn_id: UUID | UnsetType = UNSET
    code: str
    message: str
    retryable: bool
    retry_after: float | UnsetType = UNSET
    path: str | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET


TurnEvent: TypeAlias = (
    TurnStarted | TurnDelta | TurnReasoning | TurnPartial | TurnNotice | TurnSnapshot | Outcome
)
"""What a turn's journal holds; each has ``turnId`` and ``seq``."""

ServerEvent: TypeAlias = (
    TurnEvent
    | SessionReady
    | TurnCancelling
    | TurnAttached
    | TurnEstimated
    | ConversationSubscribed
    | ConversationUnsubscribed
    | ConversationUpdated
    | BalanceChanged
    | QuotaThreshold
    | QuotaChanged
    | Pong
    | ServerDraining
    | ErrorEvent
)
