"""What the creator's agents have in common: free chat in words, and tasks with a typed answer."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from typing import ClassVar, Generic, TypeVar

from msgspec import Struct

from agents.agent import AgentRequest
from agents.answering import Answering
from agents.assigned import AssignedAgent, Task
from agents.events import AgentEvent
from agents.prompts.load import prompt

BRIEF_TOKENS = 4_000
"""For what an agent is told of a matter: a page of figures, insights and some forty messages. It is
half of the smallest window that a model of today has, and a tenth of a cent with a cheap one."""

Context = TypeVar("Context", bound=Struct)
Out = TypeVar("Out", bound=Struct)


class Specialist(ABC, Generic[Context, Out]):
    """An ``Agent``. In a chat it answers in words; ``assigned`` to a context, by its schema."""

    name: ClassVar[str]
    tools: tuple[str, ...] = ()

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    @property
    def instructions(self) -> str:
        return prompt(self.name)

    def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        return self._answering.answer(self.name, request)

    def assigned(
        self, context: Context, *, budget_tokens: int = BRIEF_TOKENS
    ) -> AssignedAgent[Out]:
        """This agent at work on ``context``, told in ``budget_tokens`` at most, beside the text
        that is to be answered."""
        return AssignedAgent(self.name, self.task(context, budget_tokens), self._answering)

    @abstractmethod
    def task(self, context: Context, budget_tokens: int) -> Task[Out]:
        """What is asked of the model. Pure."""
