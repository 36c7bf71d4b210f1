"""Answers that users ask for without a conversation: counted, and given a slot, as turns are."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs, to_builtins

from billing.windows import Told, Window, untold
from server.accounts import membership
from server.accounts.access import Principal, Scope, require
from server.domain.content import ChatMessage, OutputSchema, Params, Role
from server.domain.errors import AppError, Draining
from server.domain.ids import TurnId, UserId, new_id
from server.persistence.database import Database
from server.persistence.generations import NewGeneration
from server.turns.counting import Counting
from server.turns.engine import TurnEngine
from server.turns.generation import Begun, Generated, Generation
from server.turns.jobs import Assignment, Job, Jobs
from server.turns.oneshot import Asked, Purpose
from server.turns.payers import PATH, Payer, own, payer_in

TEST, COMPLETION = "test", "completion"
"""Features, and names of whoever does their work: trying the default model, and completing a
prompt."""


class Errand(Struct, frozen=True, kw_only=True):
    """What is asked of a model. ``models`` as in ``Asked``; ``input``: the request as it was made,
    in JSON values; ``beside``: limits of the endpoint itself."""

    prompt: str
    feature: str
    params: Params
    input: dict[str, Any]
    models: tuple[str, ...] = ()
    instructions: str = ""
    output: OutputSchema | None = None
    beside: Sequence[Window] = ()


class Errands:
    def __init__(
        self,
        database: Database,
        engine: TurnEngine,
        generation: Generation,
        counting: Counting,
        jobs: Jobs,
    ) -> None:
        self._jobs = jobs
        self._database = database
        self._engine = engine
        self._generation = generation
        self._counting = counting

    async def begin(
        self,
        caller: Principal,
        work: Errand | Job,
        *,
        address: str,
        correlation_id: str,
        told: Told = untold,
        is_streamed: bool = False,
    ) -> Begun:
        """Ask. ``told`` hears how the caller's limits stand; what is refused gives back what it
        took of them. What ``is_streamed`` is never an answer that was given before.

        Raises:
            RateLimited, TooManyTurns: with figures.
            Draining: this process admits nothing any more.
            AppError: what ``Generation.begin`` raises.
        """
        require(caller, Scope.TURNS)
        self._check_draining()
        self._engine.check_load(caller.user_id)
        turn_id = TurnId(new_id())
        member = str(turn_id)
        async with self._engine.places.one():
            payer = await self._payer(caller)
            try:
                counted = await self._counting.count(
                    caller, payer, member, address, told=told, beside=_limits(work)
                )
            except AppError as error:
                self._engine.on_refused(error)
                raise
            try:
                purpose = Purpose(
                    creator_id=caller.user_id,
                    feature=work.feature,
                    agent_id=work.feature,
                    correlation_id=correlation_id,
                    workspace_id=payer.workspace_id,
                )
                begun = await self._ask(work, purpose, turn_id, is_streamed=is_streamed)
            except BaseException:
                await self._counting.withdraw(counted)
                raise
        if begun.is_known:
            await self._counting.free_slot(caller.user_id, member)  # no turn will do so at its end
        return begun

    async def begin_unasked(self, creator: UserId, job: Job, *, correlation_id: str) -> Begun:
        """Have a job done that its creator did not ask for just now, and pays for: no limit counts
        it, and it takes no slot.

        Raises:
            Draining: this process admits nothing any more.
            AppError: what ``Generation.begin`` raises.
        """
        self._check_draining()
        async with self._engine.places.one():
            purpose = Purpose(
                creator_id=creator,
                feature=job.feature,
                agent_id=job.feature,
                correlation_id=correlation_id,
            )
            return await self._ask(job, purpose, TurnId(new_id()))

    def _check_draining(self) -> None:
        if self._engine.is_draining:
            raise Draining("The server is restarting; try again.", retry_after=1)

    async def _ask(
        self, work: Errand | Job, purpose: Purpose, turn_id: TurnId, *, is_streamed: bool = False
    ) -> Begun:
        if isinstance(work, Errand):
            asked = _asked(work, purpose, is_streamed=is_streamed)
            return await self._generation.begin(asked, turn_id=turn_id)
        assignment = await self._jobs.assign(purpose.creator_id, work)
        asked = _assigned(assignment, purpose, is_streamed=is_streamed)
        return await self._generation.begin(asked, agent=assignment.task, turn_id=turn_id)

    async def end(self, begun: Begun, *, within_s: float) -> Generated:
        """As ``Generation.end``."""
        return await self._generation.end(begun, within_s=within_s)

    async def _payer(self, caller: Principal) -> Payer:
        """Of a key for one workspace that one, else the caller."""
        workspace = membership.named(caller, None, PATH)
        if workspace is None:
            return own(caller)
        async with self._database.glances() as tx:
            return await payer_in(tx, caller.user_id, workspace)


def _limits(work: Errand | Job) -> Sequence[Window]:
    return work.beside if isinstance(work, Errand) else ()


def _asked(errand: Errand, purpose: Purpose, *, is_streamed: bool) -> Asked:
    return Asked(
        purpose=purpose,
        models=errand.models,
        messages=(ChatMessage(role=Role.USER, text=errand.prompt),),
        instructions=errand.instructions,
        params=errand.params,
        output=errand.output,
        is_streamed=is_streamed,
        kept=NewGeneration(
            kind=errand.feature,
            input=errand.input,
            params={name: of for name, of in to_builtins(errand.params).items() if of is not None},
        ),
    )


def _assigned(assignment: Assignment, purpose: Purpose, *, is_streamed: bool) -> Asked:
    job, task = assignment.job, assignment.task
    return Asked(
        purpose=structs.replace(purpose, agent_id=task.name),
        models=() if assignment.model is None else (assignment.model,),
        messages=task.messages,
        instructions=task.instructions,
        params=Params(),
        output=task.schema,
        beside=task.beside,
        is_streamed=is_streamed,
        kept=NewGeneration(kind=job.kind, input=job.input, insights=assignment.insights),
        routing=task.routing,
    )
