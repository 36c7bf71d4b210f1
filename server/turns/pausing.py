"""Whether what a turn would use is paused."""

from uuid import UUID

from billing.pauses import PauseBook
from server.turns.planning import Plan


def check_pauses(pauses: PauseBook, creator: UUID, plan: Plan) -> None:
    """Asked before the money of ``plan`` is held: by every kind of turn.

    Raises:
        Paused: its user, feature, agent, model or provider is, or everything.
    """
    pauses.check(
        creator=creator,
        feature=plan.feature,
        agent=plan.agent.name,
        model=plan.model.id,
        provider=plan.model.provider,
    )
