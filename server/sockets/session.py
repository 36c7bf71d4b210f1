"""One session of ``causerie.v1``: performs what its machine decides, and says what happens."""

import logging
import time
from collections.abc import Awaitable, Callable
from functools import cached_property, partial
from typing import assert_never

import anyio
from msgspec import Struct, structs

from billing.plans import Plans
from server.accounts.access import Principal, Scope, allows, require
from server.domain.clock import Clock
from server.domain.errors import (
    AppError,
    Forbidden,
    Internal,
    RateLimited,
    ServiceUnavailable,
    Unavailable,
)
from server.domain.ids import SessionId, TurnId, new_id
from server.protocol.events import (
    ConversationSubscribed,
    ConversationUnsubscribed,
    ServerEvent,
    TurnAttached,
    TurnCancelling,
    TurnEstimated,
)
from server.protocol.gate import Close, MachineLimits, refusal
from server.protocol.machine import (
    Asked,
    Attach,
    Cancel,
    Estimate,
    Send,
    SessionMachine,
    Start,
    Subscribe,
    Unsubscribe,
)
from server.sockets.arrivals import Arrivals
from server.sockets.greeting import session_ready
from server.sockets.pump import Pump, SessionMember
from server.sockets.subscriptions import JOIN_AGAIN_S, Subscriptions
from server.telemetry.logs import bound, fields
from server.turns.engine import TurnEngine

log = logging.getLogger(__name__)

FOLLOWED_MAX = 256
"""Turns that one session may follow at once: above what any plan lets run, below what hurts."""

GREETING_S = 10.0
"""For the figures of ``session.ready``: the handshake's own limit."""


class SessionTerms(Struct, frozen=True, kw_only=True):
    """What all sessions of a process have in common."""

    engine: TurnEngine
    plans: Plans
    machine: MachineLimits
    clock: Clock
    version: str
    arrivals: Arrivals


def admit(principal: Principal) -> None:
    """Sessions show and run turns. Raises Forbidden: a key that may do neither."""
    if not (allows(principal, Scope.TURNS) or allows(principal, Scope.READ)):
        raise Forbidden("This key may neither run nor read turns.")


class Session(SessionMember):
    """Member of the hub; lives as long as ``run``. What most never need comes later."""

    def __init__(self, pump: Pump, terms: SessionTerms) -> None:
        super().__init__(pump)
        self.id = SessionId(new_id())
        self._terms = terms
        self._engine = terms.engine
        self._machine = SessionMachine(terms.machine, terms.clock())

    @cached_property
    def _subscriptions(self) -> Subscriptions:
        pump, feed = self.pump, self._engine.feed
        join = partial(pump.start, self._join)
        return Subscriptions(feed, self.user_id, pump.queue, join)

    async def run(self) -> None:
        """Greet, then serve until either side ends it."""
        opened_at = time.monotonic()
        stop_listening = self._engine.feed.follow_user(self.user_id, self.tell)
        try:
            with bound(session_id=self.id, user_id=self.user_id):
                await self._greet()
                await self.pump.run(self._hear)
        finally:
            stop_listening()
            self._subscriptions.close()
            log.info(
                "session.closed",
                extra=fields(
                    session_id=str(self.id),
                    user_id=str(self.user_id),
                    code=self.pump.closed_with,
                    seconds=round(time.monotonic() - opened_at, 3),
                ),
            )

    async def _greet(self) -> None:
        caller = self.pump.access.principal
        try:
            with anyio.fail_after(GREETING_S):
                async with self._terms.arrivals.places:
                    balance, quota = await self._engine.figures(caller)
                    running = await self._engine.running(caller)
        except TimeoutError:
            self.pump.refuse(ServiceUnavailable("The server is slow; try again.", retry_after=1))
            return
        except AppError as error:
            self.pump.refuse(error)
            return
        except Exception:
            log.exception("session.greeting_failed")
            self.pump.refuse(Internal("Something went wrong on our side."))
            return
        self.pump.greet(
            session_ready(
                self.id,
                caller,
                balance=balance,
                quota=quota,
                running=running,
                plan=self._terms.plans.of(caller.plan, caller.own_limits),
                limits=self._terms.machine,
                version=self._terms.version,
            )
        )

    async def _hear(self, frame: str | bytes) -> None:
        for action in self._machine.receive(frame, self._terms.clock()):
            match action:
                case Send(event):
                    self.tell(event)
                case Close(code, reason):
                    self.end(code, reason)
                case _:
                    self.pump.start(self._perform, action)

    async def _perform(self, action: Asked) -> None:
        """Every way out of here answers the command, exactly once."""
        command, request_id = action.command, str(new_id())
        turn_id = getattr(command, "turn_id", None)
        with bound(request_id=request_id):
            try:
                await self.pump.access.check()
            except AppError as error:
                self._answer(command.id, refusal(error, re=command.id, turn_id=turn_id))
                self.end(error.close or 1011, error.message)
                return
            try:
                await self._carry_out(action, request_id)
            except AppError as error:
                level = logging.WARNING if isinstance(error, Unavailable) else logging.INFO
                log.log(level, "command.refused", extra=fields(code=error.code))
                self._answer(command.id, refusal(error, re=command.id, turn_id=turn_id))
            except Exception:
                log.exception("command.failed")
                ours = Internal(
                    "Something went wrong on our side.", metadata={"requestId": request_id}
                )
                self._answer(command.id, refusal(ours, re=command.id, turn_id=turn_id))

    def _answer(self, command_id: str, event: ServerEvent) -> None:
        self.tell(event)
        self._machine.answered(command_id)

    async def _carry_out(self, action: Asked, request_id: str) -> None:
        match action:
            case Start():
                await self._start(action, request_id)
            case Estimate():
                await self._estimate(action)
            case Cancel():
                await self._cancel(action)
            case Attach():
                await self._in_order(self._attach, action)
            case Subscribe():
                await self._in_order(self._subscribe, action)
            case Unsubscribe():
                await self._in_order(self._unsubscribe, action)
            case _:
                assert_never(action)

    async def _in_order(self, work: Callable[..., Awaitable[None]], action: Asked) -> None:
        async with self._subscriptions.in_order:
            await work(action)

    async def _start(self, action: Start, request_id: str) -> None:
        command, caller = action.command, self.pump.access.principal
        with self._subscriptions.starting(command.id):
            started = await self._engine.start(
                caller, command, address=self.address, correlation_id=request_id
            )
            self._answer(command.id, structs.replace(started.event, re=command.id))
            self._subscriptions.claim(started.event.turn_id)
            if not (started.existing and self.pump.queue.follows(started.event.turn_id)):
                self.pump.queue.follow(started.cursor)  # who follows it has its beginning

    async def _estimate(self, action: Estimate) -> None:
        command, caller = action.command, self.pump.access.principal
        found = await self._engine.estimate(caller, command)
        event = TurnEstimated(
            re=command.id,
            input_tokens=found.input_tokens,
            likely=found.likely,
            at_most=found.at_most,
            affordable=found.affordable,
        )
        self._answer(command.id, event)

    async def _cancel(self, action: Cancel) -> None:
        command, caller = action.command, self.pump.access.principal
        # The outcome must not overtake the answer, so the turn waits for it.
        self.pump.queue.hold(command.turn_id)
        try:
            state = await self._engine.cancel(caller, command.turn_id)
            event = TurnCancelling(re=command.id, turn_id=command.turn_id, state=state.value)
            self._answer(command.id, event)
        finally:
            self.pump.queue.release(command.turn_id)

    async def _attach(self, action: Attach) -> None:
        command, caller = action.command, self.pump.access.principal
        queue = self.pump.queue
        if queue.following >= FOLLOWED_MAX and not queue.follows(command.turn_id):
            raise _too_much("turns", FOLLOWED_MAX)
        found = await self._engine.attach(caller, command.turn_id, command.after_seq)
        event = TurnAttached(
            re=command.id, turn_id=command.turn_id, seq=found.seq, state=found.state.value
        )
        self._answer(command.id, event)
        self._subscriptions.claim(command.turn_id)
        queue.follow(found.cursor)

    async def _subscribe(self, action: Subscribe) -> None:
        command, caller = action.command, self.pump.access.principal
        require(caller, Scope.READ)
        if self._subscriptions.is_full(command.conversation_id):
            raise _too_much("conversations", self._subscriptions.most)
        # Listening begins first: a turn that starts meanwhile is followed or listed.
        self._subscriptions.add(command.conversation_id)
        try:
            running = await self._engine.running(caller, command.conversation_id)
        except BaseException:
            self._subscriptions.remove(command.conversation_id)
            raise
        event = ConversationSubscribed(
            re=command.id, conversation_id=command.conversation_id, running_turns=running
        )
        self._subscriptions.listed(turn.turn_id for turn in running)
        self._answer(command.id, event)

    async def _unsubscribe(self, action: Unsubscribe) -> None:
        command = action.command
        self._subscriptions.remove(command.conversation_id)
        event = ConversationUnsubscribed(re=command.id, conversation_id=command.conversation_id)
        self._answer(command.id, event)

    async def _join(self, turn: TurnId) -> None:
        """Follow a turn that somebody started in a conversation subscribed to."""
        while True:
            try:
                async with self._subscriptions.in_order:
                    if self._subscriptions.wants(turn):
                        await self._follow(turn)
                return
            except Unavailable:  # nobody knows where the turn is
                await anyio.sleep(JOIN_AGAIN_S)
            except Exception:
                log.exception("session.join_failed")
                return

    async def _follow(self, turn: TurnId) -> None:
        found = await self._engine.attach(self.pump.access.principal, turn, 0, is_news=True)
        if self._subscriptions.wants(turn):
            self.pump.queue.follow(found.cursor)
            self._subscriptions.joined(turn)


def _too_much(what: str, limit: int) -> RateLimited:
    return RateLimited(
        f"One session may follow {limit} {what}.",
        metadata={"scope": what, "limit": limit, "remaining": 0},
    )
