"""The hold of one running turn: it grows as the answer does, beside the stream."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from server.domain.errors import InsufficientCredits, QuotaExceeded, ServiceUnavailable
from server.domain.turn import FinishReason
from server.telemetry.logs import fields
from server.turns.planning import STEP_TOKENS

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

Extend = Callable[[int, int], Awaitable[int]]
"""Holds step number so-and-so, of at most so many output tokens, and answers how many; raises why
none. Asked again for the same step, it holds it once."""


class HoldGrowth:
    """``held_tokens`` of output are paid for, of ``cap`` that the turn may say at most.

    What is said beyond them is at most what comes before the next count (``meter.RECOUNT_BYTES``
    and one delta), while the database answers. One that does not answer stops no answer: the
    stream goes on, unheld for that while, and what it says then is bounded by what its provider was
    told that the balance can pay.
    """

    def __init__(self, extend: Extend, cap: int) -> None:
        self.held_tokens = min(STEP_TOKENS, cap)
        self._extend = extend
        self._cap = cap
        self._steps = 1
        self._asked: asyncio.Task[FinishReason | None] | None = None
        self._asked_at_end = False
        self._is_refused = False
        self._is_outage = False
        self._ask_at = 0.0

    async def cover(self, output_tokens: int) -> FinishReason | None:
        """See to it that what is said next is held; waits only once the held output is used up.

        None: go on. Otherwise what ran out.

        Raises:
            AppError: the turn is not ours any more.
        """
        while output_tokens >= self.held_tokens * EXTEND_AT:
            if self.held_tokens >= self._cap:
                # There the provider stops by itself, by its own count.
                most = self._cap * OVERSHOOT + OVERSHOOT_TOKENS
                return FinishReason.LENGTH if output_tokens > most else None
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
        tokens = min(STEP_TOKENS, self._cap - self.held_tokens)
        try:
            held = await self._extend(self._steps + 1, tokens)
        except InsufficientCredits:
            self._is_outage = False
            return FinishReason.CREDITS
        except QuotaExceeded:
            self._is_outage = False
            return FinishReason.QUOTA
        except (ServiceUnavailable, SQLAlchemyError) as error:
            log.warning("turn.hold_waits", extra=fields(error=repr(error)))
            self._is_outage = True
            self._ask_at = asyncio.get_running_loop().time() + ASK_AGAIN_S
            return None
        self._is_outage = False
        self._steps += 1
        self.held_tokens += held
        return None

    async def finish(self) -> None:
        """A hold that is on its way must be known before the turn is settled."""
        if self._asked is not None:
            await asyncio.wait({self._asked})
            if not self._asked.cancelled():
                self._asked.exception()  # looked at: the turn is over, however it was answered
