"""Answers that are JSON of a schema: drafted unseen, checked, and corrected once where wrong."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, TypeAlias

import jiter
import msgspec
from anyio import current_time, to_thread
from msgspec import structs

from agents.events import (
    AgentEvent,
    CallFinished,
    CallStarted,
    Partial,
    Structured,
    TextDelta,
    UnsaidDelta,
)
from agents.prompts.load import prompt
from agents.providers.base import TextRequest
from agents.providers.registry import JSON, ModelInfo
from agents.schemas.validation import (
    ANSWER_BYTES,
    Flaw,
    Validator,
    cleaned,
    compact,
    parse,
    unfenced,
)
from agents.tokens import MESSAGE_TOKENS, REPLY_TOKENS, count_extras, count_prompt, count_text
from server.domain.content import ChatMessage, OutputSchema, Role
from server.domain.errors import SchemaMismatch
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome

PARTIAL_S = 0.25
"""Between two tellings of a draft: as often as people see a change."""

PARTIAL_GROWTH = 1.25
"""How much longer the draft is each time: all tellings together are five times the last one."""

PARTIAL_CHARACTERS = 64 * 1024
"""A draft beyond is told no more: only what is finished is."""

Ask: TypeAlias = Callable[[tuple[str, ...], TextRequest, int], AsyncGenerator[AgentEvent, None]]
"""Makes the calls of one answer, given who may be asked and its input tokens: ``Caller.call`` or
``ToolLoop.call``."""

_NUMBER = "0123456789+-.eE"
_WHOLE = (FinishReason.STOP, None)


def input_tokens_of(output: OutputSchema | None, model: ModelInfo) -> int:
    """What asking ``model`` for JSON adds to the input of a turn."""
    if output is None:
        return 0
    if JSON in model.capabilities:
        return count_extras([], output)
    return MESSAGE_TOKENS + count_text(_in_words(output))


async def structured(
    models: tuple[str, ...],
    request: TextRequest,
    input_tokens: int,
    output: OutputSchema,
    model: ModelInfo,
    *,
    ask: Ask,
    correct: Ask,
    wants_partials: bool,
) -> AsyncGenerator[AgentEvent, None]:
    """The events of ``ask``, its text as ``UnsaidDelta``; at the end the answer, in one
    ``TextDelta`` and ``Structured``. ``correct`` makes the one call that mends a wrong answer.

    ``model`` is the first of ``models`` (ids), ``input_tokens`` has ``input_tokens_of`` in it. An
    answer that was cut short, by its limit or by a filter, is passed on as far as it came: it has
    no value, and its finish reason says why.

    Raises:
        SchemaMismatch: wrong twice; ``metadata`` has the path in the answer.
        AppError: what ``ask`` and ``correct`` raise.
    """
    validator = Validator(output.schema)
    if JSON in model.capabilities:
        request = structs.replace(request, output=output)
    else:
        told = "\n\n".join(filter(None, (request.instructions, _in_words(output))))
        request = structs.replace(request, instructions=told)
    draft, flaw = _Draft(wants_partials), Flaw("$", "")
    for attempt in (ask, correct):
        async with aclosing(attempt(models, request, input_tokens)) as events:
            async for event in events:
                if isinstance(event, CallStarted):
                    # Whoever stood in mends its own: the first has just failed.
                    models = models[models.index(event.model) :]
                for passed_on in draft.hear(event):
                    yield passed_on
        # Beside the loop: a schema and an answer made for it can take more than a second.
        value, wrong = await to_thread.run_sync(_judge, draft.text, validator)
        if wrong is None:
            yield TextDelta(compact(value))
            yield Structured(value=value)
            return
        if draft.finish not in _WHOLE:
            if draft.text:
                yield TextDelta(draft.text)
            return
        flaw = wrong
        added = _correction(draft.text, flaw)
        input_tokens += count_prompt("", added) - REPLY_TOKENS
        left = request.params.max_output_tokens
        left = None if left is None else left - draft.output_tokens
        if (left is not None and left <= 0) or input_tokens >= model.context_tokens:
            break
        request = structs.replace(
            request,
            messages=(*request.messages, *added),
            params=structs.replace(request.params, max_output_tokens=left),
        )
    raise SchemaMismatch(
        f"The model's answer is not what the schema asks for: {flaw.message}",
        metadata={"path": flaw.path},
    )


class _Draft:
    """What the model has written so far of what may become the answer."""

    def __init__(self, wants_partials: bool) -> None:
        self.output_tokens = 0
        self.finish: FinishReason | None = None
        self._pieces: list[str] = []
        self._characters = 0
        self._next_characters = 1.0 if wants_partials else float("inf")
        self._next_at = 0.0

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def hear(self, event: AgentEvent) -> list[AgentEvent]:
        """What is passed on of ``event``."""
        match event:
            case TextDelta(text=text):
                self._pieces.append(text)
                self._characters += len(text)
                return [UnsaidDelta(text), *self._partial()]
            case CallStarted():
                # What a call before said (that it will ask a tool) is no part of this draft.
                self._pieces, self._characters = [], 0
                if self._next_characters != float("inf"):
                    self._next_characters = 1.0
            case CallFinished(outcome=CallOutcome.OK):
                self.finish = event.finish_reason
                self.output_tokens += event.usage.output_tokens
            case _:
                pass
        return [event]

    def _partial(self) -> list[AgentEvent]:
        if not self._next_characters <= self._characters <= PARTIAL_CHARACTERS:
            return []
        now = current_time()
        if now < self._next_at:
            return []
        value = partial_value(self.text)
        if not value:
            return []
        self._next_at = now + PARTIAL_S
        self._next_characters = self._characters * PARTIAL_GROWTH
        return [Partial(value=value)]


def partial_value(text: str) -> Any:
    """The beginning of a JSON value, strings as far as they have come; None: nothing to tell."""
    try:
        # A number at the very end may go on: 12 of 129 would be told as if it were meant.
        begun = unfenced(text).rstrip(_NUMBER).encode()
        value = jiter.from_json(begun, allow_inf_nan=False, partial_mode="trailing-strings")
        msgspec.json.encode(value)  # what cannot be sent is not told
    except (ValueError, OverflowError, RecursionError):
        return None
    return cleaned(value)


def _judge(text: str, validator: Validator) -> tuple[Any, Flaw | None]:
    try:
        value = parse(text)
    except ValueError as error:
        return None, Flaw("$", str(error))
    flaw = validator.flaw(value)
    if flaw is None and len(compact(value).encode()) > ANSWER_BYTES:
        flaw = Flaw("$", "The answer is too long.")  # 1e15 is four characters, and then eighteen
    return value, flaw


def _in_words(output: OutputSchema) -> str:
    return f"{prompt('structured')}\n\n{msgspec.json.encode(output.schema).decode()}"


def _correction(text: str, flaw: Flaw) -> tuple[ChatMessage, ChatMessage]:
    return (
        ChatMessage(role=Role.ASSISTANT, text=text or "(nothing)"),
        ChatMessage(role=Role.USER, text=f"{prompt('repair')}\n\n{flaw.path}: {flaw.message}"),
    )
