"""Free text for the team: whoever fits answers in words, several at the same time.

The first one's text comes live; what the others say is kept until it is their turn, so that the
answer reads as one text. If nobody answers, the assistant does.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence

from anyio import to_thread
from msgspec import structs

from agents.agent import AgentRequest
from agents.answering import Answering
from agents.branches import Branches, Heard
from agents.checks.compliance import screen
from agents.events import (
    AgentEvent,
    BranchEnded,
    CallFinished,
    CallStarted,
    Notice,
    Spoken,
    Structured,
    TextDelta,
    UnsaidDelta,
)
from agents.hearing import handoff, passed_on
from agents.prompts.load import prompt
from agents.routing import Routing
from agents.rules.compliance import REASONS
from agents.staffing import Staffing
from agents.team.assistant import AssistantAgent
from server.domain.errors import AppError, InsufficientCredits, QuotaExceeded

BETWEEN = "\n\n"
_UNPAID = (InsufficientCredits, QuotaExceeded)


class TeamChat:
    """An ``Agent``, to be run with its ``instructions``; what is written behind them (presets, a
    summary) goes for all."""

    name = "team"

    def __init__(
        self,
        routing: Routing,
        instructions: Mapping[str, str],
        answering: Answering,
        staffing: Staffing,
        *,
        forbidden: Sequence[str],
        agent_s: float,
    ) -> None:
        self.routing = routing
        self._agents = tuple(chosen.agent for chosen in routing.chosen)
        self._told = {
            agent: instructions.get(agent) or prompt(agent)
            for agent in (*self._agents, AssistantAgent.name)
        }
        self._answering = answering
        self._staffing = staffing
        self._forbidden = forbidden
        self._agent_s = agent_s

    @property
    def instructions(self) -> str:
        """The longest of all: what fits the window with them, fits with the others'."""
        return max((self._of(agent, self._agents) for agent in self._told), key=len)

    @property
    def tools(self) -> tuple[str, ...]:
        return AssistantAgent.tools if self._agents == (AssistantAgent.name,) else ()

    def beside(self, input_tokens: int) -> tuple[int, ...]:
        """Input tokens of each further call, where the first one has ``input_tokens``."""
        return (input_tokens,) * (len(self._agents) - 1)

    async def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        """As ``Agent.run``.

        Raises:
            AppError: nobody answered, the assistant included.
        """
        speakers = _Speakers(self._speaking(request))
        async with Branches(self._agent_s, is_patient=True) as branches:
            for chosen in self.routing.chosen[: len(speakers.order)]:
                yield handoff(chosen.agent, chosen.reason, chosen.words)
                self._begin(branches, chosen.agent, request)
            while (heard := await branches.next()) is not None:
                for event in speakers.hear(heard):
                    yield event
            if speakers.all_failed and speakers.may_be_helped:
                last = speakers.order[-1]
                yield handoff(AssistantAgent.name, "nobody_else", before=last)
                speakers.join(AssistantAgent.name)
                self._begin(branches, AssistantAgent.name, request)
                while (heard := await branches.next()) is not None:
                    for event in speakers.hear(heard):
                        yield event
        if speakers.all_failed:
            raise speakers.errors[speakers.order[-1]]
        # Beside the loop: an answer of several agents may be a book.
        verdict = await to_thread.run_sync(screen, speakers.text, self._forbidden)
        if verdict.grounds:
            reasons = [f"{REASONS[ground.reason]}: “{ground.said}”" for ground in verdict.grounds]
            detail = {"verdict": verdict.outcome, "reasons": list(dict.fromkeys(reasons))}
            yield Notice(kind="compliance", detail=detail)

    def _speaking(self, request: AgentRequest) -> tuple[str, ...]:
        """One object is one agent's: two of them cannot be put together."""
        return self._agents if request.output is None else self._agents[:1]

    def _of(self, agent: str, speaking: tuple[str, ...]) -> str:
        """What ``agent`` is told, and beside whom it answers."""
        others = [name for name in speaking if name != agent]
        if not others or agent not in speaking:
            return self._told[agent]
        return f"{self._told[agent]}\n\n{prompt('beside')} {', '.join(others)}."

    def _begin(self, branches: Branches, agent: str, request: AgentRequest) -> None:
        behind = request.instructions.removeprefix(self.instructions)
        own, model = self._of(agent, self._speaking(request)), request.models[0]
        saved = self._staffing.count(model, self.instructions) - self._staffing.count(model, own)
        request = structs.replace(
            request,
            instructions=own + behind,
            input_tokens=request.input_tokens - saved,
        )
        asked = self._staffing.own(agent, request)
        branches.begin(agent, self._answering.answer(agent, asked))


class _Speakers:
    """Who says what, one after the other. ``order``: whose turn it is when."""

    def __init__(self, order: tuple[str, ...]) -> None:
        self.order = list(order)
        self.errors: dict[str, AppError] = {}
        self._at = 0
        self._kept: dict[str, list[str]] = {name: [] for name in order}
        self._calling: set[str] = set()
        self._ended: set[str] = set()
        self._spoken: list[str] = []
        self._last: str | None = None
        self._heard: set[str] = set()

    @property
    def all_failed(self) -> bool:
        return all(name in self.errors for name in self.order)

    @property
    def may_be_helped(self) -> bool:
        """Whether the assistant is of use: it has not failed itself, and no answer was cut by what
        can be paid, which it would only use up."""
        short = (name for name, error in self.errors.items() if isinstance(error, _UNPAID))
        return AssistantAgent.name not in self.errors and self._heard.isdisjoint(short)

    @property
    def text(self) -> str:
        return "".join(self._spoken)

    def join(self, name: str) -> None:
        self.order.append(name)
        self._kept[name] = []

    def hear(self, heard: Heard) -> list[AgentEvent]:
        """What is passed on of ``heard``, and what may be said now."""
        name, told = heard.name, list(passed_on(heard))
        match heard.event:
            case TextDelta(text=text):
                self._kept[name].append(text)
                if name in self._calling:  # output when it is produced, wherever it will stand
                    told += passed_on(structs.replace(heard, event=UnsaidDelta(text)))
            case Structured() as structured:
                told.append(structured)
            case CallStarted():
                self._calling.add(name)
            case CallFinished():
                self._calling.discard(name)
            case BranchEnded(error=error):
                self._ended.add(name)
                if error is not None:
                    self.errors[name] = error
            case _:
                pass
        return told + self._due()

    def _due(self) -> list[AgentEvent]:
        said: list[AgentEvent] = []
        while self._at < len(self.order):
            name = self.order[self._at]
            text = "".join(self._kept[name])
            self._kept[name] = []
            if text:
                said.append(self._say(text, name))
            if name not in self._ended:
                break
            if name in self.errors:
                said.append(self._say(_missing(name, has_begun=name in self._heard), TeamChat.name))
            self._at += 1
        return said

    def _say(self, text: str, name: str) -> Spoken:
        if self._spoken and (name != self._last or name == TeamChat.name):
            text = BETWEEN + text
        self._last = name
        self._heard.add(name)
        self._spoken.append(text)
        return Spoken(text, name)


def _missing(name: str, *, has_begun: bool) -> str:
    """What the team says in place of an agent, or behind what it ``has_begun`` to say."""
    return f"*The {name} agent could not {'finish' if has_begun else 'answer'}.*"
