"""Admission: limits, then what can be checked in memory, then one transaction that holds the money.

A refusal costs nothing and leaves nothing behind; a repeated ``clientMessageId`` finds its turn.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

from msgspec import Struct, convert, structs, to_builtins

from agents.teamchat import TeamChat
from billing.ledger import Ledger
from billing.windows import Told, untold
from server.accounts.access import Principal, require
from server.domain.clock import Clock
from server.domain.errors import (
    Conflict,
    IdempotencyMismatch,
    NotFound,
    QuotaExceeded,
    ServiceUnavailable,
)
from server.domain.ids import BootId, ConversationId, MessageId, TurnId, new_id
from server.failpoints import reach
from server.persistence import messages, routing, turns
from server.persistence.database import Database, Tx
from server.persistence.messages import Words
from server.persistence.turns import NewTurn, Turn
from server.protocol.commands import StartTurnBody
from server.protocol.events import TurnStarted
from server.turns import receipts
from server.turns.counting import Counted, Counting
from server.turns.decisions import decision
from server.turns.payers import Payer, is_kept, named_by, named_workspace, own
from server.turns.plan import Plan
from server.turns.planning import REPLAN, Planner, moved
from server.turns.request import request_hash
from server.turns.steps import claim
from server.turns.thresholds import Thresholds

ASK_AGAIN_S = (0.1, 0.5, 2.0)
"""Pauses before asking again whether a turn was admitted. A turn that was, and whose client had to
be told otherwise, is ended as left over (``watch``)."""


class Admitted(Struct, frozen=True, kw_only=True):
    """A turn whose money is held. ``plan`` None: it was admitted before, by the same message."""

    turn: NewTurn
    started: TurnStarted
    plan: Plan | None


class _Known(Exception):
    """Rolls the transaction back: the message was admitted before."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn


class _Moved(Exception):
    """Rolls the transaction back: another turn moved the tip that this one continues, or its user
    was removed from the workspace that it would bill."""


class Admission:
    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        counting: Counting,
        planner: Planner,
        thresholds: Thresholds,
        *,
        boot: BootId,
        hold_s: float,
        clock: Clock,
        credits_per_usd: int,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._counting = counting
        self._planner = planner
        self._thresholds = thresholds
        self._boot = boot
        self._hold_s = hold_s
        self._clock = clock
        self._credits_per_usd = credits_per_usd

    async def admit(
        self,
        caller: Principal,
        request: StartTurnBody,
        *,
        address: str,
        correlation_id: str,
        told: Told = untold,
    ) -> Admitted:
        """``told`` hears how the limits stand.

        Raises:
            RateLimited, TooManyTurns, InsufficientCredits, QuotaExceeded: with figures.
            IdempotencyMismatch: ``clientMessageId`` was used for another request.
            Refused: anything that ``Planner.plan`` refuses.
            ServiceUnavailable: an engine does not answer.
        """
        require(caller, "turns")
        payer, member = await self._named(caller, request), str(request.client_message_id)
        counted = await self._counting.count(
            caller, payer or own(caller), member, address, told=told
        )
        try:
            admitted = await self._plan_and_hold(caller, request, payer, counted, correlation_id)
        except BaseException:
            await self._counting.withdraw(counted)
            raise
        if isinstance(admitted.turn, Turn) and admitted.turn.outcome:
            await self._counting.free(admitted.turn)
        return admitted

    async def _named(self, caller: Principal, request: StartTurnBody) -> Payer | None:
        """Asked before the limits: a workspace may have one of its own."""
        if named_workspace(caller, request) is None:
            return None
        async with self._database.glances() as tx:
            return await named_by(tx, caller, request)

    async def _plan_and_hold(
        self,
        caller: Principal,
        request: StartTurnBody,
        payer: Payer | None,
        counted: Counted,
        correlation_id: str,
    ) -> Admitted:
        wanted = request_hash(request)
        for _ in range(REPLAN):
            plan = await self._planner.plan(caller, request, request.client_message_id, payer)
            if isinstance(plan, Turn):
                return known(plan, wanted)
            await self._counting.count_in(counted, plan.payer)
            turn, started = self._new_turn(caller, request, plan, wanted, correlation_id)
            try:
                await self._hold(caller, plan, turn, started.conversation_id)
            except QuotaExceeded:
                await self._thresholds.refused(turn, plan.allowed.quota_usd)
                raise
            except _Moved:
                payer = None
                continue
            except _Known as before:
                if before.turn.id != turn.id:  # ours: a lost reply to COMMIT, asked again
                    return known(before.turn, wanted)
            reach("admission.committed")
            return Admitted(turn=turn, started=started, plan=plan)
        raise moved()

    def _new_turn(
        self,
        caller: Principal,
        request: StartTurnBody,
        plan: Plan,
        wanted: bytes,
        correlation_id: str,
    ) -> tuple[NewTurn, TurnStarted]:
        turn_id, message_id = TurnId(new_id()), MessageId(new_id())
        conversation_id = plan.conversation_id or ConversationId(new_id())
        user_message_id = plan.regenerates or MessageId(new_id())
        started = TurnStarted(
            turn_id=turn_id,
            seq=1,
            conversation_id=conversation_id,
            user_message_id=user_message_id,
            message_id=message_id,
            agent=plan.agent.name,
            provider=plan.model.provider,
            model=plan.model.id,
            held=receipts.amount(
                plan.first_step(self._credits_per_usd).credits, self._credits_per_usd
            ),
        )
        turn = NewTurn(
            id=turn_id,
            user_id=caller.user_id,
            workspace_id=plan.payer.workspace_id,
            account_id=plan.payer.account_id,
            conversation_id=conversation_id,
            client_message_id=request.client_message_id,
            request_hash=wanted,
            tip_id=plan.tip_id,
            user_message_id=user_message_id,
            message_id=message_id,
            boot_id=self._boot,
            agent=plan.agent.name,
            provider=plan.model.provider,
            model=plan.model.id,
            feature=plan.feature,
            plan=plan.allowed.name.value,
            month=plan.month,
            correlation_id=correlation_id,
            input_tokens=plan.fitted.input_tokens,
            price=to_builtins(plan.price),
            started=to_builtins(started),
        )
        return turn, started

    async def _hold(self, caller: Principal, plan: Plan, turn: NewTurn, conversation: UUID) -> None:
        """Transaction one: turn, hold, user message. Tokens are bought only after its commit."""
        now, is_committing = self._clock(), False
        held = claim(
            turn,
            new_id(),
            1,
            plan.first_step(self._credits_per_usd).credits,
            credits_per_usd=self._credits_per_usd,
            quota_limit=plan.allowed.quota_usd,
            expires_at=now + timedelta(seconds=self._hold_s),
        )
        words = None
        if plan.text is not None:
            words = Words(
                parent_id=plan.tip_id,
                text=plan.text,
                parts=plan.parts,
                turn_id=turn.id,
                at=now,
            )

        async def work(tx: Tx) -> None:
            nonlocal is_committing
            is_committing = False
            if not await is_kept(tx, caller.user_id, plan.payer):
                raise _Moved
            if plan.conversation_id is None:
                await messages.add_conversation(
                    tx,
                    id=conversation,
                    user=caller.user_id,
                    workspace=turn.workspace_id,
                    title=plan.title,
                    agent=turn.agent,
                    model=turn.model,
                    preset=plan.preset_id,
                )
            if not await turns.insert(tx, turn):
                await self._refuse(tx, turn)
            if isinstance(plan.agent, TeamChat):
                await routing.note(tx, decision(turn, plan.agent.routing, now))
            await self._ledger.hold(tx, held)
            moved_on = await messages.go_on(
                tx,
                conversation,
                turn.user_message_id,
                words=words,
                expected=plan.tip_id,
                checked=plan.checked_tip,
                title=plan.title,
            )
            if not moved_on and plan.checked_tip:
                raise _Moved
            if not moved_on:
                raise NotFound("There is no such conversation.", path="$.conversationId")
            reach("admission.writing")
            is_committing = True

        for pause in ASK_AGAIN_S:
            try:
                return await self._database.run(work)
            except ServiceUnavailable:
                if not is_committing:
                    raise
            # The answer to COMMIT was lost: asked again, it finds its own turn, or commits now.
            await asyncio.sleep(pause)
        return await self._database.run(work)

    async def _refuse(self, tx: Tx, turn: NewTurn) -> None:
        """Why the insert found a row in its way: the same message, or a turn on the same tip."""
        if turn.client_message_id is not None:
            before = await turns.find_by_client_message(tx, turn.user_id, turn.client_message_id)
            if before is not None:
                raise _Known(before)
        raise Conflict(
            "A turn is already running on that message; wait for its end, or cancel it.",
            path="$.parentId",
        )


def known(turn: Turn, wanted: bytes) -> Admitted:
    """The answer to a message that was admitted before."""
    if turn.request_hash != wanted:
        raise IdempotencyMismatch(
            "This clientMessageId was used before with another request.",
            path="$.clientMessageId",
            metadata={"turnId": str(turn.id)},
        )
    started = structs.replace(convert(turn.started, TurnStarted), existing=True)
    return Admitted(turn=turn, started=started, plan=None)
