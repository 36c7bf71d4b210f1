"""The first event of a session, made of what several packages know."""

from collections.abc import Sequence
from uuid import UUID

from billing.plans import Plan
from server.accounts.access import Principal
from server.protocol.events import RunningTurn, SessionLimits, SessionReady, UserInfo
from server.protocol.figures import Balance, Quota
from server.protocol.gate import MachineLimits


def session_ready(
    session: UUID,
    caller: Principal,
    *,
    balance: Balance,
    quota: Quota,
    running: Sequence[RunningTurn],
    plan: Plan,
    limits: MachineLimits,
    version: str,
) -> SessionReady:
    """What a page needs to begin, and the limits that a program has to keep."""
    return SessionReady(
        session_id=session,
        user=UserInfo(
            id=caller.user_id,
            email=caller.email,
            name=caller.name,
            role=caller.role,
            plan=plan.name.value,
        ),
        balance=balance,
        quota=quota,
        limits=SessionLimits(
            frame_bytes=limits.bounds.frame_bytes,
            text_characters=limits.bounds.text_characters,
            upload_bytes=limits.upload_bytes,
            commands_per_second=limits.commands_per_second,
            unanswered_commands=limits.unanswered_commands,
            running_turns=plan.running_turns,
            requests_per_hour=plan.requests_per_hour,
        ),
        running_turns=list(running),
        server_version=version,
    )
