"""The provider calls of a turn whose process died: what is known of them.

A call that is followed by another is noted with the turn before the next begins, and told to its
followers. So whoever ends the turn instead knows every call but what the last one had used, which
it counts; also when the journal went with the process.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import MsgspecError, Struct, convert, json, to_builtins
from sqlalchemy.exc import SQLAlchemyError

from agents.events import Notice
from billing.pricing import cost
from server.domain.errors import Conflict, ServiceUnavailable
from server.domain.ids import CallId, new_id
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome, Price, Usage, UsageSource
from server.persistence import turns
from server.persistence.database import Database
from server.persistence.turns import Turn
from server.protocol.events import TurnNotice, TurnReasoning
from server.telemetry.logs import fields
from server.turns.buffer import TurnBuffer
from server.turns.meter import Call
from server.turns.tariff import Tariff, Tariffs

log = logging.getLogger(__name__)

KIND = "call"

_reasoning = json.Decoder(TurnReasoning)
_notice = json.Decoder(TurnNotice)


class Told(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An ended call as a notice tells of it: a receipt's line without money, which is known at the
    turn's end only."""

    call_id: CallId
    agent: str
    provider: str
    model: str
    input_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    usage_source: UsageSource
    outcome: CallOutcome
    images: int = 0
    characters: int = 0
    audio_ms: int = 0


def told(call: Call) -> Notice:
    """What clients hear of an ended call."""
    return Notice(kind=KIND, detail=to_builtins(_said(call)))


def _said(call: Call) -> Told:
    usage = call.usage
    return Told(
        call_id=call.call_id,
        agent=call.agent,
        provider=call.provider,
        model=call.model,
        input_tokens=usage.input_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        usage_source=usage.source,
        outcome=call.outcome,
        images=usage.images,
        characters=usage.characters,
        audio_ms=usage.audio_ms,
    )


class Noted(Struct, frozen=True, kw_only=True, rename="camel"):
    """What stands in the turn's row while it runs: calls that have ended, oldest first, and the
    model of the one that was about to begin."""

    ended: list[Told]
    model: str


class CallNotes:
    """Notes calls of turns that run here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, turn: UUID, fence: int, ended: Sequence[Call], model: str) -> None:
        """Before a call to ``model`` is made.

        While the database is away nothing is noted, and the turn goes on: its journal tells the
        same, unless that is lost as well.

        Raises:
            Conflict: the turn is not ours any more.
        """
        noted = to_builtins(Noted(ended=[_said(call) for call in ended], model=model))
        try:
            is_ours = await self._database.single(
                lambda tx: turns.note_calls(tx, turn, fence, noted)
            )
        except (ServiceUnavailable, SQLAlchemyError) as error:
            log.warning("calls.not_noted", extra=fields(turn=str(turn), error=repr(error)))
            return
        if not is_ours:
            raise Conflict("The turn was ended elsewhere.")


class LostCalls:
    """``find`` answers the calls of one turn."""

    def __init__(self, tariffs: Tariffs) -> None:
        self._tariffs = tariffs

    def find(self, turn: Turn, seen: TurnBuffer | None, at: datetime) -> list[Call]:
        """``seen``: the turn's events, if they are known; ``at``: when it is ended. An admitted
        turn had made no call. What the row and the journal both tell of is one call."""
        if turn.state is TurnState.ADMITTED:
            return []
        tariff = self._tariffs.at(turn.admitted_at)
        ended = []
        notices = notices_of(seen) if seen else []
        noted = _noted(turn)
        known = {said.call_id: said for said in (*noted.ended, *_ended(notices))}
        for said in known.values():
            usage = Usage(
                input_tokens=said.input_tokens,
                output_tokens=said.output_tokens,
                cached_input_tokens=said.cached_input_tokens,
                cache_write_tokens=said.cache_write_tokens,
                reasoning_tokens=said.reasoning_tokens,
                source=said.usage_source,
                images=said.images,
                characters=said.characters,
                audio_ms=said.audio_ms,
            )
            price = _price(tariff, turn, said.model, usage)
            ended.append(
                Call(
                    call_id=said.call_id,
                    agent=said.agent,
                    provider=said.provider,
                    model=said.model,
                    usage=usage,
                    outcome=said.outcome,
                    price=price,
                    cost_usd=cost(usage, price),
                    started_at=turn.admitted_at,
                    ended_at=at,
                )
            )
        return [*ended, self._last(turn, seen, noted.model, notices, ended, at)]

    def _last(
        self,
        turn: Turn,
        seen: TurnBuffer | None,
        noted: str,
        notices: list[TurnNotice],
        ended: list[Call],
        at: datetime,
    ) -> Call:
        """The call that died with its process: what was said and not told of others is its own."""
        handed_on = [said.detail["to"] for said in notices if said.kind == "failover"]
        model = str(handed_on[-1]) if handed_on else noted
        tariff = self._tariffs.at(turn.admitted_at)
        count = tariff.counter(model)
        reasoning = count(reasoning_of(seen)) if seen else 0
        reasoning = max(reasoning - sum(call.usage.reasoning_tokens for call in ended), 0)
        said = count(seen.text if seen else "")
        said -= sum(call.usage.output_tokens - call.usage.reasoning_tokens for call in ended)
        usage = Usage(
            input_tokens=max(turn.input_tokens, *(call.usage.input_tokens for call in ended), 0),
            output_tokens=max(said, 0) + reasoning,
            reasoning_tokens=reasoning,
            source=UsageSource.ESTIMATED,
        )
        price = convert(turn.price, Price)
        if model != turn.model:
            price = _price(tariff, turn, model, usage)
        return Call(
            call_id=CallId(new_id()),
            agent=turn.agent,
            provider=model.partition("/")[0],
            model=model,
            usage=usage,
            outcome=CallOutcome.FAILED,
            price=price,
            cost_usd=cost(usage, price),
            started_at=turn.admitted_at,
            ended_at=at,
        )


def _price(tariff: Tariff, turn: Turn, model: str, usage: Usage) -> Price:
    """The turn's own where the model has none here any more: a turn must end in any case."""
    if tariff.is_priced(model):
        return tariff.price(model, usage.input_tokens)
    return convert(turn.price, Price)


def _noted(turn: Turn) -> Noted:
    try:
        return convert(turn.calls, Noted)
    except MsgspecError:  # nothing was noted, or by another version
        return Noted(ended=[], model=turn.model)


def _ended(notices: list[TurnNotice]) -> list[Told]:
    """A notice of another version that cannot be read tells of no call."""
    found = []
    for said in notices:
        if said.kind == KIND:
            try:
                found.append(convert(said.detail, Told))
            except MsgspecError:
                continue
    return found


def notices_of(buffer: TurnBuffer) -> list[TurnNotice]:
    """What the turn told beside its answer, as far as the buffer reaches back."""
    return [_notice.decode(data) for data in _events(buffer, "turn.notice")]


def reasoning_of(buffer: TurnBuffer) -> str:
    """What the turn told of its model's reasoning, as far as the buffer reaches back."""
    return "".join(_reasoning.decode(data).text for data in _events(buffer, "turn.reasoning"))


def _events(buffer: TurnBuffer, wanted: str) -> list[Any]:
    return [
        data
        for _, _, kind, data in buffer.runs(buffer.base_seq)
        if kind == wanted and isinstance(data, bytes)
    ]
