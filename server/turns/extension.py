"""Further holds of a turn that runs: one transaction each, while the turn is still ours."""

from datetime import timedelta
from uuid import uuid5

from billing.ledger import HoldClaim, Ledger
from server.domain.clock import Clock
from server.domain.errors import Conflict, InsufficientCredits, QuotaExceeded
from server.failpoints import reach
from server.persistence import turns
from server.persistence.database import Database, Tx
from server.persistence.turns import NewTurn
from server.turns.planning import Plan, payable, step


class Extender:
    """``hold_s``: after how long a hold that nobody resolved may be taken for a crash's."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        *,
        hold_s: float,
        credits_per_usd: int,
        clock: Clock,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._hold_s = hold_s
        self._credits_per_usd = credits_per_usd
        self._clock = clock

    async def extend(self, turn: NewTurn, plan: Plan, fence: int, number: int, tokens: int) -> int:
        """Hold step ``number``: ``tokens`` of output, or what can still be paid of them.

        Answers how many. Asked again for the same step, it holds it once.

        Raises:
            InsufficientCredits, QuotaExceeded: not even one token more.
            Conflict: the turn is not ours any more.
            ServiceUnavailable: the database does not answer.
        """
        try:
            await self._hold(turn, plan, fence, number, tokens)
        except (InsufficientCredits, QuotaExceeded):
            tokens = min(tokens, await self._payable(turn, plan))
            if tokens == 0:
                raise
            await self._hold(turn, plan, fence, number, tokens)
        return tokens

    async def _payable(self, turn: NewTurn, plan: Plan) -> int:
        async with self._database.snapshot() as tx:
            figures = await self._ledger.figures(
                tx, turn.account_id, turn.user_id, turn.month, plan.quota_limit
            )
        return payable(plan.price, 0, figures, self._credits_per_usd)[0]

    async def _hold(self, turn: NewTurn, plan: Plan, fence: int, number: int, tokens: int) -> None:
        wanted = step(
            plan.price, input_tokens=0, output_tokens=tokens, credits_per_usd=self._credits_per_usd
        )
        claim = HoldClaim(
            # Of turn and step: asked again after a lost reply to COMMIT, it is the same hold.
            id=uuid5(turn.id, f"hold:{number}"),
            turn_id=turn.id,
            step=number,
            account_id=turn.account_id,
            user_id=turn.user_id,
            month=turn.month,
            credits=wanted.credits,
            usd=wanted.usd,
            quota_limit=plan.quota_limit,
            expires_at=self._clock() + timedelta(seconds=self._hold_s),
        )

        async def work(tx: Tx) -> None:
            if not await turns.lock_running(tx, turn.id, fence):
                raise Conflict("The turn was ended elsewhere.")
            await self._ledger.hold(tx, claim)

        await self._database.run(work)
        reach("hold.committed")
