"""One typed job for the team: who leads answers, others help, what goes out is checked.

An ``Agent``: it is run with its ``instructions``, ``messages`` and ``schema``, as any other.
Without the leading agent there is no answer; without another, a poorer one that says so.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from msgspec import Struct

from agents.agent import AgentRequest
from agents.assigned import AssignedAgent
from agents.branches import Branches, Heard
from agents.checks.compliance import says_underage, screen
from agents.events import (
    AgentEvent,
    BranchEnded,
    Learned,
    Notice,
    Partial,
    Structured,
    TextDelta,
)
from agents.hearing import handoff, passed_on, whole
from agents.lessons import lessons
from agents.merging import merged, trusted
from agents.routing import Routing
from agents.schemas.validation import compact
from agents.staffing import Staffing
from agents.team.compliance import ComplianceAgent
from agents.team.contexts import FanMessage, Outgoing, ReplyIdeas, TeamRequest
from agents.team.outgoing import is_empty, sent_text, with_proposals, with_sent_text
from agents.team.outputs import Moderation, TeamAnswer
from server.domain.content import ChatMessage, OutputSchema
from server.domain.errors import AppError, ContentBlocked

HELP_S = 5.0
"""How long a helper may still take once the leading agent has answered. Both began together: what
takes much longer hangs, and an answer that is there is worth more than one that is complete."""

SENT_TOKENS = 400
"""Of a text that is to be checked, before it is known: a long message, an ordinary caption."""


class Crew(Struct, frozen=True, kw_only=True):
    """Who works on a job: the leading agent, who helps at the same time, and a model that checks
    what goes out."""

    lead: AssignedAgent[Any]
    helper: AssignedAgent[Any] | None
    checker: ComplianceAgent
    is_checked_by_model: bool


class TeamTask:
    """``routing`` says who was chosen, and why."""

    tools: tuple[str, ...] = ()

    def __init__(
        self,
        request: TeamRequest,
        routing: Routing,
        crew: Crew,
        staffing: Staffing,
        *,
        agent_s: float,
    ) -> None:
        self.routing = routing
        self._request = request
        self._crew = crew
        self._staffing = staffing
        self._agent_s = agent_s

    @property
    def name(self) -> str:
        return self._crew.lead.name

    @property
    def instructions(self) -> str:
        return self._crew.lead.instructions

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        return self._crew.lead.messages

    @property
    def schema(self) -> OutputSchema:
        return self._crew.lead.schema

    @property
    def beside(self) -> tuple[int, ...]:
        """Input tokens of each call that is planned beside the leading agent's."""
        planned = [self._crew.helper] if self._crew.helper else []
        tokens = [
            self._staffing.input_tokens(one.name, one.instructions, one.messages, one.schema)
            for one in planned
        ]
        if self._crew.is_checked_by_model:
            check = self._crew.checker.assigned(self._outgoing(""))
            told = self._staffing.input_tokens(
                check.name, check.instructions, check.messages, check.schema
            )
            tokens.append(told + SENT_TOKENS)
        return tuple(tokens)

    def read(self, value: Any) -> TeamAnswer:
        """The answer, of the value that ``Structured`` told."""
        answer: TeamAnswer = self._crew.lead.read(value)
        return answer

    async def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        """As ``Agent.run``. One ``Structured`` is of the leading agent's output type.

        Raises:
            AppError: the leading agent failed.
            ContentBlocked: what was to go out may not; ``metadata.reasons`` says why. A fan who
                says that they are under age is answered by no model.
        """
        crew = self._crew
        if _is_from_minor(self._request):
            raise _blocked(("The fan says that they are under age.",))
        async with Branches(self._agent_s) as branches:
            course = _Course(self.name, branches)
            for chosen in self.routing.chosen[: 2 if crew.helper else 1]:
                yield handoff(chosen.agent, chosen.reason, chosen.words)
            branches.begin(self.name, whole(crew.lead.run(self._staffing.own(self.name, request))))
            if crew.helper:
                self._begin(branches, crew.helper, request)
            async with aclosing(course.events()) as events:
                async for event in events:
                    yield event
            if self.name in course.errors:
                raise course.errors[self.name]
            answer = self._merged(course)
            text = sent_text(answer)
            moderation = None if text is None else crew.checker.ruled(self._outgoing(text))
            if moderation and crew.is_checked_by_model and moderation.verdict != "blocked":
                yield handoff(crew.checker.name, "checks", before=self.name)
                check = crew.checker.assigned(self._outgoing(text or ""))
                self._begin(branches, check, request)
                async with aclosing(course.events()) as events:
                    async for event in events:
                        yield event
                if check.name in course.answers:
                    moderation = check.read(course.answers[check.name])
        if moderation and moderation.verdict != "allowed":
            yield _told(moderation)
        answer = trusted(self._moderated(answer, moderation), missing=len(course.errors))
        learned = lessons(self._request, answer)
        if learned:
            yield Learned(insights=learned)
        value = msgspec.json.decode(msgspec.json.encode(answer))  # lists, as JSON has them
        yield TextDelta(compact(value))
        yield Structured(value=value)

    def _begin(self, branches: Branches, agent: AssignedAgent[Any], request: AgentRequest) -> None:
        asked = self._staffing.task(
            agent.name, request, agent.instructions, agent.messages, agent.schema
        )
        branches.begin(agent.name, whole(agent.run(asked)))

    def _merged(self, course: "_Course") -> TeamAnswer:
        answer, helper = self.read(course.answers[self.name]), self._crew.helper
        if helper is None or helper.name not in course.answers:
            return answer
        return merged(answer, helper.read(course.answers[helper.name]))

    def _outgoing(self, text: str) -> Outgoing:
        return Outgoing(text=text, known=self._request.known)

    def _moderated(self, answer: TeamAnswer, moderation: Moderation | None) -> TeamAnswer:
        """What may go out of ``answer``; ``moderation`` is of the text that is sent."""
        if moderation is not None:
            if moderation.verdict == "blocked":
                raise _blocked(moderation.reasons)
            if moderation.verdict == "rewritten":
                answer = with_sent_text(answer, moderation.text, self._request)
            answer = trusted(answer, checked=moderation.confidence)
        answer = with_proposals(answer, self._allows)
        if is_empty(answer):
            raise _blocked(("Every suggestion breaks a rule.",))
        return answer

    def _allows(self, text: str) -> bool:
        return screen(text, self._request.known.creator.forbidden_topics).outcome == "allowed"


class _Course:
    """What is known of a job's branches so far, by their names."""

    def __init__(self, lead: str, branches: Branches) -> None:
        self._lead = lead
        self._branches = branches
        self.answers: dict[str, Any] = {}
        self.errors: dict[str, AppError] = {}

    async def events(self) -> AsyncGenerator[AgentEvent, None]:
        """What is passed on of all that are at work, until the last has ended."""
        while (heard := await self._branches.next()) is not None:
            self._note(heard)
            for event in passed_on(heard):
                if not isinstance(event, Partial) or heard.name == self._lead:
                    yield event

    def _note(self, heard: Heard) -> None:
        match heard.event:
            case Structured(value=value):
                self.answers[heard.name] = value
            case BranchEnded(error=AppError() as error):
                self.answers.pop(heard.name, None)
                self.errors[heard.name] = error
                if heard.name == self._lead:
                    self._branches.stop_all(error)  # nothing helps an answer that does not come
            case BranchEnded() if heard.name == self._lead:
                self._branches.hurry(HELP_S)
            case _:
                pass


def _is_from_minor(request: TeamRequest) -> bool:
    match request:
        case FanMessage(message=newest, history=history):
            pass
        case ReplyIdeas(last_message=newest, history=history):
            pass
        case _:
            return False
    return any(map(says_underage, (newest, *(one.text for one in history if one.by == "fan"))))


def _told(moderation: Moderation) -> Notice:
    detail = {"verdict": moderation.verdict, "reasons": list(moderation.reasons)}
    return Notice(kind="compliance", detail=detail)


def _blocked(reasons: tuple[str, ...]) -> ContentBlocked:
    why = f": {' '.join(reasons)}" if reasons else "; the check gave no reason."
    return ContentBlocked(f"The answer may not go out{why}", metadata={"reasons": list(reasons)})
