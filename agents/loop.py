"""Model, tools, model: until it has what it wants to know, or has asked often enough."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec import structs

from agents.calling import Caller
from agents.events import AgentEvent, CallFinished, CallStarted, TextDelta
from agents.providers.base import TextRequest
from agents.tokens import CHARACTER_TOKENS, REPLY_TOKENS, count_prompt
from agents.tools import running
from agents.tools.base import Tool, ToolContext
from agents.tools.running import Answered
from server.domain.clock import Clock
from server.domain.content import ChatMessage, Role, ToolCall
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome

ROUNDS = 8
"""Times that a model may ask for tools in one turn; then it has to answer with what it knows."""

CALLS_MAX = 16
"""Tools that it may ask for at once; what is beyond is as if it had not been asked."""

ANSWER_TOKENS = 1_024
"""Of the window that stay free for the next answer, whatever tools say."""

NO_MORE = "No more tools can be asked. Answer now, with what is known."


class ToolLoop:
    """Makes the calls of one answer. Every one of them is metered as any other call."""

    def __init__(self, caller: Caller, clock: Clock) -> None:
        self._caller = caller
        self._clock = clock

    async def call(
        self,
        agent: str,
        models: tuple[str, ...],
        request: TextRequest,
        input_tokens: int,
        *,
        tools: Sequence[Tool],
        window_tokens: int,
    ) -> AsyncGenerator[AgentEvent, None]:
        """As ``Caller.call``, with as many calls as the model needs.

        ``request.params.max_output_tokens`` goes for all of them together; ``input_tokens`` counts
        the tools already. The finish reason ``TOOL_CALLS`` remains only where the model asks for
        tools after it was told that there are no more.

        Raises:
            AppError: as ``Caller.call``. What a tool does wrong is told to the model.
        """
        offered = {tool.name: tool for tool in tools}
        specs = tuple(running.spec(tool) for tool in tools)
        asked = _Dialogue(request.messages, input_tokens, window_tokens)
        heard = _Heard(models, request.params.max_output_tokens)
        for round_ in range(ROUNDS + 1):
            heard.may_ask = bool(specs) and round_ < ROUNDS
            prompt = structs.replace(
                request,
                messages=asked.in_words() if specs and not heard.may_ask else asked.messages,
                tools=specs if heard.may_ask else (),
                params=structs.replace(request.params, max_output_tokens=heard.left),
            )
            calls = self._caller.call(agent, heard.models, prompt, asked.input_tokens)
            async with aclosing(calls) as events:
                async for event in events:
                    yield heard.hear(event)
            if not heard.wanted:
                return
            if heard.said:
                yield TextDelta("\n\n")  # between two calls, and so nobody's output
            for call in heard.wanted:
                yield running.called(call)
            context = ToolContext(now=self._clock(), correlation_id=request.correlation_id)
            answers = await running.run_all(heard.wanted, offered, context)
            for answer in answers:
                yield running.answered(answer)
            asked.add(heard.said, answers)


class _Heard:
    """What one round of calls said, and who said it. ``left``: output tokens of the turn, or None
    where they are not limited."""

    def __init__(self, models: tuple[str, ...], left: int | None) -> None:
        self.models = models
        self.left = left
        self.may_ask = False
        self.wanted: tuple[ToolCall, ...] = ()
        self._said: list[str] = []

    @property
    def said(self) -> str:
        return "".join(self._said)

    def hear(self, event: AgentEvent) -> AgentEvent:
        """Note ``event``; answers what is passed on."""
        match event:
            case CallStarted(model=model):
                # Whoever stood in goes on: its own calls are in the dialogue now.
                self.models = self.models[self.models.index(model) :]
                self._said, self.wanted = [], ()
            case TextDelta(text=text):
                self._said.append(text)
            case CallFinished(outcome=CallOutcome.OK):
                return self._finish(event)
            case _:
                pass
        return event

    def _finish(self, event: CallFinished) -> CallFinished:
        self.wanted = event.tool_calls[:CALLS_MAX] if self.may_ask else ()
        if self.left is not None:
            self.left -= event.usage.output_tokens
            if self.wanted and self.left <= 0:
                self.wanted = ()
                return structs.replace(event, finish_reason=FinishReason.LENGTH)
        return event


class _Dialogue:
    """The messages so far, and how many tokens they are."""

    def __init__(
        self, messages: tuple[ChatMessage, ...], input_tokens: int, window_tokens: int
    ) -> None:
        self._before = messages
        self._before_tokens = input_tokens
        self._room = window_tokens - ANSWER_TOKENS
        self._rounds: list[ChatMessage] = []
        self._told: list[str] = []
        self.input_tokens = input_tokens

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        return (*self._before, *self._rounds)

    def add(self, said: str, answers: Sequence[Answered]) -> None:
        """One round: what the model said and asked, what it was answered. Cut to what fits."""
        question = ChatMessage(
            role=Role.ASSISTANT, text=said, tool_calls=tuple(answer.call for answer in answers)
        )
        replies = [_reply(answer, answer.text) for answer in answers]
        if self.input_tokens + _tokens([question, *replies]) > self._room:
            room = self._room - self.input_tokens - _tokens([question])
            share = max(room // len(answers) // CHARACTER_TOKENS, 0)
            replies = [_reply(answer, answer.text[:share]) for answer in answers]
        self._rounds += [question, *replies]
        self._told += [
            f"{answer.call.name}({answer.call.arguments}): {reply.text}"
            for answer, reply in zip(answers, replies, strict=True)
        ]
        self.input_tokens += _tokens([question, *replies])

    def in_words(self) -> tuple[ChatMessage, ...]:
        """The same told without tools: some providers take no answers of tools from who offers
        none. Counts anew."""
        said = "\n\n".join(
            message.text
            for message in self._rounds
            if message.role is Role.ASSISTANT and message.text
        )
        known = "\n\n".join(["What the tools answered:", *self._told, NO_MORE])
        told = [
            ChatMessage(role=Role.ASSISTANT, text=said or "I asked the tools."),
            ChatMessage(role=Role.USER, text=known),
        ]
        self.input_tokens = self._before_tokens + _tokens(told)
        return (*self._before, *told)


def _reply(answer: Answered, text: str) -> ChatMessage:
    return ChatMessage(role=Role.TOOL, text=text, tool_call_id=answer.call.id)


def _tokens(messages: Sequence[ChatMessage]) -> int:
    return count_prompt("", messages) - REPLY_TOKENS
