"""What waits to be sent to one session: answers in order, and turns, which are pulled.

A turn waits as a cursor, not as bytes, so a slow reader costs a number however far it is behind:
what has gathered meanwhile merges when it is taken, a bounded piece at a time. How much waits says
nothing about the reader, for a provider may bring megabytes in one moment: who has not taken in
time what had been waiting is behind, and is moved on by a snapshot; who is so again soon afterwards
is given up.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from uuid import UUID

from server.sockets.waiting import Latch
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


class _Followed:
    """One turn's place in the queue. Times are monotonic seconds."""

    __slots__ = ("cursor", "due_at", "due_seq", "replayed_to", "since")

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.since = 0.0
        """When its reader last found room, or what waits now began to wait."""
        self.due_at: float | None = None
        """By then it must be taken up to ``due_seq``."""
        self.due_seq = 0
        self.replayed_to: int | None = cursor.seq
        """Up to there it is a replay: however long that takes, it is no lag."""

    def found_room(self, now: float) -> None:
        """What waited until now did not wait for the reader."""
        self.since, self.due_at = now, None


class SendQueue:
    """``now`` is a monotonic clock in seconds. ``put`` and ``follow`` never wait. ``news`` is told
    whenever there may be something to take."""

    def __init__(
        self,
        now: Callable[[], float],
        *,
        behind_bytes: int = BEHIND_BYTES,
        news: Callable[[], None] = lambda: None,
    ) -> None:
        self._now = now
        self._behind_bytes = behind_bytes
        self._answers: deque[bytes] = deque()
        self._answer_bytes = 0
        self._followed: dict[UUID, _Followed] = {}
        self._waiting: dict[_Followed, None] = {}  # with something to take, next one first
        self._held: set[UUID] = set()
        self._moved_on: float | None = None
        self._news = news
        self._drained = Latch()
        self._closed = False

    def put(self, answer: bytes) -> None:
        """Send ``answer`` after those before it, and before anything more of any turn."""
        self._answers.append(answer)
        self._has_answer(answer)

    def put_first(self, answer: bytes) -> None:
        """Send ``answer`` before all others: the first event of a session."""
        self._answers.appendleft(answer)
        self._has_answer(answer)

    def _has_answer(self, answer: bytes) -> None:
        self._answer_bytes += len(answer)
        self._drained.clear()
        self._news()

    def follow(self, cursor: Cursor) -> None:
        """Send what ``cursor`` finds; it takes the place of another one of the same turn."""
        self.unfollow(cursor.turn_id)
        if self._closed:
            cursor.close()
            return
        followed = self._followed[cursor.turn_id] = _Followed(cursor)
        cursor.wake_with(partial(self._wake, followed))

    def unfollow(self, turn: UUID) -> None:
        if followed := self._followed.pop(turn, None):
            followed.cursor.close()
            self._waiting.pop(followed, None)

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
        if followed := self._followed.get(turn):
            followed.found_room(self._now())  # that wait was ours, not the reader's
        self._news()

    async def sent(self) -> None:
        """Until every answer so far has been taken: for who would rather skip than pile up."""
        await self._drained.wait()

    @property
    def has_more(self) -> bool:
        """Whether ``take`` is to be called again, once what it answered has found room."""
        return bool(self._waiting) or not self._drained.is_set()

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
        followed = self._next()
        return self._take_turn(followed) if followed is not None else []

    def close(self) -> None:
        """Follow nothing more. The turns go on."""
        self._closed = True
        for turn in list(self._followed):
            self.unfollow(turn)

    def _wake(self, followed: _Followed) -> None:
        if followed not in self._waiting:
            followed.since = self._now()
            self._waiting[followed] = None
        self._news()

    def _next(self) -> _Followed | None:
        if not self._held:
            return next(iter(self._waiting), None)
        return next((one for one in self._waiting if one.cursor.turn_id not in self._held), None)

    def _take_turn(self, followed: _Followed) -> list[bytes]:
        cursor = followed.cursor
        del self._waiting[followed]
        frames = [frame.data for frame in cursor.take()]
        if cursor.ended:
            self.unfollow(cursor.turn_id)
            return frames
        if followed.replayed_to is not None and cursor.has_taken(followed.replayed_to):
            followed.replayed_to = None
        if not cursor.has_news:
            followed.due_at = None
            return frames
        now = followed.since = self._now()
        self._waiting[followed] = None  # behind the others
        is_due = followed.due_at is None or cursor.has_taken(followed.due_seq)
        if followed.replayed_to is None and is_due:
            # Characters, of one byte or more each: good enough to tell much from little.
            much = cursor.waiting_characters() / self._behind_bytes
            followed.due_at, followed.due_seq = now + BEHIND_S * max(much, 1), cursor.seq
        return frames

    def _check_lag(self) -> None:
        now = self._now()
        behind = [followed for followed in self._waiting if self._is_behind(followed, now)]
        if not behind:
            return
        if self._moved_on is not None and now - self._moved_on < FORGIVEN_S:
            raise TooSlow
        self._moved_on = now
        for followed in behind:
            followed.cursor.skip_to_snapshot()
            followed.found_room(now)
            followed.replayed_to = followed.cursor.seq

    def _is_behind(self, followed: _Followed, now: float) -> bool:
        due_at = followed.since + BEHIND_S if followed.due_at is None else followed.due_at
        if now <= due_at or followed.replayed_to is not None:
            return False
        return followed.cursor.turn_id not in self._held
