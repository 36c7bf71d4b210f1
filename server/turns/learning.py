"""What a turn has taught its agents is remembered, once it has succeeded."""

import asyncio
from collections.abc import Sequence

from knowledge.network import AIKnowledgeNetwork
from server.domain.ids import UserId
from server.domain.insights import NewInsight
from server.protocol.events import Outcome, TurnCompleted
from server.turns.beside import beside
from server.turns.run import Run


class Learning:
    """``look`` hears of every turn's end; what there is to do is done beside, in ``tasks``."""

    def __init__(self, network: AIKnowledgeNetwork, *, tasks: asyncio.TaskGroup) -> None:
        self._network = network
        self._tasks = tasks

    def look(self, run: Run, outcome: Outcome) -> None:
        turn = run.turn
        if run.learned and isinstance(outcome, TurnCompleted):
            remembering = self._remember(turn.user_id, run.learned)
            self._tasks.create_task(beside("insights", remembering, turn=turn.id))

    async def _remember(self, creator: UserId, learned: Sequence[NewInsight]) -> None:
        for insight in learned:
            await self._network.broadcast_insight(creator, insight)
