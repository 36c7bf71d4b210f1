"""Everything about a turn that can be known before it is admitted: where it continues, who answers,
what that may cost. Reads, and writes nothing, so an estimate is a plan that nobody starts.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import date
from uuid import UUID

from msgspec import Struct, UnsetType, structs

from agents.agent import Agent
from agents.context import Fitted
from agents.providers.registry import ModelInfo, Registry
from agents.structured import input_tokens_of
from agents.tokens import CHARACTER_TOKENS, MESSAGE_TOKENS, count_extras
from agents.tools.base import Tool
from agents.tools.running import spec
from billing.ledger import Figures
from billing.pauses import PauseBook
from billing.plans import Plan as Allowed
from billing.plans import Plans
from billing.pricing import affordable_output
from server.accounts.access import Principal
from server.domain.clock import Clock, month_of
from server.domain.content import OutputSchema, Params, Role
from server.domain.errors import Conflict, Invalid
from server.domain.ids import ConversationId, MessageId, PresetId
from server.domain.money import MicroCredits
from server.domain.parts import SaidPart, SaidText
from server.domain.turn import FinishReason
from server.domain.usage import Price
from server.persistence import summaries, turns
from server.persistence.database import Database, Snapshot
from server.persistence.messages import Place, Said
from server.persistence.turns import Turn
from server.protocol.commands import TurnRequest
from server.turns.dialogues import HISTORY_MESSAGES, Dialogues, history_characters
from server.turns.payers import Payer, billed, named_by, own
from server.turns.placement import find_preset, find_tip, look_for, place_of
from server.turns.places import elsewhere
from server.turns.recall import Recall, fit_in
from server.turns.request import (
    Resolved,
    check_caller,
    input_path,
    input_text,
    resolve,
    title_of,
    with_output_limit,
)
from server.turns.standins import stand_ins
from server.turns.steps import STEP_TOKENS, Step, payable, spendable, step
from server.turns.tariff import Tariff, Tariffs
from server.turns.toolbox import Toolbox

REPLAN = 3
"""Plans made before giving up, when the conversation's tip keeps moving under a turn."""


class Plan(Struct, frozen=True, kw_only=True):
    """A turn ready to be admitted.

    ``stand_ins`` may answer in the model's place, best first; ``tariff`` prices all of them.
    ``allowed``: by the user's plan of this moment, and by limits of their own.
    ``output_cap`` is what the caller and the model allow, ``max_output`` what can be paid for as
    well; ``short_of`` names what runs out first where the second is less.

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

    @property
    def title(self) -> str:
        """For a conversation that it begins."""
        names = (part.name for part in self.parts or () if not isinstance(part, SaidText))
        return title_of(self.text or next(names, ""))

    def first_step(self, credits_per_usd: int) -> Step:
        return step(
            self.price,
            input_tokens=self.fitted.input_tokens,
            output_tokens=min(STEP_TOKENS, self.output_cap),
            credits_per_usd=credits_per_usd,
        )

    def affords(
        self,
        model: str,
        input_tokens: int,
        *,
        held: MicroCredits,
        owed: MicroCredits,
        credits_per_usd: int,
    ) -> int:
        """Output tokens of a call to ``model`` that can be paid beside its input, after calls that
        took ``owed``: of what there was at admission, or of what is ``held`` since."""
        left = max(spendable(self.figures, credits_per_usd)[0], held) - owed
        return affordable_output(
            MicroCredits(left),
            self.tariff.price(model, input_tokens),
            input_tokens=input_tokens,
            credits_per_usd=credits_per_usd,
        )


class Planner:
    """Makes plans. All it knows of prices and models is in memory; the rest it reads."""

    def __init__(
        self,
        database: Database,
        recall: Recall,
        *,
        agents: Mapping[str, Agent],
        registry: Registry,
        tariffs: Tariffs,
        plans: Plans,
        pauses: PauseBook,
        clock: Clock,
        credits_per_usd: int,
    ) -> None:
        self._database = database
        self._recall = recall
        self._dialogues = Dialogues(time.monotonic)
        self._toolbox = Toolbox(database)
        self._agents = agents
        self._registry = registry
        self._tariffs = tariffs
        self._plans = plans
        self._pauses = pauses
        self._clock = clock
        self._credits_per_usd = credits_per_usd

    async def plan(
        self,
        caller: Principal,
        request: TurnRequest,
        client_message_id: UUID | None = None,
        payer: Payer | None = None,
    ) -> Plan | Turn:
        """A plan; or the turn itself, where ``client_message_id`` was admitted before. ``payer``:
        what ``named_by`` has answered, where it was asked already.

        Raises:
            Invalid, NotFound, Unsupported, ModelUnavailable, Unpriced: with the field's path.
            ServiceUnavailable: the database, or a file that was sent, cannot be read.
            Conflict: a turn runs on the message that this one would continue.
            Paused: something that it would use is.
        """
        check_caller(request, caller.user_id, caller.external_id)
        text, now = input_text(request), self._clock()
        month, tariff = month_of(now), self._tariffs.at(now)
        # Without a transaction: a branch never changes above its tip, and admission makes sure of
        # the tip and of the figures again.
        async with self._database.glances() as tx:
            payer = payer or await named_by(tx, caller, request)
            account = (payer or own(caller)).account_id
            opening = await look_for(tx, caller.user_id, account, request, month, client_message_id)
            if opening.known is not None:
                before = await turns.find(tx, opening.known, caller.user_id)
                if before is not None:
                    return before
            place = place_of(request, opening)
            allowed = self._plans.of(opening.plan, opening.own_limits)
            payer, figures = await billed(tx, caller, payer, opening, allowed.quota_usd)
            preset = await find_preset(tx, caller.user_id, request, place)
            resolved = resolve(request, preset, place)
            agent = self._agent(resolved)
            model = self._registry.get(resolved.model) if resolved.model else self._registry.default
            tools, form = self._toolbox.choose(caller, agent, model, resolved.form), resolved.form
            self._pauses.check(
                creator=caller.user_id,
                feature=resolved.feature,
                agent=agent.name,
                model=model.id,
                provider=model.provider,
            )
            price = tariff.price(model.id, 0)
            tip, checked, regenerates = await find_tip(tx, request, opening)
            parts = await self._recall.describe(tx, caller.user_id, request, model)
            said = await self._history(tx, model, place, tip)
            if text is not None:
                said.append(Said(role=Role.USER, text=text, parts=parts))
            present = await self._recall.present(tx, caller.user_id, said)
            summed_up = await self._summed_up(tx, model, said)
        path = input_path(request)
        async with elsewhere() if present else nullcontext():  # a storage may take a minute
            recalled = await self._recall.read(said, present, model, path)
        instructions = "\n\n".join([agent.instructions, *resolved.instructions])
        cap = min(resolved.params.max_output_tokens or model.output_tokens, model.output_tokens)
        extras = count_extras(map(spec, tools), None) + input_tokens_of(form.output, model)
        fitted = await fit_in(
            recalled,
            instructions,
            model,
            reserve_output=min(cap, model.context_tokens // 4) + extras,
            count=tariff.counter(model.id),
            summary=lambda dropped: summaries.newest(said[:dropped], summed_up),
            path=path,
        )
        fitted = structs.replace(fitted, input_tokens=fitted.input_tokens + extras)
        price = tariff.price(model.id, fitted.input_tokens)
        can_pay, short_of = payable(price, fitted.input_tokens, figures, self._credits_per_usd)
        return Plan(
            payer=payer,
            conversation_id=place.id if place else None,
            tip_id=tip,
            checked_tip=checked,
            regenerates=regenerates,
            text=text,
            parts=parts,
            agent=agent,
            model=model,
            stand_ins=stand_ins(
                self._registry, model, model.fallbacks, tariff, fitted, self._pauses
            ),
            tariff=tariff,
            feature=resolved.feature,
            params=with_output_limit(resolved.params, max(min(cap, can_pay), 1)),
            instructions=fitted.instructions,
            fitted=fitted,
            price=price,
            month=month,
            allowed=allowed,
            output_cap=cap,
            max_output=min(cap, can_pay),
            short_of=short_of if can_pay < cap else None,
            figures=figures,
            preset_id=(
                None if isinstance(request.preset_id, UnsetType) else PresetId(request.preset_id)
            ),
            tools=tools,
            output=form.output,
            wants_partials=form.wants_partials,
            wants_reasoning=form.wants_reasoning,
        )

    def _agent(self, resolved: Resolved) -> Agent:
        agent = self._agents.get(resolved.agent)
        if agent is None:
            known = ", ".join(sorted(self._agents))
            raise Invalid(f"There is no such agent; known: {known}.", path="$.agent")
        return agent

    async def _summed_up(
        self, tx: Snapshot, model: ModelInfo, said: Sequence[Said]
    ) -> dict[UUID, str]:
        """Summaries of a branch that the window may not hold, by where they end."""
        most = sum(
            MESSAGE_TOKENS + len(one.text) * (1 if one.text.isascii() else CHARACTER_TOKENS)
            for one in said
        )
        if most <= model.context_tokens // 2 and not any(one.media for one in said):
            return {}
        return await summaries.among(tx, [one.id for one in said if one.id])

    async def _history(
        self, tx: Snapshot, model: ModelInfo, place: Place | None, tip: UUID | None
    ) -> list[Said]:
        if place is None or tip is None:
            return []
        return await self._dialogues.read(
            tx, place.id, tip, characters=history_characters(model), most=HISTORY_MESSAGES
        )


def moved() -> Conflict:
    return Conflict("The conversation went on elsewhere; read it again, then continue.")
