"""One follower's place in one turn. Followers pull: a slow one costs a number, not a queue."""

from collections.abc import Callable
from typing import Any

from msgspec import to_builtins

from server.domain.ids import TurnId
from server.domain.turn import TurnState
from server.turns.buffer import MERGE_CHARACTERS, Frame, TurnBuffer

__all__ = ["Cursor", "Frame"]


class Cursor:
    """Reads a buffer from ``after_seq`` on. ``ended``: the outcome has been taken.

    A position before what the buffer still has is answered with a snapshot; one beyond it waits
    while the turn runs, and gets the snapshot of the end once it has ended.

    ``opening``, the first event of all, is for a follower that nobody has told of the turn: it
    comes before a snapshot that is the first to be taken, which would not say how the turn began.
    """

    def __init__(self, buffer: TurnBuffer, after_seq: int, opening: Frame | None = None) -> None:
        self._buffer = buffer
        self._after = after_seq
        self._opening = opening
        self._wake: Callable[[], None] | None = None
        self._snapshot_due = after_seq < buffer.base_seq
        self.ended = False

    @property
    def turn_id(self) -> TurnId:
        return self._buffer.turn_id

    @property
    def seq(self) -> int:
        """The newest ``seq`` of the turn, taken or not."""
        return self._buffer.seq

    @property
    def state(self) -> TurnState:
        return self._buffer.state

    @property
    def text(self) -> str:
        """All that was said so far, taken or not."""
        return self._buffer.text

    @property
    def outcome(self) -> dict[str, Any] | None:
        """The terminal event as JSON values, once there is one."""
        return None if self._buffer.outcome is None else to_builtins(self._buffer.outcome)

    def wake_with(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` (on the loop, it must not block) whenever something new is there."""
        self.close()
        self._wake = callback
        self._buffer.follow(callback)
        if self.has_news:
            callback()

    @property
    def has_news(self) -> bool:
        """Whether ``take`` would find something."""
        if self.ended:
            return False
        return self._snapshot_due or self._buffer.seq > self._after or self._buffer.has_ended

    def has_taken(self, seq: int) -> bool:
        return self._after >= seq and not self._snapshot_due

    def take(self) -> list[Frame]:
        """What is waiting, adjacent deltas merged, up to about a frame of the longest kind; empty
        when nothing is. ``has_news`` afterwards: take again once this has found room."""
        if self.ended:
            return []
        buffer, seq = self._buffer, self._buffer.seq
        beyond = buffer.has_ended and self._after >= seq
        if self._snapshot_due or self._after < buffer.base_seq or beyond:
            frames = [buffer.snapshot()]
            if self._opening is not None and self._after < self._opening.seq:
                frames.insert(0, self._opening)
        elif self._after >= seq:
            return []
        else:
            frames, size = [], 0
            for frame in buffer.frames(self._after):
                frames.append(frame)
                size += len(frame.data)
                if size >= MERGE_CHARACTERS:
                    break
        self._snapshot_due = False
        self._after = frames[-1].seq
        self.ended = buffer.has_ended and self._after >= seq
        return frames

    def waiting_characters(self) -> int:
        return self._buffer.characters_after(self._after)

    def skip_to_snapshot(self) -> None:
        """Drop what is waiting: the next ``take`` begins with a ``turn.snapshot``. Where the text
        is so long that this would lead back, the cursor stays where it is."""
        buffer = self._buffer
        self._snapshot_due = self._snapshot_due or buffer.fitting(buffer.seq) > self._after

    def close(self) -> None:
        """Follow no longer. The turn goes on."""
        if self._wake is not None:
            self._buffer.unfollow(self._wake)
            self._wake = None
