"""What the journal is given to keep is what sockets were given to send."""

import json
from itertools import groupby
from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st

from server.domain.turn import TurnState
from server.turns.buffer import (
    MERGE_CHARACTERS,
    SNAPSHOT_CHARACTERS,
    Said,
    TurnBuffer,
    pieces,
)
from server.turns.cursor import Cursor
from tests.server.turns.scene import STEPS, Client, buffer, completed, end, write

FRAME_MAX = 1024 * 1024
"""Bytes: what the `websockets` library and others take by default."""


@given(STEPS, st.integers(0, 70))
def test_runs_cover_every_event_behind_a_position_once(
    steps: list[str | int | None], after: int
) -> None:
    target = buffer()
    for step in steps:
        write(target, step)
    end(target)
    expected, texts = after + 1, list[str]()
    for first, last, kind, data in target.runs(after):
        assert first == expected
        assert last - first + 1 == (len(data) if kind == "delta" else 1)
        expected = last + 1
        if isinstance(data, list):
            texts += data
    assert expected == max(target.seq, after) + 1
    if after == 0:
        assert "".join(texts) == target.text


def test_the_newest_delta_is_encoded_once_for_all_followers() -> None:
    target = buffer()
    target.delta("a")
    (first,), (second,) = target.frames(0), target.frames(0)
    assert first is second


SPOKEN = st.lists(
    st.tuples(st.sampled_from([None, "sales", "messaging"]), st.text("ab ", min_size=1)),
    max_size=30,
)


def said(target: TurnBuffer, agent: str | None, text: str) -> None:
    target.delta(text if agent is None else Said(text, agent))


@given(SPOKEN, st.integers(0, 20))
def test_merged_or_not_a_delta_is_of_one_agent_and_names_it(
    spoken: list[tuple[str | None, str]], after: int
) -> None:
    target = buffer()
    live = []
    for agent, text in spoken:
        said(target, agent, text)
        live += [json.loads(frame.data) for frame in target.frames(target.seq - 1)]
    assert [(event.get("agent"), event["text"]) for event in live] == spoken
    after = min(after, target.seq)
    merged = [json.loads(frame.data) for frame in target.frames(after)]
    left = [
        (agent, "".join(text for _, text in group))
        for agent, group in groupby(spoken[after:], key=itemgetter(0))
    ]
    assert [(event.get("agent"), event["text"]) for event in merged] == left
    assert target.text == "".join(text for _, text in spoken)


def test_merged_frames_stay_small_enough_for_a_session() -> None:
    target = buffer()
    for _ in range(40):
        target.delta("y" * 10_000)
    assert all(len(frame.data) < MERGE_CHARACTERS + 200 for frame in target.frames(0))


@given(st.text(max_size=20))
def test_pieces_are_the_text(text: str) -> None:
    long = text * (3 * MERGE_CHARACTERS // max(len(text), 1))
    cut = pieces(long)
    assert "".join(cut) == long
    assert all(len(piece) <= MERGE_CHARACTERS for piece in cut)


def test_nothing_that_is_said_is_too_long_for_a_client() -> None:
    target = buffer()
    for piece in pieces("\x01" * 1_000_000):  # the worst there is: six bytes a character
        target.delta(piece)
    frames = [target.snapshot(), *target.frames(0)]
    end(target)
    assert max(len(frame.data) for frame in [*frames, target.snapshot()]) < FRAME_MAX


def test_a_snapshot_of_a_long_text_is_its_beginning_and_the_rest_follows() -> None:
    target, client = buffer(), Client()
    write(target, None)
    for index in range(50):
        target.delta(f"{index:06}" * 1_000)
    cursor = Cursor(target, 0)
    cursor.skip_to_snapshot()
    first = target.snapshot()
    assert (first.seq, b'"state":"running"' in first.data) == (target.fitting(51), True)
    assert SNAPSHOT_CHARACTERS - 6_000 < len(target.text_until(first.seq)) <= SNAPSHOT_CHARACTERS
    end(target)
    client.receive(cursor)
    assert (client.text, client.ended, client.snapshots) == (target.text, True, 1)
    assert client.last == target.seq == 52


def test_a_long_text_that_only_ends_is_numbered_where_no_copy_has_events() -> None:
    whole = buffer()
    text = "".join(f"{index:06}" for index in range(50_000))
    for piece in pieces(text):
        whole.delta(piece)
    end(whole)
    sealed = buffer()
    sealed.seal(text, TurnState.COMPLETED, completed(sealed.turn_id, whole.seq))
    for after in (0, whole.seq - 1, whole.seq):
        client = Client(last=after)
        client.receive(Cursor(sealed, after))
        assert (client.text, client.ended, client.snapshots) == (text, True, 1)
    # Who leaves in the middle and goes on at a copy that has everything begins again.
    for taken in range(1, 4):
        client, cursor = Client(), Cursor(sealed, 0)
        for _ in range(taken):
            client.hear(*cursor.take())
        assert client.text == text[: len(client.text)]
        client.receive(Cursor(whole, client.last))
        assert (client.text, client.ended) == (text, True)


@given(STEPS, st.integers(0, 70))
def test_the_text_of_a_moment_is_what_had_been_said_then(
    steps: list[str | int | None], until: int
) -> None:
    target, texts = buffer(), [""]
    for step in steps:
        write(target, step)
        if step != 0:
            texts.append(texts[-1] + (step if isinstance(step, str) else ""))
    assert target.text_until(until) == texts[min(until, len(texts) - 1)]
    assert target.text == texts[-1]


def test_whoever_is_woken_may_leave_and_others_hear_all_the_same() -> None:
    target, heard = buffer(), list[str]()

    def leave() -> None:
        heard.append("first")
        target.unfollow(leave)

    target.follow(leave)
    target.follow(lambda: heard.append("second"))
    target.delta("a")
    target.delta("b")
    assert sorted(heard) == ["first", "second", "second"]
