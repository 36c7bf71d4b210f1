"""What waits to be sent to one session: answers in order, and turns, which are pulled.

A turn waits as a cursor, not as bytes, so a slow reader costs a number however far it is behind:
what has gathered meanwhile merges when it is taken, a bounded piece at a time. How much waits says
nothing about the reader, for a provider may bring megabytes in one moment: who has not taken in
time what had been waiting is behind, and is moved on by a snapshot; who is so again soon afterwards
is given up.
"""

from asyncio import Event
from collections import deque
from collections.abc import Callable
from uuid import UUID

from server.turns.cursor import Cursor

BEHIND_BYTES = 1024 * 1024
"""What a reader must be able to take in ``BEHIND_S`` (the specification's outgoing buffer)."""

BEHIND_S = 10.0
"""Who has not taken by then what was waiting is behind; more than ``BEHIND_BYTES`` get more time in
proportion."""

FORGIVEN_S = 60.0
"""A reader that kept up for this long after it was moved on may fall behind once more."""


class TooSlow(Exception):
    """The reader fell behind a second time, or lets answers pile up."""


class SendQueue:
    """``now`` is a monotonic clock in seconds. ``put`` and ``follow`` never wait."""

    def __init__(self, now: Callable[[], float], *, behind_bytes: int = BEHIND_BYTES) -> None:
        self._now = now
        self._behind_bytes = behind_bytes
        self._answers: deque[bytes] = deque()
        self._answer_bytes = 0
        self._followed: dict[UUID, Cursor] = {}
        self._waiting: dict[UUID, float] = {}  # turns with something to take, and since when
        self._held: set[UUID] = set()
        self._due: dict[UUID, tuple[float, int]] = {}  # until when it must be taken up to which seq
        self._replayed: dict[UUID, int] = {}  # up to this seq it is a replay: however long, no lag
        self._moved_on: float | None = None
        self._news = Event()
        self._drained = Event()
        self._drained.set()
        self._closed = False

    def put(self, answer: bytes) -> None:
        """Send ``answer`` after those before it, and before anything more of any turn."""
        self._answers.append(answer)
        self._answer_bytes += len(answer)
        self._drained.clear()
        self._news.set()

    def put_first(self, answer: bytes) -> None:
        """Send ``answer`` before all others: the first event of a session."""
        self._answers.appendleft(answer)
        self._answer_bytes += len(answer)
        self._drained.clear()
        self._news.set()

    def follow(self, cursor: Cursor) -> None:
        """Send what ``cursor`` finds; it takes the place of another one of the same turn."""
        turn = cursor.turn_id
        self.unfollow(turn)
        if self._closed:
            cursor.close()
            return
        self._followed[turn] = cursor
        self._replayed[turn] = cursor.seq
        cursor.wake_with(lambda: self._wake(turn))

    def unfollow(self, turn: UUID) -> None:
        if cursor := self._followed.pop(turn, None):
            cursor.close()
        self._waiting.pop(turn, None)
        self._due.pop(turn, None)
        self._replayed.pop(turn, None)

    def follows(self, turn: UUID) -> bool:
        return turn in self._followed

    @property
    def following(self) -> int:
        """How many turns are followed that have not ended."""
        return len(self._followed)

    def hold(self, turn: UUID) -> None:
        """Send nothing of ``turn`` until ``release``: an answer that concerns it comes first."""
        self._held.add(turn)

    def release(self, turn: UUID) -> None:
        self._held.discard(turn)
        if turn in self._waiting:
            self._waiting[turn] = self._now()  # that wait was ours, not the reader's
            self._due.pop(turn, None)
        self._news.set()

    async def wait(self) -> None:
        """Until there may be something to take."""
        await self._news.wait()

    async def sent(self) -> None:
        """Until every answer so far has been taken: for who would rather skip than pile up."""
        await self._drained.wait()

    def nudge(self) -> None:
        """End a ``wait`` though there may be nothing to take."""
        self._news.set()

    def take(self) -> list[bytes]:
        """The next frames to send, of the answers or of one turn; empty when nothing waits.

        Raises:
            TooSlow: the reader cannot be helped any more.
        """
        if self._answers:
            if self._answer_bytes - len(self._answers[-1]) > self._behind_bytes:
                raise TooSlow
            taken = list(self._answers)
            self._answers.clear()
            self._answer_bytes = 0
            return taken
        # Asked again, so those that were taken have found room.
        self._drained.set()
        self._check_lag()
        for turn in self._waiting:
            if turn not in self._held:
                return self._take_turn(turn)
        self._news.clear()
        return []

    def close(self) -> None:
        """Follow nothing more. The turns go on."""
        self._closed = True
        for turn in list(self._followed):
            self.unfollow(turn)

    def _wake(self, turn: UUID) -> None:
        if turn in self._followed:
            self._waiting.setdefault(turn, self._now())
            self._news.set()

    def _take_turn(self, turn: UUID) -> list[bytes]:
        cursor = self._followed[turn]
        del self._waiting[turn]
        frames = [frame.data for frame in cursor.take()]
        if cursor.ended:
            self.unfollow(turn)
            return frames
        if turn in self._replayed and cursor.has_taken(self._replayed[turn]):
            del self._replayed[turn]
        if not cursor.has_news:
            self._due.pop(turn, None)
            return frames
        now = self._now()
        self._waiting[turn] = now  # behind the others
        due = self._due.get(turn)
        if turn not in self._replayed and (due is None or cursor.has_taken(due[1])):
            # Characters, of one byte or more each: good enough to tell much from little.
            much = cursor.waiting_characters() / self._behind_bytes
            self._due[turn] = (now + BEHIND_S * max(much, 1), cursor.seq)
        return frames

    def _check_lag(self) -> None:
        now = self._now()
        behind = [turn for turn, since in self._waiting.items() if self._is_behind(turn, since)]
        if not behind:
            return
        if self._moved_on is not None and now - self._moved_on < FORGIVEN_S:
            raise TooSlow
        self._moved_on = now
        for turn in behind:
            cursor = self._followed[turn]
            cursor.skip_to_snapshot()
            self._waiting[turn], self._replayed[turn] = now, cursor.seq
            self._due.pop(turn, None)

    def _is_behind(self, turn: UUID, since: float) -> bool:
        if turn in self._replayed or turn in self._held:
            return False
        deadline, _ = self._due.get(turn) or (since + BEHIND_S, 0)
        return self._now() > deadline
