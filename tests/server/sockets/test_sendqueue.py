"""What is sent next: answers first, turns merged, who lags moved on once and then given up."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.ids import ConversationId, TurnId, UserId, new_id
from server.sockets.sendqueue import BEHIND_BYTES, BEHIND_S, FORGIVEN_S, SendQueue, TooSlow
from server.turns.buffer import MERGE_CHARACTERS, TurnBuffer
from server.turns.cursor import Cursor


class Hand:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def turn() -> TurnBuffer:
    return TurnBuffer(TurnId(new_id()), ConversationId(new_id()), UserId(new_id()))


def taken(queue: SendQueue) -> list[dict[str, Any]]:
    """All that can be taken now."""
    found: list[dict[str, Any]] = []
    while frames := queue.take():
        found += [json.loads(frame) for frame in frames]
    return found


def test_answers_go_before_turns_and_the_greeting_before_all() -> None:
    queue, said = SendQueue(Hand()), turn()
    queue.follow(Cursor(said, 0))
    said.delta("text")
    queue.put(b'{"n":1}')
    queue.put(b'{"n":2}')
    queue.put_first(b'{"n":0}')
    assert [event.get("n", event.get("text")) for event in taken(queue)] == [0, 1, 2, "text"]


def test_what_waits_of_a_turn_is_merged_when_it_is_taken() -> None:
    queue, said = SendQueue(Hand()), turn()
    queue.follow(Cursor(said, 0))
    for piece in ("a", "b", "c"):
        said.delta(piece)
    (event,) = taken(queue)
    assert (event["text"], event["fromSeq"], event["seq"]) == ("abc", 1, 3)
    assert taken(queue) == []


def test_turns_take_their_turns() -> None:
    queue, turns = SendQueue(Hand()), [turn() for _ in range(3)]
    for said in turns:
        queue.follow(Cursor(said, 0))
        said.delta("x")
    order = []
    for _ in range(6):
        (frame,) = queue.take()
        event = json.loads(frame)
        order.append(event["turnId"])
        next(t for t in turns if str(t.turn_id) == event["turnId"]).delta("y")
    assert order[:3] == order[3:]
    assert len(set(order)) == 3


def test_a_held_turn_waits_and_loses_nothing() -> None:
    queue, clock = SendQueue(hand := Hand()), hand
    said = turn()
    queue.follow(Cursor(said, 0))
    queue.hold(said.turn_id)
    said.delta("a")
    clock.now += BEHIND_S * 2
    assert taken(queue) == []
    said.delta("b")
    queue.release(said.turn_id)
    (event,) = taken(queue)
    assert event["text"] == "ab"


def test_attaching_again_restarts_at_the_new_place() -> None:
    queue, said = SendQueue(Hand()), turn()
    queue.follow(Cursor(said, 0))
    said.delta("a")
    taken(queue)
    said.delta("b")
    queue.follow(Cursor(said, 0))
    (event,) = taken(queue)
    assert event["text"] == "ab"
    assert queue.following == 1


def test_much_at_once_is_no_lag_and_comes_in_pieces_that_fit() -> None:
    queue, said = SendQueue(Hand()), turn()
    queue.follow(Cursor(said, 0))
    said.delta("a")
    taken(queue)
    for _ in range(3):
        for _ in range(40):
            said.delta("b" * MERGE_CHARACTERS)
        pieces = taken(queue)
        assert {event["type"] for event in pieces} == {"turn.delta"}
        assert max(len(event["text"]) for event in pieces) <= MERGE_CHARACTERS
        assert sum(len(event["text"]) for event in pieces) == 40 * MERGE_CHARACTERS


def test_turns_with_much_to_say_take_their_turns() -> None:
    queue, turns = SendQueue(Hand()), [turn() for _ in range(3)]
    for said in turns:
        queue.follow(Cursor(said, 0))
        for _ in range(2):
            said.delta("b" * MERGE_CHARACTERS)
    order = [json.loads(queue.take()[0])["turnId"] for _ in range(6)]
    assert order[:3] == order[3:]
    assert len(set(order)) == 3


def test_who_does_not_take_what_had_been_waiting_is_moved_on_then_given_up() -> None:
    clock = Hand()
    queue, said = SendQueue(clock), turn()
    queue.follow(Cursor(said, 0))
    said.delta("a")
    taken(queue)

    def a_piece_in(seconds: float) -> str:
        clock.now += seconds
        said.delta("b" * MERGE_CHARACTERS)
        return str(json.loads(queue.take()[0])["type"])

    # What comes is taken, but always 16 seconds late. The text is long: a snapshot would lead back.
    for _ in range(4):
        said.delta("b" * MERGE_CHARACTERS)
    assert [a_piece_in(4) for _ in range(6)] == ["turn.delta"] * 6
    # What waited when it was moved on is no lag however long it takes; later it is judged again.
    assert [a_piece_in(4) for _ in range(4)] == ["turn.delta"] * 4
    with pytest.raises(TooSlow):
        a_piece_in(12)


def test_more_has_more_time() -> None:
    clock = Hand()
    queue, said = SendQueue(clock), turn()
    queue.follow(Cursor(said, 0))
    said.delta("a")
    taken(queue)
    for _ in range(5 * BEHIND_BYTES // MERGE_CHARACTERS):
        said.delta("b" * MERGE_CHARACTERS)
    kinds = set()
    while frames := queue.take():
        kinds.add(json.loads(frames[0])["type"])
        clock.now += 0.6  # 110 KB a second
    assert kinds == {"turn.delta"}


def test_what_waited_too_long_becomes_a_snapshot() -> None:
    clock = Hand()
    queue, said = SendQueue(clock), turn()
    queue.follow(Cursor(said, 0))
    said.delta("a")
    taken(queue)
    said.delta("b")
    clock.now += BEHIND_S + 1
    assert [event["type"] for event in taken(queue)] == ["turn.snapshot"]


def test_who_kept_up_for_long_may_fall_behind_once_more() -> None:
    clock = Hand()
    queue, said = SendQueue(clock), turn()
    queue.follow(Cursor(said, 0))
    for _ in range(3):
        said.delta("a")
        taken(queue)
        said.delta("b")
        clock.now += BEHIND_S + 1
        assert [event["type"] for event in taken(queue)] == ["turn.snapshot"]
        clock.now += FORGIVEN_S + 1


def test_turns_that_lag_together_count_once() -> None:
    clock, turns = Hand(), [turn() for _ in range(3)]
    queue = SendQueue(clock)
    for said in turns:
        queue.follow(Cursor(said, 0))
        said.delta("a")
    taken(queue)
    for said in turns:
        said.delta("b")
    clock.now += BEHIND_S + 1
    assert [event["type"] for event in taken(queue)] == ["turn.snapshot"] * 3


def test_a_long_replay_is_no_lag() -> None:
    queue, said = SendQueue(Hand(), behind_bytes=10), turn()
    said.delta("a" * 100)
    for _ in range(2):
        queue.follow(Cursor(said, 0))
        assert [event["type"] for event in taken(queue)] == ["turn.delta"]


def test_answers_that_pile_up_are_the_end() -> None:
    queue = SendQueue(Hand(), behind_bytes=10)
    queue.put(b"x" * 11)  # by itself it is no pile
    assert queue.take() == [b"x" * 11]
    queue.put(b"x" * 11)
    queue.put(b"x")
    with pytest.raises(TooSlow):
        queue.take()


def test_a_closed_queue_leaves_no_follower_behind() -> None:
    queue, said = SendQueue(Hand()), turn()
    queue.follow(Cursor(said, 0))
    queue.close()
    said.delta("unheard")
    queue.follow(Cursor(said, 0))
    said.delta("unheard")
    assert queue.following == 0
    assert queue.take() == []


async def test_sent_waits_until_answers_have_found_room() -> None:
    queue = SendQueue(Hand())
    await asyncio.wait_for(queue.sent(), 1)
    queue.put(b"{}")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.sent(), 0.02)
    assert queue.take() == [b"{}"]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.sent(), 0.02)
    assert queue.take() == []
    await asyncio.wait_for(queue.sent(), 1)


@given(
    st.lists(st.sampled_from(["delta", "take", "attach", "lag", "hold", "release"]), max_size=40)
)
def test_whatever_happens_the_reader_has_all_the_text_once(steps: list[str]) -> None:
    clock, said = Hand(), turn()
    queue = SendQueue(clock)
    queue.follow(Cursor(said, 0))
    text, last = "", 0

    def read() -> None:
        nonlocal text, last
        for event in taken(queue):
            if event["type"] == "turn.snapshot":
                text, last = event["text"], event["seq"]
                continue
            assert event.get("fromSeq", event["seq"]) == last + 1
            text, last = text + event["text"], event["seq"]

    for number, step in enumerate(steps):
        match step:
            case "delta":
                said.delta(f"{number} ")
            case "take":
                read()
            case "attach":
                read()
                queue.follow(Cursor(said, last))
            case "lag":
                clock.now += FORGIVEN_S + BEHIND_S + 1
            case "hold":
                queue.hold(said.turn_id)
            case _:
                queue.release(said.turn_id)
    queue.release(said.turn_id)
    clock.now += FORGIVEN_S
    read()
    assert text == said.text


def test_news_is_told_and_more_is_known_of_until_everything_is_taken() -> None:
    told = list[int]()
    queue = SendQueue(Hand(), news=lambda: told.append(1))
    known = [queue.has_more]
    queue.put(b"answer")
    assert told == [1]
    for taken in ([b"answer"], []):
        known.append(queue.has_more)
        assert queue.take() == taken
    # After the answer it is asked again, when that has found room.
    assert [*known, queue.has_more] == [False, True, True, False]
