"""Typed work for the creator's agents: what is asked of them, and how they are told who for."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from msgspec import Struct

from agents.coordinator import AITeamCoordinator
from agents.providers.registry import Registry
from agents.team.contexts import Known, TeamRequest
from agents.teamtask import TeamTask
from server.domain.ids import UserId
from server.persistence import configurations
from server.persistence.database import Database
from server.turns.briefing import Briefer


class Job(Struct, frozen=True, kw_only=True):
    """One piece of work. ``kind`` is what the history of generations lists it by, ``feature`` (one
    of ``FEATURES``) what usage is grouped by. ``input`` is the request as it was made, in JSON
    values.

    ``about``: the words by which insights are ranked. ``fan_texts``: what was written by whoever
    will read the answer, the newest last. ``context`` makes of what is known what the team is
    asked.
    """

    kind: str
    feature: str
    input: dict[str, Any]
    about: str
    context: Callable[[Known], TeamRequest]
    fan_texts: tuple[str, ...] = ()


class Assignment(Struct, frozen=True, kw_only=True):
    """A job, and the agent that will do it, told all it has to know. ``model``: the leading agent's
    own, by the creator's wish; ``insights``, the ids of those that it was told."""

    job: Job
    task: TeamTask
    model: str | None
    insights: tuple[UUID, ...]


class Jobs:
    """Where agents hear whom they work for."""

    def __init__(
        self,
        database: Database,
        briefer: Briefer,
        coordinator: AITeamCoordinator,
        registry: Registry,
    ) -> None:
        self._database = database
        self._briefer = briefer
        self._coordinator = coordinator
        self._registry = registry

    async def assign(self, creator: UserId, job: Job) -> Assignment:
        """Reads only; nothing is asked of a model.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        async with self._database.glances() as tx:
            configured = await configurations.find(tx, creator)
        briefing = await self._briefer.brief(
            creator, configured.configuration, about=job.about, fan_texts=job.fan_texts
        )
        # A model that is offered no more: the default one, as for the other agents.
        offered = {model.id for model in self._registry.models()}
        models = {agent: model for agent, model in briefing.models.items() if model in offered}
        task = self._coordinator.assign(
            job.context(briefing.known), models=models, moderation=briefing.moderation
        )
        return Assignment(
            job=job, task=task, model=models.get(task.name), insights=briefing.insights
        )
