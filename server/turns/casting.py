"""Who answers a turn: an agent of the house, one of the creator's own making, or the team.

Whoever speaks for a creator is told how they sound, what is known of them and what was learned
before. The assistant is not: it answers the person who asks, and costs no more than it did.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from agents import briefs
from agents.agent import Agent
from agents.answering import Answering
from agents.coordinator import AITeamCoordinator
from agents.prompts import load
from agents.providers.registry import Registry
from agents.routing import subject_of
from agents.team import sections
from agents.team.clerk import ClerkAgent
from agents.team.contexts import Known
from agents.team.roster import ROSTER
from agents.team.specialist import BRIEF_TOKENS
from agents.teamchat import TeamChat
from agents.tools.catalogue import TOOLS
from server.domain.configuration import Configuration
from server.domain.errors import Invalid
from server.domain.ids import UserId
from server.persistence import customagents
from server.persistence.customagents import CustomAgent
from server.persistence.database import Snapshot, Tx
from server.turns.briefing import Briefer
from server.turns.request import DEFAULT_AGENT, Resolved

CHAT = "chat"
"""The prompt that says who writes, where agents are asked in words."""

CUSTOM = "custom"
"""The prompt that stands behind a creator's own."""

BRIEF_SHARE = 4
"""A brief takes no more than this part of a window: the dialogue is what is asked about."""


class Role(Struct, frozen=True, kw_only=True):
    """Who answers, before anything was read for them. ``agent`` None: those of the team that the
    question is for. ``prompt`` names theirs, which stands behind the ``instructions`` of a
    creator's own agent. ``model``: where nobody names another; None: the default one.
    ``is_briefed``: they speak for the creator. ``models``: the team's, by agent, where the turn
    insists on none."""

    name: str
    agent: Agent | None = None
    prompt: str = ""
    instructions: str = ""
    tools: tuple[str, ...] = ()
    model: str | None = None
    models: Mapping[str, str] = {}
    is_briefed: bool = True


class Cast(Struct, frozen=True, kw_only=True):
    """Who answers, with all that they are told. ``tools`` are their own."""

    agent: Agent
    instructions: str
    tools: tuple[str, ...]

    def beside(self, input_tokens: int) -> tuple[int, ...]:
        """Input tokens of the calls that are planned beside one with ``input_tokens``."""
        return self.agent.beside(input_tokens) if isinstance(self.agent, TeamChat) else ()


class Casting:
    """``agents``: those of the house, by name."""

    def __init__(
        self,
        agents: Mapping[str, Agent],
        coordinator: AITeamCoordinator,
        briefer: Briefer,
        answering: Answering,
        registry: Registry,
    ) -> None:
        self._agents = agents
        self._registry = registry
        self._coordinator = coordinator
        self._briefer = briefer
        self._answering = answering

    async def find(
        self, tx: Snapshot, creator: UserId, resolved: Resolved, configuration: Configuration
    ) -> Role:
        """
        Raises:
            Invalid: there is no such agent, or it is somebody else's. One that a conversation or a
                preset was made with, and that was deleted since, is the assistant.
        """
        # A model that is offered no more: the default one.
        offered = {model.id for model in self._registry.models()}
        models = {name: id for name, id in configuration.models.items() if id in offered}
        if resolved.agent == TeamChat.name:
            return Role(
                name=TeamChat.name,
                model=models.get(TeamChat.name),
                models={} if resolved.insists_on_model else models,
            )
        if (agent := self._agents.get(resolved.agent)) is not None:
            return self._of_the_house(agent, models)
        own = await find_own(tx, creator, resolved.agent)
        if own is not None:
            return self._own(own, models, offered)
        if _id(resolved.agent) is None or resolved.insists_on_agent:
            raise no_such_agent()
        return self._of_the_house(self._agents[DEFAULT_AGENT], models)

    async def tell(
        self,
        role: Role,
        creator: UserId,
        configuration: Configuration,
        *,
        said: Sequence[str],
        window_tokens: int,
    ) -> Cast:
        """Who plays ``role``, told what they are to know when the last of ``said`` was written.
        What went before it counts where it says nothing of its own: "shorter, please" is answered
        by whom the subject is for, in the language of the dialogue, with what was learned of it.

        Raises:
            ServiceUnavailable: the database does not answer.
        """
        agent = role.agent
        if agent is not None and not role.is_briefed:
            return Cast(agent=agent, instructions=agent.instructions, tools=role.tools)
        subject = subject_of(said)
        briefing = await self._briefer.brief(
            creator,
            configuration,
            about="\n".join(dict.fromkeys((subject, *said[-1:]))),
            fan_texts=said,
        )
        known = briefing.known
        brief = brief_of(known, min(BRIEF_TOKENS, window_tokens // BRIEF_SHARE))
        if agent is not None:
            told = instructions_of(role.prompt, known, brief, role.instructions)
            return Cast(agent=agent, instructions=told, tools=role.tools)
        team = self._coordinator.chat(
            self._coordinator.route(subject),
            {name: instructions_of(name, known, brief) for name in self._agents},
            role.models,
            forbidden=configuration.forbidden_topics,
        )
        return Cast(agent=team, instructions=team.instructions, tools=team.tools)

    def _of_the_house(self, agent: Agent, models: Mapping[str, str]) -> Role:
        return Role(
            name=agent.name,
            agent=agent,
            prompt=agent.name,
            tools=agent.tools,
            model=models.get(agent.name),
            is_briefed=agent.name != DEFAULT_AGENT,
        )

    def _own(self, own: CustomAgent, models: Mapping[str, str], offered: set[str]) -> Role:
        return Role(
            name=str(own.id),
            agent=ClerkAgent(str(own.id), self._answering),
            prompt=CUSTOM,
            instructions=own.instructions,
            tools=tuple(name for name in own.tools if name in TOOLS),  # some may be no more
            model=own.model if own.model in offered else models.get(DEFAULT_AGENT),
        )


def brief_of(known: Known, budget_tokens: int) -> str:
    """What is told of the matter in ``budget_tokens``: the same to all who answer."""
    told = briefs.brief(
        (sections.figures(known), sections.learned(known)), budget_tokens=budget_tokens
    )
    return told.text


def instructions_of(prompt: str, known: Known, brief: str, own: str = "") -> str:
    """A creator's ``own`` instructions, then those of the house with the voice, and the ``brief``
    last: it changes with each question, and what stands before it is what vendors cache. Whom
    an agent of the house talks to has to be said: it was made for the messages of fans."""
    place = "" if own else load.prompt(CHAT)
    return "\n\n".join(filter(None, (own, sections.instructions(prompt, known), place, brief)))


async def check(tx: Tx | Snapshot, creator: UserId, name: str) -> None:
    """Whether turns could be answered by ``name``: what is to be kept for them is looked at first.

    Raises:
        Invalid: there is no such agent, or it is somebody else's.
    """
    if name not in ROSTER and await find_own(tx, creator, name) is None:
        raise no_such_agent()


async def find_own(tx: Tx | Snapshot, creator: UserId, name: str) -> CustomAgent | None:
    """The creator's own agent that goes by ``name``, which is its id."""
    id = _id(name)
    return None if id is None else await customagents.find(tx, id, creator)


def no_such_agent() -> Invalid:
    known = ", ".join(sorted(ROSTER))
    return Invalid(
        f"There is no such agent; known: {known}, and the ids of your own.", path="$.agent"
    )


def _id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
