"""The hold of one running turn: it grows as the answer does, beside the stream, call by call."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from billing.pricing import affordable_output, charge, estimate
from server.domain.errors import (
    AppError,
    InsufficientCredits,
    ProviderProtocol,
    QuotaExceeded,
    ServiceUnavailable,
)
from server.domain.money import MicroCredits, PicoUsd
from server.domain.turn import FinishReason
from server.domain.usage import Price
from server.telemetry.logs import fields
from server.turns.pot import Purse
from server.turns.steps import STEP_TOKENS

log = logging.getLogger(__name__)

EXTEND_AT = 0.75
"""Part of the held output at which the next step is asked for: reliability.md §2."""

ASK_AGAIN_S = 1.0
"""Between two questions while the database is away."""

PATIENCE_S = 2.0
"""How long an answer pauses for a hold. A database that needs longer is as good as away."""

OVERSHOOT = 2
OVERSHOOT_TOKENS = 100
"""Our count of an answer is at most so many times the provider's, in the worst of scripts, and in
a short one so many tokens more. Beyond that the provider has not kept to the cap that it was told.
"""

NO_CALL = Price(input=PicoUsd(0), output=PicoUsd(0))


class HoldGrowth:
    """What is in ``purse`` is set aside for an agent that may say ``cap`` tokens at most over all
    its calls. ``held_tokens`` is the output that it pays for of the call that runs, beside its
    input and what the calls before it took. ``refusal`` is the last that was heard.

    What is said beyond them is at most what comes before the next count (``meter.RECOUNT_BYTES``
    and one delta), while the database answers. One that does not answer stops no answer: the
    stream goes on, unheld for that while, and what it says then is bounded by what its provider was
    told that the balance can pay.
    """

    def __init__(self, purse: Purse, *, cap: int, credits_per_usd: int) -> None:
        self.purse = purse
        self.held_tokens = 0
        self.refusal: AppError | None = None
        self._cap = cap
        self._left = 0
        self._credits_per_usd = credits_per_usd
        self._price = NO_CALL
        self._input_tokens = 0
        self._owed = MicroCredits(0)
        self._asked: asyncio.Task[FinishReason | None] | None = None
        self._asked_at_end = False
        self._is_refused = False
        self._is_outage = False
        self._ask_at = 0.0

    async def begin(
        self, price: Price, input_tokens: int, *, owed: MicroCredits, said: int
    ) -> FinishReason | None:
        """See to it that a call can be paid that is about to be made. ``owed`` is what the calls
        before it took, ``said`` their output tokens.

        None: make it. Otherwise what ran out.
        """
        self._price, self._input_tokens, self._owed = price, input_tokens, owed
        self._left = max(self._cap - said, 1)
        self._is_refused = False
        self.purse.fill(self._lacking(min(STEP_TOKENS, self._left)))
        self._look()
        return await self.cover(0)

    async def cover(self, output_tokens: int) -> FinishReason | None:
        """See to it that what the running call says next is held; waits only once the held output
        is used up.

        None: go on. Otherwise what ran out.

        Raises:
            AppError: the turn is not ours any more.
        """
        while output_tokens >= self.held_tokens * EXTEND_AT:
            if self.held_tokens >= self._left:
                # There the provider stops by itself, by its own count.
                most = self._left * OVERSHOOT + OVERSHOOT_TOKENS
                if output_tokens <= most:
                    return None
                error = ProviderProtocol("The provider said more than it had been told to.")
                return self._refused(error, FinishReason.LENGTH)
            is_used_up = output_tokens >= self.held_tokens
            if self._asked is None:
                if not self._may_ask(is_used_up):
                    return None
                self._asked_at_end = is_used_up
                self._asked = asyncio.create_task(self._ask())
            if not await self._is_answered(self._asked, is_used_up):
                return None
            refused, self._asked = self._asked.result(), None
            if refused is not None and self._asked_at_end:
                return refused
            # Refused ahead of need: until it is needed credits may be granted, or released.
            self._is_refused = refused is not None
        return None

    def _may_ask(self, is_used_up: bool) -> bool:
        if self._is_outage and asyncio.get_running_loop().time() < self._ask_at:
            return False
        return is_used_up or not self._is_refused

    async def _is_answered(
        self, asked: asyncio.Task[FinishReason | None], is_used_up: bool
    ) -> bool:
        if not asked.done() and is_used_up and not self._is_outage:
            await asyncio.wait({asked}, timeout=PATIENCE_S)
            if not asked.done():
                log.warning("turn.hold_waits", extra=fields(error="no answer"))
                self._is_outage = True
        return asked.done()

    async def _ask(self) -> FinishReason | None:
        wanted = self._lacking(min(self.held_tokens + STEP_TOKENS, self._left))
        least = self._lacking(self.held_tokens + 1)
        if least > self.purse.room:
            return self._refused(self.purse.is_full(), FinishReason.LENGTH)
        try:
            await self.purse.grow(wanted, least)
        except InsufficientCredits as error:
            return self._refused(error, FinishReason.CREDITS)
        except QuotaExceeded as error:
            return self._refused(error, FinishReason.QUOTA)
        except (ServiceUnavailable, SQLAlchemyError) as error:
            log.warning("turn.hold_waits", extra=fields(error=repr(error)))
            self._is_outage = True
            self._ask_at = asyncio.get_running_loop().time() + ASK_AGAIN_S
            return None
        self._is_outage = False
        self._look()
        return None

    def _refused(self, error: AppError, reason: FinishReason) -> FinishReason:
        self.refusal, self._is_outage = error, False
        return reason

    def _lacking(self, output_tokens: int) -> MicroCredits:
        """Credits that are still to be held, for so much output of the running call."""
        spent = estimate(self._input_tokens, output_tokens, self._price)
        due = self._owed + charge(spent, self._price.multiplier_ppm, self._credits_per_usd)
        return MicroCredits(max(due - self.purse.held, 0))

    def _look(self) -> None:
        paid = affordable_output(
            MicroCredits(self.purse.held - self._owed),
            self._price,
            input_tokens=self._input_tokens,
            credits_per_usd=self._credits_per_usd,
        )
        self.held_tokens = min(paid, self._left)

    async def finish(self) -> None:
        """A hold that is on its way must be known before the turn is settled."""
        if self._asked is not None:
            await asyncio.wait({self._asked})
            if not self._asked.cancelled():
                self._asked.exception()  # looked at: the turn is over, however it was answered
