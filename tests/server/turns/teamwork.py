"""Agents that work in branches of one turn as a script says, in turns that are really paid for."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.agent import AgentRequest
from agents.events import (
    AgentEvent,
    Branched,
    BranchEnded,
    CallFinished,
    CallStarted,
    Learned,
    Spoken,
    UnsaidDelta,
)
from server.accounts.access import Principal
from server.domain.content import ChatMessage, Params, Role
from server.domain.errors import AppError, ProviderError
from server.domain.ids import CallId, new_id
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome, Usage
from server.turns.oneshot import Asked, Purpose
from server.turns.run import Run
from tests.support.turns import Harness

MODEL = "demo/causerie-demo"
"""A thousand tokens of it take two credits out, one in."""

WORD = "word "
"""One token."""

Step = tuple[str, str, int]
"""Whose branch, what it does, and how many tokens."""


@dataclass
class Team:
    """Does one step after the other: ``call`` (of so many input tokens), ``write`` so many output
    tokens, ``say`` as much in the answer, ``finish`` its call, or have it ``cut`` at its limit,
    ``end``, ``fail`` for ``failure``, ``wait`` until it may ``go_on``.
    A branch that was stopped, or has ended, does nothing more, but for what is to be done ``again``
    by one of the same name. ``watch`` looks on between two steps."""

    steps: Sequence[Step]
    again: Sequence[Step] = ()
    watch: Callable[[], None] | None = None
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    learned: Learned | None = None
    raises: AppError | None = None
    failure: AppError = field(default_factory=lambda: ProviderError("It broke."))
    models: Mapping[str, str] = field(default_factory=dict)
    name: str = "team"
    instructions: str = ""
    tools: tuple[str, ...] = ()
    stopped: dict[str, AppError] = field(default_factory=dict)
    budgets: dict[str, int] = field(default_factory=dict)
    runs: dict[str, CallStarted] = field(default_factory=dict)
    wrote: dict[str, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    async def run(self, request: AgentRequest) -> AsyncGenerator[AgentEvent, None]:
        async for event in self._play(self.steps, request):
            yield event
        if self.raises is not None:
            raise self.raises
        self.ended.clear()
        async for event in self._play(self.again, request):
            yield event
        if self.learned is not None:
            yield self.learned

    async def _play(
        self, steps: Sequence[Step], request: AgentRequest
    ) -> AsyncGenerator[AgentEvent, None]:
        begun = dict.fromkeys(branch for branch, _, _ in steps)
        ends = [] if self.raises else [(branch, "end", 0) for branch in begun]
        for branch, what, tokens in [*steps, *ends]:
            if branch in self.ended:
                continue
            if what == "wait":
                await self.go_on.wait()
            for event in self._events(branch, what, tokens):
                yield event
                if self.watch is not None:
                    self.watch()
            assert request.branch_budget is not None
            if what == "write":
                self.budgets[branch] = request.branch_budget(branch)(MODEL, 10)
            if branch in self.stopped:
                yield self._end(branch, self.stopped[branch])

    def _events(self, branch: str, what: str, tokens: int) -> list[AgentEvent]:
        call = self.runs.get(branch)
        events: list[AgentEvent] = []
        match what:
            case "call" if call is None:
                events.append(self._branched(branch, self._started(branch, tokens)))
            case "write" if call is not None:
                self.wrote[branch] += tokens
                events.append(self._branched(branch, UnsaidDelta(text=WORD * tokens)))
            case "say":
                events.append(Spoken(text=WORD * tokens, agent=branch))
            case "finish" | "cut" | "end" if call is not None:
                reason = FinishReason.LENGTH if what == "cut" else FinishReason.STOP
                events.append(self._branched(branch, self._finished(branch, call, reason)))
            case "fail":
                self.runs.pop(branch, None)
                events.append(self._end(branch, self.failure))
            case _:
                pass
        if what == "end":
            events.append(self._end(branch, None))
        return events

    def _branched(self, branch: str, event: Any) -> Branched:
        def stop(error: AppError) -> None:
            self.stopped.setdefault(branch, error)

        return Branched(branch=branch, event=event, stop=stop)

    def _started(self, branch: str, tokens: int) -> CallStarted:
        call = CallStarted(
            call_id=CallId(new_id()),
            agent=branch,
            provider="demo",
            model=self.models.get(branch, MODEL),
            input_tokens=tokens,
        )
        self.runs[branch], self.wrote[branch] = call, 0
        return call

    def _finished(self, branch: str, call: CallStarted, reason: FinishReason) -> CallFinished:
        del self.runs[branch]
        return CallFinished(
            call_id=call.call_id,
            usage=Usage(input_tokens=call.input_tokens, output_tokens=self.wrote[branch]),
            outcome=CallOutcome.OK,
            finish_reason=reason,
        )

    def _end(self, branch: str, error: AppError | None) -> BranchEnded:
        self.ended.add(branch)
        return BranchEnded(branch=branch, error=error)


async def begin(
    turns: Harness,
    caller: Principal,
    team: Team,
    *,
    beside: tuple[int, ...] = (),
    output_cap: int = 100_000,
) -> Run:
    """A turn of ``team``, admitted and running."""
    asked = Asked(
        purpose=Purpose(
            creator_id=caller.user_id, feature="chat", agent_id="team", correlation_id="c"
        ),
        models=(MODEL,),
        messages=(ChatMessage(role=Role.USER, text="Hello"),),
        instructions="",
        params=Params(max_output_tokens=output_cap),
        output=None,
        beside=beside,
    )
    shots = turns.process.turns.generation._one_shots
    turn, plan = await shots.admit(asked, team)
    return turns.engine.run(turn, None, plan)


async def play(turns: Harness, caller: Principal, team: Team, **plan: Any) -> Run:
    """As ``begin``, to its end."""
    run = await begin(turns, caller, team, **plan)
    await run.ended.wait()
    return run
