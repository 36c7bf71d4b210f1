"""A turn as it was planned: who answers, with what, at what price, and what of it is held first."""

from datetime import date

from msgspec import Struct

from agents.agent import Agent
from agents.context import Fitted
from agents.providers.registry import ModelInfo
from agents.tools.base import Tool
from billing.ledger import Figures
from billing.plans import Plan as Allowed
from billing.pricing import affordable_output, charged_usd
from billing.quotas import payable
from server.domain.content import OutputSchema, Params
from server.domain.ids import ConversationId, MessageId, PresetId
from server.domain.money import MicroCredits
from server.domain.parts import SaidPart, SaidText
from server.domain.turn import FinishReason
from server.domain.usage import Price
from server.turns.payers import Payer
from server.turns.request import title_of
from server.turns.steps import LIKELY_TOKENS, STEP_TOKENS, Step, spendable, step
from server.turns.tariff import Tariff


class Plan(Struct, frozen=True, kw_only=True):
    """A turn ready to be admitted.

    ``stand_ins`` may answer in the model's place, best first; ``tariff`` prices all of them.
    ``allowed``: by the user's plan of this moment, and by limits of their own.
    ``output_cap`` is what the caller and the model allow, ``max_output`` what can be paid for as
    well; ``short_of`` names what runs out first where the second is less.

    ``beside``: input tokens of further calls that its agents will make, each held for as well.
    ``may_hold_less``: where there is too little for a whole first step of each, an ordinary answer
    of each will do.

    Where it belongs has no meaning for a turn without a conversation. ``conversation_id`` None: a
    new one is made. ``checked_tip``: it relies on ``tip_id`` being the conversation's newest leaf.
    """

    payer: Payer
    agent: Agent
    model: ModelInfo
    stand_ins: tuple[str, ...]
    tariff: Tariff
    feature: str
    params: Params
    instructions: str
    fitted: Fitted
    price: Price
    month: date
    allowed: Allowed
    output_cap: int
    max_output: int
    short_of: FinishReason | None
    figures: Figures
    conversation_id: ConversationId | None = None
    tip_id: MessageId | None = None
    checked_tip: bool = False
    regenerates: MessageId | None = None
    text: str | None = None
    parts: list[SaidPart] | None = None
    preset_id: PresetId | None = None
    tools: tuple[Tool, ...] = ()
    output: OutputSchema | None = None
    wants_partials: bool = False
    wants_reasoning: bool = False
    beside: tuple[int, ...] = ()
    may_hold_less: bool = False

    @property
    def title(self) -> str:
        """For a conversation that it begins."""
        names = (part.name for part in self.parts or () if not isinstance(part, SaidText))
        return title_of(self.text or next(names, ""))

    def agent_cap(self, credits_per_usd: int) -> MicroCredits:
        """The most that one of several agents may be charged in this turn."""
        return payable(self.allowed.agent_cap_usd, credits_per_usd)

    def shares(
        self, credits_per_usd: int, output_tokens: int | None = None
    ) -> tuple[MicroCredits, ...]:
        """What each call that is planned takes, in their order, if it says ``output_tokens`` (None:
        those of a first step); where several agents work, none takes more than the cap of one."""
        if output_tokens is None:
            output_tokens = self._step_tokens(credits_per_usd)
        credits = [
            step(
                self.price,
                input_tokens=input_tokens,
                output_tokens=min(output_tokens, self.output_cap),
                credits_per_usd=credits_per_usd,
            ).credits
            for input_tokens in (self.fitted.input_tokens, *self.beside)
        ]
        if not self.beside:
            return tuple(credits)
        return tuple(min(share, self.agent_cap(credits_per_usd)) for share in credits)

    def _step_tokens(self, credits_per_usd: int) -> int:
        if not self.may_hold_less:
            return STEP_TOKENS
        whole = sum(self.shares(credits_per_usd, STEP_TOKENS))
        is_paid = whole <= spendable(self.figures, credits_per_usd)[0]
        return STEP_TOKENS if is_paid else LIKELY_TOKENS

    def first_step(self, credits_per_usd: int) -> Step:
        """What is held before any call: of all that are planned together."""
        credits = MicroCredits(sum(self.shares(credits_per_usd)))
        return Step(credits=credits, usd=charged_usd(credits, credits_per_usd))

    def affords(
        self,
        model: str,
        input_tokens: int,
        *,
        held: MicroCredits,
        owed: int,
        credits_per_usd: int,
        most: int | None = None,
    ) -> int:
        """Output tokens of a call to ``model`` that can be paid beside its input, when ``owed`` is
        taken otherwise: of what there was at admission, or of what is ``held`` since, and of
        ``most`` micro-credits."""
        left = max(spendable(self.figures, credits_per_usd)[0], held) - owed
        left = left if most is None else min(left, most)
        return affordable_output(
            MicroCredits(left),
            self.tariff.price(model, input_tokens),
            input_tokens=input_tokens,
            credits_per_usd=credits_per_usd,
        )
