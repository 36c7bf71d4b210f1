"""A turn without a conversation: its money held in one transaction, before anything is asked."""

from datetime import timedelta

from msgspec import Struct, structs, to_builtins

from agents.agent import Agent
from agents.context import fit
from agents.picturetokens import picture_tokens
from agents.providers.registry import Registry
from agents.routing import Routing
from agents.structured import input_tokens_of
from billing.ledger import Ledger
from billing.pauses import PauseBook
from billing.plans import Plans
from server.accounts.membership import no_such_workspace
from server.domain.clock import Clock, month_of
from server.domain.content import ChatMessage, OutputSchema, Params
from server.domain.errors import NotFound, QuotaExceeded
from server.domain.ids import BootId, MessageId, TurnId, UserId, WorkspaceId, new_id
from server.persistence import generations, routing, turns, users
from server.persistence.database import Database, Snapshot, Tx
from server.persistence.generations import NewGeneration
from server.persistence.turns import NewTurn
from server.persistence.users import User
from server.turns.decisions import decision
from server.turns.payers import PATH, Payer, alone, is_kept, payer_in
from server.turns.plan import Plan
from server.turns.request import with_output_limit
from server.turns.standins import stand_ins
from server.turns.steps import claim, payable
from server.turns.tariff import Tariffs
from server.turns.thresholds import Thresholds


class Purpose(Struct, frozen=True, kw_only=True):
    """Whom an answer is for, and what for: what reports and the live feed group it by.

    ``feature`` is one of ``FEATURES``; ``agent_id`` names who asks. ``workspace_id``: where it
    belongs, and who pays for it; None: the creator's personal one.
    """

    creator_id: UserId
    feature: str
    agent_id: str
    correlation_id: str
    workspace_id: WorkspaceId | None = None


class Asked(Struct, frozen=True, kw_only=True):
    """One question; the newest message last. ``models`` are ids: the one that is asked (none: the
    default model), then those that may stand in for it if they can take the same; none but its own
    fallbacks, where no other is named. ``beside``: input tokens of further calls that its agents
    will make. ``is_streamed``: somebody reads the answer as it comes, also a structured one.
    ``kept``: what the history keeps of it, where somebody asked for it; ``routing``: which agents
    were chosen, and why, where several might have been."""

    purpose: Purpose
    models: tuple[str, ...]
    messages: tuple[ChatMessage, ...]
    instructions: str
    params: Params
    output: OutputSchema | None
    beside: tuple[int, ...] = ()
    is_streamed: bool = False
    kept: NewGeneration | None = None
    routing: Routing | None = None


class OneShots:
    """Plans and admits. Rate limits are whoever's who lets users ask."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        plans: Plans,
        pauses: PauseBook,
        thresholds: Thresholds,
        *,
        registry: Registry,
        tariffs: Tariffs,
        boot: BootId,
        hold_s: float,
        credits_per_usd: int,
        clock: Clock,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._plans = plans
        self._pauses = pauses
        self._thresholds = thresholds
        self._registry = registry
        self._tariffs = tariffs
        self._boot = boot
        self._hold_s = hold_s
        self._credits_per_usd = credits_per_usd
        self._clock = clock

    async def admit(
        self, asked: Asked, agent: Agent, turn_id: TurnId | None = None
    ) -> tuple[NewTurn, Plan]:
        """``turn_id`` None: a new one.

        Raises:
            NotFound: there is no such user any more, or they are no member of that workspace.
            Invalid, ModelUnavailable, Unpriced: with the field's path.
            InsufficientCredits, QuotaExceeded: with figures.
            Paused: something that it would use is.
            ServiceUnavailable: the database does not answer.
        """
        now, model = self._clock(), self._registry.get(asked.models[0])
        month, creator = month_of(now), asked.purpose.creator_id
        self._pauses.check(
            creator=creator,
            feature=asked.purpose.feature,
            agent=agent.name,
            model=model.id,
            provider=model.provider,
        )
        # Without a transaction: whoever pays is asked again when the money is held.
        async with self._database.glances() as tx:
            user = await users.find(tx, creator)
            if user is None:
                raise NotFound("There is no such user.")
            allowed = self._plans.of(user.plan, user.own_limits)
            payer = await _payer(tx, user, asked.purpose)
            figures = await self._ledger.figures(
                tx, payer.account_id, creator, month, allowed.quota_usd
            )
        tariff = self._tariffs.at(now)
        cap = min(asked.params.max_output_tokens or model.output_tokens, model.output_tokens)
        schema = input_tokens_of(asked.output, model)
        fitted = fit(
            asked.instructions,
            asked.messages,
            window_tokens=model.context_tokens,
            reserve_output=min(cap, model.context_tokens // 4) + schema,
            count=tariff.counter(model.id),
            count_image=lambda image: picture_tokens(model.id, image.width, image.height),
        )
        fitted = structs.replace(fitted, input_tokens=fitted.input_tokens + schema)
        price = tariff.price(model.id, fitted.input_tokens)
        can_pay, short_of = payable(price, fitted.input_tokens, figures, self._credits_per_usd)
        plan = Plan(
            payer=payer,
            agent=agent,
            model=model,
            stand_ins=stand_ins(
                self._registry,
                model,
                asked.models[1:] or model.fallbacks,
                tariff,
                fitted,
                self._pauses,
            ),
            tariff=tariff,
            feature=asked.purpose.feature,
            params=with_output_limit(asked.params, max(min(cap, can_pay), 1)),
            instructions=asked.instructions,
            fitted=fitted,
            price=price,
            month=month,
            allowed=allowed,
            output_cap=cap,
            max_output=min(cap, can_pay),
            short_of=short_of if can_pay < cap else None,
            figures=figures,
            output=asked.output,
            beside=asked.beside,
            may_hold_less=True,
            wants_partials=asked.is_streamed,
        )
        turn = self._turn(asked, plan, turn_id or TurnId(new_id()))
        await self._hold(turn, plan, asked)
        return turn, plan

    def _turn(self, asked: Asked, plan: Plan, turn_id: TurnId) -> NewTurn:
        purpose, model = asked.purpose, plan.model
        return NewTurn(
            id=turn_id,
            user_id=purpose.creator_id,
            workspace_id=plan.payer.workspace_id,
            account_id=plan.payer.account_id,
            conversation_id=None,
            client_message_id=None,
            request_hash=b"",
            tip_id=MessageId(turn_id),
            user_message_id=MessageId(new_id()),
            message_id=MessageId(new_id()),
            boot_id=self._boot,
            agent=purpose.agent_id,
            provider=model.provider,
            model=model.id,
            feature=purpose.feature,
            plan=plan.allowed.name.value,
            month=plan.month,
            correlation_id=purpose.correlation_id,
            input_tokens=plan.fitted.input_tokens,
            price=to_builtins(plan.price),
            started={},
        )

    async def _hold(self, turn: NewTurn, plan: Plan, asked: Asked) -> None:
        now = self._clock()
        held = claim(
            turn,
            new_id(),
            1,
            plan.first_step(self._credits_per_usd).credits,
            credits_per_usd=self._credits_per_usd,
            quota_limit=plan.allowed.quota_usd,
            expires_at=now + timedelta(seconds=self._hold_s),
        )

        async def work(tx: Tx) -> None:
            if not await is_kept(tx, turn.user_id, plan.payer):
                raise no_such_workspace(PATH)
            await turns.insert(tx, turn)
            if asked.kept is not None:
                await generations.insert(tx, turn.id, turn.user_id, asked.kept)
            if asked.routing is not None:
                await routing.note(tx, decision(turn, asked.routing, now))
            await self._ledger.hold(tx, held)

        # A commit whose answer is lost leaves a turn that nobody runs here: ``watch`` ends it.
        try:
            await self._database.run(work)
        except QuotaExceeded:
            await self._thresholds.refused(turn, plan.allowed.quota_usd)
            raise


async def _payer(tx: Snapshot, user: User, purpose: Purpose) -> Payer:
    personal = WorkspaceId(user.workspace_id)
    workspace = purpose.workspace_id or personal
    if workspace == personal:
        return alone(purpose.creator_id, personal)
    return await payer_in(tx, purpose.creator_id, workspace)
