"""The turns that this process runs or ran a moment ago, by id, and how many are whose."""

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar
from uuid import UUID

from server.turns.buffer import TurnBuffer
from server.turns.load import Standing
from server.turns.run import Run

Key = TypeVar("Key", bound=Hashable)

KEEP_ENDED_S = 60.0
"""An ended turn stays in memory this long, for clients that attach after a cut; then the journal
and the stored message answer."""

KEEP_ENDED_MAX = 2_000
KEEP_ENDED_EVENTS = 200_000
"""And never more of them than this, in turns and in events of all of them: some 20 MB."""


class Tally(Generic[Key]):
    """How many there are of each, and of all together, without counting again."""

    def __init__(self) -> None:
        self._there: Counter[Key] = Counter()
        self.total = 0

    def __len__(self) -> int:
        """How many different ones."""
        return len(self._there)

    def __getitem__(self, key: Key) -> int:
        return self._there[key]

    def enter(self, key: Key) -> None:
        self._there[key] += 1
        self.total += 1

    def leave(self, key: Key) -> None:
        self.total -= 1
        self._there[key] -= 1
        if not self._there[key]:
            del self._there[key]


class LiveTurns:
    """Running turns, and those that are over. ``now`` is the loop's clock, in seconds.

    A turn is *lost* when its end is not this process's to write (it was taken away), or could not
    be written: its followers wait here for the end that the database will know.
    """

    def __init__(self) -> None:
        self._runs: dict[UUID, Run] = {}
        self._lost: dict[UUID, TurnBuffer] = {}
        self._ended: dict[UUID, tuple[float, TurnBuffer]] = {}
        self._ended_events = 0
        self._users = Tally[UUID]()
        self._messages = Tally[tuple[UUID, UUID | None]]()

    def enter(self, user: UUID, message: UUID | None) -> None:
        """Count a turn of this client message (None: it has none) that runs, or is on its way in.
        ``leave`` is owed."""
        self._users.enter(user)
        self._messages.enter((user, message))

    def leave(self, user: UUID, message: UUID | None) -> None:
        self._users.leave(user)
        self._messages.leave((user, message))

    def knows(self, user: UUID, message: UUID) -> bool:
        """Whether that message's turn runs here, or is on its way in."""
        return self._messages[user, message] > 0

    def standing(self, user: UUID) -> Standing:
        """Turns on their way in count, so that many at once do not slip through together."""
        mine, users = self._users[user], len(self._users)
        return Standing(mine, self._users.total, users if mine else users + 1)

    def add(self, run: Run) -> None:
        self._runs[run.turn.id] = run
        self.enter(run.turn.user_id, run.turn.client_message_id)

    def run(self, turn: UUID) -> Run | None:
        return self._runs.get(turn)

    def buffer(self, turn: UUID) -> TurnBuffer | None:
        """The events of a turn that runs here, was lost here or ended here not long ago."""
        run = self._runs.get(turn)
        if run is not None:
            return run.buffer
        kept = self._ended.get(turn)
        return kept[1] if kept else self._lost.get(turn)

    @property
    def lost(self) -> list[TurnBuffer]:
        return list(self._lost.values())

    def retire(self, run: Run, now: float) -> None:
        """The run is over: with its outcome, or lost."""
        if self._runs.pop(run.turn.id, None) is not None:
            self.leave(run.turn.user_id, run.turn.client_message_id)
        self._lost[run.turn.id] = run.buffer
        self.settle(run.buffer, now)

    def settle(self, buffer: TurnBuffer, now: float) -> None:
        """Keep a turn that has its outcome for a while; a lost one stays lost without it."""
        if buffer.has_ended and self._lost.pop(buffer.turn_id, None) is not None:
            self._ended[buffer.turn_id] = (now + KEEP_ENDED_S, buffer)
            self._ended_events += buffer.events
        self.forget(now)

    def forget(self, now: float) -> None:
        """Let go of what ended long enough ago, and of the oldest where there is too much."""
        for turn, (until, buffer) in list(self._ended.items()):
            is_much = len(self._ended) > KEEP_ENDED_MAX or self._ended_events > KEEP_ENDED_EVENTS
            if until > now and not is_much:
                break
            del self._ended[turn]
            self._ended_events -= buffer.events

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(tuple(self._runs.values()))
