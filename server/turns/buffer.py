"""A turn's events in memory: written by whoever runs or follows it, read by any number of cursors.

Sockets pull from here, never from Redis. One writer appends, followers are only woken; what each of
them has seen is its own affair (``cursor.Cursor``).
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec import UNSET, structs

from server.domain.ids import ConversationId, TurnId, UserId
from server.domain.turn import TurnState
from server.protocol.codec import DeltaEncoder, encode
from server.protocol.events import Outcome, ServerEvent, TurnSnapshot

MERGE_CHARACTERS = 64 * 1024
"""Text in one delta, merged or not: at most 384 KiB of JSON, where every character is escaped."""

SNAPSHOT_CHARACTERS = 160 * 1024
"""Text in one snapshot: less than 1 MiB however it is escaped, which is the longest frame that many
clients take. That is 40 000 tokens; what a longer answer said behind it follows as deltas."""


class Frame(NamedTuple):
    """One event, encoded: ``data`` is the whole JSON object, ready to send."""

    type: str
    seq: int
    data: bytes


class Said(str):
    """Text of one of several agents, ``agent``."""

    __slots__ = ("agent",)

    def __new__(cls, text: str, agent: str) -> "Said":
        said = super().__new__(cls, text)
        said.agent = agent
        return said

    agent: str


class TurnBuffer:
    """Events ``base_seq + 1 … seq``, in order. A delta is kept as its text, others as frames.

    ``base_text`` is what had been said up to ``base_seq``: empty where the whole turn is here, the
    text of a checkpoint where the beginning is gone.
    """

    def __init__(
        self,
        turn_id: TurnId,
        conversation_id: ConversationId | None,
        user_id: UserId,
        *,
        base_seq: int = 0,
        base_text: str = "",
    ) -> None:
        self.turn_id = turn_id
        self.conversation_id = conversation_id
        self.user_id = user_id
        self.state = TurnState.ADMITTED
        self.outcome: Outcome | None = None
        self.characters = len(base_text)
        self._base_seq = base_seq
        self._base_text = base_text
        self._entries: list[str | Frame] = []
        self._encoder = DeltaEncoder(turn_id)
        self._followers: set[Callable[[], None]] = set()
        self._newest: Frame | None = None

    @property
    def base_seq(self) -> int:
        return self._base_seq

    @property
    def seq(self) -> int:
        return self._base_seq + len(self._entries)

    @property
    def events(self) -> int:
        """How many events are kept here: what the buffer costs in memory goes by them."""
        return len(self._entries)

    @property
    def has_ended(self) -> bool:
        return self.outcome is not None

    @property
    def text(self) -> str:
        return self.text_until(self.seq)

    def text_until(self, seq: int) -> str:
        """What had been said when event ``seq`` (at least ``base_seq``) was the newest."""
        told = self._entries[: max(seq - self._base_seq, 0)]
        return self._base_text + "".join(entry for entry in told if isinstance(entry, str))

    def delta(self, text: str) -> int:
        """Append text; answers its ``seq``."""
        self._entries.append(text)
        self.characters += len(text)
        self._wake_all()
        return self.seq

    def event(self, kind: str, data: bytes) -> int:
        """Append an encoded event, made for ``seq + 1``; answers that ``seq``."""
        self._entries.append(Frame(kind, self.seq + 1, data))
        self._wake_all()
        return self.seq

    def end(self, state: TurnState, outcome: Outcome) -> None:
        """Append the only outcome. Nothing follows it."""
        self.state, self.outcome = state, outcome
        self.event(outcome_type(outcome), encode(outcome))

    def rebase(self, seq: int, text: str) -> None:
        """Start again from an authoritative checkpoint: every cursor is behind it."""
        self._base_seq, self._base_text, self.characters = seq, text, len(text)
        self._entries.clear()
        self._wake_all()

    def seal(self, text: str, state: TurnState, outcome: Outcome) -> None:
        """Start again with only the end: everybody gets a snapshot.

        A text too long for one is numbered behind the outcome, where no other copy of the turn has
        an event: who leaves in the middle is beyond the end of any of them, and begins again.
        """
        if len(text) <= SNAPSHOT_CHARACTERS:
            self.rebase(outcome.seq - 1, text)
        else:
            first, *others = pieces(text)
            self.rebase(outcome.seq + 1, first)
            for piece in others:
                self.delta(piece)
            outcome = structs.replace(outcome, seq=self.seq + 1)
        self.end(state, outcome)

    def fitting(self, until: int) -> int:
        """The newest event up to ``until`` at which all that was said fits into one snapshot."""
        if self.characters <= SNAPSHOT_CHARACTERS:
            return until
        size = len(self._base_text)
        for seq, entry in enumerate(self._entries[: until - self._base_seq], self._base_seq):
            size += len(entry) if isinstance(entry, str) else 0
            if size > SNAPSHOT_CHARACTERS:
                return seq
        return until

    def snapshot(self) -> Frame:
        """All that was said, and the outcome if there is one, as of ``seq``; of a long text the
        beginning, as of the event with which it ends."""
        seq = self.fitting(self.seq)
        is_whole = seq == self.seq
        event = TurnSnapshot(
            turn_id=self.turn_id,
            seq=seq,
            state=(self.state if is_whole else TurnState.RUNNING).value,
            text=self.text_until(seq),
            outcome=self.outcome if is_whole and self.outcome is not None else UNSET,
        )
        return Frame("turn.snapshot", seq, encode(event))

    def frames(self, after: int) -> Iterator[Frame]:
        """What came after ``after`` (at least ``base_seq``), adjacent deltas merged into one."""
        index, total = after - self._base_seq, len(self._entries)
        if index == total - 1 and isinstance(self._entries[index], str):
            yield self._latest()
            return
        while index < total:
            entry = self._entries[index]
            index += 1
            if isinstance(entry, Frame):
                yield entry
                continue
            first, merged, size, agent = index, [entry], len(entry), speaker(entry)
            while index < total:
                following = self._entries[index]
                if isinstance(following, Frame) or size + len(following) > MERGE_CHARACTERS:
                    break
                if speaker(following) != agent:
                    break
                merged.append(following)
                size += len(following)
                index += 1
            yield self._delta_frame(
                self._base_seq + first, self._base_seq + index, "".join(merged), agent
            )

    def runs(self, after: int) -> Iterator[tuple[int, int, str, list[str] | bytes]]:
        """The same as the journal keeps it: deltas one by one, so that it can be cut anywhere.

        Each is first seq, last seq, kind (``delta`` for a run of texts), the event or the texts, of
        one ``speaker``.
        """
        index, total = max(after - self._base_seq, 0), len(self._entries)
        while index < total:
            first, texts = index + 1, list[str]()
            while index < total and isinstance(entry := self._entries[index], str):
                if texts and speaker(entry) != speaker(texts[0]):
                    break
                texts.append(entry)
                index += 1
            if texts:
                yield self._base_seq + first, self._base_seq + index, "delta", texts
            if index < total and isinstance(entry := self._entries[index], Frame):
                index += 1
                yield entry.seq, entry.seq, entry.type, entry.data

    def _latest(self) -> Frame:
        """The newest delta alone: what followers that keep up want, encoded once for them all."""
        seq = self.seq
        if self._newest is None or self._newest.seq != seq:
            newest = self._entries[-1]
            self._newest = self._delta_frame(seq, seq, str(newest), speaker(newest))
        return self._newest

    def _delta_frame(self, first: int, last: int, text: str, agent: str | None) -> Frame:
        from_seq = first if first != last else None
        data = self._encoder(last, text, from_seq=from_seq, agent=agent)
        return Frame("turn.delta", last, data)

    def characters_after(self, after: int) -> int:
        """Characters of text that a follower at ``after`` has not taken yet."""
        if after <= self._base_seq:
            return self.characters
        waiting = self._entries[after - self._base_seq :]
        return sum(len(entry) for entry in waiting if isinstance(entry, str))

    def _wake_all(self) -> None:
        # A copy: whoever is woken may leave, or bring in somebody else.
        for wake in tuple(self._followers):
            wake()

    def follow(self, wake: Callable[[], None]) -> None:
        self._followers.add(wake)

    def unfollow(self, wake: Callable[[], None]) -> None:
        self._followers.discard(wake)


def outcome_type(outcome: ServerEvent) -> str:
    """The wire name of an event, from its tag."""
    return str(outcome.__struct_config__.tag)


def speaker(entry: object) -> str | None:
    """Who said it, where several agents speak."""
    return entry.agent if type(entry) is Said else None


def pieces(text: str) -> list[str]:
    """``text`` in deltas that fit a frame; one, as a rule."""
    if len(text) <= MERGE_CHARACTERS:
        return [text]
    starts = range(0, len(text), MERGE_CHARACTERS)
    return [text[start : start + MERGE_CHARACTERS] for start in starts]
