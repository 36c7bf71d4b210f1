"""What is passed on of a branch while it works, and what becomes known of it in the end."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec import structs

from agents.branches import Heard
from agents.events import (
    AgentEvent,
    Branched,
    BranchEnded,
    CallFinished,
    CallStarted,
    Notice,
    Partial,
    ReasoningDelta,
    Structured,
    UnsaidDelta,
)
from agents.reasons import Reason, sentence
from server.domain.errors import AppError, SchemaMismatch


def passed_on(heard: Heard) -> tuple[AgentEvent, ...]:
    """What whoever runs the turn is told of what a branch said, the answer itself aside."""
    match heard.event:
        case CallStarted() | CallFinished() | UnsaidDelta() | ReasoningDelta() as event:
            branch = heard.branch
            return (
                Branched(
                    branch=heard.name, event=event, stop=branch.stop, is_over=branch.task.done
                ),
            )
        case Notice(detail=detail) as notice:
            return (structs.replace(notice, detail={**detail, "agent": heard.name}),)
        case BranchEnded(error=AppError() as error) as ended:
            detail = {"agent": heard.name, "code": error.code, "message": error.message}
            return ended, Notice(kind="agent_failed", detail=detail)
        case BranchEnded() | Partial() as event:
            return (event,)
        case _:
            return ()


def handoff(
    agent: str, reason: Reason, words: tuple[str, ...] = (), *, before: str | None = None
) -> Notice:
    """``agent`` takes over, from ``before`` where somebody worked before it."""
    detail = {
        "to": agent,
        "why": sentence(reason, words),
        "reason": reason,
        "words": list(words),
    }
    return Notice(kind="handoff", detail={"from": before, **detail} if before else detail)


async def whole(events: AsyncGenerator[AgentEvent, None]) -> AsyncGenerator[AgentEvent, None]:
    """``events`` of an answer to a task.

    Raises:
        SchemaMismatch: it ended before it was whole; what it raises by itself.
    """
    is_whole = False
    async with aclosing(events) as run:
        async for event in run:
            is_whole = is_whole or isinstance(event, Structured)
            yield event
    if not is_whole:
        raise SchemaMismatch("The model's answer was cut short.")
