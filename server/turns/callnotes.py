"""What is noted of a turn's provider calls while it runs, for whoever may have to end it.

A call that is followed by another is noted with the turn before the next begins, and told to its
followers; where several agents work, so are those that run at that moment.
"""

import asyncio
import logging
from collections.abc import Sequence

from msgspec import Struct, convert, to_builtins
from sqlalchemy.exc import SQLAlchemyError

from agents.events import CallStarted, Notice
from server.domain.errors import Conflict, ServiceUnavailable
from server.domain.ids import CallId
from server.domain.usage import CallOutcome, UsageSource
from server.persistence import turns
from server.persistence.database import Database
from server.persistence.turns import NewTurn
from server.telemetry.logs import fields
from server.turns.meter import Call

log = logging.getLogger(__name__)

KIND = "call"

PAUSES_S = (0.5, 1.0, 2.0)
"""Before asking again a database that is away: as long as another takes over, or restarts."""


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


class Running(Struct, frozen=True, kw_only=True, rename="camel"):
    """A call that had not ended, of one of several agents."""

    call_id: CallId
    agent: str
    provider: str
    model: str
    input_tokens: int


class Noted(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What stands in the turn's row while it runs: calls that have ended, oldest first, and the
    model of the one that was about to begin; where several agents work, all that ran then."""

    ended: list[Told]
    model: str
    running: list[Running] = []


class CallNotes:
    """Notes calls of turns that run here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(
        self,
        turn: NewTurn,
        fence: int,
        ended: Sequence[Call],
        model: str,
        running: Sequence[CallStarted],
    ) -> None:
        """Before a call to ``model`` is made; of several agents, the last that is ``running``.

        While the database is away nothing is noted, and a turn goes on whose journal tells the
        same. One without a conversation has none: it makes no further call that nobody could know
        of, should this process die.

        Raises:
            Conflict: the turn is not ours any more.
            ServiceUnavailable: the calls of a turn without a conversation cannot be noted.
        """
        noted = to_builtins(
            Noted(
                ended=[_said(call) for call in ended],
                model=model,
                running=[convert(call, Running, from_attributes=True) for call in running],
            )
        )
        for pause_s in (*PAUSES_S, None):
            try:
                is_ours = await self._database.single(
                    lambda tx: turns.note_calls(tx, turn.id, fence, noted)
                )
                break
            except (ServiceUnavailable, SQLAlchemyError) as error:
                told = fields(turn=str(turn.id), error=repr(error))
                log.warning("calls.not_noted", extra=told)
                if turn.conversation_id is not None:
                    return
                if pause_s is None:
                    raise ServiceUnavailable("What was used so far cannot be noted.") from error
            await asyncio.sleep(pause_s)
        if not is_ours:
            raise Conflict("The turn was ended elsewhere.")
