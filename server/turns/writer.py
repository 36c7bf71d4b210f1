"""The journal's own place in one local buffer: what is written, what goes next, what it costs."""

from collections.abc import Callable, Iterator
from uuid import UUID

import msgspec
from msgspec import Struct

from server.persistence.redis import (
    JOURNAL_ENDED_S,
    JOURNAL_LIVE_S,
    journal_key,
    journal_state_key,
)
from server.turns.buffer import TurnBuffer, speaker

CHECKPOINT_EVENTS, CHECKPOINT_BYTES = 1_000, 512 * 1024
"""Between two checkpoints; what lies before one is trimmed."""

APPEND_ENTRIES, APPEND_BYTES = 1_000, 256 * 1024
"""In one append. What an outage has piled up goes in several, each far within its timeout."""

ENTRY_CHARACTERS = 64 * 1024
"""Text in one entry, unless one delta says more."""

ENTRIES_MAX, BYTES_MAX = 20_000, 4 * 1024 * 1024
"""What the journal keeps of one turn. An answer so long that no checkpoint can stand for it, and
that has more behind its last one, is not copied further: the database tells of its end."""


class Spoken(Struct, frozen=True, kw_only=True):
    """Deltas of one of several agents, as an entry holds them."""

    agent: str
    texts: list[str]


_pack = msgspec.msgpack.Encoder().encode

Argument = str | bytes | int


class Writer:
    """A buffer without its beginning is written behind a checkpoint."""

    def __init__(self, buffer: TurnBuffer, fence: int, touched: Callable[["Writer"], None]) -> None:
        self.buffer = buffer
        self.fence = fence
        self.written = self._checked_at = self._checkpoint = buffer.base_seq
        self.owes_checkpoint = buffer.base_seq > 0
        self._fresh_bytes = 0
        self._kept_entries = self._kept_bytes = 0
        self._sent_until = self._sent_entries = self._sent_bytes = 0
        self._touched = touched
        buffer.follow(self.touch)

    @property
    def keys(self) -> tuple[str, str]:
        turn: UUID = self.buffer.turn_id
        return journal_key(turn), journal_state_key(turn)

    @property
    def is_full(self) -> bool:
        return self._kept_entries > ENTRIES_MAX or self._kept_bytes > BYTES_MAX

    def touch(self) -> None:
        self._touched(self)

    def close(self) -> None:
        self.buffer.unfollow(self.touch)

    def arguments(self) -> tuple[list[Argument], int]:
        """The script's arguments for the next part of what is not written yet, and their size in
        bytes; ``took`` or ``missed`` comes next."""
        self._consider_checkpoint()
        buffer = self.buffer
        life = JOURNAL_ENDED_S if buffer.has_ended else JOURNAL_LIVE_S
        arguments: list[Argument] = [self.fence, life, buffer.state.value, 0, b""]
        size = 0
        if self.owes_checkpoint:
            # Of what was written before, so that a follower that keeps up misses nothing; and no
            # further than a snapshot reaches, for replicas have no other beginning.
            seq = buffer.fitting(self.written)
            text = buffer.text_until(seq).encode()
            arguments[3:] = [seq, text]
            size = len(text)
        self._sent_until, self._sent_entries, self._sent_bytes = self.written, 0, 0
        for first, last, kind, data in _entries(buffer, self.written):
            arguments += [first, last, kind, data]
            self._sent_until = last
            self._sent_entries += 1
            self._sent_bytes += len(data)
            if self._sent_entries >= APPEND_ENTRIES or self._sent_bytes >= APPEND_BYTES:
                break
        return arguments, size + self._sent_bytes

    def _consider_checkpoint(self) -> None:
        """Owe one when it is time, and when it can stand for more than the one before."""
        is_time = (
            self.written - self._checked_at >= CHECKPOINT_EVENTS
            or self._fresh_bytes >= CHECKPOINT_BYTES
        )
        if is_time:
            self._checked_at, self._fresh_bytes = self.written, 0
            self.owes_checkpoint |= self.buffer.fitting(self.written) > self._checkpoint

    def took(self, last: int) -> None:
        """Redis has what was sent; ``last`` is the newest that it has at all."""
        if self.owes_checkpoint:
            self.owes_checkpoint = False
            self._checkpoint = self.buffer.fitting(self.written)
            if self._checkpoint == self.written:
                self._kept_entries = self._kept_bytes = 0
        self._kept_entries += self._sent_entries
        self._kept_bytes += self._sent_bytes
        self._fresh_bytes += self._sent_bytes
        self.written = max(self._sent_until, min(last, self.buffer.seq))
        if self.is_full:
            self.close()
        elif self.buffer.seq > self.written:
            self.touch()
        elif self.buffer.has_ended:
            self.close()

    def missed(self) -> None:
        """Redis has lost what went before: begin again with a checkpoint."""
        self.owes_checkpoint = True
        self.written = self.buffer.fitting(self.written)
        self._kept_entries = self._kept_bytes = 0
        self.touch()


def _entries(buffer: TurnBuffer, after: int) -> Iterator[tuple[int, int, str, bytes]]:
    for first, last, kind, data in buffer.runs(after):
        if isinstance(data, bytes):
            yield first, last, kind, data
            continue
        begin, size = 0, 0
        for index, text in enumerate(data):
            if index > begin and size + len(text) > ENTRY_CHARACTERS:
                yield first + begin, first + index - 1, kind, _packed(data[begin:index])
                begin, size = index, 0
            size += len(text)
        yield first + begin, last, kind, _packed(data[begin:])


def _packed(texts: list[str]) -> bytes:
    """A list of texts; where several agents speak, an object that says which one did."""
    agent = speaker(texts[0])
    if agent is None:
        return _pack(texts)
    return _pack(Spoken(agent=agent, texts=[str(text) for text in texts]))
