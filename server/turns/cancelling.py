"""Ending a turn because somebody asked for it, whichever process runs it.

The wish is written down, so that the owner finds it with its next heartbeat whatever happens, and
rung, so that it need not wait for that.
"""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct

from server.accounts.access import Principal, Scope, require
from server.domain.errors import NotFound
from server.domain.ids import TurnId
from server.domain.turn import TurnState
from server.persistence import ownership, turns
from server.persistence.bell import Bell
from server.persistence.database import Database
from server.persistence.turns import Turn
from server.turns.live import LiveTurns


class Wish(Struct, frozen=True, kw_only=True):
    """Somebody who may ask for it wants this turn to stop: that was checked where he asked."""

    turn: TurnId


class Canceller:
    def __init__(self, database: Database, live: LiveTurns, bell: Bell) -> None:
        self._database = database
        self._live = live
        self._bell = bell
        bell.listen("turn.cancel", Wish, self._asked)

    async def cancel(self, caller: Principal, turn_id: UUID) -> TurnState:
        """Ask a turn to stop; answers its state at this moment. ``turn.cancelled`` follows on
        whoever is attached, unless the turn had ended.

        Raises:
            NotFound: no such turn of this user.
            ServiceUnavailable: it does not run here, and the database does not answer.
        """
        require(caller, Scope.TURNS)
        run = self._live.run(turn_id)
        if run is not None and run.turn.user_id == caller.user_id:
            state = run.buffer.state
            run.stop()
            return state
        async with self._database.transaction() as tx:
            turn = await turns.request_cancel(tx, turn_id, caller.user_id)
        if turn is None:
            raise NotFound("There is no such turn.", path="$.turnId")
        self._ring([turn])
        return turn.state

    async def cancel_all(self, user: UUID, conversation: UUID) -> None:
        """Stop what runs in a conversation that is being deleted, and wait until that has ended
        which runs here."""
        stopped = [
            run
            for run in self._live
            if run.turn.user_id == user and run.turn.conversation_id == conversation
        ]
        for run in stopped:
            run.stop()
        async with self._database.transaction() as tx:
            await ownership.request_cancel_in(tx, conversation, user)
            running = await turns.live_of(tx, user, conversation)
        self._ring(running)
        await asyncio.gather(*(run.ended.wait() for run in stopped))

    def _ring(self, found: Iterable[Turn]) -> None:
        for turn in found:
            if turn.state.is_live:
                self.stop(turn.id, turn.boot_id)

    def stop(self, turn: TurnId, boot: UUID) -> None:
        """Stop a live turn, wherever it runs; the wish is written down already."""
        self._asked(boot, Wish(turn=turn))
        self._bell.tell_process(boot, "turn.cancel", Wish(turn=turn))

    def _asked(self, _: UUID, wish: Wish) -> None:
        run = self._live.run(wish.turn)
        if run is not None:
            run.stop()
