"""Whom the team's coordinator chose for a turn, as it is kept."""

from datetime import datetime

from msgspec import convert

from agents.routing import Routing
from server.persistence.routing import Chosen, Decision
from server.persistence.turns import NewTurn


def decision(turn: NewTurn, routing: Routing, now: datetime) -> Decision:
    return Decision(
        turn_id=turn.id,
        user_id=turn.user_id,
        request=routing.request,
        agents=tuple(convert(one, Chosen, from_attributes=True) for one in routing.chosen),
        decided_at=now,
    )
