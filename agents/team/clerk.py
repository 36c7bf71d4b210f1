"""Does one small piece of work for a feature that asks: its instructions come with the request."""

from collections.abc import AsyncGenerator

from agents.agent import AgentRequest
from agents.answering import Answering
from agents.events import AgentEvent


class ClerkAgent:
    """Goes by the name of whoever asks, so that usage and receipts show it."""

    instructions = ""
    tools: tuple[str, ...] = ()

    def __init__(self, name: str, answering: Answering) -> None:
        self.name = name
        self._answering = answering

    def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        return self._answering.answer(self.name, request)
