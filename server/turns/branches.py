"""Several agents at work in one turn: each has its calls, its purse and its end to itself.

What one of them cannot pay, or may not ask, stops that one; the others go on.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from agents.events import (
    Branched,
    BranchEnded,
    CallFinished,
    CallStarted,
    ReasoningDelta,
    Spoken,
    UnsaidDelta,
)
from agents.providers.base import Budget
from billing.pricing import affordable_output
from server.domain.errors import (
    AppError,
    InsufficientCredits,
    Paused,
    QuotaExceeded,
    SchemaMismatch,
    ServiceUnavailable,
    Unpriced,
)
from server.domain.money import MicroCredits
from server.domain.turn import FinishReason
from server.domain.usage import CallOutcome
from server.protocol.figures import BranchStatus
from server.turns.buffer import Said, pieces
from server.turns.growth import HoldGrowth
from server.turns.meter import Meter, Strand
from server.turns.plan import Plan
from server.turns.pot import Pot, Purse
from server.turns.receipts import Worked, owed_for
from server.turns.steps import spendable

Begin = Callable[[Strand, CallStarted], Awaitable[None]]
"""Notes and counts a call that is about to be made."""

Check = Callable[[CallStarted], None]
"""Whether a call may be made at present. Raises Paused."""


class Branch:
    """One agent's part of a turn. ``ran_out``: what it was stopped for, if that was money;
    ``short_of``: what its answer is cut short by, where its provider stops of itself. ``error``
    names money also where it ``raised`` that its answer is not whole, for want of that."""

    def __init__(self, agent: str, strand: Strand, growth: HoldGrowth) -> None:
        self.agent = agent
        self.strand = strand
        self.growth = growth
        self.has_ended = False
        self.has_spoken = False
        self.error: AppError | None = None
        self.raised: AppError | None = None
        self.ran_out: FinishReason | None = None
        self.short_of: FinishReason | None = None
        self.finish = FinishReason.STOP

    @property
    def held(self) -> MicroCredits:
        return self.growth.purse.held

    @property
    def is_free(self) -> bool:
        """Whether nothing is charged for it: it gave nothing, and not for want of money."""
        return self.error is not None and not (self.ran_out and self.has_spoken)

    @property
    def cut(self) -> FinishReason | None:
        """Why what it said breaks off, if it does."""
        if not self.has_spoken or (self.error is None and self.finish is FinishReason.STOP):
            return None
        if self.error is not None:
            return self.ran_out
        return (self.short_of or self.finish) if self.finish is FinishReason.LENGTH else self.finish


class Branches:
    """Those of one turn, in the order in which they began; none, where one agent works alone."""

    def __init__(
        self,
        plan: Plan,
        meter: Meter,
        pot: Pot,
        begin: Begin,
        say: Callable[[str], None],
        check: Check,
        *,
        credits_per_usd: int,
    ) -> None:
        self._plan = plan
        self._meter = meter
        self._pot = pot
        self._begin_call = begin
        self._say = say
        self._check = check
        self._credits_per_usd = credits_per_usd
        self._cap = plan.agent_cap(credits_per_usd)
        self._all: list[Branch] = []
        self._newest: dict[str, Branch] = {}

    def __iter__(self) -> Iterator[Branch]:
        return iter(self._all)

    @property
    def held(self) -> int:
        """Micro-credits that they have drawn."""
        return sum(branch.held for branch in self._all)

    @property
    def cut(self) -> FinishReason | None:
        """Why the answer breaks off, if what one of them said does."""
        return next((branch.cut for branch in self._all if branch.cut), None)

    @property
    def ran_out(self) -> FinishReason | None:
        """What ended the answer, where nobody is left to go on and one of them had said something
        that is to be paid; None: nothing such did."""
        if not all(branch.has_ended for branch in self._all):
            return None
        owing = (branch for branch in self._all if branch.error and not branch.is_free)
        return next((branch.ran_out for branch in owing), None)

    def _open(self, agent: str) -> Branch:
        """Its branch; a new one, where it has none or begins once more."""
        branch = self._newest.get(agent)
        if branch is None or branch.has_ended:
            growth = HoldGrowth(
                Purse(self._pot, self._cap),
                cap=self._plan.output_cap,
                credits_per_usd=self._credits_per_usd,
            )
            branch = self._newest[agent] = Branch(agent, self._meter.strand(), growth)
            self._all.append(branch)
        return branch

    async def hear(self, event: Branched | BranchEnded | Spoken) -> None:
        """Note one event. A branch that must not go on is stopped.

        Raises:
            AppError: the turn is not ours any more, or its calls cannot be noted.
        """
        match event:
            case Branched():
                error = await self._note(self._open(event.branch), event)
                if error is not None:
                    event.stop(error)
            case BranchEnded():
                self._end(self._open(event.branch), event.error)
            case Spoken(text=text, agent=agent):
                if agent in self._newest:
                    self._newest[agent].has_spoken = True
                for piece in pieces(text):
                    self._say(Said(piece, agent))

    async def _note(self, branch: Branch, said: Branched) -> AppError | None:
        """Answers why it must not go on, if so."""
        match said.event:
            case CallStarted() as call:
                return await self._begin(branch, call, said.is_over)
            case CallFinished() as call:
                branch.strand.finished(call)
                branch.finish = call.finish_reason or branch.finish
                return None
            case UnsaidDelta(text=text):
                branch.strand.unsaid(text)
            case ReasoningDelta(text=text):
                branch.strand.reasoned(text)
        refused = await branch.growth.cover(branch.strand.output_tokens)
        return None if refused is None else _out(branch, refused)

    async def _begin(
        self, branch: Branch, call: CallStarted, is_over: Callable[[], bool]
    ) -> AppError | None:
        try:
            self._check(call)
            price = self._plan.tariff.price(call.model, call.input_tokens)
        except (Paused, Unpriced) as error:
            return error
        refused = await branch.growth.begin(
            price,
            call.input_tokens,
            owed=self._owed(branch),
            said=branch.strand.said_before,
        )
        if refused is not None:
            return _out(branch, refused)
        try:
            await self._begin_call(branch.strand, call)
        except ServiceUnavailable:
            if not is_over():  # else it was given up in the meantime, and the turn needs it not
                raise
        else:
            if is_over():
                branch.strand.forget()
        return None

    def _end(self, branch: Branch, error: AppError | None) -> None:
        """What it does not owe is there for the others."""
        has_failed = error is not None and branch.ran_out is None
        branch.strand.close(CallOutcome.FAILED if has_failed else CallOutcome.CANCELLED)
        branch.has_ended, branch.raised, branch.error = True, error, _meant(branch, error)
        branch.growth.purse.close(0 if has_failed else self._owed(branch))

    def _owed(self, branch: Branch) -> MicroCredits:
        return owed_for(branch.strand.calls, self._credits_per_usd)

    def budget(self, agent: str) -> Budget:
        """What that one can still be paid for: of what is left beside all others, up to its cap."""
        return partial(self._affords, agent)

    def _affords(self, agent: str, model: str, input_tokens: int) -> int:
        if not self._plan.tariff.is_priced(model):
            return 0  # the next one may stand in; an agent's own fallbacks are not looked at before
        branch = self._newest.get(agent)
        branch = None if branch is None or branch.has_ended else branch
        taken = self._owed(branch) if branch else 0
        others = self._pot.drawn - (branch.held if branch else 0)
        tokens = self._plan.affords(
            model,
            input_tokens,
            held=self._pot.held,
            owed=others + taken + self._pot.kept,
            credits_per_usd=self._credits_per_usd,
        )
        capped = affordable_output(
            MicroCredits(self._cap - taken),
            self._plan.tariff.price(model, input_tokens),
            input_tokens=input_tokens,
            credits_per_usd=self._credits_per_usd,
        )
        if branch is not None:
            most = min(capped, self._plan.output_cap - branch.strand.said_before)
            short_of = spendable(self._plan.figures, self._credits_per_usd)[1]
            branch.short_of = short_of if tokens < most else None
        return min(tokens, capped)

    def meant(self, error: AppError) -> AppError:
        """What the turn's failure is told as. Those that helped whoever raised it have it, too."""
        told = (one.error for one in self._all if one.raised is error and one.error is not error)
        return next(filter(None, told), error)

    async def finish(self) -> None:
        """Holds that are on their way must be known before the turn is settled."""
        for branch in self._all:
            await branch.growth.finish()

    def worked(self, ended_by: AppError | None) -> list[Worked]:
        """How each ended, in a turn that failed for ``ended_by``, or did not."""
        return [self._worked(branch, ended_by) for branch in self._all]

    def _worked(self, branch: Branch, ended_by: AppError | None) -> Worked:
        error = branch.error if branch.has_ended else ended_by
        status: BranchStatus = "ok" if branch.has_ended else "cancelled"
        return Worked(
            agent=branch.agent,
            status=status if error is None else "failed",
            error=None if error is None else error.code,
            calls=[call.call_id for call in branch.strand.calls],
            is_free=branch.is_free,
            cap_usd=self._plan.allowed.agent_cap_usd,
        )


def _meant(branch: Branch, error: AppError | None) -> AppError | None:
    is_cut = isinstance(error, SchemaMismatch) and branch.finish is FinishReason.LENGTH
    if not is_cut or branch.short_of is None:
        return error
    if branch.short_of is FinishReason.QUOTA:
        return QuotaExceeded("What is left of this month's quota does not cover the whole answer.")
    return InsufficientCredits("The credits left do not cover the whole answer.")


def _out(branch: Branch, reason: FinishReason) -> AppError | None:
    branch.ran_out = reason
    return branch.growth.refusal
