"""The provider calls of a turn whose process died: what is known of them.

What was noted of them (``callnotes``) and what the turn's journal tells are the same calls. So
whoever ends the turn instead knows every call but what those that ran had used, which it counts;
also when the journal went with the process.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

from msgspec import MsgspecError, convert, json

from billing.pricing import cost
from server.domain.ids import CallId, new_id
from server.domain.turn import TurnState
from server.domain.usage import CallOutcome, Price, Usage, UsageSource
from server.persistence.turns import Turn
from server.protocol.events import TurnNotice, TurnReasoning
from server.turns.buffer import TurnBuffer, speaker
from server.turns.callnotes import KIND, Noted, Running, Told
from server.turns.meter import Call
from server.turns.tariff import Tariff, Tariffs

_reasoning = json.Decoder(TurnReasoning)
_notice = json.Decoder(TurnNotice)


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
        running = [call for call in noted.running if call.call_id not in known]
        if running:
            texts = spoken_by(seen) if seen else {}
            return [*ended, *(self._cut_off(turn, call, texts, ended, at) for call in running)]
        return [*ended, self._last(turn, seen, noted.model, notices, ended, at)]

    def _cut_off(
        self, turn: Turn, call: Running, texts: dict[str, str], ended: list[Call], at: datetime
    ) -> Call:
        """A call of one of several agents: what that one said and no earlier call of it did."""
        tariff = self._tariffs.at(turn.admitted_at)
        said = tariff.counter(call.model)(texts.get(call.agent, ""))
        said -= sum(one.usage.output_tokens for one in ended if one.agent == call.agent)
        usage = Usage(
            input_tokens=call.input_tokens,
            output_tokens=max(said, 0),
            source=UsageSource.ESTIMATED,
        )
        price = _price(tariff, turn, call.model, usage)
        return Call(
            call_id=call.call_id,
            agent=call.agent,
            provider=call.provider,
            model=call.model,
            usage=usage,
            outcome=CallOutcome.FAILED,
            price=price,
            cost_usd=cost(usage, price),
            started_at=turn.admitted_at,
            ended_at=at,
        )

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


def spoken_by(buffer: TurnBuffer) -> dict[str, str]:
    """What each of several agents said, as far as the buffer reaches back."""
    texts = defaultdict[str, list[str]](list)
    for _, _, _, said in buffer.runs(buffer.base_seq):
        if not isinstance(said, bytes):
            texts[speaker(said[0]) or ""] += said
    return {agent: "".join(parts) for agent, parts in texts.items()}


def reasoning_of(buffer: TurnBuffer) -> str:
    """What the turn told of its model's reasoning, as far as the buffer reaches back."""
    return "".join(_reasoning.decode(data).text for data in _events(buffer, "turn.reasoning"))


def _events(buffer: TurnBuffer, wanted: str) -> list[Any]:
    return [
        data
        for _, _, kind, data in buffer.runs(buffer.base_seq)
        if kind == wanted and isinstance(data, bytes)
    ]
