"""What a turn has used so far: provider calls, their tokens, and what of its hold that takes up.

While a call runs only what was delivered is known, so its output is counted here; the provider's
own figures replace the count when the call ends.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from agents.events import CallFinished, CallStarted
from billing.pricing import cost
from server.domain.clock import Clock
from server.domain.ids import CallId
from server.domain.money import NanoUsd
from server.domain.usage import CallOutcome, Price, Usage, UsageSource
from server.turns.tariff import Tariff

RECOUNT_BYTES = 400
"""UTF-8 bytes (about 100 tokens) of new text after which the running count is made again."""


class Call(Struct, frozen=True, kw_only=True):
    """One provider call that has ended, at its price."""

    call_id: CallId
    agent: str
    provider: str
    model: str
    usage: Usage
    outcome: CallOutcome
    price: Price
    cost_usd: NanoUsd
    started_at: datetime
    ended_at: datetime


class Strand:
    """Calls that one agent makes, one after the other. Each is counted and priced as its own model
    is; one that has ended is added to the ``ended`` of the turn, and to its own."""

    def __init__(self, tariff: Tariff, clock: Clock, ended: list[Call]) -> None:
        self._tariff = tariff
        self._clock = clock
        self._ended = ended
        self.open: CallStarted | None = None
        """The call that runs."""
        self._opened_at = clock()
        self._count: Callable[[str], int] = len
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._fresh: list[str] = []
        self._fresh_bytes = 0
        self.calls: list[Call] = []
        self.output_tokens = 0
        """Output of the call that runs, as counted so far: behind by what ``RECOUNT_BYTES`` can
        say. Zero when none runs."""

    @property
    def model(self) -> tuple[str, str] | None:
        """Provider and model (id) of the call that runs, else of the last one that did."""
        last = self.open or (self.calls[-1] if self.calls else None)
        return None if last is None else (last.provider, last.model)

    @property
    def said_before(self) -> int:
        """Output tokens of the calls that have ended."""
        return sum(call.usage.output_tokens for call in self.calls)

    def started(self, event: CallStarted) -> None:
        self.open, self._opened_at = event, self._clock()
        self._count = self._tariff.counter(event.model)
        self._forget()

    def forget(self) -> None:
        """The call that was announced is not made after all."""
        self.open = None
        self._forget()

    def _forget(self) -> None:
        self._texts, self._thoughts, self._fresh = [], [], []
        self.output_tokens = self._fresh_bytes = 0

    def delivered(self, text: str) -> None:
        """Text of the open call. Costs a length; tokens are counted every few hundred bytes."""
        self._texts.append(text)
        self._heard(text)

    def reasoned(self, text: str) -> None:
        """What the model says while it thinks: output as well, and paid for as such."""
        self._thoughts.append(text)
        self._heard(text)

    def unsaid(self, text: str) -> None:
        """Output that is no part of the answer: a tool's arguments, a draft."""
        self._texts.append(text)
        self._heard(text)

    def _heard(self, text: str) -> None:
        if self.open is None:
            return  # said between two calls: a draft that was counted while it was written
        self._fresh.append(text)
        self._fresh_bytes += len(text) if text.isascii() else len(text.encode())
        if self._fresh_bytes >= RECOUNT_BYTES:
            # What is new since the last count: a turn's text is counted once, not over again.
            self.output_tokens += self._count("".join(self._fresh))
            self._fresh, self._fresh_bytes = [], 0

    def finished(self, event: CallFinished) -> None:
        self._close(event.usage, event.outcome)

    def close(self, outcome: CallOutcome) -> None:
        """Account for a call that was cut off: its counted input and what it delivered."""
        if self.open is not None:
            reasoning = self._count("".join(self._thoughts))
            usage = Usage(
                input_tokens=self.open.input_tokens,
                output_tokens=self._count("".join(self._texts)) + reasoning,
                reasoning_tokens=reasoning,
                source=UsageSource.ESTIMATED,
            )
            self._close(usage, outcome)

    def _close(self, usage: Usage, outcome: CallOutcome) -> None:
        if self.open is None:
            return
        # By the input that the provider reports: it decides which tier the vendor asks.
        price = self._tariff.price(self.open.model, usage.input_tokens)
        call = Call(
            call_id=self.open.call_id,
            agent=self.open.agent,
            provider=self.open.provider,
            model=self.open.model,
            usage=usage,
            outcome=outcome,
            price=price,
            cost_usd=cost(usage, price),
            started_at=self._opened_at,
            ended_at=self._clock(),
        )
        self.calls.append(call)
        self._ended.append(call)
        self.open = None
        self._forget()

    def cost_so_far(self) -> NanoUsd:
        """Dollars spent, ended calls exactly and the open one by what is counted."""
        spent: int = sum(call.cost_usd for call in self.calls)
        if self.open is not None:
            counted = self.open.input_tokens
            running = Usage(input_tokens=counted, output_tokens=self.output_tokens)
            spent += cost(running, self._tariff.price(self.open.model, counted))
        return NanoUsd(spent)


class Meter:
    """Counts one turn: ``main`` is its one strand, and one more for each agent that works beside
    others. ``calls`` are those that have ended, in the order in which they did."""

    def __init__(self, tariff: Tariff, clock: Clock) -> None:
        self._tariff = tariff
        self._clock = clock
        self._strands: list[Strand] = []
        self.calls: list[Call] = []
        self.main = self.strand()

    def strand(self) -> Strand:
        """A further one."""
        made = Strand(self._tariff, self._clock, self.calls)
        self._strands.append(made)
        return made

    @property
    def open(self) -> list[CallStarted]:
        """Calls that run."""
        return [strand.open for strand in self._strands if strand.open is not None]

    def cost_so_far(self) -> NanoUsd:
        """As of a strand, of all together."""
        return NanoUsd(sum(strand.cost_so_far() for strand in self._strands))

    def close(self, outcome: CallOutcome) -> None:
        """Account for calls that were cut off."""
        for strand in self._strands:
            strand.close(outcome)
