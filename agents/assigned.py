"""An agent at a task of its own: a typed answer that is judged, asked for once more, and settled.

The schema says what shape an answer has; a judge says whether it is right. What is still wrong the
second time is taken out where that can be done, because a call that was paid for should not be
thrown away for one sentence; the answer fails only where nothing would be left.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from anyio import to_thread
from msgspec import Struct, structs

from agents.agent import AgentRequest
from agents.answering import Answering
from agents.events import AgentEvent, CallFinished, Structured, TextDelta
from agents.prompts.load import prompt
from agents.schemas.typed import schema_of
from agents.schemas.validation import compact
from agents.tokens import REPLY_TOKENS, count_prompt
from server.domain.content import ChatMessage, Role
from server.domain.errors import AppError
from server.domain.usage import CallOutcome

Out = TypeVar("Out", bound=Struct)


class Judge(Protocol[Out]):
    """What is right about an answer, beyond its shape. Pure."""

    def faults(self, answer: Out) -> tuple[str, ...]:
        """What is to be done better, in sentences for the model; empty: it is right."""
        ...

    def settled(self, answer: Out) -> Out:
        """``answer`` without what is wrong about it.

        Raises:
            AppError: nothing would be left of it.
        """
        ...


class Task(Struct, Generic[Out], frozen=True, kw_only=True):
    """What is asked of an agent, and how its answer is judged. ``output`` names its type."""

    instructions: str
    text: str
    output: type[Out]
    judge: Judge[Out] | None = None


class AssignedAgent(Generic[Out]):
    """An ``Agent`` for one task. It is to be run with its ``instructions``, ``messages`` and
    ``schema`` in the request: whoever plans the turn counts and fits them."""

    tools: tuple[str, ...] = ()

    def __init__(self, name: str, task: Task[Out], answering: Answering) -> None:
        self.name = name
        self.schema = schema_of(task.output, name)
        self._task = task
        self._answering = answering

    @property
    def instructions(self) -> str:
        return self._task.instructions

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        return (ChatMessage(role=Role.USER, text=self._task.text),)

    def read(self, value: Any) -> Out:
        """The answer, of the value that ``Structured`` told."""
        return msgspec.convert(value, self._task.output)

    async def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        """As ``Agent.run``; the one ``Structured`` is of the task's output type, settled.

        Raises:
            AppError: no answer, or one that nothing right is left of.
        """
        task, heard = self._task, _Heard()
        async with aclosing(self._answering.answer(self.name, request)) as events:
            async for event in events:
                for passed_on in heard.hear(event):
                    yield passed_on
        if heard.value is None:
            for said in heard.said:  # cut short: told as far as it came
                yield said
            return
        answers = [self.read(heard.value)]
        # Beside the loop, here and below: facts and answers are read by many patterns.
        faults = await to_thread.run_sync(task.judge.faults, answers[0]) if task.judge else ()
        again = self._again(request, heard, faults) if faults else None
        if again is not None:
            second = _Heard()
            try:
                async with aclosing(self._answering.answer(self.name, again)) as events:
                    async for event in events:
                        for passed_on in second.hear(event):
                            yield passed_on
            except AppError:
                pass  # there is an answer already, and the call that failed is accounted for
            if second.value is not None:
                answers.insert(0, self.read(second.value))
        settled = await to_thread.run_sync(_settled, answers, task.judge)
        value = msgspec.json.decode(msgspec.json.encode(settled))  # lists, as JSON has them
        yield TextDelta(compact(value))
        yield Structured(value=value)

    def _again(
        self, request: AgentRequest, heard: "_Heard", faults: tuple[str, ...]
    ) -> AgentRequest | None:
        """The request that tells what was wrong; None where it cannot be paid for or read."""
        told = "\n".join((prompt("correct"), *(f"- {fault}" for fault in faults)))
        added = (
            ChatMessage(role=Role.ASSISTANT, text=compact(heard.value)),
            ChatMessage(role=Role.USER, text=told),
        )
        input_tokens = request.input_tokens + count_prompt("", added) - REPLY_TOKENS
        left = request.params.max_output_tokens
        left = None if left is None else left - heard.output_tokens
        window = self._answering.window_tokens(request.models)
        if (left is not None and left <= 0) or input_tokens >= window:
            return None
        return structs.replace(
            request,
            messages=(*request.messages, *added),
            input_tokens=input_tokens,
            params=structs.replace(request.params, max_output_tokens=left),
        )


def _settled(answers: Sequence[Out], judge: Judge[Out] | None) -> Out:
    """Of ``answers``, newest first, the first that anything right is left of.

    Raises:
        AppError: there is none; why the newest is not.
    """
    best, *others = answers
    if judge is None:
        return best
    try:
        return judge.settled(best)
    except AppError:
        for other in others:
            with suppress(AppError):
                return judge.settled(other)
        raise


class _Heard:
    """One answer as far as it has come. What is said of a whole one waits for its judge."""

    def __init__(self) -> None:
        self.value: Any = None
        self.said: list[TextDelta] = []
        self.output_tokens = 0

    def hear(self, event: AgentEvent) -> list[AgentEvent]:
        """What is passed on of ``event``."""
        match event:
            case TextDelta():
                self.said.append(event)
                return []
            case Structured(value=value):
                self.value = value
                return []
            case CallFinished(outcome=CallOutcome.OK, usage=usage):
                self.output_tokens += usage.output_tokens
            case _:
                pass
        return [event]
