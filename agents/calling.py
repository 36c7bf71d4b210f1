"""One generation by whoever can give it: attempts, pauses, breakers, stand-ins, and what each used.

Every request to a provider is a provider call of its own, announced before it is made and accounted
for when it ends. After the first word there is no other attempt: what was said cannot be unsaid.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial

from msgspec import structs

from agents.counters import ESTIMATES, Counter, Counters
from agents.events import (
    AgentEvent,
    CallFinished,
    CallStarted,
    Notice,
    ProviderEvent,
    ReasoningDelta,
    StreamEnd,
)
from agents.providers.base import Budget, TextRequest
from agents.providers.health import Health
from agents.providers.registry import REASONING, ModelInfo, Registry
from agents.providers.retry import Retries, may_stand_in
from server.domain.errors import AppError, ProviderError
from server.domain.ids import CallId
from server.domain.usage import CallOutcome, Usage, UsageSource


class Caller:
    """Makes provider calls for agents. ``new_call_id`` makes their ids."""

    def __init__(
        self,
        registry: Registry,
        health: Health,
        retries: Retries,
        new_call_id: Callable[[], CallId],
        counters: Counters = ESTIMATES,
    ) -> None:
        self._registry = registry
        self._health = health
        self._retries = retries
        self._new_call_id = new_call_id
        self._counters = counters

    async def call(
        self, agent: str, models: tuple[str, ...], request: TextRequest, input_tokens: int
    ) -> AsyncGenerator[AgentEvent, None]:
        """Stream one answer of the first of ``models`` (ids) that gives one.

        ``request.model`` is set here, for each attempt, and whatever else the model asked first
        takes and another would refuse. The last event is the ``CallFinished`` of the call that
        answered, with its finish reason and the tools it asks for.

        Raises:
            AppError: no model answered, or one broke off; after ``CallFinished`` of what failed.
        """
        known = [self._registry.get(model) for model in models]
        course = _Course(known, self._health, partial(_can_pay, request.budget, input_tokens))
        time = asyncio.get_running_loop().time
        if course.notice is not None:
            yield course.notice
        while True:
            model, call_id = course.model, self._new_call_id()
            yield CallStarted(
                call_id=call_id,
                agent=agent,
                provider=model.provider,
                model=model.id,
                input_tokens=input_tokens,
            )
            heard, began = _Heard(input_tokens, self._counters.counter(model.id)), time()
            first_word_s: float | None = None
            stream = self._registry.provider(model.id).stream(_for(model, request, input_tokens))
            try:
                async with aclosing(stream):
                    async for event in stream:
                        if isinstance(event, StreamEnd):
                            self._health.answered(model.id, first_word_s)
                            yield CallFinished(
                                call_id=call_id,
                                usage=heard.usage(event.usage),
                                outcome=CallOutcome.OK,
                                finish_reason=event.finish_reason,
                                tool_calls=event.tool_calls,
                            )
                            return
                        if first_word_s is None:
                            first_word_s = time() - began
                        heard.add(event)
                        yield event
                raise RuntimeError(f"{model.provider} ended without saying so")
            except AppError as error:
                self._health.failed(model.id, error)
                yield CallFinished(
                    call_id=call_id, usage=heard.of_failure(), outcome=CallOutcome.FAILED
                )
                if first_word_s is not None:
                    raise
                notice, pause_s = course.after(error, self._retries)
            yield notice  # before the pause, which is what it explains
            await asyncio.sleep(pause_s)


def _for(model: ModelInfo, request: TextRequest, input_tokens: int) -> TextRequest:
    """``request`` as that model takes it. Vendors refuse a limit beyond the model's own, some also
    one that the window cannot hold behind the prompt, or a wish for reasoning that it cannot tell.
    What can be paid goes by the model's own price.
    """
    params = request.params
    if params.max_output_tokens is not None:
        room = model.context_tokens - input_tokens
        limits = [params.max_output_tokens, model.output_tokens, room]
        if request.budget is not None:
            limits.append(request.budget(model.id, input_tokens))
        params = structs.replace(params, max_output_tokens=max(min(limits), 1))
    return structs.replace(
        request,
        model=model.name,
        params=params,
        reasoning=request.reasoning and REASONING in model.capabilities,
    )


def _can_pay(budget: Budget | None, input_tokens: int, model: ModelInfo) -> bool:
    return budget is None or budget(model.id, input_tokens) > 0


class _Course:
    """Which model is called next, and what the client is told of the change. ``notice``: of one
    that is called in place of the first from the start. Only who can be paid stands in."""

    def __init__(
        self, models: list[ModelInfo], health: Health, can_pay: Callable[[ModelInfo], bool]
    ) -> None:
        self._models = models
        self._health = health
        self._can_pay = can_pay
        self._attempt = 1
        self.notice: Notice | None = None
        self.model = models[0]
        if not health.admits(self.model.id):
            error = _left_alone(self.model, health.probe_in_s(self.model.id))
            self.notice = self._stand_in(error)

    def after(self, error: AppError, retries: Retries) -> tuple[Notice, float]:
        """Choose what follows a call that failed before its first word; answers what is told of it,
        and the pause in seconds. Raises ``error`` when nothing does."""
        pause_s = retries.pause_s(self._attempt, error, random.random())  # noqa: S311 - jitter
        if pause_s is None or not self._health.admits(self.model.id):
            if not may_stand_in(error):
                raise error
            return self._stand_in(error), 0.0
        self._attempt += 1
        notice = Notice(
            kind="retry",
            detail={
                "provider": self.model.provider,
                "model": self.model.id,
                "attempt": self._attempt,
                "of": retries.attempts,
                "afterMs": int(pause_s * 1000),
                "code": error.code,
            },
        )
        return notice, pause_s

    def _stand_in(self, error: AppError) -> Notice:
        """The next model that can be paid and is not left alone itself."""
        left = self._models[self._models.index(self.model) + 1 :]
        for model in left:
            if self._can_pay(model) and self._health.admits(model.id):
                detail = {"from": self.model.id, "to": model.id, "code": error.code}
                self.model, self._attempt = model, 1
                return Notice(kind="failover", detail=detail)
        raise error


def _left_alone(model: ModelInfo, probe_in_s: float) -> ProviderError:
    return ProviderError(
        f"{model.title} has failed too often in the last minute; it is tried again soon.",
        retry_after=max(probe_in_s, 1.0),
        metadata={"provider": model.provider, "model": model.id},
    )


class _Heard:
    """What a call that gave no figures, or none that can be true, must have used."""

    def __init__(self, input_tokens: int, count: Counter) -> None:
        self._input_tokens = input_tokens
        self._count = count
        self._said: list[str] = []
        self._reasoning: list[str] = []

    def add(self, event: ProviderEvent) -> None:
        match event:
            case StreamEnd():
                pass
            case ReasoningDelta(text=text):
                self._reasoning.append(text)
            case said:
                self._said.append(said.text)

    def usage(self, told: Usage | None) -> Usage:
        """The provider's own figures, unless they are the zeros that some servers fill in."""
        is_silent = not (self._said or self._reasoning)
        if told is None or not told.input_tokens or not (told.output_tokens or is_silent):
            return self.estimate()
        return told

    def of_failure(self) -> Usage:
        """Nothing at all when nothing was heard: vendors bill no request that they refused."""
        if self._said or self._reasoning:
            return self.estimate()
        return Usage(input_tokens=0, output_tokens=0, source=UsageSource.ESTIMATED)

    def estimate(self) -> Usage:
        reasoning = self._count("".join(self._reasoning))
        return Usage(
            input_tokens=self._input_tokens,
            output_tokens=self._count("".join(self._said)) + reasoning,
            reasoning_tokens=reasoning,
            source=UsageSource.ESTIMATED,
        )
