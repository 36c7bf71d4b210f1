"""The life of a turn, and the ways in which it ends."""

import enum


class TurnState(enum.StrEnum):
    ADMITTED = "admitted"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_live(self) -> bool:
        return self in LIVE


LIVE = frozenset({TurnState.ADMITTED, TurnState.RUNNING})

TRANSITIONS: dict[TurnState, frozenset[TurnState]] = {
    TurnState.ADMITTED: frozenset({TurnState.RUNNING, TurnState.FAILED, TurnState.CANCELLED}),
    TurnState.RUNNING: frozenset({TurnState.COMPLETED, TurnState.FAILED, TurnState.CANCELLED}),
    TurnState.COMPLETED: frozenset(),
    TurnState.FAILED: frozenset(),
    TurnState.CANCELLED: frozenset(),
}


class FinishReason(enum.StrEnum):
    """Why a completed turn stopped speaking."""

    STOP = "stop"
    LENGTH = "length"
    CREDITS = "credits"
    QUOTA = "quota"
    CONTENT_FILTER = "content_filter"
    TOOL_CALLS = "tool_calls"
