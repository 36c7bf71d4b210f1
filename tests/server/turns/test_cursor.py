"""Following a turn from anywhere, at any pace, tells the same as never having left."""

from hypothesis import given
from hypothesis import strategies as st

from server.turns.buffer import MERGE_CHARACTERS, TurnBuffer
from server.turns.cursor import Cursor, Frame
from tests.server.turns.scene import STEPS, Client, buffer, end, write


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


def opened() -> tuple[TurnBuffer, Frame]:
    """A turn, and its first event."""
    target = buffer()
    write(target, None)
    (opening,) = Cursor(target, 0).take()
    return target, opening


def test_one_that_is_news_begins_with_its_first_event_before_a_snapshot() -> None:
    target, opening = opened()
    target.rebase(7, "what was said")
    cursor = Cursor(target, 0, opening)
    target.rebase(9, "what was said then")
    first, snapshot = cursor.take()
    assert first == opening
    assert (snapshot.type, snapshot.seq) == ("turn.snapshot", 9)
    cursor.skip_to_snapshot()
    write(target, "and more")
    assert opening not in cursor.take()


def test_one_that_is_news_has_its_first_event_once_where_all_is_left() -> None:
    target, opening = opened()
    cursor, client = Cursor(target, 0, opening), Client()
    client.hear(*cursor.take())
    assert client.last == 1
    target.rebase(7, "what was said")
    assert [frame.type for frame in cursor.take()] == ["turn.snapshot"]


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


def test_nobody_is_moved_on_to_where_they_have_been() -> None:
    target = buffer()
    cursor, client = Cursor(target, 0), Client()
    for _ in range(4):
        target.delta("x" * MERGE_CHARACTERS)
        client.receive(cursor)
    target.delta("the rest")
    cursor.skip_to_snapshot()
    client.receive(cursor)
    assert (client.text, client.snapshots) == (target.text, 0)


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


def test_a_long_wait_is_taken_piece_by_piece() -> None:
    target = buffer()
    cursor, client = Cursor(target, 0), Client()
    for _ in range(100):
        target.delta("x" * 5_000)
    takes = 0
    while cursor.has_news:
        assert not cursor.has_taken(target.seq)
        frames = cursor.take()
        assert sum(len(frame.data) for frame in frames) < 2 * MERGE_CHARACTERS + 400
        client.hear(*frames)
        takes += 1
    assert takes > 3
    assert cursor.has_taken(target.seq)
    assert client.text == "x" * 500_000
