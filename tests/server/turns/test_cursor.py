"""Following a turn from anywhere, at any pace, tells the same as never having left."""

import json
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.domain.turn import TurnState
from server.protocol.codec import encode
from server.protocol.events import Balance, Quota, Receipt, TurnCompleted, TurnNotice
from server.turns.buffer import TurnBuffer
from server.turns.cursor import Cursor


def _is_lone(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


STEPS = st.lists(
    st.one_of(
        st.text(min_size=1, max_size=8).filter(lambda text: not any(map(_is_lone, text))),
        st.just(None),
        st.integers(min_value=0, max_value=0),
    ),
    max_size=60,
)
"""A text is a delta, None a notice, 0 a moment at which the follower looks."""


def buffer() -> TurnBuffer:
    return TurnBuffer(TurnId(new_id()), ConversationId(new_id()), UserId(new_id()))


def completed(turn: UUID, seq: int) -> TurnCompleted:
    return TurnCompleted(
        turn_id=turn,
        seq=seq,
        message_id=new_id(),
        finish_reason="stop",
        receipt=Receipt(
            held="1", charged="1", released="0", cost_usd="0", charged_usd="0", calls=[]
        ),
        balance=Balance(credits="1", held="0", spendable="1"),
        quota=Quota(
            month="2026-11",
            limit_usd=None,
            spent_usd="0",
            held_usd="0",
            resets_at=datetime(2026, 12, 1, tzinfo=UTC),
        ),
    )


def write(target: TurnBuffer, step: str | int | None) -> None:
    if isinstance(step, str):
        target.delta(step)
    elif step is None:
        notice = TurnNotice(turn_id=target.turn_id, seq=target.seq + 1, kind="tool", detail={})
        target.event("turn.notice", encode(notice))


def end(target: TurnBuffer) -> None:
    target.end(TurnState.COMPLETED, completed(target.turn_id, target.seq + 1))


class Client:
    """Keeps to the receiver's law: the next number only, a snapshot replaces everything."""

    def __init__(self, last: int = 0) -> None:
        self.last, self.text, self.ended = last, "", False

    def receive(self, cursor: Cursor) -> None:
        for frame in cursor.take():
            event = json.loads(frame.data)
            assert (event["type"], event["seq"]) == (frame.type, frame.seq)
            if frame.type == "turn.snapshot":
                self.text, self.ended = event["text"], "outcome" in event
            else:
                assert event.get("fromSeq", event["seq"]) == self.last + 1
                self.text += event.get("text", "")
                self.ended = frame.type == "turn.completed"
            self.last = event["seq"]


@given(STEPS)
def test_a_follower_at_any_pace_hears_everything_once(steps: list[str | int | None]) -> None:
    target = buffer()
    cursor, client = Cursor(target, 0), Client()
    for step in steps:
        write(target, step)
        if step == 0:
            client.receive(cursor)
    end(target)
    client.receive(cursor)
    assert client.text == target.text == "".join(s for s in steps if isinstance(s, str))
    assert client.ended
    assert cursor.ended
    assert cursor.take() == []


@given(STEPS, st.data())
def test_attaching_anywhere_is_as_never_having_left(
    steps: list[str | int | None], data: st.DataObject
) -> None:
    target = buffer()
    first, client = Cursor(target, 0), Client()
    leave_at = data.draw(st.integers(0, len(steps)))
    for index, step in enumerate(steps):
        write(target, step)
        if step == 0 and index < leave_at:
            client.receive(first)
    second = Cursor(target, client.last)
    end(target)
    client.receive(second)
    assert (client.text, client.ended) == (target.text, True)


@given(STEPS, STEPS)
def test_one_that_skips_goes_on_behind_the_snapshot(
    before: list[str | int | None], after: list[str | int | None]
) -> None:
    target = buffer()
    cursor, client = Cursor(target, 0), Client()
    for step in before:
        write(target, step)
    cursor.skip_to_snapshot()
    client.receive(cursor)
    for step in after:
        write(target, step)
        if step == 0:
            client.receive(cursor)
    end(target)
    client.receive(cursor)
    assert (client.text, client.ended) == (target.text, True)


def test_a_checkpoint_sends_everybody_behind_it_a_snapshot() -> None:
    target = buffer()
    target.delta("lost ")
    cursor, client = Cursor(target, 0), Client()
    client.receive(cursor)
    target.rebase(10_001, "what the journal held")
    target.delta(", and more")
    client.receive(cursor)
    assert client.text == "what the journal held, and more"
    assert client.last == target.seq == 10_002


def test_a_position_beyond_the_end_waits_and_then_gets_the_end() -> None:
    target = buffer()
    target.delta("a")
    cursor, client = Cursor(target, 7), Client(last=7)
    client.receive(cursor)
    assert client.text == ""
    end(target)
    client.receive(cursor)
    assert (client.text, client.ended, client.last) == ("a", True, 2)


def test_whoever_follows_is_woken_at_once_when_something_waits_and_on_news() -> None:
    target, woken = buffer(), list[int]()
    target.delta("a")
    cursor = Cursor(target, 0)
    cursor.wake_with(lambda: woken.append(target.seq))
    target.delta("b")
    cursor.close()
    target.delta("c")
    assert woken == [1, 2]


def test_what_waits_is_counted_without_being_built() -> None:
    target = buffer()
    cursor = Cursor(target, 0)
    target.delta("abc")
    write(target, None)
    target.delta("de")
    assert cursor.waiting_characters() == 5
    cursor.take()
    assert cursor.waiting_characters() == 0


def test_a_long_wait_is_cut_into_frames_that_fit() -> None:
    target = buffer()
    cursor, client = Cursor(target, 0), Client()
    for _ in range(100):
        target.delta("x" * 5_000)
    client.receive(cursor)
    assert client.text == "x" * 500_000
