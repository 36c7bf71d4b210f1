"""Turns are found while they run and for a while after; what is kept is bounded."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.ids import new_id
from server.persistence.database import Database
from server.turns import live
from server.turns.buffer import TurnBuffer
from server.turns.live import KEEP_ENDED_S, LiveTurns, Tally
from server.turns.load import Standing
from tests.server.turns.scene import buffer, end
from tests.support.eventually import eventually
from tests.support.turns import Harness


def over(turns: LiveTurns, now: float, events: int = 1) -> TurnBuffer:
    """One that was lost and has its end now."""
    turn = buffer()
    turns._lost[turn.turn_id] = turn
    for _ in range(events):
        turn.delta("x")
    end(turn)
    turns.settle(turn, now)
    return turn


def test_an_ended_turn_is_found_for_a_while() -> None:
    turns = LiveTurns()
    first, second = over(turns, 0.0), over(turns, 10.0)
    turns.forget(KEEP_ENDED_S - 1)
    assert turns.buffer(first.turn_id) is first
    turns.forget(KEEP_ENDED_S)
    assert turns.buffer(first.turn_id) is None
    assert turns.buffer(second.turn_id) is second


def test_no_more_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEEP_ENDED_MAX", 3)
    turns = LiveTurns()
    ended = [over(turns, 0.0) for _ in range(5)]
    assert [turns.buffer(turn.turn_id) is turn for turn in ended] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_no_more_events_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEEP_ENDED_EVENTS", 100)
    turns = LiveTurns()
    ended = [over(turns, 0.0, events=40) for _ in range(4)]
    assert [turns.buffer(turn.turn_id) is turn for turn in ended] == [False, False, True, True]


def test_a_lost_turn_stays_until_it_has_its_end() -> None:
    turns, turn = LiveTurns(), buffer()
    turns._lost[turn.turn_id] = turn
    turns.settle(turn, 0.0)
    turns.forget(10_000.0)
    assert turns.buffer(turn.turn_id) is turn
    end(turn)
    turns.settle(turn, 10_000.0)
    assert turns.lost == []
    assert turns.buffer(turn.turn_id) is turn


@given(st.lists(st.integers(0, 4), max_size=60))
def test_a_tally_agrees_with_counting_again(keys: list[int]) -> None:
    tally, there = Tally[int](), Counter[int]()
    for key in keys:
        if there[key] == 3:  # then one of them leaves
            tally.leave(key)
            there[key] -= 1
        else:
            tally.enter(key)
            there[key] += 1
        held = +there
        assert (len(tally), tally.total) == (len(held), held.total())
        assert [tally[one] for one in range(5)] == [held[one] for one in range(5)]


def test_turns_on_their_way_in_and_running_ones_count_as_their_users() -> None:
    turns, first, second, message = LiveTurns(), new_id(), new_id(), new_id()
    assert turns.standing(first) == Standing(0, 0, 1)
    turns.enter(first, message)
    turns.enter(first, None)
    turns.enter(second, None)
    assert turns.standing(first) == Standing(2, 3, 2)
    assert turns.standing(new_id()) == Standing(0, 3, 3)
    assert (turns.knows(first, message), turns.knows(second, message)) == (True, False)
    turns.enter(first, message)  # the same message again
    turns.leave(first, message)
    assert turns.knows(first, message)
    turns.leave(first, message)
    assert not turns.knows(first, message)
    assert turns.standing(second) == Standing(1, 2, 2)


async def test_a_turn_leaves_the_running_ones_with_its_end(
    turns: Harness, database: Database
) -> None:
    caller, running = await turns.person(), turns.engine.live
    started = await turns.say(caller, "[demo: slow] x")
    turn = started.event.turn_id
    run = running.run(turn)
    assert run is not None
    assert (list(running), len(running)) == ([run], 1)
    assert running.buffer(turn) is run.buffer
    assert running.knows(caller.user_id, run.turn.client_message_id or turn)
    await turns.engine.cancel(caller, turn)
    await turns.end(started.cursor)
    await eventually(lambda: running.run(turn) is None)
    assert running.buffer(turn) is run.buffer
    assert (len(running), running.lost) == (0, [])
    assert running.standing(caller.user_id) == Standing(0, 0, 1)
