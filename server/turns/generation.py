"""One metered answer to one question: what every feature calls that is not a conversation.

It is a turn as any other: money held before the first provider call, settled to the exact cost
after it, refunded when it fails, ended by somebody else when this process dies.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, convert, structs

from agents.agent import Agent
from agents.providers.registry import Registry
from agents.schemas.typed import schema_of
from server.domain.content import ChatMessage, OutputSchema, Params, Role
from server.domain.errors import (
    AppError,
    Conflict,
    ProviderTimeout,
    ServiceUnavailable,
    kind_of,
)
from server.domain.ids import TurnId
from server.domain.money import NanoUsd
from server.domain.usage import Usage, total
from server.protocol.events import Outcome, TurnCancelled, TurnCompleted, TurnFailed
from server.protocol.figures import Receipt
from server.turns.answercache import AnswerCache, CachedAnswer
from server.turns.engine import TurnEngine
from server.turns.oneshot import Asked, OneShots, Purpose
from server.turns.run import Run


class AgentReport(Struct, frozen=True, kw_only=True, rename="camel"):
    """How one agent fared. ``error``: the code, where it gave nothing."""

    agent: str
    status: Literal["ok", "failed", "cancelled"]
    error: str | UnsetType = UNSET


class Generated(Struct, frozen=True, kw_only=True):
    """An answer, and what it took: usage and nano-dollars of all calls together.

    ``value`` is the object that a schema was given for: of the struct's type where it was one.
    ``finish_reason`` is ``stop`` unless the answer was cut. ``is_cached``: given before, and free;
    ``generation_id`` is the turn in which it was. ``agents``: who worked on it, in the order in
    which they began.
    """

    generation_id: UUID
    agents: tuple[AgentReport, ...]
    text: str
    value: Any | UnsetType
    model: str
    finish_reason: str
    usage: Usage
    cost_usd: NanoUsd
    receipt: Receipt
    is_cached: bool

    @property
    def wholeness(self) -> float:
        """The confidence in an answer that says nothing of its own: 1, or 0.5 where it was cut."""
        return 1.0 if self.finish_reason == "stop" else 0.5


class Begun(Struct, frozen=True, kw_only=True):
    """A question that is being answered, or one whose answer is known (``is_known``): that took no
    turn. ``kind``: the struct that the answer is to be; ``is_kept``: for the next who asks it."""

    asked: Asked
    kind: type[Struct] | None
    is_kept: bool
    answer: Run | CachedAnswer

    @property
    def is_known(self) -> bool:
        return isinstance(self.answer, CachedAnswer)


class Generation:
    """``make_agent`` answers the agent that goes by a name."""

    def __init__(
        self,
        engine: TurnEngine,
        one_shots: OneShots,
        cache: AnswerCache,
        *,
        registry: Registry,
        make_agent: Callable[[str], Agent],
    ) -> None:
        self._engine = engine
        self._one_shots = one_shots
        self._cache = cache
        self._registry = registry
        self._make_agent = make_agent

    async def generate_text_with_billing(
        self,
        prompt: str | tuple[ChatMessage, ...],
        purpose: Purpose,
        *,
        schema: type[Struct] | OutputSchema | None = None,
        models: tuple[str, ...] = (),
        instructions: str = "",
        params: Params = Params(),  # noqa: B008 - frozen
        may_be_cached: bool = False,
    ) -> Generated:
        """Ask once, wait for the whole answer, charge ``purpose.creator_id`` for it.

        ``models`` are ids: who is asked, then who may stand in; empty: the default model. An answer
        at temperature 0, or one that ``may_be_cached``, is given again for five minutes to the same
        user, free of charge.

        Raises:
            AppError: what ``begin`` and ``end`` raise.
        """
        if isinstance(prompt, str):
            prompt = (ChatMessage(role=Role.USER, text=prompt),)
        kind = schema if isinstance(schema, type) else None
        asked = Asked(
            purpose=purpose,
            models=models,
            messages=prompt,
            instructions=instructions,
            params=params,
            output=schema_of(schema, schema.__name__) if isinstance(schema, type) else schema,
        )
        return await self.end(await self.begin(asked, kind=kind, may_be_cached=may_be_cached))

    async def begin(
        self,
        asked: Asked,
        *,
        agent: Agent | None = None,
        kind: type[Struct] | None = None,
        may_be_cached: bool = False,
        turn_id: TurnId | None = None,
    ) -> Begun:
        """The first half of ``generate_text_with_billing``: nothing was asked yet of a question
        that is refused here. ``agent`` None: the one of the purpose's name. ``turn_id``: of the
        turn, for whoever has counted it under that.

        Raises:
            Invalid, NotFound, ModelUnavailable, Unpriced, Paused: refused before any call.
            InsufficientCredits, QuotaExceeded, Overloaded: likewise, with figures.
        """
        asked = structs.replace(asked, models=asked.models or (self._registry.default.id,))
        is_kept = (may_be_cached or asked.params.temperature == 0) and not asked.is_streamed
        known = await self._cache.find(asked) if is_kept else None
        agent = agent or self._make_agent(asked.purpose.agent_id)
        answer = known or await self._run(asked, agent, turn_id)
        return Begun(asked=asked, kind=kind, is_kept=is_kept, answer=answer)

    async def end(self, begun: Begun, *, within_s: float | None = None) -> Generated:
        """The whole answer. One that takes longer than ``within_s`` is broken off, and failed;
        cancelled, this cancels the turn.

        Raises:
            ContentBlocked, Unavailable: the turn failed; nothing was charged for it.
            SchemaMismatch: the answer did not fulfil the schema, twice.
            Conflict: somebody cancelled the turn.
        """
        if isinstance(begun.answer, CachedAnswer):
            made = _given_before(begun.answer, begun.asked.purpose.agent_id)
        else:
            made = _made(begun.answer, _completed(await _outcome(begun.answer, within_s)))
            answer = CachedAnswer(
                generation_id=made.generation_id,
                text=made.text,
                model=made.model,
                finish_reason=made.finish_reason,
                value=made.value,
            )
            if begun.is_kept and made.finish_reason == "stop":
                await self._cache.keep(begun.asked, answer)
        if begun.kind is not None and not isinstance(made.value, UnsetType):
            return structs.replace(made, value=convert(made.value, begun.kind))
        return made

    async def _run(self, asked: Asked, agent: Agent, turn_id: TurnId | None) -> Run:
        self._engine.check_load(asked.purpose.creator_id)
        try:
            turn, plan = await self._one_shots.admit(asked, agent, turn_id)
        except AppError as error:
            self._engine.on_refused(error)
            raise
        return self._engine.run(turn, None, plan)


def too_late() -> ProviderTimeout:
    return ProviderTimeout("The answer took too long.")


async def _outcome(run: Run, within_s: float | None) -> Outcome | None:
    try:
        async with asyncio.timeout(within_s):
            await run.ended.wait()
    except TimeoutError:
        run.stop(too_late())
        await run.ended.wait()
    except asyncio.CancelledError:
        run.stop()  # nobody waits for the answer any more
        raise
    return run.buffer.outcome


def _completed(outcome: Outcome | None) -> TurnCompleted:
    match outcome:
        case TurnCompleted():
            return outcome
        case TurnFailed(error=problem):
            after = None if isinstance(problem.retry_after, UnsetType) else problem.retry_after
            error = kind_of(problem.code)(problem.message, retry_after=after)
            error.retryable = problem.retryable
            raise error
        case TurnCancelled():
            raise Conflict("The turn was cancelled.")
        case None:
            raise ServiceUnavailable("The end of the answer could not be written.")


def _made(run: Run, outcome: TurnCompleted) -> Generated:
    calls, receipt = run.meter.calls, outcome.receipt
    return Generated(
        generation_id=run.turn.id,
        agents=reports(receipt, AgentReport(agent=run.turn.agent, status="ok")),
        text=run.buffer.text,
        value=outcome.result,
        model=answering_model(receipt, run.turn.agent) or run.turn.model,
        finish_reason=outcome.finish_reason,
        usage=total([call.usage for call in calls]),
        cost_usd=NanoUsd(sum(call.cost_usd for call in calls)),
        receipt=receipt,
        is_cached=False,
    )


def answering_model(receipt: Receipt, agent: str) -> str | None:
    """The model of the last call of ``agent``, or of any where it made none, as one that was not
    alone may have: of one that did not fail, if there is such. None: there was no call, for nobody
    was there, or could be paid."""
    own = [call for call in receipt.calls if call.agent == agent] or receipt.calls
    answered = [call for call in own if call.outcome == "ok"] or own
    return answered[-1].model if answered else None


def reports(receipt: Receipt, alone: AgentReport) -> tuple[AgentReport, ...]:
    """How each agent of a turn fared; ``alone``: the only one, where the receipt names none."""
    if isinstance(receipt.branches, UnsetType):
        return (alone,)
    return tuple(
        AgentReport(agent=branch.agent, status=branch.status, error=branch.error)
        for branch in receipt.branches
    )


def _given_before(answer: CachedAnswer, agent: str) -> Generated:
    return Generated(
        generation_id=answer.generation_id,
        agents=(AgentReport(agent=agent, status="ok"),),
        text=answer.text,
        value=answer.value,
        model=answer.model,
        finish_reason=answer.finish_reason,
        usage=total([]),
        cost_usd=NanoUsd(0),
        receipt=Receipt(
            held="0", charged="0", released="0", cost_usd="0", charged_usd="0", calls=[]
        ),
        is_cached=True,
    )
