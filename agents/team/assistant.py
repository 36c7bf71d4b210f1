"""The general chat: one question, the answer as it comes."""

from collections.abc import AsyncGenerator

from agents.agent import AgentRequest
from agents.answering import Answering
from agents.events import AgentEvent
from agents.prompts.load import prompt
from agents.tools.clock import ClockTool
from agents.tools.search import SearchTool


class AssistantAgent:
    """Answers whatever it is asked."""

    name = "assistant"
    tools = (ClockTool.name, SearchTool.name)

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    @property
    def instructions(self) -> str:
        return prompt("assistant")

    def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        return self._answering.answer(self.name, request)
