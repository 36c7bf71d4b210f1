"""Further holds of a turn that runs: one transaction each, while the turn is still ours."""

from datetime import timedelta
from uuid import uuid5

from billing.ledger import Ledger
from billing.plans import Plans
from server.domain.clock import Clock
from server.domain.errors import Conflict, InsufficientCredits, QuotaExceeded
from server.domain.ids import UserId
from server.domain.money import MicroCredits, NanoUsd
from server.failpoints import reach
from server.persistence import entitlements, turns
from server.persistence.database import Database, Snapshot, Tx
from server.persistence.turns import NewTurn
from server.turns.steps import claim, spendable


class Extender:
    """``hold_s``: after how long a hold that nobody resolved may be taken for a crash's."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        plans: Plans,
        *,
        hold_s: float,
        credits_per_usd: int,
        clock: Clock,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._plans = plans
        self._hold_s = hold_s
        self._credits_per_usd = credits_per_usd
        self._clock = clock

    async def extend(
        self,
        turn: NewTurn,
        fence: int,
        number: int,
        wanted: MicroCredits,
        least: MicroCredits,
    ) -> MicroCredits:
        """Hold step ``number``: ``wanted`` credits, or what is left of them down to ``least``.

        Answers how many. Asked again for the same step, it holds it once.

        Raises:
            InsufficientCredits, QuotaExceeded: there is less than ``least``.
            Conflict: the turn is not ours any more.
            ServiceUnavailable: the database does not answer.
        """
        try:
            return await self._hold(turn, fence, number, wanted)
        except (InsufficientCredits, QuotaExceeded):
            left = await self._left(turn)
            if not least <= left < wanted:
                raise
            return await self._hold(turn, fence, number, left)

    async def _left(self, turn: NewTurn) -> MicroCredits:
        async with self._database.snapshot() as tx:
            limit = await self._limit(tx, turn.user_id)
            figures = await self._ledger.figures(
                tx, turn.account_id, turn.user_id, turn.month, limit
            )
        return spendable(figures, self._credits_per_usd)[0]

    async def _limit(self, tx: Tx | Snapshot, user: UserId) -> NanoUsd | None:
        """The user's quota as it is now: it may have been lowered since the turn was admitted."""
        entitled = await entitlements.find(tx, user)
        return self._plans.of(entitled.plan, entitled.own_limits).quota_usd

    async def _hold(
        self, turn: NewTurn, fence: int, number: int, wanted: MicroCredits
    ) -> MicroCredits:
        """Hold them, and answer how many; fewer, where that step held fewer before."""
        expires_at = self._clock() + timedelta(seconds=self._hold_s)

        async def work(tx: Tx) -> MicroCredits:
            if not await turns.lock_running(tx, turn.id, fence):
                raise Conflict("The turn was ended elsewhere.")
            held = claim(
                turn,
                # Of turn and step: asked again after a lost reply to COMMIT, it is the same hold.
                uuid5(turn.id, f"hold:{number}"),
                number,
                wanted,
                credits_per_usd=self._credits_per_usd,
                quota_limit=await self._limit(tx, turn.user_id),
                expires_at=expires_at,
            )
            return await self._ledger.hold(tx, held)

        held = await self._database.run(work)
        reach("hold.committed")
        return held
