"""The general chat: one question, the answer as it comes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from agents.agent import AgentRequest
from agents.calling import Caller
from agents.events import AgentEvent
from agents.prompts.load import prompt
from agents.providers.base import TextRequest


class AssistantAgent:
    """Answers with the first model of the request that does."""

    name = "assistant"

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @property
    def instructions(self) -> str:
        return prompt("assistant")

    async def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        asked = TextRequest(
            model="",
            messages=request.messages,
            instructions=request.instructions,
            params=request.params,
            correlation_id=request.correlation_id,
            reasoning=request.wants_reasoning,
        )
        calls = self._caller.call(self.name, request.models, asked, request.input_tokens)
        async with aclosing(calls):
            async for event in calls:
                yield event
