"""Everything about a turn that can be known before it is admitted: where it continues, who answers,
what that may cost. Reads, and writes nothing, so an estimate is a plan that nobody starts.
"""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from uuid import UUID

from msgspec import structs

from agents.providers.registry import ModelInfo, Registry
from agents.structured import input_tokens_of
from agents.tokens import CHARACTER_TOKENS, MESSAGE_TOKENS, count_extras
from agents.tools.running import spec
from billing.pauses import PauseBook
from billing.plans import Plans
from server.accounts.access import Principal
from server.domain.clock import Clock, month_of
from server.domain.content import Role
from server.domain.errors import Conflict
from server.domain.ids import PresetId
from server.persistence import summaries, turns
from server.persistence.database import Database, Snapshot
from server.persistence.messages import Place, Said
from server.persistence.turns import Turn
from server.protocol.commands import TurnRequest
from server.turns.casting import Casting
from server.turns.dialogues import HISTORY_MESSAGES, Dialogues, history_characters
from server.turns.payers import Payer, billed, named_by, own
from server.turns.placement import find_preset, find_tip, look_for, place_of
from server.turns.places import elsewhere
from server.turns.plan import Plan
from server.turns.recall import Recall, fit_in
from server.turns.request import (
    check_caller,
    input_path,
    input_text,
    resolve,
    with_output_limit,
)
from server.turns.standins import stand_ins
from server.turns.steps import payable
from server.turns.tariff import Tariffs
from server.turns.toolbox import Toolbox

SAID_BEFORE = 8
"""Of a user's messages, those that may say what the newest one is about."""

REPLAN = 3
"""Plans made before giving up, when the conversation's tip keeps moving under a turn."""


class Planner:
    """Makes plans. All it knows of prices and models is in memory; the rest it reads."""

    def __init__(
        self,
        database: Database,
        recall: Recall,
        *,
        casting: Casting,
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
        self._casting = casting
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
            role = await self._casting.find(tx, caller.user_id, resolved, opening.configuration)
            wanted = resolved.model or role.model
            model = self._registry.get(wanted) if wanted else self._registry.default
            self._pauses.check(
                creator=caller.user_id,
                feature=resolved.feature,
                agent=role.name,
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
        cast = await self._casting.tell(
            role,
            caller.user_id,
            opening.configuration,
            said=[one.text for one in said if one.role is Role.USER][-SAID_BEFORE:],
            window_tokens=model.context_tokens,
        )
        form = resolved.form
        tools = self._toolbox.choose(caller, cast.tools, model, form)
        instructions = "\n\n".join([cast.instructions, *resolved.instructions])
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
        # One object is one agent's work.
        beside = cast.beside(fitted.input_tokens) if form.output is None else ()
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
            agent=cast.agent,
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
                PresetId(request.preset_id) if isinstance(request.preset_id, UUID) else None
            ),
            tools=tools,
            output=form.output,
            wants_partials=form.wants_partials,
            wants_reasoning=form.wants_reasoning,
            beside=beside,
            may_hold_less=bool(beside),
        )

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
