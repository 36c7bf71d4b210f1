"""Answers that users ask for without a conversation: counted, and given a slot, as turns are."""

from collections.abc import Sequence

from msgspec import Struct

from billing.windows import Told, Window, untold
from server.accounts import membership
from server.accounts.access import Principal, Scope, require
from server.domain.content import Params
from server.domain.errors import AppError, Draining
from server.domain.ids import TurnId, new_id
from server.persistence.database import Database
from server.turns.counting import Counting
from server.turns.engine import TurnEngine
from server.turns.generation import Begun, Generated, Generation
from server.turns.oneshot import Purpose
from server.turns.payers import PATH, Payer, own, payer_in

TEST = "test"
"""The feature, and the agent, of trying a model."""


class Errand(Struct, frozen=True, kw_only=True):
    """What is asked of the default model. ``beside``: limits of the endpoint itself."""

    prompt: str
    feature: str
    params: Params
    beside: Sequence[Window] = ()


class Errands:
    def __init__(
        self, database: Database, engine: TurnEngine, generation: Generation, counting: Counting
    ) -> None:
        self._database = database
        self._engine = engine
        self._generation = generation
        self._counting = counting

    async def begin(
        self,
        caller: Principal,
        errand: Errand,
        *,
        address: str,
        correlation_id: str,
        told: Told = untold,
    ) -> Begun:
        """Ask. ``told`` hears how the caller's limits stand; what is refused gives back what it
        took of them.

        Raises:
            RateLimited, TooManyTurns: with figures.
            Draining: this process admits nothing any more.
            AppError: what ``Generation.begin`` raises.
        """
        require(caller, Scope.TURNS)
        if self._engine.is_draining:
            raise Draining("The server is restarting; try again.", retry_after=1)
        self._engine.check_load(caller.user_id)
        turn_id = TurnId(new_id())
        member = str(turn_id)
        async with self._engine.places.one():
            payer = await self._payer(caller)
            try:
                counted = await self._counting.count(
                    caller, payer, member, address, told=told, beside=errand.beside
                )
            except AppError as error:
                self._engine.on_refused(error)
                raise
            try:
                begun = await self._generation.begin(
                    errand.prompt,
                    Purpose(
                        creator_id=caller.user_id,
                        feature=errand.feature,
                        agent_id=errand.feature,
                        correlation_id=correlation_id,
                        workspace_id=payer.workspace_id,
                    ),
                    params=errand.params,
                    turn_id=turn_id,
                )
            except BaseException:
                await self._counting.withdraw(counted)
                raise
        if begun.is_known:
            await self._counting.free_slot(caller.user_id, member)  # no turn will do so at its end
        return begun

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
